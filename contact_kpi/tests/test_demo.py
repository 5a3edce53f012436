# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import random
from collections import Counter
from datetime import date, timedelta

from odoo.tests import TransactionCase, tagged

from ..demo import orders, people, plan, words
from .demo_case import DemoMixin


@tagged("post_install", "-at_install")
class TestDemo(DemoMixin, TransactionCase):
    """The demo year holds the laws that the real figures hold."""

    def test_open_gaps_are_the_customers_with_nothing_typed(self):
        """The same from the texts alone, without the classification."""
        nothing = {*words.NO_PHONES, *words.NO_EMAILS, False}
        customers = self.ours("res.partner").filtered(
            lambda p: p.active and not p.parent_id
        )
        lacking = customers.filtered(
            lambda p: (
                {text for each in p | p.child_ids for text in (each.phone, each.email)}
                <= nothing
            )
        )
        still_open = self.gaps.filtered(lambda gap: not gap.closed_at)
        self.assertEqual(still_open.partner_id & customers, lacking)
        self.assertEqual(len(lacking), len(plan.OPEN_AGES))

    def test_the_year_is_worth_looking_at(self):
        completed = self.gaps.filtered(lambda gap: gap.close_reason == "completed")
        team = self.ours("res.users") | self.env.ref("base.user_admin")
        self.assertEqual(completed.closed_by_id, team)
        self.assertTrue(self.gaps.filtered(lambda gap: gap.close_reason == "left"))
        self.assertTrue(self.gaps.filtered("came_back"))
        still_open = self.gaps.filtered(lambda gap: not gap.closed_at)
        self.assertEqual(set(still_open.mapped("priority")), {"0", "1", "2", "3"})
        self.assertTrue(any(still_open.mapped("quotation_count")))
        self.assertTrue(any(still_open.mapped("order_amount")))
        self.assertEqual(still_open.user_id & team, team)

    def test_types_of_customers(self):
        """The tag of each customer, on every gap and in the figures of today."""
        names = {*words.TYPES.values(), False}
        seen = Counter()
        customers = self.ours("res.partner").filtered("customer_rank")
        for customer in customers:
            seen[customer.category_id.name] += 1
            if not customer.is_company:
                self.assertEqual(customer.category_id.name, "Particular")
        self.assertEqual(set(seen), names)
        gaps = self.gaps.filtered(lambda gap: gap.partner_id in customers)
        self.assertGreater(len(gaps), len(plan.OPEN_AGES))
        for gap in gaps:
            self.assertEqual(gap.customer_type_id, gap.partner_id.category_id)
        today = Counter()
        for row in self.runs[-1].snapshot_ids:
            today[row.customer_type_id.name] += row.customers
        gone = customers.filtered(lambda p: not p.active)
        seen.subtract(p.category_id.name for p in gone)
        self.assertEqual({**today, False: 0}, {**seen, False: 0})

    def test_the_impact_has_enough_orders_on_both_sides(self):
        confirmed, *others = self.notes("contact.kpi.sale.report", "contact_missing")
        self.assertIn("Confirmed: ", confirmed)
        self.assertNotIn("too few", " ".join(others))
        sides = Counter(
            bool(
                self.gaps.filtered(
                    lambda g, o=order: (
                        g.partner_id == o.partner_id
                        and g.opened_at <= o.create_date
                        and (not g.closed_at or g.closed_at > o.create_date)
                    )
                )
            )
            for order in self.env["sale.order"].search(
                [("partner_id", "in", self.ours("res.partner").ids)]
            )
        )
        self.assertGreaterEqual(sides[True], 30)
        self.assertGreaterEqual(sides[False], 60)


@tagged("post_install", "-at_install")
class TestDemoPlan(TransactionCase):
    """Whatever day the demo is made on, the story holds together."""

    def test_any_day(self):
        for day in range(0, 400, 13):
            today = date(2026, 1, 1) + timedelta(day)
            rng = random.Random(plan.SEED)
            customers = plan.plan(today, rng)
            lacking = sum(customer.lacks_on(today) for customer in customers)
            self.assertEqual(lacking, len(plan.OPEN_AGES), today)
            for customer in customers:
                for gap in customer.gaps:
                    self.assertLessEqual(customer.created, gap.opened)
                    self.assertTrue(
                        not gap.closed or gap.opened < gap.closed <= today, today
                    )
            families = list(people.families(customers, plan.COMPANIES, rng))
            self.assertEqual(len(families), len(customers))
            for made, number, _quantity, confirmed in orders.draw(
                customers, today, rng
            ):
                self.assertLessEqual(customers[number].created, made)
                self.assertLess(made, today)
                self.assertTrue(not confirmed or made <= confirmed < today)
