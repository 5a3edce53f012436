# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two days side by side, through the form."""

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import ContactKpiCase


@tagged("post_install", "-at_install")
class TestContactKpiComparison(ContactKpiCase):
    """Today is Monday, 4 March 2041."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "sales_team.group_sale_salesman"
        cls.ana = new_test_user(cls.env, "ana", groups=group, name="Ana")
        cls.rui = new_test_user(cls.env, "rui", groups=group, name="Rui")
        # (company, whose, customers, missing, unclassified)
        cls.day("2040-03-20", [(True, cls.ana, 10, 5, 0)])
        cls.day("2041-02-10", [(True, cls.ana, 50, 40, 0)])
        cls.day(
            "2041-02-28",
            [
                (True, cls.ana, 60, 6, 0),
                (True, cls.rui, 25, 2, 5),
                (False, cls.rui, 20, 12, 0),
            ],
        )
        cls.day("2041-03-04", [(True, cls.ana, 90, 9, 0), (False, cls.rui, 60, 30, 0)])

    @classmethod
    def day(cls, date, rows):
        header = {"indicator_id": cls.kpi.id, "date": date, "state": "done"}
        run = cls.env["contact.kpi.run"].create(header)
        cls.record_facts(
            [
                {
                    "run_id": run.id,
                    "date": date,
                    "indicator_id": cls.kpi.id,
                    "is_company": is_company,
                    "user_id": user.id,
                    "customers": customers,
                    "missing": missing,
                    "unclassified": unclassified,
                }
                for is_company, user, customers, missing, unclassified in rows
            ]
        )

    def shown(self, form):
        return sorted(
            (
                line["name"],
                line["customers_before"],
                line["missing_before"],
                round(line["rate_before"], 4),
                line["customers_after"],
                line["missing_after"],
                round(line["rate_after"], 4),
                round(line["mix_effect"], 4),
                round(line["rate_effect"], 4),
            )
            for line in form.line_ids._records
        )

    def test_a_saved_comparison_can_be_changed_by_who_made_it(self):
        """Its lines are made anew, which deletes those before."""
        comparison = self.env["contact.kpi.comparison"].with_user(self.ana)
        comparison = comparison.create({"indicator_id": self.kpi.id})
        before = comparison.line_ids
        self.assertTrue(before)
        self.env.flush_all()
        self.env.invalidate_all()
        comparison.web_save(
            {"baseline": "day", "baseline_until": "2041-02-10"}, {"summary": {}}
        )
        self.env.flush_all()
        self.assertFalse(before.exists())
        self.assertEqual(str(comparison.date_before), "2041-02-10")

    def test_the_month_before_by_kind_of_customer(self):
        form = Form(self.env["contact.kpi.comparison"])
        # The table that is worked by hand in the tests of the decomposition.
        self.assertEqual(
            self.shown(form),
            [
                ("Companies", 80, 8, 0.1, 90, 9, 0.1, 2.6, 0),
                ("Persons", 20, 12, 0.6, 60, 30, 0.5, 6.4, -3),
            ],
        )
        self.assertEqual(
            form.summary,
            "From 02/28/2041 to 03/04/2041 the missing rate went from 20.00% to "
            "26.00%: +6.00 points. +9.00 points come from the mix of customers, -3.00 "
            "from the rates inside the segments.",
        )

    def test_last_year_by_salesperson(self):
        form = Form(self.env["contact.kpi.comparison"])
        form.baseline, form.segment = "last_year", "user_id"
        # Rui had nobody then: mix. Ana: 50 % at all, 10 % at 60 %; the mean rate of
        # both days' wholes is (50 + 26) / 2 = 38 %.
        self.assertEqual(
            self.shown(form),
            [
                ("Ana", 10, 5, 0.5, 90, 9, 0.1, 3.2, -32),
                ("Rui", 0, 0, 0, 60, 30, 0.5, 4.8, 0),
            ],
        )

    def test_a_chosen_day_takes_the_last_figures_by_then(self):
        form = Form(self.env["contact.kpi.comparison"])
        form.baseline = "day"
        form.baseline_until = "2041-02-27"
        self.assertEqual(
            self.shown(form)[0],
            ("Companies", 50, 40, 0.8, 90, 9, 0.1, 3.2, -56),
        )
        self.assertEqual(str(form.date_before), "2041-02-10")

    def test_an_earlier_later_day(self):
        form = Form(self.env["contact.kpi.comparison"])
        form.until = "2041-02-27"
        form.segment = "user_id"
        self.assertEqual(
            (str(form.date_after), form.date_before, form.summary),
            (
                "2041-02-10",
                False,
                "No figures were taken in the period to compare with.",
            ),
        )
        self.assertEqual(self.shown(form), [("Ana", 0, 0, 0, 50, 40, 0.8, 0, 0)])

    def test_the_reader_sees_own_customers_only(self):
        form = Form(self.env["contact.kpi.comparison"].with_user(self.ana))
        form.segment = "user_id"
        self.assertEqual(self.shown(form), [("Ana", 60, 6, 0.1, 90, 9, 0.1, 0, 0)])

    def test_what_somebody_compared_is_nobody_else_s_to_read(self):
        form = Form(self.env["contact.kpi.comparison"])
        form.segment = "user_id"
        everything = form.save()
        lines = everything.line_ids
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(lines)
        for records in (everything, lines):
            with self.subTest(model=records._name):
                records = records.with_user(self.ana)
                self.assertFalse(records.search([("id", "in", records.ids)]))
                with (
                    mute_logger("odoo.addons.base.models.ir_rule"),
                    self.assertRaises(AccessError),
                ):
                    records.read()

    def test_from_the_card_and_saved(self):
        kpi = self.kpi.with_user(self.ana)
        action = kpi.action_compare()
        model = kpi.env[action["res_model"]].with_context(**action["context"])
        form = Form(model)
        form.segment = "user_id"
        self.assertEqual(str(form.date_before), "2041-02-28")
        saved = form.save()
        self.assertEqual(saved.indicator_id, self.kpi)
        self.assertEqual(
            [(line.name, line.missing_after) for line in saved.line_ids], [("Ana", 9)]
        )
