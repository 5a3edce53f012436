# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The list that salespeople work: its order, its stars, its to-dos."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common import MOBILE, ContactKpiCase

OPEN = [("closed_at", "=", False)]


@tagged("post_install", "-at_install")
class TestToComplete(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = new_test_user(
            cls.env,
            "to_complete_ana",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.bruno = new_test_user(
            cls.env, "to_complete_bruno", groups="sales_team.group_sale_salesman"
        )

    def page(self, user=None):
        """What the list shows: name, stars, quotations, amount, salesperson."""
        Gap = self.env["contact.kpi.gap"].with_user(user or self.env.user)
        names = ("priority", "quotation_count", "order_amount")
        return [
            (gap.partner_id.name, *(gap[name] for name in names), gap.user_id.login)
            for gap in Gap.search([*OPEN, ("indicator_id", "=", self.kpi.id)])
        ]

    def test_oldest_first_then_most_valuable(self):
        """Stars follow quotations and orders in the transaction that makes them."""
        old = self.customer("Old")
        self.go("2041-03-05 15:00:00")
        quiet = self.customer("Quiet")
        quoted = self.customer("Quoted")
        ordered = self.customer("Ordered")
        both = self.customer("Both")
        self.go("2041-03-06 15:00:00")
        self.order(quoted)
        # Of a contact of the customer's: the family's business is the customer's.
        self.order(self.contact(both, type="delivery"))
        for customer in (ordered, both):
            self.order(customer).action_confirm()
        self.order(quiet).action_cancel()
        self.go("2041-03-06 16:00:00")
        self.assertEqual(
            self.page(),
            [
                ("Old", "0", 0, 0.0, False),
                ("Both", "3", 1, 0.0, False),
                ("Quoted", "2", 1, 0.0, False),
                ("Ordered", "1", 0, 0.0, False),
                ("Quiet", "0", 0, 0.0, False),
            ],
        )
        self.assertEqual(old.contact_kpi_open_count, 1)
        # A year later the order is no longer recent; nobody saved anything.
        self.go("2042-03-07 15:00:00")
        self.refresh()
        stars = {name: priority for name, priority, *_rest in self.page()}
        self.assertEqual(
            stars,
            {"Old": "0", "Both": "2", "Quoted": "2", "Ordered": "0", "Quiet": "0"},
        )

    def test_amounts_are_what_the_reader_may_see(self):
        """Someone else's orders of one's own customer stay unseen."""
        mine = self.customer("Mine", user_id=self.ana.id)
        product = self.env["product.product"].create(
            {"name": "Service", "type": "service", "list_price": 100.0}
        )
        for user, quantity in ((self.ana, 2), (self.bruno, 5)):
            line = {"product_id": product.id, "product_uom_qty": quantity}
            self.order(
                mine,
                user_id=user.id,
                order_line=[
                    Command.create({**line, "price_unit": 100.0, "tax_ids": False})
                ],
            ).action_confirm()
        self.commit()
        self.assertEqual(
            self.page(self.ana), [("Mine", "1", 0, 200.0, "to_complete_ana")]
        )
        self.assertEqual(self.page(self.bruno), [])
        self.assertEqual(self.page(), [("Mine", "1", 0, 700.0, "to_complete_ana")])

    def activities(self):
        """Open to-dos of the indicators: customer, indicator, whose."""
        rows = self.env["mail.activity"].search([("contact_kpi_id", "!=", False)])
        return sorted(
            (
                self.env[row.res_model].browse(row.res_id).name,
                row.contact_kpi_id.code,
                row.user_id.login,
            )
            for row in rows
        )

    def test_a_row_that_a_colleague_completed_meanwhile_takes_no_number_away(self):
        """Shown in a list that was opened before, where it can still be typed in."""
        customer = self.customer("Customer", phone="none")
        self.go("2041-03-05 15:00:00")
        row = self.env["contact.kpi.gap"].search(OPEN)
        customer.phone = MOBILE
        self.go("2041-03-05 15:01:00")
        with self.assertRaisesRegex(UserError, "Customer was completed meanwhile"):
            row.write({"phone": "(11) 2345-6789"})
        self.assertEqual(customer.phone, MOBILE)
        row.write({"phone": MOBILE, "email": "one.more@padaria.com.br"})
        self.assertEqual(customer.email, "one.more@padaria.com.br")

    def test_a_row_whose_customer_is_no_longer_there_says_so(self):
        """Nothing that somebody typed is dropped without a word."""
        gone, archived = (
            self.customer(name, phone="none") for name in ("Gone", "Archived")
        )
        self.go("2041-03-05 15:00:00")
        rows = self.env["contact.kpi.gap"].search(OPEN).grouped("partner_id")
        row_of_gone, row_of_archived = rows[gone], rows[archived]
        gone.unlink()
        archived.active = False
        self.go("2041-03-05 15:01:00")
        for row, message in (
            (row_of_gone, "The customer was deleted meanwhile"),
            (row_of_archived, "Archived left the list meanwhile"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self.web_save(row.with_user(self.ana), {"phone": MOBILE}, "list")
        self.assertEqual(archived.phone, "none")

    def test_one_activity_per_customer_and_indicator(self):
        """Scheduled once, for the salesperson, and done when it is completed."""
        mobile = self.indicator()
        first = self.customer("First", user_id=self.ana.id)
        second = self.customer("Second", user_id=self.bruno.id)
        self.go("2041-03-05 15:00:00")
        Gap = self.env["contact.kpi.gap"]
        gaps = Gap.search([*OPEN, ("indicator_id", "=", self.kpi.id)])
        message = gaps[0].action_schedule_activity()["params"]["message"]
        self.assertEqual(message, "Activities scheduled: 1.")
        message = gaps.action_schedule_activity()["params"]["message"]
        self.assertIn("Had one already: 1", message)
        Gap.search(
            [("indicator_id", "=", mobile.id), ("partner_id", "=", first.id)]
        ).action_schedule_activity()
        self.assertEqual(
            self.activities(),
            [
                ("First", "no_contact", "to_complete_ana"),
                ("First", "test_no_mobile", "to_complete_ana"),
                ("Second", "no_contact", "to_complete_bruno"),
            ],
        )
        self.go("2041-03-06 15:00:00")
        # An e-mail completes the one, not the other.
        first.email = "first@padaria.com.br"
        self.go("2041-03-07 15:00:00")
        self.assertEqual(
            self.activities(),
            [
                ("First", "test_no_mobile", "to_complete_ana"),
                ("Second", "no_contact", "to_complete_bruno"),
            ],
        )
        (first | second).phone = MOBILE
        self.go("2041-03-08 15:00:00")
        self.assertEqual(self.activities(), [])

    def test_the_to_do_of_who_was_merged_into_a_complete_one_is_done(self):
        loser = self.customer("Loser", user_id=self.ana.id)
        winner = self.customer("Winner", phone=MOBILE)
        self.go("2041-03-05 15:00:00")
        self.env["contact.kpi.gap"].search(OPEN).action_schedule_activity()
        self.assertEqual(len(self.activities()), 1)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((loser | winner).ids, winner)
        self.commit()
        self.assertEqual(self.activities(), [])

    def done_notes(self, partner):
        return [
            (note.subtype_id, note.mail_activity_type_id.name, note.author_id.name)
            for note in partner.message_ids
            if "Complete: " in note.body
        ]

    def test_a_to_do_done_by_itself_leaves_the_note_that_odoo_leaves(self):
        first = self.customer("First", user_id=self.ana.id)
        second = self.customer("Second", user_id=self.ana.id)
        by_hand = self.customer("By hand", user_id=self.ana.id)
        self.commit()
        gaps = self.env["contact.kpi.gap"].search(OPEN)
        gaps.action_schedule_activity()
        plans = self.env["mail.activity"].search([("contact_kpi_id", "!=", False)])
        todo = {plan.res_id: plan for plan in plans}
        self.env["ir.attachment"].create(
            {"name": "card", "res_model": "mail.activity", "res_id": todo[second.id].id}
        )
        todo[by_hand.id].action_feedback()
        self.go("2041-03-06 15:00:00")
        (first | second).phone = MOBILE
        self.commit()
        self.assertEqual(set(plans.mapped("active")), {False})
        expected = self.done_notes(by_hand)
        self.assertEqual(len(expected), 1)
        self.assertEqual(self.done_notes(first), expected)
        self.assertEqual(self.done_notes(second), expected)
        self.assertEqual(first.message_ids[0].body, by_hand.message_ids[0].body)
        self.assertEqual(second.message_ids.attachment_ids.name, "card")

    def test_filters_of_the_customer_list(self):
        """Odoo's own list finds them, and the form's button counts them."""
        lacking = self.customer("Lacking")
        self.customer("Reachable", phone=MOBILE)
        self.go("2041-03-05 15:00:00")
        Partner = self.env["res.partner"].with_user(self.ana)
        customers = [("customer_rank", ">", 0), ("id", ">=", lacking.id)]
        found = {
            answer: Partner.search(
                [("contact_kpi_open_gap_ids", operator, False), *customers]
            ).mapped("name")
            for answer, operator in (("open", "!="), ("reachable", "="))
        }
        self.assertEqual(found, {"open": ["Lacking"], "reachable": ["Reachable"]})
        action = lacking.with_user(self.ana).action_contact_kpi_gaps()
        gaps = self.env["contact.kpi.gap"].search(action["domain"])
        self.assertEqual(gaps.partner_id, lacking)
