# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 4 in front of the reader: the follow-up against a count of gaps by hand."""

import itertools
import random
import statistics
from datetime import date, datetime, time, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.figures.question_mixin import Question
from ..closing_case import STARTS
from ..common import LANDLINE, MOBILE, ContactKpiCase

COUNTS = [
    "opening",
    "opened",
    "came_back",
    "completed",
    "declined",
    "left",
    "closing",
    "untimed",
    "age_0_7",
    "age_8_30",
    "age_31_90",
    "age_91_365",
    "age_over",
]
MEASURES = [
    *(f"{name}:sum" for name in COUNTS),
    "days_to_complete:avg",
    "median_days:avg",
    "__count",
]
NOTHING = (*[0] * len(COUNTS), None, None, 0)
# Of the other two each gap is read; these may be added up beforehand.
OF_EACH = ("declined:sum", "median_days:avg")
ADDED_UP = [spec for spec in MEASURES if spec not in OF_EACH]
CALENDAR = [date(2039, 11, 20) + timedelta(days=n) for n in range(471)]  # 4 March
GROUPBYS = [
    [],
    ["date:week"],
    ["date:month"],
    ["date:quarter"],
    ["date:year"],
    ["indicator_id"],
    ["company_id"],
    ["user_id"],
    ["opening_user_id"],
    ["closed_by_id"],
    ["close_reason"],
    ["origin"],
    ["city"],
    ["state_id"],
    ["opened_on:month"],
    ["closed_on:quarter"],
    ["date:month", "user_id"],
    ["opening_user_id", "date:month"],
    ["closed_by_id", "date:quarter"],
    ["date:month", "date:week"],
    ["date:quarter", "date:month", "is_company"],
    ["date:month", "opened_on:quarter"],
    ["city", "date:year", "company_id"],
]


class FollowUpCase(ContactKpiCase):
    """A ledger drawn at random, and a count of it day by day.

    It is noon in São Paulo and the next day already in Tokyo, where the branch is.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.indicator()
        cls.branch = cls.company("Branch", "Asia/Tokyo")
        cls.sellers = [
            new_test_user(
                cls.env, f"seller{n}", groups="sales_team.group_sale_salesman"
            )
            for n in (1, 2)
        ]
        cls.today = {False: date(2041, 3, 4), cls.main.id: date(2041, 3, 4)}
        cls.today[cls.branch.id] = date(2041, 3, 5)
        draw = random.Random(3)
        # Nobody is a customer: these gaps are only looked at.
        cls.partners = cls.env["res.partner"].create(
            [
                {"name": f"P{n}", "city": draw.choice(["Osasco", "Santos", False, ""])}
                for n in range(120)
            ]
        )
        cls.env.cr.flush()
        cls.rows = [cls.draw_gap(draw, partner) for partner in cls.partners]
        for row in draw.sample(cls.rows, 12):
            row["partner_id"], row["city"] = False, False  # deleted since
        gaps = cls.env["contact.kpi.gap"].create(
            [
                {
                    name: value
                    for name, value in row.items()
                    if name not in ("city", "declined_on")
                }
                for row in cls.rows
            ]
        )
        refusals = []
        for gap, row in zip(gaps, cls.rows, strict=True):
            row["id"] = gap.id
            refusals += [
                {"gap_id": gap.id, "declined_on": d} for d in row["declined_on"]
            ]
        cls.env["contact.kpi.decline"].create(refusals)
        cls.env.flush_all()
        # The ORM would store 0 where the duration is unknown.
        unknown = [row["id"] for row in cls.rows if row["days_to_complete"] is None]
        cls.env.cr.execute(
            "UPDATE contact_kpi_gap SET days_to_complete = NULL WHERE id = ANY(%s)",
            [unknown],
        )
        cls.env.invalidate_all()

    @classmethod
    def draw_gap(cls, draw, partner):
        company = draw.choice([cls.env["res.company"], cls.main, cls.branch])
        today = cls.today[company.id]
        days = (today - CALENDAR[0]).days
        opened_on = CALENDAR[0] + timedelta(days=draw.randint(0, days))
        if draw.random() < 0.15:
            opened_on = today - timedelta(days=draw.choice([0, 7, 8, 30, 31, 90, 91]))
        length = draw.choice([0, 0, 1, 3, 8, 30, 90, 365, 400, None, None])
        closed_on = length is not None and opened_on + timedelta(days=length)
        if closed_on and closed_on > today:
            closed_on = False
        origin = draw.choice(["observed"] * 4 + ["initial", "redefined"])
        reason = closed_on and draw.choice(
            ["completed"] * 4 + ["left", "merged", "redefined"]
        )
        timed = reason == "completed" and origin == "observed"
        people = [False, *(seller.id for seller in cls.sellers)]
        row = {
            "partner_id": partner.id,
            "city": partner.city,
            "indicator_id": draw.choice([cls.kpi, cls.second]).id,
            "company_id": company.id,
            "user_id": draw.choice(people),
            "opening_user_id": draw.choice(people),
            "is_company": draw.random() < 0.5,
            "state_id": draw.choice([cls.sao_paulo.id, False]),
            "origin": origin,
            "came_back": draw.random() < 0.2,
            "opened_at": datetime.combine(opened_on, time(9)),
            "opened_on": opened_on,
            "closed_at": closed_on and datetime.combine(closed_on, time(17)),
            "closed_on": closed_on,
            "close_reason": reason,
            "closed_by_id": bool(closed_on) and draw.choice(people),
            "days_to_complete": length + draw.choice([0.1, 0.5]) if timed else None,
            "declined_on": [],
        }
        if draw.random() < 0.3:
            end = closed_on or today
            row["declined_on"] = [
                opened_on + timedelta(days=draw.randint(0, (end - opened_on).days))
                for _refusal in range(draw.randint(1, 2))
            ]
        return row

    # -- the questions: domain, what it says of the day, what of the row ------------

    def domains(self):
        first = self.sellers[0].id
        times = [
            ([], lambda day: True),
            (
                [("date", ">=", "2040-05-01"), ("date", "<", "2040-06-01")],
                lambda day: (day.year, day.month) == (2040, 5),
            ),
            (
                [("date", ">=", "2041-01-20"), ("date", "<=", "2041-12-31")],
                lambda day: day >= date(2041, 1, 20),
            ),
            (
                [
                    "|",
                    *("&", ("date", ">=", "2040-01-01"), ("date", "<", "2040-02-01")),
                    *("&", ("date", ">=", "2040-12-01"), ("date", "<", "2041-01-01")),
                ],
                lambda day: (day.year, day.month) in ((2040, 1), (2040, 12)),
            ),
            (["!", ("date", "<", "2040-08-15")], lambda day: day >= date(2040, 8, 15)),
            ([("date", ">=", "today =1d -2m")], lambda day: day >= date(2041, 1, 1)),
            ([("date", "=", "2030-01-01")], lambda day: False),
        ]
        rest = [
            ([], lambda row: True),
            (
                [("indicator_id", "=", self.kpi.id), ("origin", "!=", "initial")],
                lambda row: (
                    row["indicator_id"] == self.kpi.id and row["origin"] != "initial"
                ),
            ),
            (["!", ("user_id", "=", first)], lambda row: row["user_id"] != first),
            (
                ["|", ("company_id", "=", False), ("city", "ilike", "sant")],
                lambda row: not row["company_id"] or row["city"] == "Santos",
            ),
            ([("city", "=", False)], lambda row: not row["city"]),
            (
                [("closed_by_id", "!=", first), ("close_reason", "!=", "merged")],
                lambda row: (
                    row["closed_by_id"] != first and row["close_reason"] != "merged"
                ),
            ),
            ([("closed_by_id", "=", first)], lambda row: row["closed_by_id"] == first),
            (
                [("opened_on", ">=", "2040-06-01")],
                lambda row: row["opened_on"] >= date(2040, 6, 1),
            ),
        ]
        for (left, on_day), (right, on_row) in itertools.product(times, rest):
            yield [*left, *right], on_day, on_row

    # -- the count -------------------------------------------------------------------

    def buckets(self, groupby, days):
        """``{date values: its days}``"""
        buckets = {}
        specs = [spec for spec in groupby if spec.startswith("date:")]
        for day in days:
            key = tuple(STARTS[spec.partition(":")[2]](day) for spec in specs)
            buckets.setdefault(key, []).append(day)
        return buckets

    def in_bucket(self, row, days):
        """A gap as it stood in some days; None where they do not touch it."""
        days = [day for day in days if day <= self.today[row["company_id"]]]
        if not days:
            return None
        first, last = min(days), max(days)
        if row["opened_on"] > last or (row["closed_on"] and row["closed_on"] < first):
            return None
        if not row["closed_on"] or row["closed_on"] > last:
            unknown = {"closed_on": False, "closed_by_id": False, "close_reason": False}
            return {**row, **unknown, "first": first, "last": last}
        return {**row, "first": first, "last": last}

    def figures_of(self, rows):
        if not rows:
            return NOTHING
        counts = dict.fromkeys(COUNTS, 0)
        durations = []
        for row in rows:
            day_before = row["first"] - timedelta(days=1)
            counts["opening"] += row["opened_on"] <= day_before
            if row["first"] <= row["opened_on"]:
                counts["opened"] += 1
                counts["came_back"] += row["came_back"]
            if row["close_reason"] == "completed":
                counts["completed"] += 1
                if row["days_to_complete"] is None:
                    counts["untimed"] += 1
                else:
                    durations.append(row["days_to_complete"])
            elif row["closed_on"]:
                counts["left"] += 1
            else:
                counts["closing"] += 1
                age = (row["last"] - row["opened_on"]).days
                limits = ((7, "0_7"), (30, "8_30"), (90, "31_90"), (365, "91_365"))
                name = next((name for limit, name in limits if age <= limit), "over")
                counts[f"age_{name}"] += 1
            counts["declined"] += sum(
                row["first"] <= day <= row["last"] for day in row["declined_on"]
            )
        return (
            *counts.values(),
            round(statistics.fmean(durations), 6) if durations else None,
            round(statistics.median(durations), 6) if durations else None,
            len(rows),
        )

    def key(self, row, groupby, dates):
        dates = dict(
            zip([s for s in groupby if s.startswith("date:")], dates, strict=True)
        )
        values = []
        for spec in groupby:
            name, _sep, granularity = spec.partition(":")
            if name == "date":
                values.append(dates[spec])
            elif granularity and row[name]:
                values.append(STARTS[granularity](row[name]))
            else:
                values.append(row[name] or False)
        return tuple(values)

    def expected(self, groupby, on_day, on_row, days=CALENDAR):
        groups = {}
        days = [*days, self.today[self.branch.id]]
        asked = [day for day in days if on_day(day)]
        for dates, bucket in self.buckets(groupby, asked).items():
            for row in self.rows:
                row = self.in_bucket(row, bucket)
                if row and on_row(row):
                    groups.setdefault(self.key(row, groupby, dates), []).append(row)
        return {key: self.figures_of(rows) for key, rows in groups.items()}

    # -- what is compared --------------------------------------------------------------

    def figures(self, values):
        *counts, mean, median, count = values
        for value in (mean, median):  # nothing to divide is empty, and nothing else is
            self.assertTrue(value is None or isinstance(value, float), repr(value))
        for value in counts:
            self.assertIs(type(value), int)
        opening, opened, _back, completed, _declined, left, closing, *_rest = counts
        self.assertEqual(opening + opened - completed - left, closing)
        self.assertEqual(sum(counts[-5:]), closing)
        return (
            *counts,
            mean if mean is None else round(mean, 6),
            median if median is None else round(median, 6),
            count,
        )

    def plain(self, value):
        """A group's value, as an id or a day."""
        if isinstance(value, list | tuple):
            value = value[0]
        if isinstance(value, str) and value[:2] == "20":
            return date.fromisoformat(value)
        return getattr(value, "id", value) or False


@tagged("post_install", "-at_install")
class TestFollowUp(FollowUpCase):
    def table(self, domain, groupby, user=None):
        report = self.env["contact.kpi.follow.up"].with_user(user or self.env.user)
        size = len(groupby)
        rows = report._read_group(domain, groupby, MEASURES)
        added_up = report._read_group(domain, groupby, ADDED_UP)
        self.assertEqual(
            [self.rounded(row) for row in added_up],
            [
                self.rounded(
                    [
                        *row[:size],
                        *(
                            value
                            for spec, value in zip(MEASURES, row[size:], strict=True)
                            if spec in ADDED_UP
                        ),
                    ]
                )
                for row in rows
            ],
        )
        return {
            tuple(map(self.plain, row[:size])): self.figures(row[size:]) for row in rows
        }

    def rounded(self, values):
        """Values of a row, with their types: a count is no float."""
        return [
            round(value, 6) if type(value) is float else (type(value), value)
            for value in values
        ]

    def test_every_question_is_answered_as_counted_by_hand(self):
        asked = 0
        for groupby in GROUPBYS:
            for domain, on_day, on_row in self.domains():
                with self.subTest(groupby=groupby, domain=domain):
                    expected = self.expected(groupby, on_day, on_row)
                    if not groupby:
                        expected = expected or {(): NOTHING}
                    self.assertEqual(self.table(domain, groupby), expected)
                asked += bool(expected)
        self.assertGreater(asked, 900)

    def test_days(self):
        def on_day(day):
            return date(2041, 2, 10) <= day

        domain = [("date", ">=", "2041-02-10"), ("date", "<=", "2041-12-31")]
        for groupby in (["date:day"], ["date:day", "company_id"]):
            expected = self.expected(groupby, on_day, lambda row: True)
            self.assertEqual(self.table(domain, groupby), expected)
        # The last day is the branch's alone: it is not there yet elsewhere.
        self.assertEqual(
            {key[1] for key in expected if key[0] == date(2041, 3, 5)},
            {self.branch.id},
        )

    def test_weeks_begin_as_the_language_has_it(self):
        self.env["res.lang"]._lang_get(self.env.user.lang).week_start = "1"
        sunday = STARTS["week"]
        self.addCleanup(STARTS.__setitem__, "week", sunday)
        STARTS["week"] = lambda day: day - timedelta(days=day.isoweekday() - 1)
        for groupby in (["date:week"], ["date:month", "date:week", "user_id"]):
            self.assertEqual(
                self.table([], groupby),
                self.expected(groupby, lambda day: True, lambda row: True),
            )

    def test_either_a_period_or_a_person(self):
        """Where "or" mixes dates with the rest, each gap has days of its own."""
        first = self.sellers[0].id
        domain = [
            "|",
            *("&", ("date", ">=", "2040-05-10"), ("date", "<", "2040-09-15")),
            *("&", ("user_id", "=", first), ("date", ">=", "2040-07-01")),
        ]

        def accepts(row, day):
            return date(2040, 5, 10) <= day < date(2040, 9, 15) or (
                row["user_id"] == first and day >= date(2040, 7, 1)
            )

        days = [*CALENDAR, self.today[self.branch.id]]
        for groupby in ([], ["date:month"], ["date:quarter", "user_id"], ["city"]):
            groups = {}
            for row in self.rows:
                asked = [day for day in days if accepts(row, day)]
                for dates, bucket in self.buckets(groupby, asked).items():
                    if found := self.in_bucket(row, bucket):
                        key = self.key(found, groupby, dates)
                        groups.setdefault(key, []).append(found)
            with self.subTest(groupby=groupby):
                self.assertEqual(
                    self.table(domain, groupby),
                    {key: self.figures_of(rows) for key, rows in groups.items()},
                )
        nobody = ["|", ("date", "=", "2030-01-01"), ("city", "=", "Nowhere")]
        self.assertEqual(self.table(nobody, []), {(): NOTHING})
        self.assertEqual(self.table(nobody, ["date:month"]), {})

    def test_pivots_balance_in_cells_subtotals_and_totals(self):
        report = self.env["contact.kpi.follow.up"]
        for rows, columns in (
            (["date:month", "opening_user_id"], ["indicator_id"]),
            (["closed_by_id"], ["date:quarter", "date:month"]),
            (["date:week"], ["date:month", "city"]),
            (["opened_on:month"], ["close_reason"]),
        ):
            sets = [
                [*rows[:height], *columns[:width]]
                for height in range(len(rows) + 1)
                for width in range(len(columns) + 1)
            ]
            for domain, on_day, on_row in self.domains():
                answers = report.formatted_read_grouping_sets(domain, sets, MEASURES)
                added_up = report.formatted_read_grouping_sets(domain, sets, ADDED_UP)
                for groupby, groups, less in zip(sets, answers, added_up, strict=True):
                    self.assertEqual(
                        [
                            self.rounded(group[spec] for spec in [*groupby, *ADDED_UP])
                            for group in less
                        ],
                        [
                            self.rounded(group[spec] for spec in [*groupby, *ADDED_UP])
                            for group in groups
                        ],
                    )
                    found = {
                        tuple(self.plain(group[spec]) for spec in groupby): (
                            self.figures([group[name] for name in MEASURES])
                        )
                        for group in groups
                    }
                    expected = self.expected(groupby, on_day, on_row)
                    if not groupby:
                        expected = expected or {(): NOTHING}
                    with self.subTest(groupby=groupby, domain=domain):
                        self.assertEqual(found, expected)

    def test_graphs(self):
        report = self.env["contact.kpi.follow.up"]
        for domain, on_day, on_row in self.domains():
            groupby = ["date:month", "opening_user_id"]
            groups = report.formatted_read_group(domain, groupby, MEASURES)
            found = {
                tuple(self.plain(group[spec]) for spec in groupby): (
                    self.figures([group[name] for name in MEASURES])
                )
                for group in groups
            }
            with self.subTest(domain=domain):
                self.assertEqual(found, self.expected(groupby, on_day, on_row))

    def test_having_and_order(self):
        rows = self.env["contact.kpi.follow.up"]._read_group(
            [],
            ["date:month"],
            ["completed:sum", "median_days:avg"],
            having=[("completed:sum", ">", 2), ("median_days:avg", "<", 20)],
            order="median_days:avg desc",
        )
        expected = self.expected(["date:month"], lambda day: True, lambda row: True)
        figures = [
            (key[0], row[3], row[-2])
            for key, row in expected.items()
            if row[3] > 2 and row[-2] < 20
        ]
        self.assertGreater(len(figures), 3)
        self.assertEqual(
            sorted(round(row[-1], 6) for row in rows),
            sorted(row[-1] for row in figures),
        )
        self.assertEqual([row[2] for row in rows], sorted(r[2] for r in rows)[::-1])
        self.assertEqual({row[:2] for row in rows}, {row[:2] for row in figures})

    def test_each_measure_may_be_asked_for_alone(self):
        groupby = ["date:month", "opening_user_id"]
        expected = self.expected(groupby, lambda day: True, lambda row: True)
        report = self.env["contact.kpi.follow.up"]
        for index, spec in enumerate(MEASURES):
            found = {
                tuple(map(self.plain, row[:2])): row[2]
                for row in report._read_group([], groupby, [spec])
            }
            figures = {key: row[index] for key, row in expected.items()}
            with self.subTest(spec=spec):
                self.assertEqual(found.keys(), figures.keys())
                for key, value in figures.items():
                    if value is None:
                        self.assertIsNone(found[key])
                    else:
                        self.assertAlmostEqual(found[key], value, 5)

    def test_no_row_per_gap_and_bucket_of_what_can_be_added_up(self):
        """Else three years by month read each gap once a month that it is open."""
        report = self.env["contact.kpi.follow.up"]
        self.env["contact.kpi.gap"].create(
            [
                {
                    "partner_id": self.partners[0].copy().id,
                    "indicator_id": self.kpi.id,
                    "opened_on": date(2039, 12, 1 + number % 28),
                    "opened_at": datetime(2039, 12, 1 + number % 28, 9),
                    "origin": "observed",
                }
                for number in range(120)
            ]
        )
        self.env.flush_all()

        def most_rows(measures):
            month = ("date:month",)
            query = report._answering(
                Domain("indicator_id", "=", self.kpi.id),
                Question(month, tuple(measures), month),
            )[0]._table_query
            text = self.env.cr._obj.mogrify(query.code, query.params).decode()
            self.env.cr.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}")
            [(plan,)] = self.env.cr.fetchall()
            return plan[0]["Plan"]["Actual Rows"]

        gaps = self.env["contact.kpi.gap"].search_count(
            [("indicator_id", "=", self.kpi.id)]
        )
        self.assertGreater(most_rows(MEASURES), 10 * gaps)
        self.assertLess(most_rows(["closing:sum", "age_over:sum"]), 4 * gaps)

    def test_a_group_must_be_an_interval(self):
        with self.assertRaises(UserError):
            self.table([], ["date:month_number"])

    def test_the_next_opening_is_the_last_closing(self):
        for domain in ([], [("user_id", "=", self.sellers[0].id)]):
            table = self.table(domain, ["date:month"])
            for (_day, before), (_next, after) in itertools.pairwise(table.items()):
                self.assertEqual(before[6], after[0])

    # -- the customers behind a figure -------------------------------------------------

    def test_explaining_a_cell_opens_its_gaps(self):
        report = self.env["contact.kpi.follow.up"]
        gap = self.env["contact.kpi.gap"]
        cells = 0
        mixed = ["|", ("date", "<", "2040-02-01"), ("city", "=", "Osasco")]
        domains = [domain for domain, _day, _row in self.domains()]
        for domain in [*domains, mixed, [("completed", "=", 1)]]:
            for groupby in (["date:month", "closed_by_id"], ["close_reason"], ["city"]):
                groups = report.formatted_read_group(domain, groupby, ["__count"])
                for group in groups[::5]:
                    cell = [*domain, *group["__extra_domain"]]
                    action = report.action_explain(cell)
                    self.assertEqual(action["res_model"], "contact.kpi.gap")
                    found = gap.search(action["domain"])
                    with self.subTest(cell=cell):
                        self.assertEqual(len(found), group["__count"])
                        self.assertEqual(set(found.ids), set(report.search(cell).ids))
                    cells += 1
        self.assertGreater(cells, 200)
        action = report.action_explain(
            [("date", ">=", "2040-05-01"), ("date", "<", "2040-06-01")]
        )
        self.assertEqual(
            action["display_name"], "Contact Follow-up: 05/01/2040 to 05/31/2040"
        )
        self.assertEqual([view[1] for view in action["views"]], ["list", "form"])

    def test_notes_say_how_to_read_it(self):
        report = self.env["contact.kpi.follow.up"]
        for domain, on_day, on_row in self.domains():
            by_origin = self.expected(["origin"], on_day, on_row)
            opened = {key[0]: row[1] for key, row in by_origin.items()}
            untimed = sum(row[7] for row in by_origin.values())
            expected = [
                (
                    "Opening + opened − completed − left = closing. Left: no longer a "
                    "customer, merged, or the definition changed."
                )
            ]
            if untimed:
                expected.append(
                    f"Not in the days to complete: {untimed} completed whose true "
                    "opening is unknown."
                )
            if opened.get("initial"):
                expected.append(
                    f"Of those opened, {opened['initial']} lacked it before they were "
                    "first looked at."
                )
            if opened.get("redefined"):
                expected.append(
                    f"Of those opened, {opened['redefined']} came with a changed "
                    "definition."
                )
            with self.subTest(domain=domain):
                self.assertEqual(
                    report.reading_notes(domain, ["date:month"], ["opened"]), expected
                )

    # -- rights ------------------------------------------------------------------------

    def test_everybody_sees_the_balance_of_their_customers(self):
        first = self.sellers[0]
        chief = new_test_user(
            self.env,
            "chief",
            groups="sales_team.group_sale_manager",
            company_ids=[Command.set((self.main | self.branch).ids)],
        )
        companies = (False, self.main.id)
        for user, may_see in (
            (
                first,
                lambda row: (
                    row["user_id"] in (False, first.id)
                    and row["company_id"] in companies
                ),
            ),
            (chief, lambda row: True),
        ):
            for groupby in ([], ["date:month"], ["opening_user_id"], ["user_id"]):
                for domain in ([], ["|", ("date", "<", "2040-02-01"), ("id", ">", 0)]):
                    with self.subTest(user=user.login, groupby=groupby, domain=domain):
                        self.assertEqual(
                            self.table(domain, groupby, user),
                            self.expected(groupby, lambda day: True, may_see),
                        )
            seen = self.env["contact.kpi.follow.up"].with_user(user).search([])
            self.assertEqual(
                set(seen.ids), {row["id"] for row in self.rows if may_see(row)}
            )
        one_company = self.env["contact.kpi.follow.up"].with_user(chief)
        [(count,)] = one_company.with_context(
            allowed_company_ids=self.branch.ids
        )._read_group([], [], ["__count"])
        self.assertEqual(
            count, sum(row["company_id"] != self.main.id for row in self.rows)
        )

    def test_others_see_nothing(self):
        for groups in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, groups, groups=groups)
            report = self.env["contact.kpi.follow.up"].with_user(user)
            for attempt in (
                lambda r=report: r.formatted_read_group([], [], ["__count"]),
                lambda r=report: r.formatted_read_grouping_sets([], [[]], ["__count"]),
                lambda r=report: r.search([]),
                lambda r=report: r.reading_notes([]),
                lambda r=report: r.action_explain([]),
            ):
                with (
                    self.assertRaises(AccessError),
                    mute_logger("odoo.addons.base.models.ir_model"),
                ):
                    attempt()

    def test_a_client_cannot_forge_the_rows(self):
        report = self.env["contact.kpi.follow.up"]
        forged = report.with_context(contact_kpi_follow_up_rows="SELECT 1")
        may = [("date", ">=", "2040-05-01"), ("date", "<", "2040-06-01")]
        self.assertEqual(forged.search_count(may), report.search_count(may))
        self.assertEqual(forged.search(may).ids, report.search(may).ids)
        for method, question in (
            ("formatted_read_group", ["city"]),
            ("formatted_read_grouping_sets", [["date:month"], []]),
        ):
            self.assertEqual(
                getattr(forged, method)(may, question, MEASURES),
                getattr(report, method)(may, question, MEASURES),
            )

    def test_rows_are_those_of_the_question(self):
        """What a question returns does not answer the next one with its rows."""
        report = self.env["contact.kpi.follow.up"]
        may = [("date", ">=", "2040-05-01"), ("date", "<", "2040-06-01")]
        [(found,)] = report._read_group(may, [], ["id:recordset"])
        self.assertEqual(set(found.ids), set(report.search(may).ids))
        self.assertEqual(len(found.search([])), len(self.rows))
        self.assertEqual(report.search_count([]), len(self.rows))

    # -- cost --------------------------------------------------------------------------

    def test_one_query_for_each_set_of_date_groups(self):
        report = self.env["contact.kpi.follow.up"]

        def queries(*sets):
            for _warm in range(2):
                self.env.flush_all()
                before = self.env.cr.sql_log_count
                report._read_grouping_sets([], sets, MEASURES)
                count = self.env.cr.sql_log_count - before
            return count

        one = queries([])
        self.assertLessEqual(one, 3)  # with the companies and the main one
        self.assertEqual(queries([], ["city"], ["city", "user_id"]), one)
        self.assertEqual(queries([], ["date:month"], ["date:month", "city"]), one + 1)
        self.assertEqual(
            queries([], ["date:month"], ["date:year", "date:month"], ["date:year"]),
            one + 3,
        )

    def test_views_are_told_that_measures_aggregate(self):
        report = self.env["contact.kpi.follow.up"]
        described = report.fields_get(attributes=["aggregator"])
        self.assertEqual(
            {name: described[name].get("aggregator") for name in described}
            | dict.fromkeys(COUNTS, "sum")
            | {"days_to_complete": "avg", "median_days": "avg"},
            {name: described[name].get("aggregator") for name in described},
        )
        # The exporter adds up in Python what has an aggregator of its own.
        for name in (*COUNTS, "days_to_complete", "median_days"):
            self.assertFalse(report._fields[name].aggregator)


@tagged("post_install", "-at_install")
class TestFollowUpHistory(ContactKpiCase):
    """The same table after weeks of work, next to the nightly snapshots."""

    DAYS = 60
    MISSED = {7, 8, 20, 31}

    def test_the_balance_is_that_of_the_runs(self):
        self.draw = random.Random(11)
        self.branch = self.company("Branch", "Asia/Tokyo")
        second = self.indicator()
        self.go("2041-01-01 11:00:00")
        self.partners = [self.new_customer(n) for n in range(14)]
        first = datetime(2041, 1, 1, 12, 0)
        for day in range(self.DAYS):
            for hour in sorted(self.draw.sample(range(14), 2)):
                self.go(first + timedelta(days=day, hours=hour))
                self.work()
            self.go(first + timedelta(days=day + 1, hours=-6))
            if day not in self.MISSED:
                self.refresh(self.kpi | second)
        report = self.env["contact.kpi.follow.up"]
        gaps = self.env["contact.kpi.gap"].search([])
        self.assertGreater(len(gaps), 60)
        self.assertTrue(gaps.filtered(lambda g: not g.partner_id and g.closed_on))
        self.assertTrue(gaps.filtered("came_back"))
        self.assertEqual(
            set(gaps.mapped("close_reason")), {"completed", "left", "merged", False}
        )
        measures = ["opening", "opened", "completed", "left", "closing"]
        table = {
            (kpi.id, company.id, day): figures
            for kpi, company, day, *figures in report._read_group(
                [],
                ["indicator_id", "company_id", "date:day"],
                [f"{name}:sum" for name in measures],
            )
        }
        compared = 0
        for run in self.env["contact.kpi.run"].search([("state", "!=", "failed")]):
            key = (run.indicator_id.id, run.company_id.id, run.date)
            _opening, *flows, closing = table.pop(key, [0, 0, 0, 0, 0])
            self.assertEqual(
                [*flows, closing],
                [run.opened, run.completed, run.left, run.missing],
                run.display_name,
            )
            compared += 1
        self.assertGreater(compared, 200)
        # Days without a run are there all the same: the ledger knows them.
        self.assertTrue({day for _kpi, _company, day in table})
        self.check_closings(report, self.kpi | second)

    def check_closings(self, report, kpis):
        """Weeks and months close with the figure of the snapshots."""
        snapshot = self.env["contact.kpi.snapshot"]
        for granularity in ("week", "month"):
            groupby = ["indicator_id", "company_id", f"date:{granularity}"]
            shown = {
                tuple(row[:-1]): row[-1]
                for row in report._read_group([], groupby, ["closing:sum"])
            }
            for *key, missing, last in snapshot._read_group(
                [], groupby, ["missing:sum", "date:max"]
            ):
                ends = STARTS[granularity](last + timedelta(days=1)) > last
                if ends or last >= date(2041, 2, 28):
                    self.assertEqual(shown.get(tuple(key), 0), missing, key)

    def new_customer(self, number):
        return self.customer(
            f"C{number}",
            phone=self.draw.choice([False, LANDLINE, MOBILE]),
            company_id=self.draw.choice([False, False, self.branch.id]),
        )

    def work(self):
        for _change in range(self.draw.randint(0, 4)):
            partner = self.draw.choice(self.partners)
            match self.draw.randrange(9):
                case 0 | 1 | 2 | 3:
                    partner.phone = self.draw.choice([False, "-", LANDLINE, MOBILE])
                case 4:
                    partner.active = not partner.active
                case 5:
                    partner.customer_rank = 1 - partner.customer_rank
                case 6:
                    self.partners.append(self.new_customer(len(self.partners)))
                case 7 if len(self.partners) > 8:
                    self.partners.remove(partner)
                    partner.unlink()
                case 8 if len(self.partners) > 8:
                    self.merge(partner)

    def merge(self, loser):
        winner = next(p for p in self.partners if p != loser)
        if winner.company_id == loser.company_id:
            self.partners.remove(loser)
            wizard = self.env["base.partner.merge.automatic.wizard"].create({})
            wizard._merge((winner | loser).ids, winner)


@tagged("post_install", "-at_install")
class TestDeclinedDay(ContactKpiCase):
    """Refusals follow the day of the customer's company."""

    def test_declined_as_of_the_companys_day(self):
        branch = self.company("Branch", "Asia/Tokyo")
        self.customer("here")
        self.customer("there", company_id=branch.id)
        self.commit()
        self.go("2041-03-06 16:00:00")  # the 6th here, the 7th there
        gaps = self.env["contact.kpi.gap"].search([("partner_id", "!=", False)])
        here, there = gaps.sorted(lambda gap: gap.partner_id.name)
        refusals = self.env["contact.kpi.decline"].create(
            [{"gap_id": gap.id} for gap in (here, there)]
        )
        self.assertEqual(
            refusals.mapped("declined_on"), [date(2041, 3, 6), date(2041, 3, 7)]
        )
        Gap = self.env["contact.kpi.gap"]
        for declined_on, review_on, expected in (
            ("2041-03-06", False, here | there),
            ("2041-03-07", False, there),
            ("2041-03-05", "2041-03-07", here),
        ):
            refusals.write({"declined_on": declined_on, "review_on": review_on})
            with self.subTest(declined_on=declined_on, review_on=review_on):
                self.assertEqual(Gap.search([("declined", "=", True)]), expected)
                self.assertEqual((here | there).filtered("declined"), expected)
                self.assertEqual(
                    Gap.search([("declined", "=", False)]), (here | there) - expected
                )
        [(days,)] = Gap._read_group([], [], ["days_open:sum"])
        self.assertEqual(days, sum((here | there).mapped("days_open")))
        self.assertEqual((here.days_open, there.days_open), (2, 2))
        self.assertEqual(fields.Date.to_string(there.opened_on), "2041-03-05")
