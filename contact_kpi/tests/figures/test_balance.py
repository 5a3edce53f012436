# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Laws 4 and 5 over a quarter of simulated days with missed nights."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import pytz

from odoo.tests import tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase

ZONE = pytz.timezone("America/Sao_Paulo")
DAYS = 90
MISSED = {7, 8, 20, 41, 42, 43, 66}


@tagged("post_install", "-at_install")
class TestBalance(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.branch = cls.company("Branch", "America/Sao_Paulo")
        cls.draw = random.Random(7)

    def test_opening_plus_opened_less_closed_is_closing_by_run_and_by_month(self):
        self.go("2041-01-01 11:00:00")
        self.partners = [self.new_customer(n) for n in range(12)]
        self.stock = {}  # (kpi, series, day): missing at the end of the day, counted
        first = datetime(2041, 1, 1, 12, 0)
        for day in range(DAYS):
            for hour in sorted(self.draw.sample(range(14), 2)):
                self.go(first + timedelta(days=day, hours=hour))
                self.work()
                self.commit()
            self.count(day)
            self.go(first + timedelta(days=day + 1, hours=-6))  # 3 in the morning
            if day not in MISSED:
                self.refresh(self.kpi | self.mobile)
        for kpi in (self.kpi, self.mobile):
            self.check_intervals(kpi)
            for series in (False, self.branch.id):
                self.check_flows(kpi, series)

    def new_customer(self, number):
        return self.customer(
            f"C{number}",
            phone=self.draw.choice([False, LANDLINE, MOBILE]),
            company_id=self.draw.choice([False, False, self.branch.id]),
            is_company=self.draw.random() < 0.5,
        )

    def work(self):
        for _change in range(self.draw.randint(0, 3)):
            partner = self.draw.choice(self.partners)
            match self.draw.randrange(8):
                case 0 | 1 | 2 | 3:
                    partner.phone = self.draw.choice([False, "-", LANDLINE, MOBILE])
                case 4:
                    partner.active = not partner.active
                case 5:
                    partner.customer_rank = 1 - partner.customer_rank
                case 6:
                    self.partners.append(self.new_customer(len(self.partners)))
                case 7 if len(self.partners) > 8:
                    self.partners.remove(partner)
                    partner.unlink()

    def count(self, day):
        for kpi in (self.kpi, self.mobile):
            found = self.evaluate(kpi.code).items()
            for series in (False, self.branch.id):
                self.stock[kpi, series, day] = sum(
                    missing for head, missing in found if head.company_id.id == series
                )

    # -- checks ----------------------------------------------------------------------

    def check_intervals(self, kpi):
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", kpi.id)])
        self.assertGreater(len(gaps), 40)
        for partner, own in gaps.grouped("partner_id").items():
            if not partner:
                continue  # deleted: nobody's intervals
            own = own.sorted("opened_at")
            for earlier, later in pairwise(own):
                self.assertTrue(earlier.closed_at, partner.name)
                self.assertLess(earlier.closed_at, later.opened_at, partner.name)

    def local_day(self, moment):
        return pytz.utc.localize(moment).astimezone(ZONE).date()

    def flows(self, kpi, series):
        """``{day: [opened, completed, left]}`` from the moments of the ledger."""
        flows = {}
        gaps = self.env["contact.kpi.gap"].search(
            [("indicator_id", "=", kpi.id), ("company_id", "=", series)]
        )
        for gap in gaps:
            opened = self.local_day(gap.opened_at)
            flows.setdefault(opened, [0, 0, 0])[0] += 1
            if gap.closed_at:
                closed = self.local_day(gap.closed_at)
                kind = 1 if gap.close_reason == "completed" else 2
                flows.setdefault(closed, [0, 0, 0])[kind] += 1
        return flows

    def check_flows(self, kpi, series):
        flows = self.flows(kpi, series)
        runs = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", kpi.id), ("company_id", "=", series)]
        )
        runs = {run.date: run for run in runs}
        first = datetime(2041, 1, 1).date()
        stock, months, table, expected = 0, {}, [], []
        for day in range(DAYS):
            date = first + timedelta(days=day)
            opened, completed, left = flows.get(date, [0, 0, 0])
            month = months.setdefault(date.month, [stock, 0, 0, 0])
            stock += opened - completed - left
            for index, value in enumerate((opened, completed, left), 1):
                month[index] += value
            month[4:] = [stock]
            self.assertEqual(stock, self.stock[kpi, series, day], (kpi.code, date))
            if run := runs.get(date):
                table.append((date, run.missing, run.opened, run.completed, run.left))
                expected.append((date, stock, opened, completed, left))
        self.assertEqual(table, expected)
        self.assertGreater(len(table), 70)
        self.check_months(kpi, series, months)

    def check_months(self, kpi, series, months):
        closing = self.env["contact.kpi.snapshot"]._read_group(
            [
                ("indicator_id", "=", kpi.id),
                ("company_id", "=", series),
                ("date", "<=", "2041-03-31"),
            ],
            ["date:month"],
            ["missing:sum"],
        )
        for month, (opening, opened, completed, left, stock) in months.items():
            self.assertEqual(opening + opened - completed - left, stock, month)
        self.assertEqual(
            {day.month: missing for day, missing in closing},
            {month: row[4] for month, row in months.items()},
        )
