# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The laws that the demo year of an indicator holds, as real figures do."""

import ast
import unittest
from collections import Counter
from datetime import timedelta
from itertools import pairwise


class DemoMixin:
    kpi_id = "contact_kpi.contact_kpi_no_contact"
    module = "contact_kpi"  # whose demo data these are

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.env.ref("contact_kpi.demo_user_ana", raise_if_not_found=False):
            raise unittest.SkipTest("this database has the demo data already")
        cls.load_demo()
        cls.kpi = cls.env.ref(cls.kpi_id)
        cls.gaps = cls.env["contact.kpi.gap"].search(
            [("indicator_id", "=", cls.kpi.id)]
        )
        cls.runs = cls.env["contact.kpi.run"].search(
            [("indicator_id", "=", cls.kpi.id), ("company_id", "=", False)],
            order="date",
        )
        cls.today = cls.env["res.company"]._contact_kpi_today()[0]

    @classmethod
    def load_demo(cls):
        cls.env["contact.kpi"]._load_demo()

    def ours(self, model):
        data = self.env["ir.model.data"].search(
            [("module", "=", self.module), ("name", "=like", "demo_%")]
        )
        ids = data.filtered(lambda row: row.model == model).mapped("res_id")
        return self.env[model].browse(ids)

    def notes(self, model, *groupbys):
        """What the screen of a report says beside its figures."""
        domain = [("indicator_id", "=", self.kpi.id)]
        return self.env[model].reading_notes(domain, list(groupbys), [])

    def test_open_gaps_are_what_the_domains_find(self):
        domain = ast.literal_eval(self.kpi.population_domain)
        domain += ast.literal_eval(self.kpi.gap_domain)
        found = self.env["res.partner"].search(domain)
        found = found.filtered(lambda p: p.commercial_partner_id == p)
        still_open = self.gaps.filtered(lambda gap: not gap.closed_at)
        self.assertEqual(still_open.partner_id, found)
        self.assertEqual(len(still_open), len(found))

    def test_snapshots_add_up_to_the_ledger_every_day(self):
        self.assertEqual(len(self.runs), 367)
        for run in self.runs:
            day = run.date
            lacking = self.gaps.filtered(
                lambda g, day=day: (
                    not g.company_id
                    and g.opened_on <= day
                    and (not g.closed_on or g.closed_on > day)
                )
            )
            rows = run.snapshot_ids
            self.assertEqual(sum(rows.mapped("missing")), len(lacking), day)
            self.assertEqual(run.missing, len(lacking), day)
            self.assertEqual(sum(rows.mapped("customers")), run.customers, day)
            by_state = Counter(gap.state_id for gap in lacking)
            for row in rows:
                by_state[row.state_id] -= row.missing
            self.assertFalse([n for n in by_state.values() if n], day)

    def test_balance_of_each_month(self):
        ends = [run for run in self.runs if (run.date + timedelta(1)).day == 1]
        self.assertGreaterEqual(len(ends), 12)
        for before, after in pairwise(ends):
            opened = self.gaps.filtered(
                lambda g, b=before, a=after: b.date < g.opened_on <= a.date
            )
            closed = self.gaps.filtered(
                lambda g, b=before, a=after: (
                    g.closed_on and b.date < g.closed_on <= a.date
                )
            )
            completed = closed.filtered(lambda g: g.close_reason == "completed")
            left = closed - completed
            closing = before.missing + len(opened) - len(completed) - len(left)
            self.assertEqual(closing, after.missing, after.date)
            month = self.runs.filtered(
                lambda r, b=before, a=after: b.date < r.date <= a.date
            )
            self.assertEqual(sum(month.mapped("opened")), len(opened))
            self.assertEqual(sum(month.mapped("completed")), len(completed))
            self.assertEqual(sum(month.mapped("left")), len(left))

    def test_every_month_end_of_the_year_is_there(self):
        first = self.today.replace(day=1)
        ends = set()
        for _month in range(12):
            ends.add(first - timedelta(1))
            first = (first - timedelta(1)).replace(day=1)
        self.assertFalse(ends - set(self.runs.mapped("date")))
        self.assertEqual(self.runs[-1].date, self.today)
        self.assertEqual(self.runs[-1].state, "provisional")
        self.assertEqual(set(self.runs[:-1].mapped("state")), {"done"})

    def test_intervals(self):
        for partner, gaps in self.gaps.grouped("partner_id").items():
            gaps = gaps.sorted("opened_at")
            self.assertGreaterEqual(gaps[0].opened_at, partner.create_date)
            for before, after in pairwise(gaps):
                self.assertTrue(before.closed_at, partner.name)
                self.assertLess(before.closed_at, after.opened_at, partner.name)
            completed = False
            for gap in gaps:
                self.assertEqual(gap.came_back, completed, partner.name)
                completed |= gap.close_reason == "completed"

    def test_days_to_complete(self):
        for gap in self.gaps:
            if gap.close_reason == "completed":
                days = (gap.closed_at - gap.opened_at).total_seconds() / 86400
                self.assertAlmostEqual(gap.days_to_complete, days, 4)
            else:
                self.assertFalse(gap.days_to_complete)

    def test_refreshing_again_changes_nothing(self):
        facts = [(gap.id, gap.opened_at, gap.closed_at) for gap in self.gaps]
        before = self.kpi.figures()
        self.kpi._refresh()
        again = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        self.assertEqual(
            [(gap.id, gap.opened_at, gap.closed_at) for gap in again], facts
        )
        self.assertEqual(self.kpi.figures(), before)
