# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a save asks of the database at its end, statement by statement.

Counted are the statements of :meth:`res.partner._contact_kpi_run_pending`, whose work
is all that a save waits for; with two indicators, as the sales desk and the workshop
have, and everything kept that a process keeps.
"""

from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import new_test_user, tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase

# Which part of the engine a statement is.
READ, FAMILIES, WRITE = "read contacts", "read families", "write contacts"
DIFFER, LEDGER = "what differs", "write ledger"
# In one round trip.
SETTLE = f"{WRITE}, {DIFFER}"
SIGNS = {
    "COALESCE(rules.id, 0)": READ,
    "SET contact_digest": WRITE,
    "AS family (id)": FAMILIES,
    "SAVEPOINT contact_kpi": DIFFER,
    "WITH day (company_id": LEDGER,
}


@tagged("post_install", "-at_install")
class TestSaveQueries(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.indicator()
        cls.user = new_test_user(
            cls.env,
            "saver",
            groups="sales_team.group_sale_salesman_all_leads,"
            "base.group_partner_manager",
        )
        cls.partners = cls.env["res.partner"].create(
            [
                {"name": f"C{n}", "customer_rank": 1, "phone": (LANDLINE, False)[n % 2]}
                for n in range(20)
            ]
        )
        cls.landline, cls.nothing = cls.partners[::2], cls.partners[1::2]
        cls.env.cr.flush()

    def asked(self, operation):
        """The statements at the end of a save, in words; others as they are."""
        operation()  # whatever a process keeps
        self.commit()
        self.env.invalidate_all()
        asked = []
        execute = Cursor.execute

        def told(cursor, query, params=None, log_exceptions=True):
            code = " ".join(getattr(query, "code", str(query)).split())
            signs = [part for sign, part in SIGNS.items() if sign in code]
            asked.append(", ".join(signs) or code)
            return execute(cursor, query, params, log_exceptions)

        operation()
        self.env.flush_all()
        with patch.object(Cursor, "execute", told):
            self.env["res.partner"]._contact_kpi_run_pending()
        return asked

    def saving(self, partners, **vals):
        """Save each time another of these partners."""
        left = iter(partners.with_user(self.user))
        return lambda: next(left).write(vals)

    def test_a_phone_that_closes_a_gap(self):
        self.assertEqual(
            self.asked(self.saving(self.nothing, phone=MOBILE)),
            [READ, SETTLE, LEDGER],
        )

    def test_a_phone_that_opens_one(self):
        self.assertEqual(
            self.asked(self.saving(self.landline, phone=False)),
            [READ, SETTLE, LEDGER],
        )

    def test_a_phone_of_a_company_s_contact(self):
        firms = self.nothing[:2]
        firms.is_company = True
        contacts = self.env["res.partner"].create(
            [{"name": "At a firm", "parent_id": firm.id} for firm in firms]
        )
        self.assertEqual(
            self.asked(self.saving(contacts, phone=MOBILE)),
            [READ, FAMILIES, SETTLE, LEDGER],
        )

    def test_a_phone_that_is_no_other_answer(self):
        self.assertEqual(
            self.asked(self.saving(self.landline, phone="(11) 2345-9999")),
            [READ, WRITE],
        )

    def test_a_salesperson_reads_no_contact(self):
        ledger = self.saving(self.landline, user_id=self.user.id)
        self.assertEqual(self.asked(ledger), [DIFFER, LEDGER])
        mobiles = self.env["res.partner"].create(
            [{"name": "M", "customer_rank": 1, "phone": MOBILE} for _ in range(2)]
        )
        self.assertEqual(
            self.asked(self.saving(mobiles, user_id=self.user.id)), [DIFFER]
        )

    def test_a_new_customer_without_contact_has_none_to_read(self):
        partner = self.env["res.partner"].with_user(self.user)
        self.assertEqual(
            self.asked(lambda: partner.create({"name": "N", "customer_rank": 1})),
            [DIFFER, LEDGER],
        )

    def test_somebody_who_is_no_customer_costs_two(self):
        """As Odoo makes them from addresses of mails, before contacts are looked at."""
        partner, numbers = self.env["res.partner"].with_user(self.user), iter(range(9))

        def find():
            partner.find_or_create(f"new-{next(numbers)}@x.example")

        for state in ("done", "running"):
            self.env["contact.kpi.ruleset"]._current().state = state
            with self.subTest(state):
                self.assertEqual(self.asked(find), [READ, SETTLE])

    def test_contacts_are_read_though_no_indicator_asks(self):
        self.env["contact.kpi"].search([]).active = False
        self.commit()
        self.nothing[0].with_user(self.user).write({"phone": MOBILE})
        self.commit()
        self.assertEqual(self.nothing[0].customer_phone_kind, "mobile")

    def test_what_makes_it_one_in_the_same_transaction_counts(self):
        partner = self.env["res.partner"].with_user(self.user)

        def ranked(new):
            new.customer_rank = 1

        def ordered(new):
            self.order(new)

        def head(new):
            self.contact(new, "Contact", phone="-").customer_rank = 1
            new.write({"customer_rank": 1})

        def joined(new):
            self.customer("Head").write({"child_ids": [(4, new.id)]})

        for act, expected in ((ranked, 1), (ordered, 1), (head, 1), (joined, 0)):
            new = partner.create({"name": "N", "phone": "-"})
            act(new.sudo())
            self.commit()
            with self.subTest(act.__name__):
                self.assertEqual(len(self.ledger(new)), expected)
        for kpi in self.env["contact.kpi"].search([]):
            self.assertAgreement(kpi)

    def test_a_population_of_everybody_leaves_nobody_out(self):
        for code, population in (
            ("test_all", "[]"),
            ("test_named", "[('name', 'like', 'N')]"),
            ("test_not", "['!', ('customer_rank', '>', 0)]"),
            ("test_none_ordered", "[('family_ids.sale_order_ids', '=', False)]"),
            ("test_family", "[('family_ids.email', '!=', False)]"),
            ("test_untagged", "[('category_id', '=', False)]"),
        ):
            gap = "[('ref', '=', False)]"
            kpi = self.indicator(code, gap, population_domain=population)
            new = self.env["res.partner"].create({"name": "N", "email": "n@x.example"})
            self.commit()
            with self.subTest(code):
                self.assertEqual(len(self.ledger(new, kpi)), 1)

    def test_a_hundred_new_customers_ask_as_much_as_one(self):
        partner = self.env["res.partner"].with_user(self.user)
        for number in (1, 100):
            vals = [{"name": "N", "customer_rank": 1, "phone": LANDLINE}] * number
            self.assertEqual(
                self.asked(lambda vals=vals: partner.create(vals)),
                [READ, SETTLE, LEDGER],
            )

    def test_an_order_reads_no_contact_and_writes_stars_at_most(self):
        order = self.env["sale.order"].with_user(self.user)
        customer = self.landline[0]
        # The first gives the customer its stars.
        self.assertEqual(
            self.asked(lambda: order.create({"partner_id": customer.id})), [DIFFER]
        )
        orders = iter(order.search([("partner_id", "=", customer.id)], limit=2))
        self.assertEqual(
            self.asked(lambda: next(orders).write({"state": "sent"})), [DIFFER]
        )
        others = iter(self.landline[1:])
        self.assertEqual(
            self.asked(lambda: order.create({"partner_id": next(others).id})),
            [DIFFER, LEDGER],
        )

    def test_groups_of_a_colleague_ask_nothing(self):
        group = self.env.ref("sales_team.group_sale_manager")
        users = iter(
            [new_test_user(self.env, name, groups="base.group_user") for name in "ab"]
        )
        self.commit()
        self.assertEqual(
            self.asked(lambda: next(users).write({"group_ids": [(4, group.id)]})), []
        )

    def test_a_colleague_who_becomes_a_customer_is_looked_at(self):
        mobile = self.env["contact.kpi"].search([("code", "=", "test_no_mobile")])
        user = new_test_user(self.env, "colleague", groups="base.group_user")
        user.partner_id.customer_rank = 1
        self.commit()
        self.assertFalse(self.ledger(user.partner_id))
        user.group_ids = self.env.ref("base.group_portal")
        self.commit()
        self.assertTrue(self.ledger(user.partner_id, mobile))

    def test_a_definition_that_reads_the_phone_itself_is_asked_at_each_phone(self):
        kpi = self.indicator("test_area", "[('phone', 'not like', '(11)')]")
        self.commit()
        customer = self.landline[0]
        self.assertFalse(self.ledger(customer, kpi))
        customer.phone = "(21) 2345-6789"
        self.commit()
        self.assertTrue(self.ledger(customer, kpi))

    def test_another_definition_in_the_database_is_seen_by_the_next_save(self):
        """Changed past the ORM: nobody told this process."""
        customer, other = self.landline[0], self.landline[1]
        kpi = self.env["contact.kpi"].search([("code", "=", "test_no_mobile")])
        customer.phone = MOBILE
        self.commit()
        self.env.cr.execute(
            "UPDATE contact_kpi SET gap_domain = %s WHERE id = %s",
            ["[('ref', '=', False)]", kpi.id],
        )
        self.env.invalidate_all()
        other.write({"phone": MOBILE, "user_id": self.user.id})
        self.commit()
        [row] = self.ledger(other, kpi)
        self.assertFalse(row[2], "closed by a definition that is no longer there")
