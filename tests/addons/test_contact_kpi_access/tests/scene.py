# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two companies, their customers with secrets, and eleven people at the door."""

import re

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user
from odoo.tools import SQL

SALESMAN = "sales_team.group_sale_salesman"
# Login: groups, companies. The public has no login.
LOGINS = {
    "public": (None, ""),
    "portal": ("base.group_portal", "a"),
    "employee": ("base.group_user", "a"),
    "own": (SALESMAN, "a"),
    "all": (SALESMAN + "_all_leads", "a"),
    "admin": ("sales_team.group_sale_manager", "a"),
    "stock": ("stock.group_stock_user", "a"),
    "stockman": ("stock.group_stock_manager,base.group_partner_manager", "a"),
    "settings": ("base.group_system", "a"),
    "other": (SALESMAN + "_all_leads", "b"),
    "both": (SALESMAN + "_all_leads", "ab"),
}
# Customer: company, salesperson, its number if it has one that counts.
LANDLINE, MOBILE = "+55 11 2345-67%02d", "+55 11 96123-45%02d"
CUSTOMERS = {
    "mine": ("a", "own", None),
    "theirs": ("a", "all", None),
    "nobodys": ("a", None, None),
    "landline": ("a", None, LANDLINE),
    "reached": ("a", "own", MOBILE),
    "shared": (None, None, None),
    "shared_theirs": (None, "all", None),
    # Customers of A until they moved, with gaps that closed there.
    "moved": ("a", None, MOBILE),
    "headed": ("a", None, None),
    "branchs": ("b", "other", None),
    "branch_nobodys": ("b", None, None),
    "branch_landline": ("b", None, LANDLINE),
    "branch_reached": ("b", "other", MOBILE),
    "branch_head": ("b", None, MOBILE),
}
AFTERWARDS = {"moved": "b", "headed": "b"}
DESCRIPTION = "zq-description-of-no-contact"


class SceneCase(HttpCase):
    """Customers that can be told apart by whoever may not read them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Of the scene itself, not of whoever makes it.
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.companies = {
            "a": cls.env.ref("base.main_company"),
            "b": cls.env["res.company"].create(
                {"name": "Branch", "country_id": cls.env.ref("base.br").id}
            ),
        }
        cls.companies["a"].country_id = cls.env.ref("base.br")
        cls.env.user.company_ids = [
            Command.link(company.id) for company in cls.companies.values()
        ]
        cls.make_people()
        cls.kpis = {
            code: cls.env.ref(f"{addon}.contact_kpi_{code}")
            for addon, code in (
                ("contact_kpi", "no_contact"),
                ("contact_kpi_mechanic", "no_mobile"),
            )
        }
        (cls.env["contact.kpi"].search([]) - cls.union(cls.kpis)).active = False
        cls.kpis["no_contact"].description = DESCRIPTION
        cls.union(cls.kpis).active = True
        cls.make_customers()
        cls.make_documents()
        cls.make_past()
        cls.make_wizards()
        ids = [customer.id for customer in cls.customers.values()]
        cls.env["contact.kpi.customer.change"]._note(ids)
        cls.env.cr.flush()
        cls.env.invalidate_all()

    @staticmethod
    def union(records):
        first, *others = records.values()
        return first.union(*others)

    @classmethod
    def make_people(cls):
        cls.people = {"public": cls.env.ref("base.public_user")}
        for login, (groups, companies) in LOGINS.items():
            if not groups:
                continue
            if groups != "base.group_portal":
                groups += ",base.group_allow_export"
            cls.people[login] = new_test_user(
                cls.env,
                f"matrix.{login}",
                groups=groups,
                company_id=cls.companies[companies[0]].id,
                company_ids=[
                    Command.set([cls.companies[name].id for name in companies])
                ],
            )

    # -- customers and their secrets -------------------------------------------

    @classmethod
    def secrets(cls, key):
        """What nobody learns who may not read this customer."""
        number = list(CUSTOMERS).index(key)
        phone = CUSTOMERS[key][2]
        return {
            "name": f"zq-name-{key}.",
            "city": f"zq-city-{key}.",
            "street": f"zq-street-{key}.",
            "vat": f"zq-vat-{key}.",
            "phone": phone % number if phone else f"zq-phone-{key}.",
            "email": f"zq-mail-{key}.@{'example.com' if phone else ''}",
        }

    @classmethod
    def make_customers(cls):
        cls.customers = {}
        for key, (company, salesperson, _phone) in CUSTOMERS.items():
            told = dict(cls.secrets(key))
            if key in AFTERWARDS:
                told = {"name": f"Before {key}"}
            vat = told.pop("vat", None)
            cls.customers[key] = cls.env["res.partner"].create(
                {
                    **told,
                    "customer_rank": 1,
                    "is_company": key != "headed",
                    "company_id": company and cls.companies[company].id,
                    "user_id": salesperson and cls.people[salesperson].id,
                }
            )
            cls.spell_vat(key, vat)
        partners = cls.env["res.partner"].with_context(active_test=False).search([])
        cls.env["contact.kpi.ruleset"]._classify(partners.ids)
        ruleset = cls.env["contact.kpi.ruleset"]._current()
        ruleset._begin()
        ruleset.state = "done"
        cls.env.cr.flush()

    @classmethod
    def spell_vat(cls, key, vat):
        """Write a tax ID that no country's check would let through."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE res_partner SET vat = %s WHERE id = %s",
            [vat, cls.customers[key].id],
        )
        cls.env.invalidate_all()

    @classmethod
    def company_of(cls, key):
        return AFTERWARDS.get(key, CUSTOMERS[key][0])

    @classmethod
    def readable(cls, login):
        """The customers whose identity a login may know: Odoo's rule of partners."""
        if login in ("public", "portal"):
            return set()
        companies = LOGINS[login][1]
        return {
            key
            for key in CUSTOMERS
            if cls.company_of(key) is None or cls.company_of(key) in companies
        }

    @classmethod
    def hidden(cls, login):
        """A pattern that matches the secrets of all whom a login may not read."""
        words = []
        for key in CUSTOMERS.keys() - cls.readable(login):
            # The dot ends the key: one key may begin another.
            words += [
                re.escape(text.partition("@")[0])
                for name, text in cls.secrets(key).items()
                if name != "phone"
            ]
            digits = re.sub(r"\D", "", cls.secrets(key)["phone"])
            words.append(
                r"\D?".join(digits[-8:])
                if digits
                else re.escape(cls.secrets(key)["phone"])
            )
        if login not in ("own", "all", "admin", "other", "both"):
            words.append(DESCRIPTION)
        return re.compile("|".join(words) or r"(?!)", re.IGNORECASE)

    # -- documents -------------------------------------------------------------

    @classmethod
    def make_documents(cls):
        product = cls.env["product.product"].create({"name": "Brake pad"})
        cls.service = cls.env["mechanic.service.type"].create(
            {"name": "Brakes", "code": "brakes-of-matrix"}
        )
        cls.orders, cls.repairs = {}, {}
        for key in ("mine", "theirs", "nobodys", "shared", "branchs"):
            company = cls.companies[cls.company_of(key) or "a"]
            salesperson = CUSTOMERS[key][1]
            env = cls.env(
                context={**cls.env.context, "allowed_company_ids": company.ids}
            )
            cls.orders[key] = env["sale.order"].create(
                {
                    "partner_id": cls.customers[key].id,
                    "company_id": company.id,
                    "user_id": salesperson and cls.people[salesperson].id,
                }
            )
            cls.repairs[key] = env["repair.order"].create(
                {
                    "partner_id": cls.customers[key].id,
                    "product_id": product.id,
                    "company_id": company.id,
                    "user_id": salesperson and cls.people[salesperson].id,
                    "service_type_id": cls.service.id,
                }
            )
            cls.env["crm.lead"].create(
                {
                    "name": f"Lead of {key}",
                    "type": "lead",
                    "partner_id": cls.customers[key].id,
                    "company_id": company.id,
                    "user_id": salesperson and cls.people[salesperson].id,
                }
            )
        cls.env.cr.flush()
        # CRM would write it on the customer.
        cls.env.cr.execute(
            "UPDATE crm_lead SET phone = '+55 21 96123-4567'"
            " WHERE name LIKE 'Lead of %'"
        )
        cls.env.invalidate_all()

    # -- the past --------------------------------------------------------------

    @classmethod
    def make_past(cls):
        for kpi in cls.kpis.values():
            kpi._refresh()
        cls.env.cr.flush()
        # Ten days ago: a gap that opens and closes at one moment leaves no row.
        for table, days, moments in (
            ("contact_kpi_gap", ["opened_on"], ["opened_at"]),
            ("contact_kpi_gap_segment", ["since"], []),
            ("contact_kpi_run", ["date"], ["evaluated_at"]),
            ("contact_kpi_fact", ["since", "until"], []),
        ):
            changes = SQL(", ").join(
                [
                    SQL("%s = %s - 10", SQL.identifier(name), SQL.identifier(name))
                    for name in days
                ]
                + [
                    SQL(
                        "%s = %s - interval '10 days'",
                        SQL.identifier(name),
                        SQL.identifier(name),
                    )
                    for name in moments
                ]
            )
            cls.env.cr.execute(SQL("UPDATE %s SET %s", SQL.identifier(table), changes))
        cls.env.invalidate_all()
        cls.customers["moved"].phone = MOBILE % 99
        cls.env.cr.flush()
        for key, company in AFTERWARDS.items():
            told = cls.secrets(key)
            vat = told.pop("vat")
            told["company_id"] = cls.companies[company].id
            if key == "headed":
                told["parent_id"] = cls.customers["branch_head"].id
            cls.customers[key].write(told)
            cls.spell_vat(key, vat)
        cls.env.cr.flush()
        reason = cls.env["contact.kpi.decline.reason"].search([], limit=1)
        for key in ("mine", "theirs", "nobodys", "branchs"):
            cls.gap(key)._decline(reason)
            # A change of segment, which the segments of an open gap keep.
            cls.customers[key].state_id = cls.env.ref("base.state_br_sp")
        for key in ("nobodys", "branchs"):
            for kpi in cls.kpis.values():
                cls.env.cr.execute(
                    "INSERT INTO contact_kpi_history_unknown (indicator_id, partner_id)"
                    " VALUES (%s, %s)",
                    [kpi.id, cls.customers[key].id],
                )
        for kpi in cls.kpis.values():
            kpi._refresh()
        cls.env.cr.flush()
        cls.env["contact.kpi.history"]._plan(cls.union(cls.kpis))
        cls.env["contact.kpi.placeholder"].create({"name": "to be told"})
        cls.env["contact.kpi.suspect.ignored"].create(
            {"kind": "phone", "fingerprint": "0" * 64}
        )
        cls.env.cr.flush()

    @classmethod
    def gap(cls, key, code="no_mobile"):
        return cls.env["contact.kpi.gap"].search(
            [
                ("partner_id", "=", cls.customers[key].id),
                ("indicator_id", "=", cls.kpis[code].id),
            ]
        )

    # -- what is somebody's own ------------------------------------------------

    @classmethod
    def make_wizards(cls):
        """Rows of every wizard for everybody who may have one, made in their name."""
        reason = cls.env["contact.kpi.decline.reason"].search([], limit=1)
        kpi = cls.kpis["no_mobile"]
        for login in ("own", "all", "admin", "stock", "stockman", "other", "both"):
            env = cls.env(user=cls.people[login], context={})
            key = "branchs" if login == "other" else "nobodys"
            gap = cls.gap(key).with_env(env)
            customer = cls.customers[key]
            env["contact.kpi.comparison"].create({"indicator_id": kpi.id})
            env["contact.kpi.explanation"]._explain(
                [("indicator_id", "=", kpi.id), ("user_id", "=", False)]
            )
            env["contact.kpi.explanation"]._explain_now(kpi.with_env(env))
            env["contact.kpi.print"].action_open(
                "contact.kpi.gap", [("indicator_id", "=", kpi.id)]
            )
            env["contact.kpi.suggestion"]._suggest(gap)
            env["contact.kpi.decline.wizard"].create(
                {"gap_ids": [Command.set(gap.ids)], "reason_id": reason.id}
            )
            env["contact.kpi.consent.wizard"].create(
                {
                    "partner_ids": [Command.set(customer.ids)],
                    "consent": "given",
                    "channel": "phone",
                }
            )
        for login, key in (("admin", "reached"), (None, "branch_reached")):
            cls.env["contact.kpi.suspect"].with_user(
                cls.people[login] if login else cls.env.user
            ).create(
                {
                    "kind": "phone",
                    "reason": "shared",
                    "partner_id": cls.customers[key].id,
                    "fingerprint": "1" * 64,
                }
            )
        cls.env.cr.flush()
