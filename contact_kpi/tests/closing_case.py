# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Facts with holes, and an oracle of their closing that reads every row."""

import itertools
import random
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import new_test_user

from .common import ContactKpiCase

DAYS = [date(2041, 1, 10) + timedelta(days=n) for n in range(86)]  # until 5 April
EMPTIED_ON = date(2041, 2, 15)
SUMS = ["customers:sum", "missing:sum", "declined:sum", "to_complete:sum"]
RATE = "missing_rate:avg"
STARTS = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.isoweekday() % 7),  # Sunday
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: (
        day.replace(day=1) - relativedelta(months=(day.month - 1) % 3)
    ),
    "year": lambda day: day.replace(month=1, day=1),
}
GROUPBYS = [
    [],
    ["date:day"],
    ["date:week"],
    ["date:month"],
    ["date:quarter"],
    ["date:year"],
    ["run_id"],
    ["run_id.date:month"],
    ["indicator_id"],
    ["company_id"],
    ["user_id"],
    ["country_id"],
    ["date:month", "user_id"],
    ["user_id", "date:month"],
    ["date:week", "indicator_id"],
    ["date:month", "date:week"],
    ["date:month", "date:week", "user_id"],
    ["date:quarter", "company_id", "country_id"],
    ["indicator_id", "user_id"],
]


class ClosingCase(ContactKpiCase):
    """Facts of a winter, and what any grouping of them must show."""

    days = DAYS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.indicator()
        cls.branch = cls.company("Branch", "America/Sao_Paulo")
        cls.users = [
            new_test_user(
                cls.env, f"seller{n}", groups="sales_team.group_sale_salesman"
            )
            for n in (1, 2)
        ]
        cls.rows = []
        draw = random.Random(1)
        last_days = itertools.cycle([0, 3, 11])
        for kpi in (cls.kpi, cls.second):
            for company in (cls.env["res.company"], cls.main, cls.branch):
                days = cls.days[: len(cls.days) - next(last_days)]
                if kpi == cls.second:
                    days = [day for day in days if day.isoweekday() in (1, 4)]
                for day in days:
                    if draw.random() > 0.12:  # a missed day is a hole
                        cls.make_run(draw, kpi, company, day)
        cls.record_facts(cls.rows)
        cls.analyze()
        #: ``{run: (indicator, company, day)}``, of those with facts
        cls.runs = {
            run.id: (run.indicator_id.id, run.company_id.id, run.date)
            for run in cls.env["contact.kpi.run"].search([("state", "!=", "failed")])
        }
        cls.facts = {}
        for row in cls.rows:
            cls.facts.setdefault(row["run_id"], []).append(row)
        cls.known_closings = {}

    @classmethod
    def make_run(cls, draw, kpi, company, day):
        state = "failed" if draw.random() < 0.08 else "done"
        run = cls.env["contact.kpi.run"].create(
            {
                "indicator_id": kpi.id,
                "company_id": company.id,
                "date": day,
                "state": "provisional" if day == cls.days[-1] else state,
            }
        )
        if run.state == "failed":
            return  # has no facts, and must not close a bucket
        for user, country in itertools.product(
            [False, *cls.users], [cls.brazil, cls.japan]
        ):
            if draw.random() < 0.3 or (user == cls.users[1] and day > EMPTIED_ON):
                continue
            customers = draw.randint(1, 9)
            missing = draw.randint(0, customers)
            declined = draw.randint(0, missing)
            cls.rows.append(
                {
                    "run_id": run.id,
                    "date": day,
                    "indicator_id": kpi.id,
                    "company_id": company.id,
                    "user_id": user and user.id,
                    "country_id": country.id,
                    "customers": customers,
                    "missing": missing,
                    "declined": declined,
                    "to_complete": missing - declined,
                    # Now and then there is nothing to divide.
                    "unclassified": draw.choice([0, 0, customers - missing]),
                }
            )

    # -- the questions: domain, what it says of the day, what of the rest --------

    def domains(self):
        first = self.users[0].id
        times = [
            ([], lambda day: True),
            (
                [("date", ">=", "2041-02-01"), ("date", "<", "2041-03-01")],
                lambda day: (day.year, day.month) == (2041, 2),
            ),
            (
                [("date", ">=", "2041-02-10"), ("date", "<=", "2041-03-05")],
                lambda day: date(2041, 2, 10) <= day <= date(2041, 3, 5),
            ),
            (
                ["!", ("date", "<", "2041-02-20")],
                lambda day: day >= date(2041, 2, 20),
            ),
            ([("date", ">=", "today -30d")], lambda day: day >= date(2041, 2, 2)),
            (
                [("run_id.date", "<=", "2041-02-12")],
                lambda day: day <= date(2041, 2, 12),
            ),
            ([("date", "=", "2030-01-01")], lambda day: False),
        ]
        rest = [
            ([], lambda row: True),
            (
                [("indicator_id", "=", self.kpi.id)],
                lambda row: row["indicator_id"] == self.kpi.id,
            ),
            ([("user_id", "=", first)], lambda row: row["user_id"] == first),
            (
                ["!", ("user_id", "=", first)],
                lambda row: row["user_id"] != first,
            ),
            (
                ["|", ("company_id", "=", False), ("country_id.code", "=", "JP")],
                lambda row: not row["company_id"] or row["country_id"] == self.japan.id,
            ),
        ]
        for (left, on_day), (right, on_row) in itertools.product(times, rest):
            yield [*left, *right], on_day, on_row

    # -- the oracle ----------------------------------------------------------------

    def key(self, row, groupby):
        values = []
        for spec in groupby:
            name, _sep, granularity = spec.removeprefix("run_id.").partition(":")
            value = row[name]
            values.append(STARTS[granularity](value) if granularity else value)
        return tuple(values)

    def closings(self, groupby, on_day):
        """The last run of each series in each bucket of time, a set; kept for later."""
        times = tuple(
            s for s in groupby if s.split(":")[0] in ("date", "run_id", "run_id.date")
        )
        asked = times, tuple(map(on_day, self.days))
        if asked not in self.known_closings:
            last = {}
            for run_id, (kpi, company, day) in self.runs.items():
                if on_day(day):
                    bucket = (
                        kpi,
                        company,
                        self.key({"date": day, "run_id": run_id}, times),
                    )
                    last[bucket] = max(last.get(bucket, (day, 0)), (day, run_id))
            self.known_closings[asked] = {run_id for _date, run_id in last.values()}
        return self.known_closings[asked]

    def closing_rows(self, groupby, on_day):
        """Rows of the last run of each series in each bucket of time."""
        closing = self.closings(groupby, on_day)
        return [row for run_id in closing for row in self.facts.get(run_id, ())]

    def expected(self, groupby, on_day, on_row, closing):
        groups = {}
        for row in closing:
            if on_day(row["date"]) and on_row(row):
                groups.setdefault(self.key(row, groupby), []).append(row)
        return {key: self.measures(rows) for key, rows in groups.items()}

    def measures(self, rows):
        sums = [sum(row[spec.split(":")[0]] for row in rows) for spec in SUMS]
        looked_at = sums[0] - sum(row["unclassified"] for row in rows)
        return (*sums, round(sums[1] / looked_at, 9) if looked_at else None)

    def figures(self, *values):
        *sums, rate = values
        # Nothing to divide is empty, and nothing else is.
        self.assertTrue(rate is None or isinstance(rate, float), repr(rate))
        return (*(value or 0 for value in sums), rate and round(rate, 9))

    def plain(self, spec, value):
        """A group's value as a reader of the web client gets it, as an id or day."""
        if not value:
            return False
        value = value[0] if isinstance(value, list | tuple) else value
        return date.fromisoformat(value) if isinstance(value, str) else value

    def nothing(self, groupby):
        return {(): (0, 0, 0, 0, None)} if not groupby else {}

    def every_question(self):
        for groupby in GROUPBYS:
            for domain, on_day, on_row in self.domains():
                closing = self.closing_rows(groupby, on_day)
                expected = self.expected(groupby, on_day, on_row, closing)
                yield groupby, domain, on_row, on_day, expected
