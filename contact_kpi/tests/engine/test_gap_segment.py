# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a customer with a gap was on which day, as literal tables."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import MOBILE, PHONE, ContactKpiCase

D4, D5, D6, D7 = (f"2041-03-0{day}" for day in (4, 5, 6, 7))
NOON = " 15:00:00"


@tagged("post_install", "-at_install")
class TestGapSegment(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tokyo = cls.company("Tokyo", "Asia/Tokyo")
        groups = "sales_team.group_sale_salesman"
        cls.ana, cls.bruno, cls.carla = (
            new_test_user(cls.env, login, groups=groups)
            for login in ("ana", "bruno", "carla")
        )
        cls.transport = cls.env["res.partner.industry"].create({"name": "Transport"})

    def setUp(self):
        super().setUp()
        self.partner = self.customer("Customer", user_id=self.ana.id)
        self.commit()

    def versions(self, partner=None):
        """The table: customer, since, until, company, salesperson, industry, kind."""
        rows = self.env["contact.kpi.gap.segment"].search([])
        if partner:
            rows = rows.filtered(lambda row: row.gap_id.partner_id == partner)
        return [
            (
                row.since and str(row.since),
                row.until and str(row.until),
                row.company_id.name,
                row.user_id.login,
                row.industry_id.name,
                row.is_company,
            )
            for row in rows.sorted(lambda row: (row.gap_id.id, str(row.since or "")))
        ]

    def gap(self):
        return self.env["contact.kpi.gap"].search(
            [("partner_id", "=", self.partner.id)], order="id desc", limit=1
        )

    def by_user(self, date):
        rows = self.env["contact.kpi.snapshot"].search([("date", "=", date)])
        return sorted(
            (row.user_id.login or "", row.company_id.name or "", row.missing)
            for row in rows
            if row.missing
        )

    # -- the versions ------------------------------------------------------------

    def test_no_rows_while_nothing_changed(self):
        self.go(D5 + NOON)
        self.refresh()
        self.partner.comment = "x"
        self.partner.user_id = self.ana
        self.refresh()
        self.assertEqual(self.versions(), [])

    def test_first_change_keeps_the_opening_later_ones_add_a_row(self):
        self.go(D5 + NOON)
        self.partner.user_id = self.bruno
        self.commit()
        self.assertEqual(
            self.versions(),
            [
                (False, D5, False, "ana", False, False),
                (D5, False, False, "bruno", False, False),
            ],
        )
        self.go(D7 + NOON)
        self.partner.write({"industry_id": self.transport.id, "is_company": True})
        self.commit()
        expected = [
            (False, D5, False, "ana", False, False),
            (D5, D7, False, "bruno", False, False),
            (D7, False, False, "bruno", "Transport", True),
        ]
        self.assertEqual(self.versions(), expected)
        before = self.dump("contact.kpi.gap.segment", "contact.kpi.gap")
        self.refresh()
        self.refresh()
        self.assertEqual(
            self.dump("contact.kpi.gap.segment", "contact.kpi.gap"), before
        )
        gap = self.gap()
        self.assertEqual(
            (gap.user_id, gap.opening_user_id, gap.industry_id, gap.is_company),
            (self.bruno, self.ana, self.env["res.partner.industry"], False),
        )

    def test_the_end_of_the_day_counts(self):
        self.go(D5 + " 12:00:00")
        self.partner.user_id = self.bruno
        self.go(D5 + " 13:00:00")
        self.partner.user_id = self.carla
        self.commit()
        self.assertEqual(
            self.versions(),
            [
                (False, D5, False, "ana", False, False),
                (D5, False, False, "carla", False, False),
            ],
        )
        self.go(D5 + " 14:00:00")
        self.partner.user_id = self.ana  # back: as if nothing had been
        self.commit()
        self.assertEqual(
            self.versions(),
            [
                (False, D5, False, "ana", False, False),
                (D5, False, False, "ana", False, False),
            ],
        )

    def test_changed_on_the_day_it_opened(self):
        self.go(D4 + " 20:00:00")
        self.partner.user_id = self.bruno
        self.commit()
        self.assertEqual(
            self.versions(), [(False, False, False, "bruno", False, False)]
        )
        self.assertEqual(self.gap().opening_user_id, self.ana)
        self.refresh()
        self.assertEqual(self.by_user(D4), [("bruno", "", 1)])

    def test_changed_in_the_transaction_that_opened_it_never_was(self):
        other = self.customer("Other", user_id=self.ana.id)
        self.env["contact.kpi.gap"].search([])  # opens it
        other.write({"user_id": self.bruno.id, "industry_id": self.transport.id})
        self.commit()
        gap = self.env["contact.kpi.gap"].search([("partner_id", "=", other.id)])
        self.assertEqual(
            (gap.user_id, gap.opening_user_id, gap.industry_id),
            (self.bruno, self.bruno, self.transport),
        )
        self.assertEqual(self.versions(), [])

    def test_closed_and_opened_again_in_one_transaction_goes_on(self):
        self.go(D5 + NOON)
        self.partner.phone = PHONE
        self.assertTrue(self.gap().closed_at)
        self.partner.write({"phone": False, "user_id": self.bruno.id})
        self.commit()
        self.assertFalse(self.gap().closed_at)
        self.assertEqual(
            self.versions(),
            [
                (False, D5, False, "ana", False, False),
                (D5, False, False, "bruno", False, False),
            ],
        )

    def test_what_changes_as_it_closes_and_after_leaves_no_row(self):
        self.go(D5 + NOON)
        self.partner.write({"phone": MOBILE, "user_id": self.bruno.id})
        self.go(D6 + NOON)
        self.partner.user_id = self.carla
        self.commit()
        self.assertEqual(self.versions(), [])
        self.go(D7 + NOON)
        self.partner.phone = False  # a new gap, with versions of its own
        self.commit()
        self.assertEqual(self.versions(), [])
        self.assertEqual(self.gap().opening_user_id, self.carla)

    def test_at_night_what_sql_changed(self):
        self.go(D6 + NOON)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET user_id = %s WHERE id = %s",
            [self.bruno.id, self.partner.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.versions(), [])
        self.refresh()
        self.assertEqual(
            self.versions(),
            [
                (False, D6, False, "ana", False, False),
                (D6, False, False, "bruno", False, False),
            ],
        )

    def test_each_company_by_its_own_day(self):
        """At 20:00 UTC of the 5th it is the 5th in São Paulo, the 6th in Tokyo."""
        back = self.customer("Back", user_id=self.ana.id, company_id=self.tokyo.id)
        self.go(D5 + " 20:00:00")
        self.partner.company_id = self.tokyo
        back.company_id = False
        self.commit()
        self.assertEqual(
            self.versions(self.partner),
            [
                (False, D5, False, "ana", False, False),
                (D6, False, "Tokyo", "ana", False, False),
            ],
        )
        # Counts on the 5th for both: each at the end of its own day.
        self.assertEqual(
            self.versions(back),
            [
                (False, D6, "Tokyo", "ana", False, False),
                (D5, False, False, "ana", False, False),
            ],
        )
        self.refresh()
        self.go(D7 + " 20:00:00")
        self.refresh()
        series = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.kpi.id)]
        )
        self.assertEqual(
            sorted(
                (str(run.date), run.company_id.name or "", run.missing)
                for run in series
                if run.company_id in (self.tokyo, self.env["res.company"])
            ),
            [
                (D5, "", 1),
                (D6, "Tokyo", 1),
                (D7, "", 1),
                ("2041-03-08", "Tokyo", 1),
            ],
        )

    def test_deleted_and_merged_customers_keep_theirs_without_a_name(self):
        self.go(D5 + NOON)
        self.partner.user_id = self.bruno
        self.go(D6 + NOON)
        self.partner.unlink()
        self.commit()
        gone = self.env["contact.kpi.gap.segment"].search([]).gap_id
        self.assertFalse(gone.partner_id)
        self.assertEqual(
            [row[:4] for row in self.versions()],
            [(False, D5, False, "ana"), (D5, False, False, "bruno")],
        )

    # -- snapshots ---------------------------------------------------------------

    def test_a_late_run_has_the_segments_of_its_day(self):
        other = self.customer("Other", user_id=self.ana.id)
        self.refresh()
        self.go(D5 + NOON)
        self.refresh()
        self.go(D6 + NOON)  # nobody runs between the 5th at noon and the 7th
        self.partner.user_id = self.bruno
        other.unlink()
        self.go(D7 + NOON)
        self.partner.user_id = self.carla
        self.refresh()
        self.assertEqual(self.by_user(D4), [("ana", "", 2)])
        self.assertEqual(self.by_user(D5), [("ana", "", 2)])
        self.assertEqual(self.by_user(D7), [("carla", "", 1)])
        self.env["contact.kpi.run"]._reconstruct(self.kpi, [date(2041, 3, 6)])
        self.assertEqual(self.by_user(D6), [("bruno", "", 1)])

    def test_a_run_is_made_anew_for_what_was_saved_before_midnight_and_came_late(self):
        self.go(D5 + NOON)
        self.refresh()
        self.go("2041-03-06 04:00:00")  # 1:00 on the 6th in São Paulo
        self.refresh()
        self.assertEqual(self.by_user(D5), [("ana", "", 1)])
        self.go("2041-03-06 02:59:00")  # began before midnight, commits after
        self.partner.user_id = self.bruno
        self.go("2041-03-06 05:00:00")
        self.refresh()
        self.assertEqual(self.by_user(D5), [("bruno", "", 1)])
        runs = self.env["contact.kpi.run"].search(
            [("indicator_id", "=", self.kpi.id), ("company_id", "=", False)]
        )
        self.assertEqual(
            [(str(run.date), run.moved) for run in runs],
            [(D6, 0), (D5, 1)],
        )

    # -- rights --------------------------------------------------------------------

    def test_read_with_the_gap_and_written_by_nobody(self):
        self.go(D5 + NOON)
        self.partner.user_id = self.bruno
        self.commit()
        Version = self.env["contact.kpi.gap.segment"]
        seen = {
            user.login: len(Version.with_user(user).search([]))
            for user in (self.ana, self.bruno, self.carla)
        }
        self.assertEqual(seen, {"ana": 0, "bruno": 2, "carla": 0})
        row = Version.with_user(self.bruno).search([], limit=1)
        with (
            mute_logger("odoo.addons.base.models.ir_model"),
            self.assertRaises(AccessError),
        ):
            row.since = D4
