# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 2: old days thin out, and every closing stays what it was."""

import random
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import new_test_user, tagged

from odoo.addons.base.models.ir_autovacuum import is_autovacuum

from ..common import ContactKpiCase

TODAY = date(2041, 3, 4)
FIRST = date(2039, 10, 12)
KEY = "contact_kpi.retention_days"
MEASURES = ["customers:sum", "missing:sum", "to_complete:sum", "missing_rate:avg"]
LANGUAGES = {"en_US": 7, "fr_FR": 1}  # where weeks begin on Sunday, on Monday


def week(first):
    return lambda day: day - timedelta(days=(day.isoweekday() - first) % 7)


def quarter(day):
    return day.replace(day=1) - relativedelta(months=(day.month - 1) % 3)


BUCKETS = {
    "week": None,  # depends on the language
    "month": lambda day: day.replace(day=1),
    "quarter": quarter,
    "year": lambda day: day.replace(month=1, day=1),
}


@tagged("post_install", "-at_install")
class TestRetention(ContactKpiCase):
    """Seventeen months of days with holes; the clock stands on 4 March 2041."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        languages = cls.env["res.lang"].with_context(active_test=False)
        for code, first in LANGUAGES.items():
            language = languages.search([("code", "=", code)])
            language.active = True
            assert int(language.week_start) == first
        cls.second = cls.indicator()
        cls.seller = new_test_user(
            cls.env, "retention", groups="sales_team.group_sale_salesman"
        )
        cls.draw = random.Random(7)
        cls.runs, rows = [], []
        for kpi in (cls.kpi, cls.second):
            for company in (cls.env["res.company"], cls.main):
                rows += cls.make_series(kpi, company)
        cls.record_facts(rows)
        cls.rows = rows
        cls.env.flush_all()

    @classmethod
    def make_series(cls, kpi, company):
        """Month ends rebuilt from history, then days of which some are missed."""
        days = [date(2039, month, 1) - timedelta(1) for month in (8, 9, 10)]
        days += [FIRST + timedelta(n) for n in range((TODAY - FIRST).days + 1)]
        # The last days of a year, a quarter, a month, and some Sundays are missed.
        missed = {date(2039, 12, 31), date(2040, 3, 31), date(2040, 5, 31)}
        rows = []
        for day in days:
            draw = cls.draw.random()
            if day in missed or (day > FIRST and draw < 0.15):
                continue
            state = "failed" if FIRST < day and draw < 0.2 else "done"
            run = cls.env["contact.kpi.run"].create(
                {
                    "indicator_id": kpi.id,
                    "company_id": company.id,
                    "date": day,
                    "state": "provisional" if day == TODAY else state,
                    "origin": "observed" if day >= FIRST else "reconstructed",
                    "redefined": state == "done" and 0.2 <= draw < 0.22,
                }
            )
            cls.runs.append(run)
            if run.state != "failed":
                rows += cls.facts(run)
        return rows

    @classmethod
    def facts(cls, run):
        for user in (False, cls.seller.id):
            customers = cls.draw.randint(1, 90)
            missing = cls.draw.randint(0, customers)
            yield {
                "run_id": run.id,
                "date": run.date,
                "indicator_id": run.indicator_id.id,
                "company_id": run.company_id.id,
                "user_id": user,
                "customers": customers,
                "missing": missing,
                "declined": 0,
                "to_complete": missing,
                "unclassified": 0,
            }

    # -- whole tables of closings, from the reports and by brute force ------------

    def bucket_of(self, name, language):
        return BUCKETS[name] or week(LANGUAGES[language])

    def questions(self):
        """Language, bucket (None: undated), other group, and a whole period."""
        periods = [(None, None)]
        for start, length in (
            (date(2039, 1, 1), relativedelta(years=1)),
            (date(2040, 1, 1), relativedelta(years=1)),
            (date(2039, 10, 1), relativedelta(months=3)),
            (date(2040, 1, 1), relativedelta(months=3)),
            (date(2039, 12, 1), relativedelta(months=1)),
            (date(2040, 2, 1), relativedelta(months=1)),
            (date(2040, 5, 1), relativedelta(months=1)),
            (date(2041, 2, 1), relativedelta(months=1)),
        ):
            periods.append((start, start + length))
        for language in LANGUAGES:
            for bucket in (None, *BUCKETS):
                for other in ([], ["user_id"], ["indicator_id", "company_id"]):
                    for period in periods:
                        yield language, bucket, other, period

    def closings(self):
        """What the reports show: ``{question: {group: figures}}``."""
        tables = {}
        for language, bucket, other, (start, end) in self.questions():
            snapshot = self.env["contact.kpi.snapshot"].with_context(lang=language)
            domain = [("date", ">=", start), ("date", "<", end)] if start else []
            groupby = [*([f"date:{bucket}"] if bucket else []), *other]
            table = {}
            for row in snapshot._read_group(domain, groupby, MEASURES):
                key = tuple(getattr(v, "id", v) for v in row[: len(groupby)])
                *sums, rate = row[len(groupby) :]
                table[key] = (*sums, rate and round(rate, 9))
            tables[language, bucket, tuple(other), start, end] = table
        return tables

    def expected(self):
        """The same from the rows as they were written, in plain Python."""
        tables = {}
        for language, bucket, other, (start, end) in self.questions():
            of_day = self.bucket_of(bucket, language) if bucket else lambda day: None
            last, groups = {}, {}
            inside = [r for r in self.rows if not start or start <= r["date"] < end]
            for row in inside:
                series = (row["indicator_id"], row["company_id"], of_day(row["date"]))
                last[series] = max(last.get(series, row["date"]), row["date"])
            for row in inside:
                at = of_day(row["date"])
                if row["date"] == last[row["indicator_id"], row["company_id"], at]:
                    when = [at] if bucket else []
                    key = (*when, *(row[name] for name in other))
                    groups.setdefault(key, []).append(row)
            table = {key: self.figures(rows) for key, rows in groups.items()}
            tables[language, bucket, tuple(other), start, end] = table
        return tables

    def figures(self, rows):
        customers, missing, to_complete = (
            sum(row[name] for row in rows)
            for name in ("customers", "missing", "to_complete")
        )
        return customers, missing, to_complete, round(missing / customers, 9)

    # -- which runs stay, by brute force ---------------------------------------------

    def survivors(self, days, first_days=(7, 1)):
        """``{(indicator, company, date)}`` of what must be left."""
        cutoff = TODAY - timedelta(days)
        kept = {run for run in self.runs if run.date >= cutoff}
        buckets = [b for b in BUCKETS.values() if b] + [week(d) for d in first_days]
        for series in self.series().values():
            facts = [run for run in series if run.state != "failed"]
            observed = [run for run in facts if run.origin == "observed"]
            kept |= {facts[0], observed[0]}
            for of_day in buckets:
                kept |= set({of_day(run.date): run for run in facts}.values())
        return {self.name(run) for run in kept}

    def series(self):
        series = {}
        for run in sorted(self.runs, key=lambda run: run.date):
            series.setdefault((run.indicator_id, run.company_id), []).append(run)
        return series

    def name(self, run):
        return run.indicator_id.code, run.company_id.name, str(run.date)

    def left(self):
        return {self.name(run) for run in self.env["contact.kpi.run"].search([])}

    def thin_out(self, limit=50):
        """As the vacuum cleaner does: again while something remains."""
        removed = 0
        while True:
            before = self.env["contact.kpi.run"].search_count([])
            done, remaining = self.env["contact.kpi.run"]._gc_thin_out(limit)
            self.commit()
            after = self.env["contact.kpi.run"].search_count([])
            self.assertEqual(before - after, done)
            self.assertLessEqual(done, limit)
            removed += done
            if not remaining:
                return removed
            self.assertEqual(done, limit)

    # -- tests -----------------------------------------------------------------------

    def test_closings_of_whole_weeks_months_quarters_and_years_stay(self):
        before = self.closings()
        expected = self.expected()
        for question, table in before.items():
            self.assertEqual(table, expected[question], question)
        self.assertGreater(self.thin_out(), 100)
        self.env.invalidate_all()
        after = self.closings()
        for question, table in after.items():
            self.assertEqual(table, expected[question], question)

    def test_what_stays_is_what_closes_a_bucket_and_nothing_else(self):
        expected = self.survivors(400)
        everything = self.left()
        self.assertGreater(len(everything - expected), 100)
        self.assertEqual(self.thin_out(), len(everything - expected))
        self.assertFalse(self.left() ^ expected)
        snapshots = self.env["contact.kpi.snapshot"].search([])
        self.assertEqual(
            len(snapshots), sum(self.runs_of(row) in expected for row in self.rows)
        )
        # A second pass finds nothing, and a later day its own.
        self.assertEqual(self.thin_out(), 0)
        self.go("2041-03-11 15:00:00")
        self.runs = list(self.env["contact.kpi.run"].search([]))
        self.assertGreater(self.thin_out(), 0)

    def runs_of(self, row):
        kpi = self.env["contact.kpi"].browse(row["indicator_id"])
        company = self.env["res.company"].browse(row["company_id"])
        return kpi.code, company.name, str(row["date"])

    def test_batches_give_what_one_pass_gives(self):
        expected = self.survivors(400)
        marks = self.expected_marks(400)
        total = len(self.left())
        self.assertEqual(self.thin_out(limit=7), total - len(expected))
        self.assertFalse(self.left() ^ expected)
        self.assertEqual(self.marks(), marks)

    def test_the_vacuum_cleaner_finds_it(self):
        run = type(self.env["contact.kpi.run"])
        self.assertTrue(is_autovacuum(run._gc_thin_out))

    def marks(self):
        runs = self.env["contact.kpi.run"].search([("redefined", "=", True)])
        return {self.name(run) for run in runs}

    def expected_marks(self, days):
        """The mark of a run that goes is on the next one that stays."""
        kept = self.survivors(days)
        marks = set()
        for series in self.series().values():
            for place, run in enumerate(series):
                if run.redefined:
                    marks.add(
                        next(
                            self.name(r) for r in series[place:] if self.name(r) in kept
                        )
                    )
        return marks

    def test_marks_of_a_new_definition_move_to_the_next_run_that_stays(self):
        before, expected = self.marks(), self.expected_marks(400)
        self.assertTrue(before - expected, "none of them would have to move")
        self.thin_out()
        self.assertEqual(self.marks(), expected)

    def test_the_mark_of_the_last_old_run_moves_to_the_first_young_one(self):
        """Which closes nothing and stays for now all the same."""
        run = self.env["contact.kpi.run"]
        run.search([]).unlink()
        runs = {
            day: run.create(
                {
                    "indicator_id": self.kpi.id,
                    "date": date(2040, 1, day),
                    "state": "done",
                    "redefined": day == 24,  # a Tuesday
                }
            )
            for day in range(22, 29)
        }
        self.env["ir.config_parameter"].set_param(KEY, "404")  # from the 25th on
        self.assertEqual(self.thin_out(), 2)
        self.assertEqual(
            [day for day, kept in runs.items() if kept.exists()],
            [22, 25, 26, 27, 28],
        )
        self.assertEqual([d for d in (22, 25, 26, 27, 28) if runs[d].redefined], [25])
        # A day later it moves on, to where the week ends.
        self.env["ir.config_parameter"].set_param(KEY, "401")
        self.assertEqual(self.thin_out(), 3)
        self.assertEqual([d for d in (22, 28) if runs[d].redefined], [28])

    def test_the_administrator_says_for_how_long(self):
        parameters = self.env["ir.config_parameter"]
        total = len(self.left())
        for nothing in ("0", "-5", "for ever"):
            parameters.set_param(KEY, nothing)
            self.assertEqual(self.thin_out(), 0, nothing)
        self.assertEqual(len(self.left()), total)
        parameters.set_param(KEY, "500")
        expected = self.survivors(500)
        self.thin_out()
        self.assertFalse(self.left() ^ expected)
        # What may yet be corrected stays, whatever is asked for.
        parameters.set_param(KEY, "1")
        self.runs = list(self.env["contact.kpi.run"].search([]))
        expected = self.survivors(31)
        self.thin_out()
        self.assertFalse(self.left() ^ expected)

    def test_weeks_end_as_active_languages_have_it(self):
        """Such as on Friday."""
        language = self.env["res.lang"].with_context(active_test=False)
        language.search([("code", "=", "ar_001")]).active = True
        expected = self.survivors(400, first_days=(7, 1, 6))
        self.assertNotEqual(expected, self.survivors(400))
        self.thin_out()
        self.assertFalse(self.left() ^ expected)

    def test_each_company_has_its_own_day(self):
        """In Tokyo it is tomorrow already, and a day more is old."""
        tokyo = self.company("Tokyo", "Asia/Tokyo")
        santos = self.company("Santos", "America/Sao_Paulo")
        run = self.env["contact.kpi.run"]
        for company in (tokyo, santos):
            for day in range(22, 27):
                run.create(
                    {
                        "indicator_id": self.kpi.id,
                        "company_id": company.id,
                        "date": date(2040, 1, day),
                        "state": "done",
                    }
                )
        self.env["ir.config_parameter"].set_param(KEY, "405")  # until 24 January
        self.go("2041-03-04 16:00:00")
        self.thin_out()
        days = {
            company.name: sorted(
                run.date.day for run in run.search([("company_id", "=", company.id)])
            )
            for company in (tokyo, santos)
        }
        # The first and the last stay whatever their age.
        self.assertEqual(days, {"Tokyo": [22, 25, 26], "Santos": [22, 24, 25, 26]})
