# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A year of simulated days: whole tables against what the chronicler wrote down."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise, product
from statistics import fmean

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from ..closing_case import STARTS
from ..year_case import YearCase
from ..year_reports import (
    ExplanationOfTheYear,
    FollowUpOfTheYear,
    ImpactOfTheYear,
    RetentionOfTheYear,
)

MEASURES = ["customers:sum", "missing:sum", "declined:sum", "to_complete:sum"]
RATE = "missing_rate:avg"
KEYS = (
    "company_id",
    "user_id",
    "is_company",
    "customer_type_id",
    "industry_id",
    "country_id",
    "state_id",
)
GROUPBYS = [
    [],
    ["date:day"],
    ["date:week"],
    ["date:month"],
    ["date:quarter"],
    ["date:year"],
    ["user_id"],
    ["date:month", "indicator_id"],
    ["date:month", "user_id"],
    ["date:quarter", "company_id", "is_company"],
    ["date:month", "customer_type_id"],
    ["date:year", "industry_id"],
    ["state_id", "date:week"],
]


@tagged("post_install", "-at_install")
class TestYear(
    FollowUpOfTheYear,
    ImpactOfTheYear,
    ExplanationOfTheYear,
    RetentionOfTheYear,
    YearCase,
):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = [
            {
                "run": run,
                "date": run.date,
                "indicator_id": cls.kpis[run.kpi].id,
                **dict(zip(KEYS, (key[0] or False, *key[1:]), strict=True)),
                "customers": customers,
                "missing": missing,
                "declined": declined,
                "to_complete": missing - declined,
            }
            for run in cls.chronicle.runs.values()
            for key, (customers, missing, declined) in run.rows.items()
        ]

    # -- the year itself -------------------------------------------------------

    def test_the_year_has_seen_everything(self):
        """A year in which something never happened would show nothing about it."""
        self.assertGreater(min(self.happened.values()), 5, self.happened)
        gaps = self.chronicle.gaps
        self.assertEqual(
            {gap.reason for gap in gaps},
            {None, "completed", "left", "merged", "redefined"},
        )
        self.assertEqual(
            {gap.origin for gap in gaps}, {"observed", "initial", "redefined"}
        )
        self.assertTrue(any(gap.came_back for gap in gaps))
        self.assertTrue(any(gap.days is None for gap in gaps))
        self.assertTrue(any(self.chronicle.redefined(r) for r in self.runs_told()))
        self.assertGreater(len(self.quick_looks), 6)
        for quick, slow in self.quick_looks:
            self.assertEqual(quick, slow)

    def runs_told(self):
        return self.chronicle.runs.values()

    # -- ledger, runs, snapshots -------------------------------------------------

    def test_the_ledger_is_what_the_chronicler_wrote_down(self):
        found = [
            (
                gap.indicator_id.code,
                gap.opened_at,
                gap.partner_id.id or None,
                gap.opened_on,
                gap.origin,
                gap.came_back,
                gap.company_id.id or 0,
                gap.user_id.id,
                gap.opening_user_id.id,
                gap.is_company,
                gap.customer_type_id.id,
                gap.industry_id.id,
                gap.country_id.id,
                gap.state_id.id,
                gap.closed_at or None,
                gap.closed_on or None,
                gap.close_reason or None,
                gap.closed_by_id.id or None,
                round(gap.days_to_complete, 6),
            )
            for gap in self.env["contact.kpi.gap"].search([])
        ]
        told = [
            (
                gap.kpi,
                gap.opened_at,
                gap.partner,
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
            for gap in self.chronicle.gaps
        ]
        self.assertSameRows(found, told)

    def assertSameRows(self, found, told):
        """The same rows as often, in any order; says which are not."""
        found, told = Counter(found), Counter(told)
        self.assertEqual([*(found - told).elements()], [*(told - found).elements()])

    def assertSameTable(self, found, told):
        """The same values under the same keys; says where not."""
        self.assertEqual(
            {key: value for key, value in found.items() if told.get(key) != value},
            {key: value for key, value in told.items() if found.get(key) != value},
        )

    def test_intervals_of_a_customer_never_overlap(self):
        gaps = self.env["contact.kpi.gap"].search([("partner_id", "!=", False)])
        for own in gaps.grouped(lambda g: (g.indicator_id, g.partner_id)).values():
            for earlier, later in pairwise(own.sorted("opened_at")):
                self.assertTrue(earlier.closed_at)
                self.assertLess(earlier.closed_at, later.opened_at)

    def test_runs_are_those_of_the_days_that_were_refreshed(self):
        found = {
            (run.indicator_id.code, run.company_id.id or 0, run.date): (
                run.state,
                run.evaluated_at,
                run.redefined,
                run.customers,
                run.missing,
                run.declined,
                run.to_complete,
                run.unclassified,
                (run.opened, run.completed, run.left),
            )
            for run in self.env["contact.kpi.run"].search([])
        }
        told = {
            key: (
                run.state,
                run.evaluated_at,
                self.chronicle.redefined(run),
                run.total(0),
                run.total(1),
                run.total(2),
                run.total(1) - run.total(2),
                0,
                (run.opened, run.completed, run.left),
            )
            for key, run in self.chronicle.runs.items()
        }
        self.assertSameTable(found, told)

    def test_snapshots_are_the_ledger_and_the_population_as_of_their_day(self):
        found = {}
        for row in self.env["contact.kpi.snapshot"].search([]):
            key = row.indicator_id.code, row.run_id.company_id.id or 0, row.date
            segments = tuple(self.plain(row[name]) for name in KEYS)
            sums = found.setdefault(key, {}).setdefault(segments, [0, 0, 0, 0, 0])
            for index, measure in enumerate((*MEASURES, "unclassified")):
                sums[index] += row[measure.split(":")[0]]
        told = {
            key: {
                (segments[0] or False, *segments[1:]): [*row, row[1] - row[2], 0]
                for segments, row in run.rows.items()
            }
            for key, run in self.chronicle.runs.items()
            if run.rows
        }
        self.assertSameTable(found, told)

    def plain(self, value):
        return value.id if hasattr(value, "_name") else value

    def test_undisturbed_nights_give_what_was_counted_at_midnight(self):
        checked = 0
        for (code, series, day), counted in self.counted.items():
            run = self.chronicle.runs.get((code, series, day))
            if not run or run.evaluated_at != self.quiet.get((series, day)):
                continue
            found = self.env["contact.kpi.snapshot"].search(
                [
                    ("indicator_id", "=", self.kpis[code].id),
                    ("date", "=", day),
                    ("company_id", "=", series or False),
                ]
            )
            rows = {}
            for row in found:
                key = tuple(self.plain(row[name]) for name in KEYS)
                sums = rows.setdefault((key[0] or 0, *key[1:]), [0, 0])
                sums[0] += row.customers
                sums[1] += row.missing
            self.assertEqual(rows, counted, (code, series, day))
            checked += 1
        self.assertGreater(checked, 800)

    def test_one_refresh_more_changes_nothing(self):
        models = ("contact.kpi.gap", "contact.kpi.snapshot")
        self.refresh()
        before = self.dump("contact.kpi.gap")
        figures = [
            self.snapshot(kpi, day)
            for kpi in self.kpis.values()
            for day in {run.date for run in self.runs_told()}
        ]
        self.refresh()
        self.assertEqual(self.dump(models[0]), before)
        self.assertEqual(
            [
                self.snapshot(kpi, day)
                for kpi in self.kpis.values()
                for day in {run.date for run in self.runs_told()}
            ],
            figures,
        )

    # -- closings ----------------------------------------------------------------

    def questions(self):
        """Domains, with what they say of a day and of a row of facts."""
        times = [
            ([], lambda day: True),
            (
                [("date", ">=", "2041-06-10"), ("date", "<=", "2041-09-05")],
                lambda day: date(2041, 6, 10) <= day <= date(2041, 9, 5),
            ),
            (
                ["!", ("date", "<", "2042-01-01")],
                lambda day: day >= date(2042, 1, 1),
            ),
        ]
        mobile = self.kpis["test_no_mobile"].id
        rest = [
            ([], lambda row: True),
            ([("indicator_id", "=", mobile)], lambda r: r["indicator_id"] == mobile),
            (
                [("user_id", "=", self.ana.id)],
                lambda row: row["user_id"] == self.ana.id,
            ),
            (
                ["|", ("company_id", "=", False), ("is_company", "=", True)],
                lambda row: not row["company_id"] or row["is_company"],
            ),
        ]
        for (left, on_day), (right, on_row) in product(times, rest):
            yield [*left, *right], on_day, on_row

    def bucket(self, day, spec):
        return STARTS[spec.partition(":")[2]](day)

    def key(self, row, groupby):
        return tuple(
            self.bucket(row["date"], spec) if ":" in spec else row[spec]
            for spec in groupby
        )

    def closing_runs(self, times, on_day):
        """The last run of each series in each bucket of time."""
        last = {}
        for run in self.runs_told():
            if on_day(run.date):
                buckets = tuple(self.bucket(run.date, spec) for spec in times)
                key = run.kpi, run.series, buckets
                last[key] = max(last.get(key, run), run, key=lambda r: r.date)
        return {(r.kpi, r.series, r.date) for r in last.values()}

    def closing(self, groupby, on_day, on_row):
        """``{group: (customers, missing, declined, to complete, rate)}``"""
        times = [spec for spec in groupby if ":" in spec]
        closing = self.closing_runs(times, on_day)
        groups = {}
        for row in self.facts:
            run = row["run"]
            if (run.kpi, run.series, run.date) in closing and on_row(row):
                groups.setdefault(self.key(row, groupby), []).append(row)
        return {key: self.sums(rows) for key, rows in groups.items()}

    def sums(self, rows):
        sums = [sum(row[m.split(":")[0]] for row in rows) for m in MEASURES]
        rate = self.missing_rate(rows)[1]
        return (*sums, rate if rate is None else round(rate, 9))

    def group_key(self, group, groupby):
        values = []
        for spec in groupby:
            value = group[spec]
            if isinstance(value, list | tuple):
                value = value[0]
            if ":" in spec:
                value = date.fromisoformat(value)
            values.append(value)
        return tuple(values)

    def closing_groupbys(self):
        return GROUPBYS

    def closings_found(self, Snapshot, domain, groupby):
        """The same from the reports."""
        found = {}
        specs = [*MEASURES, RATE]
        for group in Snapshot.formatted_read_group(domain, groupby, specs):
            *sums, rate = (group[spec] for spec in specs)
            key = self.group_key(group, groupby)
            found[key] = (*(v or 0 for v in sums), rate and round(rate, 9))
        return found

    def test_closings_by_every_period_and_segment(self):
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.boss)
        for groupby in GROUPBYS:
            for domain, on_day, on_row in self.questions():
                found = self.closings_found(Snapshot, domain, groupby)
                told = self.closing(groupby, on_day, on_row)
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertTrue(told)
                    self.assertSameTable(found, told)

    def test_pivots_close_in_cells_subtotals_and_totals(self):
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.boss)
        sets = [[], ["date:month"], ["user_id"], ["date:month", "user_id"]]
        for domain, on_day, on_row in self.questions():
            answers = Snapshot.formatted_read_grouping_sets(
                domain, sets, ["missing:sum", RATE]
            )
            for groupby, groups in zip(sets, answers, strict=True):
                found = {
                    self.group_key(group, groupby): (
                        group["missing:sum"],
                        group[RATE] and round(group[RATE], 9),
                    )
                    for group in groups
                    if group[RATE] is not None
                }
                told = {
                    key: (row[1], row[4])
                    for key, row in self.closing(groupby, on_day, on_row).items()
                }
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertSameTable(found, told)

    # -- comparison --------------------------------------------------------------

    def later(self, day, step):
        """A day some months later; a month's last day stays one."""
        if (day + timedelta(days=1)).day == 1:
            return day + timedelta(days=1) + step - timedelta(days=1)
        return day + step

    def baseline(self, run, unit, on_day, last_year):
        """The last run of the bucket before, or of the one a year before."""
        start = STARTS[unit](run.date)
        if unit in ("day", "week"):
            length = timedelta(days=7 if unit == "week" else 1)
        else:
            length = relativedelta(months={"month": 1, "quarter": 3, "year": 12}[unit])
        distance = length
        if last_year:
            year = relativedelta(years=1)
            distance = timedelta(days=364) if unit == "week" else year
        first = start - distance
        candidates = []
        for other in self.runs_by_series[run.kpi, run.series]:
            if first <= other.date < first + length:
                plain = isinstance(distance, timedelta)
                moved = other.date + distance if plain else None
                if on_day(moved or self.later(other.date, distance)):
                    candidates.append(other)
        return max(candidates, key=lambda other: other.date, default=None)

    def compared(self, groupby, on_day, on_row):
        """``{group: (missing, then, change, points, last year, change, points)}``"""
        times = [spec for spec in groupby if ":" in spec]
        units = [spec.partition(":")[2] for spec in times]
        finest = next((u for u in STARTS if u in units), None)
        groups, known = {}, {}
        for key in self.closing_runs(times, on_day):
            run = self.chronicle.runs[key]
            unit = finest or self.kpis[run.kpi].period
            trio = [run] + [
                self.baseline(run, unit, on_day, last_year)
                for last_year in (False, True)
            ]
            for place, source in enumerate(trio):
                for row in self.facts_of.get(id(source), ()):
                    if on_row(row):
                        group = self.key({**row, "date": run.date}, groupby)
                        groups.setdefault(group, ([], [], []))[place].append(row)
                        known.setdefault(group, set()).update(
                            which for which in (1, 2) if trio[which]
                        )
        return {
            group: (
                sum(row["missing"] for row in rows[0]),
                *self.change(rows[0], rows[1], 1 in known[group]),
                *self.change(rows[0], rows[2], 2 in known[group]),
            )
            for group, rows in groups.items()
        }

    def missing_rate(self, rows):
        customers = sum(row["customers"] for row in rows)
        missing = sum(row["missing"] for row in rows)
        return missing, missing / customers if customers else None

    def change(self, now, then, known):
        if not known:
            return None, None, None
        (missing, rate), (before, base) = map(self.missing_rate, (now, then))
        known = rate is not None and base is not None
        return (
            before,
            missing - before,
            round(100 * (rate - base), 6) if known else None,
        )

    def test_changes_against_the_period_before_and_last_year(self):
        self.kpis["no_contact"].period = "month"
        self.kpis["test_no_mobile"].period = "week"
        self.env.flush_all()
        self.facts_of, self.runs_by_series = {}, {}
        for row in self.facts:
            self.facts_of.setdefault(id(row["run"]), []).append(row)
        for run in self.runs_told():
            self.runs_by_series.setdefault((run.kpi, run.series), []).append(run)
        specs = [
            "missing:sum",
            "missing_previous:sum",
            "missing_change:sum",
            "rate_change:sum",
            "missing_last_year:sum",
            "missing_change_last_year:sum",
            "rate_change_last_year:sum",
        ]
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.boss)
        with_baseline = 0
        for groupby in GROUPBYS:
            for domain, on_day, on_row in self.questions():
                found = {}
                for group in Snapshot.formatted_read_group(domain, groupby, specs):
                    values = [group[spec] for spec in specs]
                    for place in (3, 6):
                        values[place] = values[place] and round(values[place], 6)
                    found[self.group_key(group, groupby)] = tuple(values)
                told = self.compared(groupby, on_day, on_row)
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertSameTable(found, told)
                with_baseline += any(row[5] for row in told.values())
        self.assertGreater(with_baseline, 60)

    # -- flows -------------------------------------------------------------------

    def counts(self, kpi, field, domain=()):
        """``{month: gaps}`` of the ledger, as a pivot counts them."""
        groups = self.env["contact.kpi.gap"].formatted_read_group(
            [("indicator_id", "=", kpi.id), (field, "!=", False), *domain],
            [f"{field}:month"],
            ["__count"],
        )
        spec = f"{field}:month"
        return {date.fromisoformat(g[spec][0]): g["__count"] for g in groups}

    def test_the_months_balance_and_close_as_the_snapshots_do(self):
        for code, kpi in self.kpis.items():
            opened = self.counts(kpi, "opened_on")
            done = [("close_reason", "=", "completed")]
            completed = self.counts(kpi, "closed_on", done)
            left = self.counts(kpi, "closed_on", ["!", *done])
            closing = self.closing(
                ["date:month"],
                lambda day: True,
                lambda row, kpi=kpi: row["indicator_id"] == kpi.id,
            )
            stock, found = 0, {}
            for month in sorted(closing):
                flows = [f.get(month[0], 0) for f in (opened, completed, left)]
                stock += flows[0] - flows[1] - flows[2]
                found[month] = stock
                self.assertEqual(flows, self.told_flows(code, month[0]))
            self.assertEqual(found, {month: row[1] for month, row in closing.items()})
            self.assertGreater(len(found), 12)

    def told_flows(self, code, month):
        gaps = [gap for gap in self.chronicle.gaps if gap.kpi == code]
        closed = [
            gap.reason == "completed"
            for gap in gaps
            if gap.closed_on and gap.closed_on.replace(day=1) == month
        ]
        opened = sum(gap.opened_on.replace(day=1) == month for gap in gaps)
        return [opened, sum(closed), len(closed) - sum(closed)]

    def test_mean_days_to_complete(self):
        spec = "closed_on:quarter"
        for domain, by in ((["closed_by_id"], 0), (["opening_user_id"], 1)):
            groups = self.env["contact.kpi.gap"].formatted_read_group(
                [("close_reason", "=", "completed")],
                ["indicator_id", spec, *domain],
                ["days_to_complete:avg"],
            )
            found = {
                (
                    group["indicator_id"][0],
                    date.fromisoformat(group[spec][0]),
                    group[domain[0]] and group[domain[0]][0],
                ): group["days_to_complete:avg"]
                and round(group["days_to_complete:avg"], 6)
                for group in groups
            }
            told = {}
            for gap in self.chronicle.gaps:
                if gap.reason == "completed":
                    who = (gap.closed_by or False, gap.opening_user)[by]
                    quarter = STARTS["quarter"](gap.closed_on)
                    key = self.kpis[gap.kpi].id, quarter, who
                    told.setdefault(key, []).append(gap.days)
            means = {}
            for key, days in told.items():
                known = [d for d in days if d is not None]
                means[key] = round(fmean(known), 6) if known else False
            self.assertEqual(found, means)
            self.assertGreater(len(means), 15)

    # -- the card ----------------------------------------------------------------

    def test_cards_compare_with_the_closing_of_the_period_before(self):
        today = self.chronicle.day(0, self.end)
        for period in ("day", "week", "month", "year"):
            for code, kpi in self.kpis.items():
                kpi.period = period
                self.env.invalidate_all()  # the next request
                start = STARTS[period](today)
                before = STARTS[period](start - timedelta(days=1))
                closing = self.closing(
                    [],
                    lambda day, a=before, b=start: a <= day < b,
                    lambda row, kpi=kpi: row["indicator_id"] == kpi.id,
                )
                now = len(self.chronicle.open_gaps(code))
                card = kpi.with_user(self.boss)
                with self.subTest(period=period, code=code):
                    self.assertEqual(card.missing_now, now)
                    self.assertEqual(card.change, now - closing[()][1])
