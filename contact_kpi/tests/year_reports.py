# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The reports over the simulated year, each against the chronicler's notes.

Parts of the one class of tests that lives that year (``test_year``): no test cases
of their own, else the year would be lived again.
"""

from collections import Counter
from datetime import UTC, date, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from .closing_case import STARTS
from .figures.test_follow_up import COUNTS, FollowUpCase
from .figures.test_follow_up import MEASURES as FLOWS
from .sales.test_sale_report import MEASURES as IMPACT
from .sales.test_sale_report import TestSaleReportYear as ImpactByHand

SEGMENTS = ["is_company", "customer_type_id", "industry_id", "country_id", "state_id"]
KEEP_DAYS = 60
FLOWS_BY = [
    [],
    ["date:week"],
    ["date:month"],
    ["date:year"],
    ["date:month", "closed_by_id"],
    ["date:month", "opening_user_id"],
    ["date:quarter", "company_id", "indicator_id"],
    ["date:quarter", "user_id"],
    ["origin", "close_reason"],
    ["is_company", "date:year", "state_id"],
    ["customer_type_id", "date:quarter"],
]
IMPACT_BY = [
    [],
    ["contact_missing"],
    ["date:month", "contact_missing"],
    ["date:week"],
    ["indicator_id", "date:quarter", "contact_missing"],
    ["user_id"],
    ["customer_user_id", "contact_missing"],
    ["company_id", "state"],
    ["origin"],
    ["is_company", "contact_missing"],
    ["customer_type_id", "contact_missing"],
    ["industry_id"],
]


class GapsByHand:
    """The follow-up as ``test_follow_up`` counts it, of other gaps and days."""

    buckets = FollowUpCase.buckets
    in_bucket = FollowUpCase.in_bucket
    figures_of = FollowUpCase.figures_of
    key = FollowUpCase.key
    plain = FollowUpCase.plain

    def __init__(self, today, rows):
        self.today, self.rows = today, rows
        first = min(row["opened_on"] for row in rows)
        length = (max(today.values()) - first).days + 1
        self.days = [first + timedelta(days=n) for n in range(length)]

    def table(self, groupby, on_day, on_row):
        groups = {}
        asked = [day for day in self.days if on_day(day)]
        for dates, bucket in self.buckets(groupby, asked).items():
            for row in self.rows:
                row = self.in_bucket(row, bucket)
                if row and on_row(row):
                    groups.setdefault(self.key(row, groupby, dates), []).append(row)
        return {key: self.figures_of(rows) for key, rows in groups.items()}


class FollowUpOfTheYear:
    def flow_rows(self):
        return [
            {
                "indicator_id": self.kpis[gap.kpi].id,
                "company_id": gap.company or False,
                "user_id": gap.user,
                "opening_user_id": gap.opening_user,
                "origin": gap.origin,
                "came_back": gap.came_back,
                "opened_on": gap.opened_on,
                "closed_on": gap.closed_on or False,
                "close_reason": gap.reason or False,
                "closed_by_id": gap.closed_by or False,
                "days_to_complete": gap.days,
                "declined_on": [refusal.declined_on for refusal in gap.declines],
                **dict(zip(SEGMENTS, gap.segments, strict=True)),
            }
            for gap in self.chronicle.gaps
        ]

    def flow_questions(self):
        times = [
            ([], lambda day: True),
            (
                [("date", ">=", "2041-06-10"), ("date", "<=", "2041-09-05")],
                lambda day: date(2041, 6, 10) <= day <= date(2041, 9, 5),
            ),
            (["!", ("date", "<", "2042-01-01")], lambda day: day >= date(2042, 1, 1)),
        ]
        mobile, ana = self.kpis["test_no_mobile"].id, self.ana.id
        rest = [
            ([], lambda row: True),
            ([("indicator_id", "=", mobile)], lambda r: r["indicator_id"] == mobile),
            ([("opening_user_id", "=", ana)], lambda r: r["opening_user_id"] == ana),
            (
                ["|", ("closed_by_id", "=", ana), ("origin", "!=", "observed")],
                lambda r: r["closed_by_id"] == ana or r["origin"] != "observed",
            ),
        ]
        for (left, on_day), (right, on_row) in product(times, rest):
            yield [*left, *right], on_day, on_row

    def test_the_follow_up_is_what_the_chronicler_counts(self):
        """Balance, mean and median days, ages: by month and by who, whole tables."""
        days = self.chronicle.days(self.end)
        today = {series or False: day for series, day in days.items()}
        by_hand = GapsByHand(today, self.flow_rows())
        report = self.env["contact.kpi.follow.up"].with_user(self.boss)
        seen = Counter()
        for groupby, (domain, on_day, on_row) in product(
            FLOWS_BY, self.flow_questions()
        ):
            found = {}
            for group in report.formatted_read_group(domain, groupby, FLOWS):
                *counts, mean, median, count = (group[spec] for spec in FLOWS)
                found[tuple(by_hand.plain(group[spec]) for spec in groupby)] = (
                    *counts,
                    mean and round(mean, 6),
                    median and round(median, 6),
                    count,
                )
            told = by_hand.table(groupby, on_day, on_row)
            with self.subTest(groupby=groupby, domain=domain):
                self.assertTrue(told)
                self.assertSameTable(found, told)
            for counted in told.values():
                seen.update(name for name, n in zip(COUNTS, counted, strict=False) if n)
                seen["median"] += counted[-2] not in (None, counted[-3])
        # Each figure has been something, but for gaps older than a year.
        figures = {*COUNTS, "median"} - {"age_over"}
        self.assertGreater(min(seen[name] for name in figures), 5, seen)


class ImpactOfTheYear:
    """Orders by what the chronicler saw their customers lack when they were made."""

    measures = ImpactByHand.measures
    found_measures = ImpactByHand.found

    def impact_rows(self):
        """The rows that the report must have; and by indicator what is left out."""
        rows, left_out = [], {}
        for order, head, made, confirmed in self.orders:
            lacked = self.lacked[order.id]
            for code, kpi in self.kpis.items():
                if code not in lacked:
                    reason = "unrecorded"  # the indicator came later
                elif order.id in self.forgotten:
                    reason = "merged"
                else:
                    rows.append(self.impact_row(order, head, made, confirmed, code))
                    self.assertEqual(
                        rows[-1]["contact_missing"] == "missing", lacked[code]
                    )
                    continue
                left_out.setdefault(kpi, Counter())[reason] += 1
        return rows, left_out

    def impact_row(self, order, head, made, confirmed, code):
        gaps = [
            gap
            for gap in self.chronicle.gaps
            if gap.kpi == code
            and gap.partner == head.id
            and gap.opened_at <= made
            and not (gap.closed_at and gap.closed_at <= made)
        ]
        return {
            "order_id": order.id,
            "indicator_id": self.kpis[code].id,
            "partner_id": head.id,
            "customer_user_id": head.user_id.id,
            "customer_company_id": head.company_id.id,
            "company_id": order.company_id.id,
            "user_id": order.user_id.id,
            "state": order.state,
            "date": self.day_of(order.company_id, made),
            "contact_missing": "missing" if gaps else "informed",
            "origin": gaps[0].origin if gaps else False,
            **dict(zip(SEGMENTS, self.segment_of(head)[2:], strict=True)),
            "sold": bool(confirmed),
            "days": confirmed and (confirmed - made).total_seconds() / 86400,
            "amount": 0.0,
        }

    def day_of(self, company, moment):
        """As the database has it: its summer times go on after 2037, pytz's do not."""
        zone = ZoneInfo(self.chronicle.zones[company.id].zone)
        return moment.replace(tzinfo=UTC).astimezone(zone).date()

    def test_the_impact_is_what_the_chronicler_saw_at_each_quotation(self):
        rows, left_out = self.impact_rows()
        self.assertGreater(len(rows), 50)
        self.assertLess({False, "observed"}, {row["origin"] for row in rows})
        names = [name for name in rows[0] if name not in ("sold", "days", "amount")]
        report = self.env["contact.kpi.sale.report"].with_user(self.boss)
        found = report.search([]).sudo().read(names, load=None)
        self.assertSameRows(
            [tuple(row[name] for name in names) for row in found],
            [tuple(row[name] for name in names) for row in rows],
        )
        self.check_the_impacts_measures(report, rows)
        # What is left out is told, per indicator.
        self.assertTrue(left_out)
        for kpi, counts in left_out.items():
            start = self.day_of(self.main, kpi.create_date).strftime("%m/%d/%Y")
            words = {
                "unrecorded": f"{counts['unrecorded']} from before {start}",
                "merged": f"{counts['merged']} of customers merged into others since",
            }
            told = "; ".join(words[reason] for reason in words if counts[reason])
            notes = report.reading_notes([("indicator_id", "=", kpi.id)], [], [])
            self.assertEqual(
                notes[-1],
                "Orders left out, what their customers lacked when quoted is not on "
                f"record: {told}.",
            )

    def check_the_impacts_measures(self, report, rows):
        mobile = self.kpis["test_no_mobile"].id
        summer = date(2041, 6, 10), date(2041, 9, 5)
        questions = [
            ([], lambda row: True),
            ([("indicator_id", "=", mobile)], lambda r: r["indicator_id"] == mobile),
            (
                [("date", ">=", str(summer[0])), ("date", "<=", str(summer[1]))],
                lambda row: summer[0] <= row["date"] <= summer[1],
            ),
            (["!", ("customer_user_id", "=", False)], lambda r: r["customer_user_id"]),
        ]
        for groupby, (domain, on_row) in product(IMPACT_BY, questions):
            found = {
                tuple(map(self.group_value, groupby, [group] * len(groupby))): (
                    self.found_measures(group)
                )
                for group in report.formatted_read_group(domain, groupby, IMPACT)
            }
            groups = {}
            for row in filter(on_row, rows):
                groups.setdefault(self.key(row, groupby), []).append(row)
            told = {key: self.measures(group) for key, group in groups.items()}
            with self.subTest(groupby=groupby, domain=domain):
                self.assertSameTable(found, told)

    def group_value(self, spec, group):
        value = group[spec]
        if isinstance(value, list | tuple):
            value = value[0]
        return date.fromisoformat(value) if ":" in spec else value


class ExplanationOfTheYear:
    def behind(self, kpi, day, keep):
        """The gaps that the chronicler has open at the end of a day, by segment."""
        return [
            gap
            for gap in self.chronicle.gaps
            if gap.kpi == kpi
            for version in gap.held(day)
            if keep(
                {
                    "company_id": version.company or False,
                    "user_id": version.user,
                    **dict(zip(SEGMENTS, version.segments, strict=True)),
                }
            )
        ]

    def check_cell(self, cell, group, keep, seen):
        """The figure, and the list behind it, of one closing of one indicator.

        :param cell: domain of the facts
        :param keep: what its segments ask of a row
        """
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.boss)
        days = {run.date for run in self.told_runs(cell)}
        kpi = next(run.kpi for run in self.told_runs(cell))
        # Companies may close a period on days of their own.
        told = [
            gap
            for run in self.told_runs(cell)
            for gap in self.behind(
                kpi,
                run.date,
                lambda row, run=run: (
                    (row["company_id"] or 0) == run.series and keep(row)
                ),
            )
        ]
        with self.subTest(cell=cell):
            self.assertEqual(group["missing:sum"], len(told))
            if not group["customers:sum"]:
                return
            action = Snapshot.action_explain(cell)
            explanation = Snapshot.env[action["res_model"]].browse(action["res_id"])
            lines = explanation.line_ids
            self.assertEqual(
                (explanation.missing, explanation.customers),
                (len(told), group["customers:sum"]),
            )
            listed = {id(gap): gap for gap in told}.values()
            gaps = self.env["contact.kpi.gap"].with_user(self.boss)
            gaps = gaps.search(explanation.action_customers()["domain"])
            self.assertSameRows(
                [(g.partner_id.id or None, g.opened_at, g.opened_on) for g in gaps],
                [(g.partner, g.opened_at, g.opened_on) for g in listed],
            )
            self.assertEqual(
                {
                    name: sum(lines.mapped(name))
                    for name in ("found", "still_missing", "completed", "gone")
                },
                {
                    "found": len(told),
                    "still_missing": sum(not gap.closed_at for gap in told),
                    "completed": sum(
                        gap.reason == "completed" and bool(gap.partner) for gap in told
                    ),
                    "gone": sum(not gap.partner for gap in told),
                },
            )
        seen["cells"] += 1
        seen["customers"] += len(told)
        seen["gone"] += sum(not gap.partner for gap in told)
        seen["moved"] += sum(len(gap.versions) > 1 for gap in told)
        seen.update(days)

    def told_runs(self, cell):
        """The last run of each series that answers a cell's indicator and dates."""
        since, until, code = date.min, date.max, None
        for leaf in cell:
            match leaf:
                case ("date", ">=", value):
                    since = date.fromisoformat(value)
                case ("date", "<", value):
                    until = date.fromisoformat(value) - timedelta(days=1)
                case ("indicator_id", "=", number):
                    [code] = [c for c, kpi in self.kpis.items() if kpi.id == number]
        last = {}
        for run in self.runs_told():
            if run.kpi == code and since <= run.date <= until:
                before = last.get(run.series, run)
                last[run.series] = max(before, run, key=lambda r: r.date)
        return list(last.values())

    def check_cells(self, domain, groupby, seen, step=1):
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.boss)
        segments = [spec for spec in groupby if ":" not in spec]
        measures = ["missing:sum", "customers:sum"]
        groups = Snapshot.formatted_read_group(domain, groupby, measures)
        for group in groups[::step]:
            values = {name: self.group_value(name, group) for name in segments}
            # Of the segments' leaves the chronicler has the values.
            cell = [*domain, *group["__extra_domain"]]
            self.check_cell(
                cell,
                group,
                lambda row, values=values: values.items() <= row.items(),
                seen,
            )

    def test_the_list_behind_a_cell_is_who_lacked_it_on_that_day(self):
        seen = Counter()
        for code, kpi in self.kpis.items():
            mine = [("indicator_id", "=", kpi.id)]
            self.check_cells(mine, ["date:month"], seen)
            self.check_cells(mine, ["date:quarter", "user_id"], seen)
            days = sorted({run.date for run in self.runs_told() if run.kpi == code})
            bys = [["company_id"], ["is_company", "industry_id"], ["state_id"]]
            bys.append(["customer_type_id", "user_id"])
            for number, day in enumerate(days[5::35]):
                after = day + timedelta(days=1)
                that_day = [("date", ">=", str(day)), ("date", "<", str(after))]
                self.check_cells(mine + that_day, bys[number % 4], seen)
        least = {"cells": 80, "customers": 600, "gone": 20, "moved": 50}
        for name, number in least.items():
            self.assertGreater(seen[name], number, seen)


class RetentionOfTheYear:
    def survivors(self, keep_days):
        """``{(kpi, series, day)}`` of the runs that must stay, by brute force."""
        today = self.chronicle.days(self.end)
        buckets = [
            lambda day: day - timedelta(days=day.isoweekday() % 7),
            lambda day: day - timedelta(days=day.isoweekday() - 1),
            STARTS["month"],
        ]
        kept = set()
        for (kpi, series), runs in self.series_of_runs().items():
            days = sorted(run.date for run in runs)
            limit = today[series] - timedelta(days=keep_days)
            stay = {days[0], *(day for day in days if day >= limit)}
            for bucket in buckets:
                stay |= set({bucket(day): day for day in days}.values())
            kept |= {(kpi, series, day) for day in stay}
        return kept

    def series_of_runs(self):
        series = {}
        for run in self.runs_told():
            series.setdefault((run.kpi, run.series), []).append(run)
        return series

    def test_old_days_thin_out_and_closings_stay(self):
        """Rolled back with the test's savepoint, as whatever a test does."""
        start = date(2041, 6, 1)
        times = [
            ([], lambda day: True),
            (
                [("date", ">=", str(start)), ("date", "<", "2041-09-01")],
                lambda day: start <= day < start + relativedelta(months=3),
            ),
        ]
        groupbys = [by for by in self.closing_groupbys() if "date:day" not in by]
        questions = [
            (by, domain, self.closing(by, on_day, lambda row: True))
            for by, (domain, on_day) in product(groupbys, times)
            if "date:week" not in by or not domain
        ]
        self.check_closings(questions)
        self.env["ir.config_parameter"].set_param(
            "contact_kpi.retention_days", KEEP_DAYS
        )
        Run = self.env["contact.kpi.run"]
        before = Run.search_count([])
        while Run._gc_thin_out()[1]:
            pass
        self.env.invalidate_all()
        kept = self.survivors(KEEP_DAYS)
        self.assertEqual(
            {
                (run.indicator_id.code, run.company_id.id or 0, run.date)
                for run in Run.search([])
            },
            kept,
        )
        self.assertGreater(before, 2 * len(kept))
        self.check_closings(questions)
        # The list behind a month's cell, too.
        seen = Counter()
        for kpi in self.kpis.values():
            self.check_cells([("indicator_id", "=", kpi.id)], ["date:month"], seen, 3)
        self.assertGreater(seen["customers"], 50)

    def check_closings(self, questions):
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.boss)
        for groupby, domain, told in questions:
            with self.subTest(groupby=groupby, domain=domain):
                self.assertTrue(told)
                self.assertSameTable(
                    self.closings_found(Snapshot, domain, groupby), told
                )
