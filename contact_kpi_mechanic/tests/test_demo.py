# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import random
import re
from collections import Counter
from datetime import date, timedelta

from odoo.tests import TransactionCase, tagged

from odoo.addons.contact_kpi.demo.plan import SEED as BASE_SEED
from odoo.addons.contact_kpi.demo.plan import plan as base_plan
from odoo.addons.contact_kpi.tests.demo_case import DemoMixin

from ..demo import plan

MOBILE = re.compile(r"\(\d\d\) 90\d{3}-\d{4}")  # as the story writes them


@tagged("post_install", "-at_install")
class TestDemo(DemoMixin, TransactionCase):
    """The workshop's year holds the laws, and leaves that of the sales desk alone."""

    kpi_id = "contact_kpi_mechanic.contact_kpi_no_mobile"
    module = "contact_kpi_mechanic"

    @classmethod
    def load_demo(cls):
        cls.env["contact.kpi"]._load_demo()
        cls.sales = cls.env.ref("contact_kpi.contact_kpi_no_contact")
        cls.sales_before = cls.figures_of_sales()
        cls.env["contact.kpi"]._load_demo_workshop()
        cls.repairs = cls.env["repair.order"].search(
            [("user_id.login", "in", ("diego.exemplo", "elisa.exemplo"))]
        )

    @classmethod
    def figures_of_sales(cls):
        gaps = cls.env["contact.kpi.gap"].search([("indicator_id", "=", cls.sales.id)])
        rows = [(g.partner_id, g.opened_at, g.closed_at, g.close_reason) for g in gaps]
        figures = [f for f in cls.sales.figures() if f["indicator"] == cls.sales.code]
        return figures, rows

    def test_open_gaps_are_the_customers_that_have_typed_no_mobile(self):
        """From the texts alone, without the classification."""
        customers = self.env["res.partner"].search(
            [("parent_id", "=", False), ("category_id.parent_id", "!=", False)]
        )
        # Who has come for nothing but a repair that was called off is no customer.
        came = self.repairs.filtered(lambda r: r.state != "cancel").partner_id
        customers = customers.filtered(lambda p: p.customer_rank or p in came)
        lacking = customers.filtered(
            lambda p: (
                not any(MOBILE.search(each.phone or "") for each in p | p.child_ids)
            )
        )
        still_open = self.gaps.filtered(lambda gap: not gap.closed_at)
        self.assertEqual(still_open.partner_id & customers, lacking)
        self.assertGreater(len(lacking), 20)

    def test_the_sales_desk_has_the_figures_it_had(self):
        self.sales._refresh()
        self.assertEqual(self.figures_of_sales(), self.sales_before)

    def test_the_share_falls(self):
        first, last = self.runs[0], self.runs[-1]
        self.assertTrue(0.3 < first.missing_rate < 0.45, first.missing_rate)
        self.assertTrue(0.1 < last.missing_rate < 0.22, last.missing_rate)

    def test_repairs_are_worth_looking_at(self):
        self.assertTrue(150 <= len(self.repairs) <= 250)
        self.assertTrue(70 <= len(self.repairs.partner_id) <= 100)
        self.assertEqual(
            set(self.repairs.mapped("state")),
            {"draft", "confirmed", "under_repair", "done", "cancel"},
        )
        self.assertEqual(
            set(self.repairs.service_type_id.mapped("code")), set(plan.SERVICES)
        )
        now_here = self.repairs.filtered(lambda r: r.state not in ("done", "cancel"))
        self.assertEqual(set(now_here.mapped("priority")), {"0", "1"})
        self.assertGreaterEqual(sum(now_here.mapped("mobile_to_ask")), 4)
        days = {repair.schedule_date.date() - self.today for repair in now_here}
        self.assertLess(min(days), timedelta(0))
        self.assertGreaterEqual(max(days), timedelta(0))

    def test_moments_are_in_order(self):
        for repair in self.repairs:
            moments = [repair.create_date, repair.confirmed_at, repair.finished_at]
            known = [moment for moment in moments if moment]
            self.assertEqual(known, sorted(known), repair.name)
            self.assertEqual(
                bool(repair.confirmed_at),
                repair.state in ("confirmed", "under_repair", "done"),
            )
            self.assertEqual(bool(repair.finished_at), repair.state == "done")
            self.assertGreaterEqual(
                repair.create_date, repair.partner_id.create_date, repair.name
            )

    def test_reports_have_something_to_say(self):
        notes = self.notes("contact.kpi.repair.report", "contact_missing")
        self.assertIn("Cancelled: ", notes[0])
        self.assertNotIn("too few", " ".join(notes))
        sides = {
            side: dict(zip(("days", "quoted", "messaged"), figures, strict=True))
            for side, *figures in self.env["contact.kpi.repair.report"]._read_group(
                [("indicator_id", "=", self.kpi.id)],
                ["contact_missing"],
                ["days_to_confirm:avg", "quoted:sum", "messaged_rate:avg"],
            )
        }
        missing, informed = sides["missing"], sides["informed"]
        self.assertGreater(missing["days"], informed["days"])
        self.assertLess(missing["messaged"], informed["messaged"])
        self.assertTrue(missing["quoted"] and informed["quoted"])

    def test_one_of_the_counter_asks_more_often(self):
        """By hand: the first repair of each, and whether the gap closed by then."""
        first = {}
        for repair in self.repairs.sorted("create_date"):
            if repair.state != "cancel":
                first.setdefault(repair.partner_id, repair)
        asked, obtained = Counter(), Counter()
        for partner, repair in first.items():
            gap = self.gaps.filtered(
                lambda g, p=partner, at=repair.create_date: (
                    g.partner_id == p
                    and g.opened_at <= at
                    and (not g.closed_at or g.closed_at > at)
                )
            )
            if gap and repair.confirmed_at:
                asked[repair.user_id] += 1
                done = gap.closed_at and gap.closed_at <= repair.confirmed_at
                obtained[repair.user_id] += bool(done)
                if done:
                    self.assertEqual(gap.closed_by_id, repair.user_id)
        diego, elisa = self.ours("res.users").sorted("login")
        self.assertGreater(
            obtained[diego] / asked[diego], obtained[elisa] / asked[elisa] + 0.1
        )
        self.assertGreater(min(asked.values()), 8)

    def test_wishes(self):
        still_open = self.gaps.filtered(lambda gap: not gap.closed_at)
        self.assertEqual(sum(still_open.mapped("declined")), 2)
        asked = self.repairs.partner_id.grouped("contact_kpi_consent")
        self.assertTrue(asked["given"] and asked["refused"])
        self.assertEqual(
            self.env["phone.blacklist"].search_count([]), len(self.blacklisted())
        )
        self.assertEqual(len(self.blacklisted()), 3)

    def blacklisted(self):
        numbers = set(self.env["phone.blacklist"].search([]).mapped("number"))
        return self.gaps.partner_id.filtered(
            lambda partner: any(
                partner._phone_format(number=number) in numbers
                for number in (partner.phone or "").split(" / ")
            )
        )


@tagged("post_install", "-at_install")
class TestDemoPlan(TransactionCase):
    """Whatever day the demo is made on, the story holds together."""

    def tell(self, today):
        customers = base_plan(today, random.Random(BASE_SEED))
        rng = random.Random(plan.SEED)
        first = len(customers)
        customers += plan.newcomers(today, first, rng)
        lacking = [
            c.number
            for c in customers
            if not c.gone and (c.missing if c.number >= first else not c.missing)
            if c.number % 3 == 0 or c.number >= first
        ]
        absent = {n for n in lacking[::7] if n < first}
        told = plan.tell(customers, lacking, absent, first, today, rng)
        return first, lacking, absent, *told

    def test_any_day(self):
        for day in range(0, 400, 13):
            today = date(2026, 1, 1) + timedelta(day)
            first, lacking, absent, customers, gave, visits = self.tell(today)
            self.assertFalse(absent & {visit.number for visit in visits})
            self.assertLess(gave, set(lacking))
            for number in lacking:
                lacks = customers[number].lacks_on(today)
                self.assertEqual(lacks, number not in gave, today)
            for visit in visits:
                customer = customers[visit.number]
                self.assertLessEqual(customer.created, visit.day)
                self.assertLess(visit.day, today)
                self.assertLessEqual(visit.day, visit.scheduled)
                self.assertFalse(visit.confirmed and visit.confirmed >= today)
                self.assertFalse(visit.finished and not visit.confirmed)
                self.assertFalse(visit.quoted and visit.number >= first)
                for gap in customer.gaps:
                    if gap.closed == visit.day:
                        self.assertFalse(visit.cancelled)
                        self.assertEqual(gap.by, plan.FIRST_CLERK + visit.clerk)

    def test_the_same_day_tells_the_same(self):
        today = date(2026, 3, 4)
        self.assertEqual(self.tell(today), self.tell(today))
