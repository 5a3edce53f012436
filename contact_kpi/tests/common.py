# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Customers, a clock, and an oracle that knows the definitions but no SQL.

The oracle reads partners one by one and applies the rules as the design words
them. It shares nothing with the engine but the classification of one text.
"""

from contextlib import contextmanager
from datetime import datetime

from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time
from odoo.tools import SQL

from ..models.engine.fact import COUNTS
from ..tools.contact import EmailKind, PhoneKind, classify_email, classify_phone

START = datetime(2041, 3, 4, 15, 0)  # noon in São Paulo, a Monday
PHONE, MOBILE, LANDLINE = "+55 11 2345-6789", "(11) 96123-4567", "(11) 2345-6789"
NO_MOBILE = "[('customer_phone_kind', 'not in', ['mobile', 'either'])]"
ANY_PHONE = {
    PhoneKind.MOBILE,
    PhoneKind.EITHER,
    PhoneKind.LANDLINE,
    PhoneKind.OTHER,
}
# What closes a gap, by code of the indicator: kinds of phones, kinds of e-mails.
ANSWERS = {
    "no_contact": (ANY_PHONE, {EmailKind.VALID}),
    "test_no_mobile": ({PhoneKind.MOBILE, PhoneKind.EITHER}, set()),
}
# Columns of a partner that follow by themselves from what is written: Odoo's, ours,
# and one of the addon `mail_tracking`.
FOLLOWING = {
    "email_bounced",
    *("write_date", "write_uid", "phone_sanitized", "email_normalized"),
    *("contact_phone_kind", "contact_email_kind", "contact_digest"),
    *("customer_phone_kind", "customer_email_kind"),
}


class ContactKpiCase(TransactionCase):
    """A database without customers, at a moment that tests move.

    Another addon's case extends factories and oracle, and runs these tests over its
    own indicator in place of the one without a mobile that they make up.
    """

    maxDiff = None
    answers = ANSWERS
    following = FOLLOWING

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        freezer = freeze_time(START)
        cls.clock = freezer.start()
        cls.addClassCleanup(freezer.stop)
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.cr._now = START
        cls.env["contact.kpi.run"].search([]).unlink()
        cls.forget(cls.env["contact.kpi.gap"].search([]))
        cls.brazil, cls.japan = cls.env.ref("base.br"), cls.env.ref("base.jp")
        cls.sao_paulo = cls.env.ref("base.state_br_sp")
        cls.main = cls.env.ref("base.main_company")
        cls.main.country_id = cls.brazil
        cls.main.resource_calendar_id.tz = "America/Sao_Paulo"
        cls.kpi = cls.env.ref("contact_kpi.contact_kpi_no_contact")
        (cls.env["contact.kpi"].search([]) - cls.kpi).active = False
        cls.look_at_everybody()
        cls.env.cr.flush()

    def setUp(self):
        super().setUp()
        self.clock.move_to(START)
        self.env.cr._now = START

    # -- time ------------------------------------------------------------------

    def commit(self):
        """Do what a commit does before it commits."""
        self.env.cr.flush()

    def go(self, moment):
        """End the transaction and begin another at a moment, in UTC."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        self.commit()
        self.clock.move_to(moment)
        self.env.cr._now = moment

    def refresh(self, kpis=None):
        for kpi in kpis or self.env["contact.kpi"].search([]):
            self.assertTrue(kpi._refresh())
        self.commit()

    @classmethod
    def analyze(cls):
        """Tell PostgreSQL how much there is, as autovacuum does for its users."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "SELECT string_agg(relname, ', ') FROM pg_class WHERE relkind = 'r'"
            " AND relname ~ '^(contact_kpi|res_partner$|sale_order$)'"
        )
        cls.env.cr.execute(f"ANALYZE {cls.env.cr.fetchone()[0]}")

    # -- factories -------------------------------------------------------------

    @classmethod
    def forget(cls, gaps):
        """Remove rows of the ledger, which nobody can, as if they had never been."""
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM contact_kpi_gap WHERE id = ANY(%s)", [gaps.ids])
        cls.env.invalidate_all()

    @classmethod
    def look_at_everybody(cls):
        """Have all contacts classified under the rules in force."""
        partners = cls.env["res.partner"].with_context(active_test=False).search([])
        cls.env["contact.kpi.ruleset"]._classify(partners.ids, settled=True)
        cls.env["contact.kpi.ruleset"]._current().state = "done"

    @classmethod
    def customer(cls, name="Customer", **vals):
        return cls.env["res.partner"].create({"name": name, "customer_rank": 1, **vals})

    @classmethod
    def contact(cls, parent, name="Contact", **vals):
        vals = {"name": name, "parent_id": parent.id, "type": "contact", **vals}
        return cls.env["res.partner"].create(vals)

    @classmethod
    def order(cls, partner, **vals):
        return cls.env["sale.order"].create({"partner_id": partner.id, **vals})

    @classmethod
    def indicator(cls, code="test_no_mobile", gap=NO_MOBILE, **vals):
        return cls.env["contact.kpi"].create(
            {"name": code, "code": code, "gap_domain": gap, **vals}
        )

    @classmethod
    def company(cls, name, timezone, country=None):
        company = cls.env["res.company"].create(
            {"name": name, "country_id": (country or cls.brazil).id}
        )
        company.resource_calendar_id.tz = timezone
        cls.env.user.company_ids = [Command.link(company.id)]
        cls.look_at_everybody()
        return company

    # -- the oracle --------------------------------------------------------------

    def head_of(self, partner):
        while partner.parent_id and not partner.is_company:
            partner = partner.parent_id
        return partner

    def families(self):
        """``{head: [itself and its contacts, archived ones included]}``"""
        partners = self.env["res.partner"].with_context(active_test=False).search([])
        families = {}
        for partner in partners:
            families.setdefault(self.head_of(partner), []).append(partner)
        return families

    def family_of(self, head):
        """A customer and its contacts, archived ones included."""
        members = [head]
        for member in members:
            below = member.with_context(active_test=False).child_ids
            members += below.filtered(lambda child: not child.is_company)
        return members

    def with_documents(self, code=None):
        """Ids of the partners that one document or another is about."""
        orders = self.env["sale.order"].search([("state", "!=", "cancel")])
        return set(orders.partner_id.ids)

    def known_customers(self, code=None):
        """``{customer: its family}``, for the whole database."""
        users = self.env["res.users"].with_context(active_test=False).search([])
        companies = self.env["res.company"].with_context(active_test=False).search([])
        colleagues = users.filtered(lambda u: not u.share and (u.active or u.id == 1))
        ours = {*colleagues.partner_id.ids, *companies.partner_id.ids}
        documented = self.with_documents(code)
        return {
            head: family
            for head, family in self.families().items()
            if head.active
            and head.id not in ours
            and (
                head.customer_rank > 0
                or not documented.isdisjoint(member.id for member in family)
            )
        }

    def country_of(self, partner):
        head = self.head_of(partner)
        company = partner.company_id or head.company_id
        for owner in (partner, head, company.partner_id, self.main.partner_id):
            if owner.country_id:
                return owner.country_id.code

    def placeholders(self):
        """The texts that are no contact."""
        texts = self.env["contact.kpi.placeholder"].search([]).mapped("name")
        return frozenset(texts)

    def lacks(self, code, family, placeholders=None):
        """Whether no active partner of a family has what the indicator asks for."""
        phones, emails = self.answers[code]
        if placeholders is None:
            placeholders = self.placeholders()
        for partner in family:
            if not partner.active:
                continue
            country = self.country_of(partner)
            tax_id = partner.vat or self.head_of(partner).vat
            phone = classify_phone(partner.phone, country, placeholders, tax_id)
            email = classify_email(partner.email, placeholders)
            if (phone and phone.kind in phones) or email in emails:
                return False
        return True

    def evaluate(self, code):
        """``{customer: whether it lacks it}``, for the whole database."""
        placeholders = self.placeholders()
        return {
            head: self.lacks(code, family, placeholders)
            for head, family in self.known_customers(code).items()
        }

    def customer_type_of(self, head):
        """The eldest of the customer's tags below the chosen one."""
        value = self.env["ir.config_parameter"].get_param(
            "contact_kpi.customer_type_tag_id"
        )
        tags = head.category_id.filtered(
            lambda tag: tag.active and tag.parent_id.id == int(value or -1)
        )
        return min(tags.ids, default=False)

    def segment_of(self, head, code=None):
        return (
            head.company_id.id,
            head.user_id.id,
            head.is_company,
            self.customer_type_of(head),
            head.industry_id.id,
            head.country_id.id,
            head.state_id.id,
        )

    def segment_in(self, row, code=None):
        """The same, of a row of facts."""
        return (
            row.company_id.id,
            row.user_id.id,
            row.is_company,
            row.customer_type_id.id,
            row.industry_id.id,
            row.country_id.id,
            row.state_id.id,
        )

    def expected_snapshot(self, kpi):
        """``{segment: [customers, missing]}`` by counting customers."""
        table = {}
        for head, missing in self.evaluate(kpi.code).items():
            row = table.setdefault(self.segment_of(head, kpi.code), [0, 0])
            row[0] += 1
            row[1] += missing
        return table

    # -- tables ------------------------------------------------------------------

    def ledger(self, partners=None, kpi=None):
        """The ledger as a literal table: who, opened, closed, why, by whom."""
        kpi = kpi or self.kpi
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        if partners is not None:
            gaps = gaps.filtered(lambda gap: gap.partner_id in partners)
        return sorted(
            (
                gap.partner_id.name or "",
                str(gap.opened_at),
                gap.closed_at and str(gap.closed_at),
                gap.close_reason,
                gap.closed_by_id.login,
            )
            for gap in gaps
        )

    @classmethod
    def record_facts(cls, rows):
        """Have these be the facts of single days: of each row's own.

        And the totals of their runs, as runs have them.

        :param rows: of ``contact.kpi.snapshot``, one or many
        """
        rows = [rows] if isinstance(rows, dict) else rows
        shown = {"run_id", "date", "to_complete"}
        cls.env["contact.kpi.fact"].create(
            [
                {
                    **{name: row[name] for name in row.keys() - shown},
                    "company_id": row.get("company_id") or 0,
                    "declined": row.get("declined", 0),
                    "unclassified": row.get("unclassified", 0),
                    "since": row["date"],
                    "until": fields.Date.add(fields.Date.to_date(row["date"]), days=1),
                }
                for row in rows
            ]
        )
        totals = {}
        for row in rows:
            total = totals.setdefault(row["run_id"], dict.fromkeys(COUNTS, 0))
            for name in COUNTS:
                total[name] += row.get(name, 0)
        for run, total in totals.items():
            run = cls.env["contact.kpi.run"].browse(run)
            run.write({name: run[name] + total[name] for name in COUNTS})
        cls.env.flush_all()

    def snapshot(self, kpi, date):
        rows = self.env["contact.kpi.snapshot"].search(
            [("indicator_id", "=", kpi.id), ("date", "=", date)]
        )
        return sorted(
            (*self.segment_in(row, kpi.code), row.customers, row.missing)
            for row in rows
        )

    def dump(self, *models):
        """Every stored value of these tables."""
        self.commit()
        tables = {}
        for model in models:
            table = self.env[model]._table_sql
            rows = self.env.execute_query(
                SQL("SELECT row_to_json(t)::text FROM %s t ORDER BY t.id", table)
            )
            tables[model] = [row for (row,) in rows]
        return tables

    def web_save(self, record, vals, view_type="form"):
        """Save as the web client does, and read back what its view shows."""
        views = record.get_views([(False, view_type)])
        shown = views["models"][record._name]["fields"]
        return record.web_save(vals, {name: {} for name in shown})

    def family_rows(self, customer):
        """Every column of a customer and of its contacts: ``{id: row}``, by SQL."""
        self.commit()
        self.env.cr.execute(
            """SELECT id, to_jsonb(p) FROM res_partner p
                WHERE commercial_partner_id = %s ORDER BY id""",
            [customer.commercial_partner_id.id],
        )
        return dict(self.env.cr.fetchall())

    @contextmanager
    def written(self, customer, columns, added=()):
        """Assert that a save writes these columns of a customer, and nothing else.

        Of its whole family, by SQL; begun, as every request is, with an empty cache.

        :param added: ``(name, type, phone, e-mail)`` of the contacts that are new
        """
        # Odoo hands it down to the contacts.
        inherited = {name: columns[name] for name in {"vat"} & columns.keys()}
        before = self.family_rows(customer)
        self.env.invalidate_all()
        yield
        after = self.family_rows(customer)
        self.assertLessEqual(before.keys(), after.keys())
        self.assertEqual(
            {
                partner: {
                    column: after[partner][column]
                    for column, value in row.items()
                    if value != after[partner][column] and column not in self.following
                }
                for partner, row in before.items()
            },
            {
                partner: columns if partner == customer.id else inherited
                for partner in before
            },
        )
        names = ("name", "type", "phone", "email")
        new = [row for partner, row in after.items() if partner not in before]
        self.assertEqual(
            # No name is NULL, or with an addon that splits names an empty text.
            [tuple(row[name] or None for name in names) for row in new],
            list(added),
        )
        self.env.invalidate_all()

    def assertAgreement(self, kpi):
        """Law 1: the open gaps are what a plain evaluation finds."""
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", kpi.id), ("closed_at", "=", False)]
        )
        self.assertEqual(
            sorted((gap.partner_id.id, gap.partner_id.name) for gap in gaps),
            sorted(
                (head.id, head.name)
                for head, missing in self.evaluate(kpi.code).items()
                if missing
            ),
        )

    def assertFigures(self, kpi, date):
        """Law 1: the snapshot of a day is what counting the customers gives."""
        expected = self.expected_snapshot(kpi)
        self.assertEqual(
            self.snapshot(kpi, date),
            sorted((*segment, *counts) for segment, counts in expected.items()),
        )
