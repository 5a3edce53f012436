# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Junk that data shows: shared by many, our own, a colleague's."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ...tools.contact import classify_email, classify_phone
from ..common import LANDLINE, MOBILE, ContactKpiCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
OWN, COLLEAGUE = "(11) 2345-0001", "(11) 96123-0002"
SHARED, ADDRESS = "+5511961234567", "vendas@loja.com.br"


@tagged("post_install", "-at_install")
class TestSuspect(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.company("Branch", "America/Sao_Paulo")
        cls.manager = new_test_user(
            cls.env, "suspect_manager", groups="sales_team.group_sale_manager"
        )
        cls.seller = new_test_user(
            cls.env, "suspect_seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        cls.main.write({"phone": OWN, "email": "loja@nossa.com.br"})
        cls.seller.partner_id.write({"phone": COLLEAGUE, "email": "ana@nossa.com.br"})
        cls.env.cr.flush()

    def look(self, user=None):
        """Open the menu and read the list, all of it."""
        self.commit()
        self.env["contact.kpi.suspect"].with_user(user or self.manager).action_find()
        return self.env["contact.kpi.suspect"].with_user(user or self.manager)

    def table(self, user=None):
        return [
            (row.kind, row.value, row.reason, row.customer_count, row.unrelated_count)
            for row in self.look(user).search([])
        ]

    def threshold(self, number):
        with Form(self.env["res.config.settings"]) as form:
            form.contact_kpi_shared_threshold = number
        form.save().execute()

    def batches(self):
        """Let the background look at everybody under the rules in force."""
        self.commit()
        while self.env["contact.kpi.ruleset"]._classify_next(5000)[1]:
            pass
        self.commit()

    # -- the oracle ----------------------------------------------------------------

    def expected(self, threshold):
        """The same table by looking at each customer and comparing each with each."""
        texts = frozenset(self.env["contact.kpi.placeholder"].search([]).mapped("name"))
        own = {}
        users = self.env["res.users"].with_context(active_test=False).search([])
        companies = self.env["res.company"].search([])
        for reason, partners in (
            ("user", users.filtered(lambda user: not user.share).partner_id),
            ("company", companies.partner_id),
        ):
            for partner in partners:
                own[classify_phone(partner.phone, "BR")] = reason
                own[partner.email] = reason
        carriers = {}
        for head, family in self.known_customers().items():
            for member in family:
                if not member.active:
                    continue
                phone = classify_phone(member.phone, self.country_of(member), texts)
                if phone and phone.e164:
                    carriers.setdefault(("phone", phone.e164), set()).add(head)
                email = classify_email(member.email, texts)
                if email and email.usable:
                    key = ("email", member.email.lower())
                    carriers.setdefault(key, set()).add(head)
        rows = []
        for (kind, value), heads in carriers.items():
            groups = self.groups(heads)
            found = value if kind == "email" else classify_phone(value, "BR")
            reason = own.get(found) or ("shared" if len(groups) >= threshold else None)
            if reason:
                rows.append((kind, value, reason, len(heads), len(groups)))
        return sorted(rows)

    def groups(self, heads):
        """Merge sets of related customers until nothing is left to merge."""
        groups = [{head} for head in heads]
        while True:
            pair = next(
                (
                    (a, b)
                    for a in groups
                    for b in groups
                    if a is not b and any(self.related(x, y) for x in a for y in b)
                ),
                None,
            )
            if pair is None:
                return groups
            groups.remove(pair[1])
            pair[0].update(pair[1])

    def related(self, one, other):
        def top(partner):
            return top(partner.parent_id) if partner.parent_id else partner

        def number(partner):
            return "".join(char for char in partner.vat or "" if char.isdigit())

        same_number = number(one) and number(one) == number(other)
        return same_number or top(one) == top(other)

    # -- finding -------------------------------------------------------------------

    def population(self):
        """Customers that share what they share in every way there is."""
        holding = self.customer("Holding", is_company=True)
        for number in range(3):
            self.customer(
                f"Branch {number}", is_company=True, parent_id=holding.id, phone=MOBILE
            )
        for number, vat in enumerate(
            ("11.222.333/0001-81", "11222333000181", "11222333000181", False, False)
        ):
            self.customer(f"S{number}", phone="11 96123 4567", vat=vat, email=ADDRESS)
        firm = self.customer("Firm", is_company=True, email="Vendas@Loja.com.br")
        self.contact(firm, phone=MOBILE)
        self.contact(firm, phone=f"+55 {MOBILE}")
        archived = self.contact(self.customer("Old"), phone=MOBILE, email=ADDRESS)
        archived.active = False
        # Known as nobody's customer.
        for number in range(6):
            self.env["res.partner"].create({"name": f"V{number}", "phone": LANDLINE})
        self.customer("Ours", phone="+55 11 2345 0001", email="ana@nossa.com.br")
        self.customer("Colleague's", phone="11961230002")
        for number in range(6):
            self.customer(f"J{number}", phone="(11) 0000-0000", email="x@x")

    def test_the_list_is_what_comparing_everybody_gives(self):
        self.population()
        self.assertEqual(
            self.table(),
            [
                ("phone", SHARED, "shared", 9, 5),
                *self.table()[1:],
            ],
        )
        self.assertEqual(
            sorted(self.table()),
            [
                ("email", "ana@nossa.com.br", "user", 1, 1),
                ("phone", "+551123450001", "company", 1, 1),
                ("phone", "+5511961230002", "user", 1, 1),
                ("phone", SHARED, "shared", 9, 5),
            ],
        )
        for threshold in (5, 4, 3, 2, 9, 0):
            self.threshold(threshold)
            expected = self.expected(threshold or 10**9)
            self.assertEqual(sorted(self.table()), expected)

    def test_the_threshold_is_a_setting(self):
        form = Form(self.env["res.config.settings"])
        self.assertEqual(form.contact_kpi_shared_threshold, 5)
        self.threshold(3)
        self.assertEqual(
            self.env["ir.config_parameter"].get_param("contact_kpi.shared_threshold"),
            "3",
        )
        with self.assertRaises(UserError):
            self.threshold(1)

    # -- deciding ------------------------------------------------------------------

    def test_confirmed_it_counts_as_no_contact(self):
        customers = [self.customer(f"C{n}", phone=MOBILE) for n in range(5)]
        other = self.customer("Other", phone=LANDLINE)
        self.customer("Ours", email="loja@nossa.com.br")
        rows = self.look().search([])
        self.go("2041-03-06 15:00:00")
        rows.action_confirm()
        self.assertFalse(rows.exists())
        texts = self.env["contact.kpi.placeholder"].search([("reason", "!=", "typed")])
        self.assertEqual(
            sorted((text.name, text.reason, text.create_uid) for text in texts),
            [
                (SHARED, "shared", self.manager),
                ("loja@nossa.com.br", "company", self.manager),
            ],
        )
        # At once off the list, also before the batches have been there.
        self.assertEqual(self.table(), [])
        self.batches()
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", self.kpi.id), ("closed_at", "=", False)]
        )
        self.assertEqual(
            sorted((gap.partner_id.name, gap.origin) for gap in gaps),
            [(f"C{n}", "redefined") for n in range(5)] + [("Ours", "redefined")],
        )
        self.assertFalse(other.contact_kpi_open_gap_ids)
        self.assertAgreement(self.kpi)
        self.assertEqual(self.table(), [])
        # Put aside in the list of placeholders, it is suspect again.
        texts.active = False
        self.batches()
        self.assertEqual(len(self.table()), 2)
        self.look().search([("kind", "=", "phone")]).action_confirm()
        self.assertEqual(
            self.env["contact.kpi.placeholder"].search_count([("name", "=", SHARED)]), 1
        )
        self.assertEqual(customers[0].contact_phone_kind, "mobile")
        self.batches()
        self.assertEqual(customers[0].contact_phone_kind, "junk")

    def test_ignored_is_remembered_without_the_value(self):
        for number in range(5):
            self.customer(f"C{number}", phone=MOBILE, email=ADDRESS)
        row = self.look().search([("kind", "=", "phone")])
        row.action_ignore()
        row.action_ignore()
        self.assertEqual(
            [(row.kind, row.ignored) for row in self.look().search([])],
            [("phone", True), ("email", False)],
        )
        text = json.dumps(
            self.dump("contact.kpi.suspect", "contact.kpi.suspect.ignored")
        )
        self.assertIn("fingerprint", text)
        for personal in ("61234567", "96123", "vendas", "loja.com"):
            self.assertNotIn(personal, text)
        self.look().search([("ignored", "=", True)]).action_restore()
        self.assertEqual(set(self.look().search([]).mapped("ignored")), {False})
        self.assertFalse(self.env["contact.kpi.suspect.ignored"].search([]))

    def test_confirms_what_was_shown_or_nothing(self):
        """A contact that has another number by now does not decide for it."""
        customers = [self.customer(f"C{n}", phone=MOBILE) for n in range(5)]
        row = self.look().search([])
        self.assertEqual(row.value, SHARED)
        self.env["res.partner"].browse([c.id for c in customers]).phone = LANDLINE
        self.commit()
        row.invalidate_recordset()
        self.assertFalse(row.value)
        with self.assertRaises(UserError):
            row.action_confirm()
        self.assertEqual(
            [(row.value, row.customer_count) for row in self.look().search([])],
            [("+551123456789", 5)],
        )

    def test_leads_to_its_contacts(self):
        customers = [self.customer(f"C{n}", phone=MOBILE) for n in range(5)]
        self.customer("Other", phone=LANDLINE)
        row = self.look().search([])
        found = self.env["res.partner"].search(row.action_contacts()["domain"])
        self.assertEqual(sorted(found.ids), sorted(c.id for c in customers))

    # -- more in a field than Odoo compares by --------------------------------------

    def test_what_we_read_is_compared(self):
        number = "(11) 3456-0077"
        extension = [
            self.customer(f"E{n}", phone=f"{number} ramal {n}") for n in (1, 2)
        ]
        several = [
            self.customer(f"S{n}", phone=f"{number} / (11) 9612{n}-1230", email=text)
            for n, text in enumerate(
                ("a@um.com.br; central@loja.com.br", "central@loja.com.br, b@um.com.br")
            )
        ]
        plain = self.customer("P", phone="11 3456 0077", email="central@loja.com.br")
        self.customer("Other", phone="(11) 3456-0078 ramal 1", email="c@um.com.br")
        self.threshold(3)
        self.assertEqual(
            sorted(self.table()),
            [
                ("email", "central@loja.com.br", "shared", 3, 3),
                ("phone", "+551134560077", "shared", 5, 5),
            ],
        )
        rows = {row.kind: row for row in self.env["contact.kpi.suspect"].search([])}
        for kind, customers in (
            ("phone", [*extension, *several, plain]),
            ("email", [*several, plain]),
        ):
            domain = rows[kind].with_user(self.manager).action_contacts()["domain"]
            found = self.env["res.partner"].search(domain)
            self.assertEqual(set(found.ids), {customer.id for customer in customers})
        rows["phone"].with_user(self.manager).action_confirm()
        self.batches()
        self.assertEqual(extension[0].contact_phone_kind, "junk")
        self.assertEqual(several[0].contact_phone_kind, "mobile")

    def test_twelve_customers_with_one_extension_each_are_found(self):
        for number in range(12):
            self.customer(f"C{number}", phone="(11) 3456-0077 ramal 3")
        self.assertEqual(self.table(), [("phone", "+551134560077", "shared", 12, 12)])

    def test_our_own_number_is_read_in_its_country(self):
        """A colleague without a country has that of the main company, not the first."""
        elsewhere = self.company("Aaa", "Europe/Lisbon", self.env.ref("base.pt"))
        elsewhere.sequence = -1
        self.seller.partner_id.write({"phone": COLLEAGUE, "country_id": False})
        self.customer("Colleague's", phone="11961230002 ramal 1")
        self.assertEqual(self.table(), [("phone", "+5511961230002", "user", 1, 1)])

    def test_a_suspect_is_read_in_its_customers_country(self):
        """As it is counted: a text that is no contact there is none at once."""
        portugal = self.env.ref("base.pt")
        for number in range(5):
            self.customer(f"P{number}", phone="912 345 678", country_id=portugal.id)
        lisbon = self.company("Lisbon", "Europe/Lisbon", portugal)
        for number in range(5):
            self.customer(f"L{number}", phone="912 345 679", company_id=lisbon.id)
        self.manager.company_ids |= lisbon
        expected = [
            ("phone", f"+35191234567{digit}", "shared", 5, 5) for digit in (8, 9)
        ]
        self.assertEqual(sorted(self.table()), expected)
        for text in ("912345678", "912345679"):
            self.env["contact.kpi.placeholder"].create({"name": text})
        # Before the batches have been there, whatever the reader's country is.
        for reader in (self.main, lisbon):
            self.manager.company_id = reader
            self.assertEqual(self.table(), [], reader.name)

    def test_a_number_is_read_the_same_in_sets_and_forms(self):
        ruleset = self.env["contact.kpi.ruleset"]
        portugal = self.env.ref("base.pt")
        lisbon = self.company("Lisbon", "Europe/Lisbon", portugal)
        head = self.customer("Head", is_company=True, country_id=portugal.id)
        partners = [
            *(head, self.contact(head), self.contact(head, country_id=self.brazil.id)),
            *(self.customer("Main"), self.customer("There", company_id=lisbon.id)),
            self.contact(self.customer("Over", is_company=True, company_id=lisbon.id)),
        ]
        head.vat = "PT 501 964 843"  # Odoo hands it down; past it, none and another
        self.env.flush_all()
        for partner, vat in zip(
            partners[1:4], ("", "/", "PT 502 011 378"), strict=True
        ):
            self.env.cr.execute(
                "UPDATE res_partner SET vat = %s WHERE id = %s", [vat, partner.id]
            )
        self.env.invalidate_all()
        rows = self.env["contact.kpi.suspect"]._readings([p.id for p in partners])
        for partner in partners:
            self.assertEqual(partner._contact_kpi_reading(), rows[partner.id])
            self.assertEqual(rows[partner.id][0], self.country_of(partner))
        vats = [rows[partner.id][2] for partner in partners]
        own = ["PT 501 964 843"] * 2 + ["/", "PT 502 011 378", None, None]
        self.assertEqual(vats, own)
        self.assertFalse(hasattr(ruleset, "_country_of"))

    # -- rights --------------------------------------------------------------------

    def test_administrators_see_what_their_companies_share(self):
        for number in range(4):
            self.customer(f"C{number}", phone=MOBILE)
        hidden = self.customer("Hidden", phone=MOBILE, company_id=self.branch.id)
        self.assertEqual(hidden.company_id, self.branch)
        both = new_test_user(
            self.env,
            "suspect_both",
            groups="sales_team.group_sale_manager",
            company_ids=[Command.set((self.main | self.branch).ids)],
        )
        companies = (self.main | self.branch).ids
        self.assertEqual(self.table(), [])
        suspect = self.env["contact.kpi.suspect"].with_user(both)
        suspect = suspect.with_context(allowed_company_ids=companies)
        self.commit()
        suspect.action_find()
        [row] = suspect.search([])
        self.assertEqual((row.value, row.customer_count), (SHARED, 5))
        with self.assertRaises(AccessError), mute_logger(*RULES):
            row.with_user(self.manager).read(["reason"])
        with self.assertRaises(AccessError), mute_logger(*RULES):
            self.look(self.seller)
        with self.assertRaises(AccessError), mute_logger(*RULES):
            row.with_user(self.seller).action_confirm()

    def test_as_many_queries_for_many_values_as_for_one(self):
        def count():
            self.commit()
            self.env.invalidate_all()
            suspect = self.env["contact.kpi.suspect"].with_user(self.manager)
            before = self.env.cr.sql_log_count
            rows = suspect._find()
            return self.env.cr.sql_log_count - before, len(rows)

        def more(numbers):
            for number in numbers:
                for copy in range(5):
                    self.customer(f"C{copy}", phone=f"(11) 96123-{number}")

        more([4000])
        count()
        few = count()
        more(range(4001, 4010))
        self.assertEqual(count(), (few[0], 10))


@tagged("post_install", "-at_install")
class TestSuspectTour(HttpCase):
    def test_confirm_and_ignore(self):
        manager = new_test_user(
            self.env, "tour_suspect", groups="sales_team.group_sale_manager"
        )
        manager.partner_id.email = "tour@ours.com.br"
        brazil = self.env.ref("base.br")
        customers = self.env["res.partner"].create(
            [
                {
                    "name": f"Tour {number}",
                    "country_id": brazil.id,
                    "customer_rank": 1,
                    "phone": "(11) 96123-0123",
                    "email": not number and "tour@ours.com.br",
                }
                for number in range(6)
            ]
        )
        self.env.cr.flush()
        self.start_tour(
            "/odoo/action-contact_kpi.contact_kpi_suspect_find_action",
            "contact_kpi_suspect",
            login="tour_suspect",
        )
        placeholder = self.env["contact.kpi.placeholder"]
        found = placeholder.search([("reason", "!=", "typed")])
        self.assertEqual(found.mapped("name"), ["+5511961230123"])
        self.assertEqual(found.reason, "shared")
        ignored = self.env["contact.kpi.suspect.ignored"].search([])
        self.assertEqual(ignored.mapped("kind"), ["email"])
        self.env["contact.kpi.ruleset"]._classify(customers.ids)
        self.assertEqual(set(customers.mapped("contact_phone_kind")), {"junk"})
