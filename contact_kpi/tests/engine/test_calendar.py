# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime

from odoo.tests import tagged
from odoo.tools import SQL

from ..common import ContactKpiCase


@tagged("post_install", "-at_install")
class TestContactKpiCalendar(ContactKpiCase):
    """The days of companies around the world, in Python and in SQL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.utc = cls.company("Greenwich", "UTC")
        cls.tokyo = cls.company("Tokyo", "Asia/Tokyo")

    def days(self):
        """The expected: the 4th of March in Brazil, the 5th elsewhere."""
        brazil, elsewhere = date(2041, 3, 4), date(2041, 3, 5)
        series = self.env["res.company"].with_context(active_test=False).search([])
        return {
            0: brazil,
            **{company.id: elsewhere for company in series},
            self.main.id: brazil,
        }

    def test_day_of_a_record(self):
        self.go("2041-03-05 01:30:00")
        today = self.env["res.company"]._contact_kpi_today()
        self.assertEqual(today, self.days())
        for company, day in (
            (False, 4),
            (self.main, 4),
            (self.utc, 5),
            (self.tokyo, 5),
        ):
            customer = self.customer("Any", company_id=company and company.id)
            self.assertEqual(today.of(customer), date(2041, 3, day))
        others = today.elsewhere()
        self.assertEqual(list(others), [date(2041, 3, 5)])
        self.assertNotIn(0, others[date(2041, 3, 5)])

    def test_the_same_in_sql(self):
        self.go("2041-03-05 01:30:00")
        today = self.env["res.company"]._contact_kpi_today()
        rows = self.env.execute_query(
            SQL(
                "SELECT key, today, %s FROM (VALUES %s) AS day (key, today)",
                today.day_sql(SQL("NULLIF(key, 0)")),
                today.values_sql(),
            )
        )
        self.assertEqual(
            sorted(rows), sorted((key, day, day) for key, day in self.days().items())
        )

    def test_end_of_a_day(self):
        series = self.env["res.company"]._contact_kpi_series()
        rows = self.env.execute_query(
            SQL(
                "SELECT * FROM (VALUES %s) AS day (key, zone, ends_at)",
                series.ends_sql(date(2041, 3, 4), [0, self.utc.id, self.tokyo.id]),
            )
        )
        self.assertEqual(
            rows,
            [
                (0, "America/Sao_Paulo", datetime(2041, 3, 5, 3)),
                (self.utc.id, "UTC", datetime(2041, 3, 5)),
                (self.tokyo.id, "Asia/Tokyo", datetime(2041, 3, 4, 15)),
            ],
        )

    def test_changes_of_this_transaction(self):
        self.go("2041-03-05 01:30:00")
        company = self.env["res.company"]
        brazil, elsewhere = date(2041, 3, 4), date(2041, 3, 5)
        self.assertEqual(company._contact_kpi_today()[self.utc.id], elsewhere)
        self.utc.resource_calendar_id.tz = "America/Sao_Paulo"
        self.assertEqual(company._contact_kpi_today()[self.utc.id], brazil)
        self.utc.resource_calendar_id = self.tokyo.resource_calendar_id
        self.assertEqual(company._contact_kpi_today()[self.utc.id], elsewhere)
        new = company.create({"name": "New"})
        new.resource_calendar_id.tz = "Asia/Tokyo"
        self.assertEqual(company._contact_kpi_today()[new.id], elsewhere)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            new.resource_calendar_id.tz = "America/Sao_Paulo"
            self.assertEqual(company._contact_kpi_today()[new.id], brazil)
            raise ZeroDivisionError
        self.assertEqual(company._contact_kpi_today()[new.id], elsewhere)

    def test_one_query_a_transaction(self):
        company = self.env["res.company"]
        self.env.invalidate_all()
        company._contact_kpi_today()  # the transaction's moment, too
        self.env.cr.cache.clear()
        with self.assertQueryCount(1):
            company._contact_kpi_today()
            company._contact_kpi_today()
