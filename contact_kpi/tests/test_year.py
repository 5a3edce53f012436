# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A year of simulated days, told by a chronicler, against every figure."""

import time

from odoo.tests import tagged

from .year_case import YearCase


@tagged("post_install", "-at_install")
class TestYear(YearCase):
    @classmethod
    def setUpClass(cls):
        begin = time.monotonic()
        super().setUpClass()
        print("YEAR", time.monotonic() - begin, len(cls.chronicle.gaps), cls.happened, len(cls.chronicle.runs))

    def gap_row(self, gap):
        return (
            gap.indicator_id.code,
            gap.opened_at,
            gap.partner_id.id or 0,
            gap.opened_on,
            gap.origin,
            gap.came_back,
            gap.company_id.id or 0,
            gap.user_id.id,
            gap.opening_user_id.id,
            gap.is_company,
            gap.industry_id.id,
            gap.country_id.id,
            gap.state_id.id,
            gap.closed_at or None,
            gap.closed_on or None,
            gap.close_reason or None,
            gap.closed_by_id.id or None,
            round(gap.days_to_complete, 6),
        )

    def told_row(self, gap):
        return (
            gap.kpi,
            gap.opened_at,
            gap.partner or 0,
            gap.opened_on,
            gap.origin,
            gap.came_back,
            gap.company,
            gap.user,
            gap.opening_user,
            *gap.segments,
            gap.closed_at,
            gap.closed_on,
            gap.reason,
            gap.closed_by,
            round(gap.days or 0.0, 6),
        )

    def test_the_quick_look_is_the_oracle(self):
        for quick, slow in self.quick_looks:
            self.assertEqual(quick, slow)

    def test_ledger(self):
        gaps = self.env["contact.kpi.gap"].search([])
        key = str
        self.assertEqual(
            sorted(map(self.gap_row, gaps), key=key),
            sorted(map(self.told_row, self.chronicle.gaps), key=key),
        )
