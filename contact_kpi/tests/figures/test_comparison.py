# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Changes against the period before and last year, against a plain reading of rows."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from ..closing_case import GROUPBYS, STARTS, ClosingCase

MEASURES = [
    "missing:sum",
    "missing_previous:sum",
    "missing_change:sum",
    "rate_change:sum",
    "missing_last_year:sum",
    "missing_change_last_year:sum",
    "rate_change_last_year:sum",
    "missing_rate:avg",
]
FINEST_FIRST = ["day", "week", "month", "quarter", "year"]
STEPS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}


def moved(day, step):
    """A day some periods later, the end of a month staying the end of a month."""
    if step.days or (day + timedelta(days=1)).month == day.month:
        return day + step
    return day + timedelta(days=1) + step - timedelta(days=1)


@tagged("post_install", "-at_install")
class TestComparison(ClosingCase):
    # Over a leap day, so that a year before lies inside for months and weeks.
    days = [date(2040, 1, 5) + timedelta(days=n) for n in range(457)]  # until 5 April

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kpi.period, cls.second.period = "month", "week"
        cls.periods = {cls.kpi.id: "month", cls.second.id: "week"}
        cls.series = {}
        for run_id, (kpi, company, day) in cls.runs.items():
            cls.series.setdefault((kpi, company), {})[day] = run_id
        cls.known_trios = {}

    # -- the oracle --------------------------------------------------------------

    def unit(self, groupby, kpi):
        """The period by which a run of an indicator is compared."""
        grouped = {s.rpartition(":")[2] for s in groupby if ":" in s}
        return next((u for u in FINEST_FIRST if u in grouped), self.periods[kpi])

    def baseline(self, run_id, unit, on_day, last_year):
        kpi, company, day = self.runs[run_id]
        start = STARTS[unit](day)
        if not last_year:
            first, end, step = start - STEPS[unit], start, STEPS[unit]
        else:
            step = timedelta(days=364) if unit == "week" else relativedelta(years=1)
            first = start - step
            end = first + STEPS[unit]
            step = relativedelta(days=364) if unit == "week" else step
        series = self.series[kpi, company]
        day = end - timedelta(days=1)
        while day >= first:
            if day in series and on_day(moved(day, step)):
                return series[day]
            day -= timedelta(days=1)
        return None

    def compared(self, groupby, on_day, on_row):
        """``{group: [rows of the closings, of the periods before, of last year]}``"""
        groups, known = {}, {}
        for trio in self.trios(groupby, on_day):
            run_id, day = trio[0], self.runs[trio[0]][2]
            for place, source in enumerate(trio):
                for row in self.facts.get(source, ()):
                    if not on_row(row):
                        continue
                    key = self.key(row | {"date": day, "run_id": run_id}, groupby)
                    groups.setdefault(key, ([], [], []))[place].append(row)
                    flags = known.setdefault(key, [False, False])
                    flags[0] |= trio[1] is not None
                    flags[1] |= trio[2] is not None
        return {key: self.table(*rows, *known[key]) for key, rows in groups.items()}

    def trios(self, groupby, on_day):
        """Each closing with the runs of the period before and of last year, if any.

        One without any fact is among them: its baselines may have some.
        """
        units = tuple(self.unit(groupby, kpi) for kpi in self.periods)
        closings = self.closings(groupby, on_day)
        asked = units, frozenset(closings), tuple(map(on_day, self.days))
        if asked not in self.known_trios:
            self.known_trios[asked] = [
                [run_id]
                + [
                    self.baseline(run_id, unit, on_day, last_year)
                    for last_year in (False, True)
                ]
                for run_id in closings
                for unit in [self.unit(groupby, self.runs[run_id][0])]
            ]
        return self.known_trios[asked]

    def table(self, now, before, last_year, has_before, has_last_year):
        missing = sum(row["missing"] for row in now)
        rate = self.rate(now)
        line = [missing]
        for rows, has in ((before, has_before), (last_year, has_last_year)):
            base = sum(row["missing"] for row in rows)
            base_rate = self.rate(rows)
            line += [
                base if has else None,
                missing - base if has else None,
                None
                if rate is None or base_rate is None
                else round(100 * (rate - base_rate), 6),
            ]
        return (*line, rate and round(rate, 6))

    def rate(self, rows):
        looked_at = sum(row["customers"] - row["unclassified"] for row in rows)
        return sum(row["missing"] for row in rows) / looked_at if looked_at else None

    def shown(self, groups, groupby):
        return {
            tuple(self.plain(s, group[s]) for s in groupby): tuple(
                None if group[m] is None else round(group[m], 6) for m in MEASURES
            )
            for group in groups
        }

    # -- a table to read ----------------------------------------------------------

    def test_whole_months_and_parts_of_months(self):
        kpi = self.indicator("test_months")
        run = self.env["contact.kpi.run"]
        for day, missing in (
            ("2040-06-30", 9),
            ("2041-04-30", 7),
            ("2041-05-05", 6),
            ("2041-05-31", 4),
            ("2041-06-05", 5),
            ("2041-06-30", 1),
        ):
            header = {"indicator_id": kpi.id, "date": day, "state": "done"}
            self.record_facts(
                {
                    "run_id": run.create(header).id,
                    "date": day,
                    "indicator_id": kpi.id,
                    "customers": 10,
                    "missing": missing,
                }
            )
        june = [("date", ">=", "2041-06-01"), ("date", "<=", "2041-06-30")]
        part = [("date", ">=", "2041-06-01"), ("date", "<=", "2041-06-05")]
        table = [
            (filtered, groupby, self.one(kpi, domain, groupby))
            for filtered, domain in (("June", june), ("5 days", part))
            for groupby in ([], ["date:month"])
        ]
        # missing, before, change, points, last year, change, points, rate
        whole_june = (1, 4, -3, -30, 9, -8, -80, 0.1)
        until_the_5th = (5, 6, -1, -10, None, None, None, 0.5)
        self.assertEqual(
            table,
            [
                ("June", [], whole_june),
                ("June", ["date:month"], whole_june),
                ("5 days", [], until_the_5th),
                ("5 days", ["date:month"], until_the_5th),
            ],
        )

    def one(self, kpi, domain, groupby):
        [group] = self.env["contact.kpi.snapshot"].formatted_read_group(
            [("indicator_id", "=", kpi.id), *domain], groupby, MEASURES
        )
        return tuple(self.shown([group], [])[()])

    # -- questions ---------------------------------------------------------------

    def some_domains(self):
        for domain, on_day, on_row in self.domains():
            if not domain or "2030" not in str(domain):
                yield domain, on_day, on_row
        whole_year = [("date", ">=", "2041-01-01"), ("date", "<=", "2041-12-31")]
        yield whole_year, lambda day: day.year == 2041, lambda row: True
        february = [("date.month_number", "=", 2)]
        yield february, lambda day: day.month == 2, lambda row: True

    def test_graphs_compare_with_the_bucket_before_and_last_year(self):
        snapshot = self.env["contact.kpi.snapshot"]
        asked = 0
        for groupby in GROUPBYS[::2]:
            for domain, on_day, on_row in self.some_domains():
                expected = self.compared(groupby, on_day, on_row)
                groups = snapshot.formatted_read_group(domain, groupby, MEASURES)
                with self.subTest(groupby=groupby, domain=domain):
                    self.assertEqual(self.shown(groups, groupby), expected)
                asked += sum(line[2] is not None for line in expected.values())
        self.assertGreater(asked, 1000)  # the oracle has something to compare

    def test_pivots_compare_in_cells_subtotals_and_totals(self):
        snapshot = self.env["contact.kpi.snapshot"]
        for rows, columns in (
            (["date:month", "user_id"], ["country_id"]),
            (["user_id"], ["date:quarter", "date:month"]),
            (["date:week"], ["indicator_id", "company_id"]),
        ):
            sets = [
                [*rows[:height], *columns[:width]]
                for height in range(len(rows) + 1)
                for width in range(len(columns) + 1)
            ]
            for domain, on_day, on_row in self.some_domains():
                answers = snapshot.formatted_read_grouping_sets(domain, sets, MEASURES)
                for groupby, groups in zip(sets, answers, strict=True):
                    expected = self.compared(groupby, on_day, on_row)
                    found = self.shown(groups, groupby)
                    if not {s.split(":")[0] for s in groupby} & {"date", "run_id"}:
                        # Undated totals keep what the filter has ever shown.
                        found = {k: v for k, v in found.items() if k in expected}
                    with self.subTest(groupby=groupby, domain=domain):
                        self.assertEqual(found, expected)
