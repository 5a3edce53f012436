# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 10: the day is the company's day. São Paulo is UTC−3, Tokyo UTC+9."""

from odoo.tests import tagged

from ..common import PHONE, ContactKpiCase


@tagged("post_install", "-at_install")
class TestCompanyDay(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.utc = cls.company("Greenwich", "UTC")
        cls.tokyo = cls.company("Tokyo", "Asia/Tokyo")
        cls.owners = {
            "shared": cls.env["res.company"],
            "São Paulo": cls.main,
            "Greenwich": cls.utc,
            "Tokyo": cls.tokyo,
        }

    def one_each(self, **vals):
        return {
            name: self.customer(name, company_id=company.id, **vals)
            for name, company in self.owners.items()
        }

    def owner(self, record):
        return next(n for n, c in self.owners.items() if c == record.company_id)

    def days(self):
        self.commit()
        gaps = self.env["contact.kpi.gap"].search([("indicator_id", "=", self.kpi.id)])
        return {
            self.owner(gap): (str(gap.opened_on), gap.closed_on and str(gap.closed_on))
            for gap in gaps
        }

    def runs(self):
        runs = self.env["contact.kpi.run"].search([("indicator_id", "=", self.kpi.id)])
        table = {}
        for run in runs.sorted("date"):
            row = (str(run.date), run.state, run.customers, run.missing)
            table.setdefault(self.owner(run), []).append(row)
        return table

    def test_half_past_ten_in_the_evening_belongs_to_that_day(self):
        self.go("2041-03-05 01:30:00")  # 22:30 of the 4th in São Paulo
        customers = self.one_each()
        self.go("2041-03-05 16:30:00")  # half past one of the 6th in Tokyo
        for customer in customers.values():
            customer.phone = PHONE
        self.assertEqual(
            self.days(),
            {
                "shared": ("2041-03-04", "2041-03-05"),
                "São Paulo": ("2041-03-04", "2041-03-05"),
                "Greenwich": ("2041-03-05", "2041-03-05"),
                "Tokyo": ("2041-03-05", "2041-03-06"),
            },
        )

    def test_readers_time_zones_do_not_move_a_day(self):
        self.go("2041-03-05 01:30:00")
        self.env.user.tz = "Pacific/Auckland"
        self.customer("customer")
        self.assertEqual(self.days(), {"shared": ("2041-03-04", False)})

    def test_each_series_has_a_run_of_its_own_day(self):
        self.one_each()
        self.go("2041-03-05 01:30:00")
        self.refresh()
        self.assertEqual(
            self.runs(),
            {
                "shared": [("2041-03-04", "provisional", 1, 1)],
                "São Paulo": [("2041-03-04", "provisional", 1, 1)],
                "Greenwich": [("2041-03-05", "provisional", 1, 1)],
                "Tokyo": [("2041-03-05", "provisional", 1, 1)],
            },
        )

    def test_a_series_is_final_after_its_own_midnight(self):
        customers = self.one_each()
        self.go("2041-03-04 20:00:00")  # in Tokyo the 5th has begun
        self.refresh()
        self.go("2041-03-05 02:00:00")  # 23:00 of the 4th in São Paulo
        for customer in customers.values():
            customer.phone = PHONE
        self.refresh()
        self.go("2041-03-05 03:00:00")  # midnight in São Paulo
        self.refresh()
        done, today = "done", "provisional"
        self.assertEqual(
            self.runs(),
            {
                "shared": [("2041-03-04", done, 1, 0), ("2041-03-05", today, 1, 0)],
                "São Paulo": [("2041-03-04", done, 1, 0), ("2041-03-05", today, 1, 0)],
                "Greenwich": [("2041-03-04", done, 1, 1), ("2041-03-05", today, 1, 0)],
                "Tokyo": [("2041-03-05", today, 1, 0)],
            },
        )

    def test_a_day_that_is_late_is_cut_at_each_companys_midnight(self):
        self.go("2041-03-04 14:00:00")
        customers = self.one_each()
        self.refresh()
        self.go("2041-03-04 23:30:00")
        self.customer("born in Tokyo on the 5th", company_id=self.tokyo.id)
        self.customer("born in São Paulo on the 4th", company_id=self.main.id)
        customers["Tokyo"].phone = PHONE
        customers["São Paulo"].phone = PHONE
        self.go("2041-03-05 12:00:00")
        self.refresh()
        self.assertEqual(
            {name: rows[0] for name, rows in self.runs().items()},
            {
                "shared": ("2041-03-04", "done", 1, 1),
                "São Paulo": ("2041-03-04", "done", 2, 1),
                "Greenwich": ("2041-03-04", "done", 1, 1),
                "Tokyo": ("2041-03-04", "done", 1, 1),
            },
        )

    def test_a_customer_that_changes_company_is_counted_once(self):
        customer = self.customer("customer", company_id=self.tokyo.id)
        self.refresh()
        customer.company_id = self.utc
        self.refresh()
        counted = {name: rows[0][2:] for name, rows in self.runs().items()}
        self.assertEqual(
            counted,
            {
                "shared": (0, 0),
                "São Paulo": (0, 0),
                "Greenwich": (1, 1),
                "Tokyo": (0, 0),
            },
        )
        self.assertAgreement(self.kpi)

    def test_a_time_zone_moved_back_takes_back_the_day_that_had_begun(self):
        """As if the company's clock had been right all along."""
        reason = self.env["contact.kpi.decline.reason"].search([], limit=1)
        fixed = self.customer("fixed")
        moved, asked = self.customer("moved"), self.customer("asked")
        self.main.resource_calendar_id.tz = "UTC"
        self.refresh()
        self.go("2041-03-05 01:30:00")  # half past ten in the evening, in fact
        self.refresh()
        self.go("2041-03-05 01:40:00")
        self.customer("late")
        fixed.phone = PHONE
        moved.state_id = self.sao_paulo
        self.commit()
        gaps = self.env["contact.kpi.gap"].search([("partner_id", "=", asked.id)])
        gaps._decline(reason)
        self.refresh()
        self.assertEqual(
            self.log(), [("2041-03-04", "done"), ("2041-03-05", "provisional")]
        )
        triggers = self.env["ir.cron.trigger"].search([])
        self.main.resource_calendar_id.tz = "America/Sao_Paulo"
        soon = self.env["ir.cron.trigger"].search([]) - triggers
        self.assertEqual(soon.cron_id, self.env.ref("contact_kpi.ir_cron_refresh"))
        self.refresh()
        self.assertEqual(self.log(), [("2041-03-04", "provisional")])
        self.assertLaws("2041-03-04", opened=4, completed=1)
        self.assertTrue(gaps.declined)
        tables = ("contact.kpi.gap", "contact.kpi.run", "contact.kpi.snapshot")
        before = self.dump("contact.kpi.decline", "contact.kpi.gap.segment", *tables)
        self.refresh()
        after = self.dump("contact.kpi.decline", "contact.kpi.gap.segment", *tables)
        del before["contact.kpi.run"], after["contact.kpi.run"]  # duration
        self.assertEqual(after, before)
        self.go("2041-03-05 03:10:00")  # the day comes
        self.refresh()
        self.assertEqual(
            self.log(), [("2041-03-04", "done"), ("2041-03-05", "provisional")]
        )
        self.assertLaws("2041-03-05", opened=0, completed=0)
        self.assertLaws("2041-03-04", opened=4, completed=1, present=False)

    def log(self):
        """The runs of the shared customers."""
        runs = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.kpi.id), ("company_id", "=", False)]
        )
        return [(str(run.date), run.state) for run in runs.sorted("date")]

    def assertLaws(self, date, opened, completed, present=True):
        """Agreement and balance of the shared customers on a day, in plain SQL."""
        if present:
            self.assertAgreement(self.kpi)
            self.assertFigures(self.kpi, date)
        self.env.cr.execute(
            """
            SELECT run.opened, run.completed, run."left", run.missing,
                   (SELECT COUNT(*) FROM contact_kpi_gap WHERE opened_on = run.date),
                   (SELECT COUNT(*) FROM contact_kpi_gap WHERE closed_on = run.date),
                   (SELECT COUNT(*) FROM contact_kpi_gap WHERE opened_on <= run.date
                       AND (closed_on IS NULL OR closed_on > run.date)),
                   (SELECT COUNT(*) FROM contact_kpi_gap WHERE opened_on > run.date)
              FROM contact_kpi_run run
             WHERE run.date = %s AND run.company_id IS NULL
            """,
            [date],
        )
        self.assertEqual(
            self.env.cr.fetchall(),
            [(opened, completed, 0, 3, opened, completed, 3, 0)],
        )
