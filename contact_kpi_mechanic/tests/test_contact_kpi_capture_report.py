# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How often a mobile was obtained by the first repair's confirmation."""

import itertools

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE

from .repair_year_case import RepairCase, RepairYearCase

REPORT = "contact.kpi.capture.report"


@tagged("post_install", "-at_install")
class TestCaptureReportYear(RepairYearCase):
    MEASURES = [
        *("__count", "first_repairs:sum", "decided:sum", "captured:sum"),
        *("unknown:sum", "capture_rate:avg"),
    ]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        me = cls()
        cls.facts = me.chronicle()

    def chronicle(self):
        """First repairs of those who lacked it, by walking through the notes."""
        first = {}
        for repair, note in self.notes.items():
            if note["state"] != "cancel":
                first.setdefault(repair.partner_id, repair)
        facts = []
        for head, repair in first.items():
            note = self.notes[repair]
            if repair in self.forgotten or not note["lacked"]:
                continue
            got = any(
                who == head and not lacks and note["made"] < at <= note["confirmed"]
                for at, who, lacks in self.saved
                if note["confirmed"]
            )
            outcome = "captured" if got else "missed"
            if not note["confirmed"]:
                outcome = "pending"
            facts.append({**self.dimensions(repair), "outcome": outcome})
        return facts

    def measures(self, rows):
        outcomes = [row["outcome"] for row in rows]
        captured = outcomes.count("captured")
        decided = captured + outcomes.count("missed")
        rate = round(captured / decided, 4) if decided else None
        return (len(rows), len(rows), decided, captured, 0, rate)

    def test_per_person_with_denominators(self):
        self.assertEqual(
            {row["outcome"] for row in self.facts}, {"captured", "missed", "pending"}
        )
        clerk = self.clerks[0].id
        domains = [
            ([], lambda r: True),
            ([("user_id", "=", clerk)], lambda r: r["user_id"] == clerk),
            ([("outcome", "!=", "pending")], lambda r: r["outcome"] != "pending"),
            ([("repair_priority", "=", "1")], lambda r: r["repair_priority"] == "1"),
            ([("date", "=", "2030-01-01")], lambda r: False),
        ]
        groupbys = [
            *([], ["user_id"], ["outcome"], ["date:month"], ["repair_priority"]),
            *(["repair_service_type_id"], ["partner_id"], ["is_company"]),
            *(["company_id"], ["user_id", "outcome"], ["user_id", "date:month"]),
        ]
        report = self.env[REPORT]
        for groupby, (domain, keep) in itertools.product(groupbys, domains):
            groups = report.formatted_read_group(domain, groupby, self.MEASURES)
            with self.subTest(groupby=groupby, domain=domain):
                self.assertEqual(
                    self.found(groups, groupby),
                    self.expected(self.facts, groupby, keep),
                )
        sets = [[], ["user_id"], ["user_id", "date:month"]]
        for domain, keep in domains:
            answers = report.formatted_read_grouping_sets(domain, sets, self.MEASURES)
            for groupby, groups in zip(sets, answers, strict=True):
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertEqual(
                        self.found(groups, groupby),
                        self.expected(self.facts, groupby, keep),
                    )


@tagged("post_install", "-at_install")
class TestCaptureReport(RepairCase):
    """The edges, one by one."""

    def outcomes(self):
        self.commit()
        rows = self.env[REPORT].search([], order="id")
        return [(row.partner_id.name, row.outcome) for row in rows]

    def test_by_the_very_moment_of_the_confirmation(self):
        names = ("before", "with it", "after", "never", "open", "had it")
        people = {
            name: self.customer(name, phone=name == "had it" and MOBILE)
            for name in names
        }
        repairs = {name: self.take(person) for name, person in people.items()}
        self.take(people["never"])  # a second one counts for nothing
        self.go("2041-03-05 15:00:00")
        people["before"].phone = MOBILE
        self.go("2041-03-06 15:00:00")
        people["with it"].phone = MOBILE
        for name, repair in repairs.items():
            if name != "open":
                repair._action_repair_confirm()
        self.go("2041-03-07 15:00:00")
        people["after"].phone = MOBILE
        table = [
            *(("before", "captured"), ("with it", "captured"), ("after", "missed")),
            *(("never", "missed"), ("open", "pending")),
        ]
        self.assertEqual(self.outcomes(), table)
        self.assertEqual(
            self.env[REPORT].reading_notes([], ["user_id"], [])[0],
            "Obtained from 2 of 4 customers by the confirmation of their first repair; "
            "1 not confirmed yet, 0 unknown.",
        )

    def test_unknown_is_never_a_miss(self):
        old, redefined = self.customer("old"), self.customer("redefined")
        redefined.phone = LANDLINE
        self.take(old)._action_repair_confirm()
        repair = self.take(redefined)
        self.commit()
        self.env.cr.execute(SQL("UPDATE repair_order SET confirmed_at = NULL"))
        self.env["repair.order"].invalidate_model()
        self.go("2041-03-05 15:00:00")
        kinds = ["mobile", "without_nine", "landline"]
        self.mobile.gap_domain = [("customer_mobile_kind", "not in", kinds)]
        self.refresh(self.mobile)
        gaps = self.env["contact.kpi.gap"].search([("partner_id", "=", redefined.id)])
        self.assertEqual(gaps.mapped("close_reason"), ["redefined"])
        self.go("2041-03-06 15:00:00")
        repair._action_repair_confirm()
        self.assertEqual(
            self.outcomes(), [("old", "unknown"), ("redefined", "unknown")]
        )
        [group] = self.env[REPORT].formatted_read_group(
            [],
            [],
            ["first_repairs:sum", "decided:sum", "unknown:sum", "capture_rate:avg"],
        )
        group.pop("__extra_domain")
        self.assertEqual(list(group.values()), [2, 0, 2, None])

    def test_the_first_of_the_family_that_is_not_cancelled(self):
        firm = self.customer("firm", is_company=True)
        cancelled = self.take(firm)
        self.go("2041-03-05 15:00:00")
        driver = self.contact(firm, "driver")
        self.take(driver)._action_repair_confirm()
        self.go("2041-03-06 15:00:00")
        self.take(firm)
        self.assertEqual(self.outcomes(), [("firm", "pending")])
        cancelled.action_repair_cancel()
        self.assertEqual(self.outcomes(), [("firm", "missed")])
