# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The card: now, against the period before and the same one last year."""

import json

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common import MOBILE, ContactKpiCase


class OverviewCase(ContactKpiCase):
    """Today is Monday, 4 March 2041; three of ten customers lack a contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [
            cls.customer(f"Customer {n}", phone=n > 2 and MOBILE) for n in range(10)
        ]
        cls.env.cr.flush()

    def past(self, *closings):
        """Runs of the past: (day, customers, missing, not looked at yet)."""
        for day, customers, missing, *unclassified in closings:
            run = self.env["contact.kpi.run"].create(
                {
                    "indicator_id": self.kpi.id,
                    "date": day,
                    "state": "done",
                    "evaluated_at": f"{day} 12:00:00",
                }
            )
            self.record_facts(
                {
                    "run_id": run.id,
                    "date": day,
                    "indicator_id": self.kpi.id,
                    "customers": customers,
                    "missing": missing,
                    "unclassified": sum(unclassified),
                }
            )


@tagged("post_install", "-at_install")
class TestOverview(OverviewCase):
    def card(self, period):
        self.kpi.period = period
        return (
            self.kpi.change,
            self.kpi.change_text,
            self.kpi.change_last_year_text,
        )

    def test_baselines_follow_the_analysis_period(self):
        self.past(
            ("2039-12-31", 10, 9),
            ("2040-03-04", 10, 8),
            ("2040-03-10", 8, 6),
            ("2040-03-31", 10, 7),
            ("2040-12-31", 20, 5),
            ("2041-02-27", 10, 6),
            ("2041-02-28", 10, 4),
            ("2041-03-02", 10, 2),
            ("2041-03-03", 10, 1),
        )
        self.refresh(self.kpi)
        self.assertEqual(
            {period: self.card(period) for period in ("day", "week", "month", "year")},
            {
                "day": (
                    2,
                    "+2 (+20.0 points) since 03/03/2041",
                    "-5 (-50.0 points) since 03/04/2040",
                ),
                # Weeks begin on Sunday for this reader, and last year's is that of
                # 4 to 10 March 2040.
                "week": (
                    1,
                    "+1 (+10.0 points) since 03/02/2041",
                    "-3 (-45.0 points) since 03/10/2040",
                ),
                "month": (
                    -1,
                    "-1 (-10.0 points) since 02/28/2041",
                    "-4 (-40.0 points) since 03/31/2040",
                ),
                "year": (
                    -2,
                    "-2 (+5.0 points) since 12/31/2040",
                    "-2 (+5.0 points) since 12/31/2040",
                ),
            },
        )

    def test_the_trend_follows_a_new_analysis_period_at_once(self):
        self.past(("2041-02-28", 10, 4), ("2041-03-02", 10, 2), ("2041-03-03", 10, 1))
        domain = [("indicator_id", "=", self.kpi.id)]
        before = {}
        for period in ("month", "week", "day"):
            self.kpi.period = period
            [(before[period],)] = self.env["contact.kpi.snapshot"]._read_group(
                domain, [], ["missing_previous:sum"]
            )
        self.assertEqual(before, {"month": 4, "week": 2, "day": 2})

    def test_a_new_indicators_form_shows_no_figures_whatever_is_sent(self):
        shown = {name: {} for name in ("period", "missing_now", "sparkline")}
        for sent in ({}, {"period": "year"}, {"period": False}):
            self.env.invalidate_all()
            value = self.env["contact.kpi"].onchange(sent, [*sent], shown)["value"]
            self.assertFalse(value.get("missing_now"))

    def test_nothing_to_compare_with(self):
        self.refresh(self.kpi)
        self.assertEqual(self.card("month"), (0, False, False))
        self.assertFalse(self.kpi.previous_date)

    def test_no_points_where_there_was_nothing_to_divide(self):
        self.past(("2041-02-28", 10, 0, 10))
        self.refresh(self.kpi)
        self.assertEqual(self.card("month"), (3, "+3 since 02/28/2041", False))

    def test_the_sparkline_shows_the_closings_of_the_period(self):
        self.past(("2041-01-31", 10, 6), ("2041-02-27", 10, 5), ("2041-02-28", 10, 4))
        self.refresh(self.kpi)
        self.kpi.period = "month"
        [series] = json.loads(self.kpi.sparkline)
        self.assertEqual(
            [tuple(bar.values()) for bar in series["values"]],
            [("Jan", 6, "past"), ("Feb", 4, "past"), ("Mar", 3, "future")],
        )


@tagged("post_install", "-at_install")
class TestReadingNotes(OverviewCase):
    """Sentences above the trend."""

    def notes(self, groupbys, *measures, domain=()):
        return self.env["contact.kpi.snapshot"].reading_notes(
            list(domain), groupbys, list(measures)
        )

    def test_which_dates_are_compared(self):
        self.past(("2040-03-31", 10, 7), ("2041-01-31", 10, 5), ("2041-02-28", 10, 4))
        self.refresh(self.kpi)
        by_period = (
            "Compared with the end of the period before: the indicator's analysis "
            "period."
        )
        both = "missing_change", "missing_change_last_year"
        self.assertEqual(
            [
                self.notes(["date:month"], "missing"),
                self.notes(["date:month"], "missing_change"),
                self.notes(["date:month", "user_id"], *both),
                self.notes([], "rate_change"),
                self.notes(["date:quarter"], "rate_change"),
            ],
            [
                [],
                [
                    "Each month is compared with the end of the month before.",
                    "03/04/2041 is compared with 02/28/2041.",
                ],
                [
                    "Each month is compared with the end of the month before.",
                    "03/04/2041 is compared with 02/28/2041 and 03/31/2040.",
                ],
                [
                    by_period,
                    "03/04/2041 is compared with 02/28/2041.",
                ],
                [
                    "Each quarter is compared with the end of the one before.",
                ],
            ],
        )

    def test_dates_are_those_of_the_figures_on_screen(self):
        """Not of another indicator, nor of a company that the reader does not see."""
        other = self.indicator(period="day")
        branch = self.company("Branch", "America/Sao_Paulo")
        run = {"state": "done", "indicator_id": self.kpi.id}
        self.past(("2041-02-28", 10, 4))
        self.env["contact.kpi.run"].create(
            [
                {**run, "indicator_id": other.id, "date": "2041-03-03"},
                {**run, "company_id": branch.id, "date": "2041-02-27"},
            ]
        )
        self.refresh()
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        both = new_test_user(
            self.env,
            "both",
            groups="sales_team.group_sale_salesman_all_leads",
            company_ids=[Command.set((self.main | branch).ids)],
        )
        domain = [("indicator_id", "=", self.kpi.id)]
        for user, words in (
            (seller, "03/04/2041 is compared with 02/28/2041."),
            (both, "03/04/2041 is compared with 02/28/2041 and 02/27/2041."),
        ):
            companies = {"allowed_company_ids": user.company_ids.ids}
            snapshot = self.env["contact.kpi.snapshot"].with_user(user)
            notes = snapshot.with_context(**companies).reading_notes(
                domain, ["date:month"], ["missing_change"]
            )
            with self.subTest(user=user.login):
                self.assertEqual(notes[1:], [words])

    def test_what_the_figures_are_not(self):
        self.past(("2041-01-31", 10, 5), ("2041-02-28", 10, 4))
        other = self.indicator()
        self.refresh()
        runs = self.env["contact.kpi.run"].search([("indicator_id", "=", self.kpi.id)])
        runs.filtered(lambda run: run.date.month == 1).origin = "reconstructed"
        runs.filtered(lambda run: run.date.month == 3).redefined = True
        rebuilt = (
            "Observed since 02/28/2041. Earlier figures are rebuilt from the history "
            "of the contacts."
        )
        changed = (
            "The definition changed on 03/04/2041: figures before and after do not "
            "count the same."
        )
        several = (
            "Several indicators are added up here. Choose one, or group by indicator."
        )
        mine = [("indicator_id", "=", self.kpi.id)]
        march = [*mine, ("date", ">=", "2041-03-01")]
        self.assertEqual(
            [
                self.notes(["date:month"], "missing"),
                self.notes(["date:month", "indicator_id"], "missing"),
                self.notes(["date:month"], "missing", domain=mine),
                self.notes(["date:month"], "missing", domain=march),
                self.notes([], "missing", domain=[("indicator_id", "=", other.id)]),
            ],
            [
                [several, rebuilt, changed],
                [rebuilt, changed],
                [rebuilt, changed],
                [changed],
                [],
            ],
        )
        snapshot = self.env["contact.kpi.snapshot"]
        self.assertEqual(snapshot.observation_start(mine), "2041-02-28")
        self.assertFalse(snapshot.observation_start(march))
