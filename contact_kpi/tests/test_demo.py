# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import random
from collections import Counter
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from stdnum.br import cnpj

from odoo.tests import TransactionCase, tagged

from ..demo import answers, orders, people, plan, traces, words
from ..models.people.consent import CHANNELS
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

    # -- what customers answered, and what is known beside them ----------------------

    def test_refusals(self):
        """Some hold, one is about to be reviewed; the others are over."""
        declines = self.env["contact.kpi.decline"].search([])
        self.assertEqual(
            declines.reason_id, self.env["contact.kpi.decline.reason"].search([])
        )
        soon = self.today + timedelta(7)
        told = Counter()
        for refusal in declines:
            gap, review = refusal.gap_id, refusal.review_on
            last = gap.closed_on or self.today
            self.assertLessEqual(gap.opened_on, refusal.declined_on)
            self.assertLess(refusal.declined_on, last)
            self.assertTrue(refusal.create_uid.has_group("base.group_user"))
            if gap.closed_at:
                told["informed after all"] += 1
            elif refusal.ended_on:
                self.assertLessEqual(refusal.ended_on, self.today)
                told["taken back"] += 1
            elif review and review <= self.today:
                told["reviewed"] += 1
            elif review and review <= soon:
                told["review near"] += 1
            else:
                told["for long" if review else "for ever"] += 1
            # What holds is what the gap says today.
            holds = not (
                gap.closed_at or refusal.ended_on or (review and review <= self.today)
            )
            self.assertEqual(gap.declined and not gap.closed_at, holds)
        self.assertEqual(
            told,
            {
                "informed after all": answers.PAST_REFUSALS,
                "taken back": 1,
                "reviewed": 1,
                "review near": 1,
                "for long": 1,
                "for ever": 1,
            },
        )
        for run in self.runs[-90::7]:
            held = [
                refusal
                for refusal in declines
                if refusal.gap_id.opened_on <= run.date
                and not (
                    refusal.gap_id.closed_on and refusal.gap_id.closed_on <= run.date
                )
                and refusal.declined_on <= run.date
                and not (refusal.review_on and refusal.review_on <= run.date)
                and not (refusal.ended_on and refusal.ended_on <= run.date)
            ]
            self.assertEqual(sum(run.snapshot_ids.mapped("declined")), len(held))

    def test_consent(self):
        """Both answers, over every channel, each heard by a salesperson, on record."""
        asked = self.ours("res.partner").filtered(
            lambda p: p.contact_kpi_consent != "not_asked"
        )
        self.assertEqual(len(asked), answers.CONSENTS)
        said = Counter(asked.mapped("contact_kpi_consent"))
        self.assertEqual(said, {"given": 19, "refused": 5})
        self.assertEqual(
            set(asked.mapped("contact_kpi_consent_channel")), dict(CHANNELS).keys()
        )
        team = self.ours("res.users") | self.env.ref("base.user_admin")
        for partner in asked:
            self.assertIn(partner.contact_kpi_consent_by_id, team)
            note = partner.message_ids.filtered(
                lambda m: m.message_type == "notification"
            )
            self.assertEqual(note.date.date(), partner.contact_kpi_consent_on)
            self.assertEqual(
                note.author_id, partner.contact_kpi_consent_by_id.partner_id
            )
        still_open = self.gaps.filtered(lambda g: not g.closed_at and not g.declined)
        self.assertEqual(
            Counter(still_open.mapped("consent")) - Counter({"not_asked": 99}),
            {"given": 1, "refused": 1},
        )

    def test_confirmed_contacts(self):
        """Of every age, and none that was changed since."""
        last = {}
        for gap in self.gaps.filtered("closed_on"):
            last[gap.partner_id] = max(
                gap.closed_on, last.get(gap.partner_id, gap.closed_on)
            )
        customers = self.ours("res.partner").filtered(
            lambda p: p.active and p.customer_rank
        )
        months = Counter()
        for partner in customers:
            day = partner.contact_kpi_verified_on
            months[min(12, (self.today - day).days // 31) if day else None] += 1
            if day:
                self.assertLessEqual(day, self.today)
                self.assertGreaterEqual(day, partner.create_date.date())
                self.assertGreaterEqual(day, last.get(partner, day))
                self.assertTrue(partner.contact_kpi_verified_by_id)
        self.assertEqual(months.keys() | {11, 12}, {*range(13), None})
        stale = self.env.ref("contact_kpi.contact_kpi_stale_contact")
        stale.active = True
        found = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", stale.id), ("partner_id", "in", customers.ids)]
        )
        lacking = self.gaps.filtered(lambda gap: not gap.closed_at).partner_id
        year = self.today - relativedelta(months=12)
        self.assertEqual(
            found.partner_id,
            (customers - lacking).filtered(
                lambda p: (
                    not p.contact_kpi_verified_on or p.contact_kpi_verified_on < year
                )
            ),
        )
        share = len(found) / len(customers - lacking)
        self.assertTrue(0.15 < share < 0.45, share)

    def test_suggestions(self):
        """Of every origin, for customers that lack a contact and did not decline."""
        origins = Counter()
        wizard = self.env["contact.kpi.suggestion"]
        ours = self.ours("res.partner")
        for gap in self.gaps.filtered(
            lambda g: not g.closed_at and g.partner_id in ours
        ):
            lines = wizard._suggest(gap).line_ids
            self.assertFalse(lines and gap.declined)
            origins.update({(gap.id, line.origin): 1 for line in lines})
        expected = {"order": 2, "duplicate": 1, "email": 1}
        if "crm.lead" in self.env:
            expected["lead"] = 1
        self.assertEqual(Counter(origin for _gap, origin in origins), expected)

    def test_suspected_junk(self):
        """Every reason for a suspicion; whoever carries one counts as reachable."""
        found = {
            (row["kind"], row["reason"], row["unrelated_count"])
            for row in self.env["contact.kpi.suspect"]._find()
        }
        self.assertEqual(
            found,
            {
                ("phone", "shared", traces.SHARED_BY),
                ("email", "shared", traces.SHARED_BY),
                ("phone", "company", 1),
                ("email", "user", 1),
            },
        )

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

    def test_tax_ids(self):
        """Companies have a CNPJ of their own, as written in Brazil; one in six none."""
        numbers = [people.tax_id(number) for number in range(1000)]
        present = [text for text in numbers if text]
        self.assertEqual(len(present), 833)
        self.assertEqual(len(set(present)), 833)
        self.assertEqual([text for text in present if not cnpj.is_valid(text)], [])
        self.assertEqual([cnpj.format(text) for text in present], present)

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
