# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a figure to the customers behind it, against a diary kept in plain Python.

The diary notes after every change who lacks what and what each customer is, and
once more at the end of every company's day. It knows nothing of the ledger.
"""

import random
import re
from collections import Counter, namedtuple
from datetime import date, datetime, timedelta

from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import format_date, mute_logger

from ..common import LANDLINE, MOBILE, NO_MOBILE, ContactKpiCase

FIRST = date(2041, 1, 6)
DAYS = 72
MISSED = {5, 6, 19, 33, 34, 35, 36, 50, 64}  # nobody runs that night
LATE = {12: 9, 27: 14, 44: 11, 58: 9}  # runs so many hours late
# Hours between UTC's midnight and the company's.
ZONES = {"main": ("America/Sao_Paulo", 3), "branch": ("America/Noronha", 2)}

COLUMNS = ["company_id", "user_id", "is_company", "customer_type_id"]
COLUMNS += ["industry_id", "country_id", "state_id"]
Segment = namedtuple("Segment", COLUMNS)  # as ContactKpiCase.segment_of has it


class Diary:
    """What was true, noted down by whoever watched."""

    def __init__(self, case, kpis, series):
        self.case, self.kpis, self.series = case, kpis, series
        self.pages = []  # (moment, {kpi: {customer: (segment, lacks it, since)}})
        self.closings = {}  # (kpi, series, day): {customer: segment} of who lacked it

    def note(self, moment):
        page = {
            kpi: {
                head.id: (
                    Segment(*self.case.segment_of(head)),
                    lacks,
                    head.create_date,
                )
                for head, lacks in self.case.evaluate(kpi.code).items()
            }
            for kpi in self.kpis
        }
        self.pages.append((moment, page))

    def lacking(self, kpi, page, series):
        return {
            customer: segment
            for customer, (segment, lacks, _since) in page[kpi].items()
            if lacks and segment.company_id == series
        }

    def end_of_day(self, series, day):
        for kpi in self.kpis:
            self.closings[kpi, series, day] = self.lacking(
                kpi, self.pages[-1][1], series
            )

    def end_of(self, series, day):
        hours = ZONES["branch" if series == self.series[-1] else "main"][1]
        return datetime.combine(day, datetime.min.time()) + timedelta(
            days=1, hours=hours
        )

    def who_lacked_it(self, kpi, series, day):
        if (kpi, series, day) in self.closings:
            return self.closings[kpi, series, day]
        return self.lacking(kpi, self.pages[-1][1], series)  # today, so far

    def later(self, kpi, series, day, customer):
        """Whose the customer was last while it went on lacking it, and if it does."""
        end, user, goes_on = self.end_of(series, day), None, True
        before = [page for page in self.pages if page[0] < end][-1:]
        after = [page for page in self.pages if page[0] >= end]
        for _moment, page in before + after:
            segment, lacks, _since = page[kpi].get(customer, (None, False, None))
            if not lacks:
                goes_on = False
                break
            user = segment.user_id
        return user, goes_on


@tagged("post_install", "-at_install")
class TestExplanation(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draw = random.Random(11)
        cls.mobile = cls.indicator()
        cls.branch = cls.company("Branch", ZONES["branch"][0])
        groups = "sales_team.group_sale_salesman,base.group_partner_manager"
        companies = [Command.set((cls.main | cls.branch).ids)]
        cls.ana, cls.bruno = (
            new_test_user(cls.env, login, groups=groups, company_ids=companies)
            for login in ("ana", "bruno")
        )
        cls.manager = new_test_user(
            cls.env,
            "manager",
            groups="sales_team.group_sale_manager",
            company_ids=companies,
        )
        cls.rio = cls.env.ref("base.state_br_rj")
        cls.industries = cls.env["res.partner.industry"].create(
            [{"name": "Transport"}, {"name": "Retail"}]
        )
        chosen = cls.env["res.partner.category"].create({"name": "Type"})
        cls.types = cls.env["res.partner.category"].create(
            [{"name": name, "parent_id": chosen.id} for name in ("Fleet", "Resale")]
        )
        cls.env["ir.config_parameter"].set_param(
            "contact_kpi.customer_type_tag_id", chosen.id
        )
        cls.kpis = cls.kpi | cls.mobile

    # -- weeks of work -----------------------------------------------------------

    def live_through(self):
        self.diary = Diary(self, self.kpis, (False, self.main.id, self.branch.id))
        self.runs = {}  # (kpi, series): days with figures
        start = datetime.combine(FIRST, datetime.min.time())
        self.step(start + timedelta(hours=9), self.begin)
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            midnight = start + timedelta(days=number)
            moments = [
                (midnight + timedelta(hours=hour), self.work)
                for hour in self.draw.sample(range(10, 24), 2)
            ]
            # One company's day is over, the other's is not.
            moments.append((midnight + timedelta(hours=26, minutes=30), self.work))
            moments.sort(key=lambda moment: moment[0])
            for moment, work in moments[:-1]:
                self.step(moment, work)
            self.diary.end_of_day(self.branch.id, day)
            self.step(*moments[-1])
            for series in (False, self.main.id):
                self.diary.end_of_day(series, day)
            if number not in MISSED:
                night = midnight + timedelta(hours=30 + LATE.get(number, 0))
                if number in LATE:  # work goes on before it runs
                    self.step(night - timedelta(hours=1), self.work)
                self.step(night, self.run_now)

    def step(self, moment, work):
        self.go(moment)
        work()
        self.commit()
        self.diary.note(moment)

    def begin(self):
        self.customers = [self.new_customer(number) for number in range(14)]

    def new_customer(self, number):
        return self.customer(
            f"C{number}",
            phone=self.draw.choice([False, False, LANDLINE, MOBILE]),
            **self.segments(),
        )

    def segments(self):
        choice = self.draw.choice
        return {
            "user_id": choice([False, self.ana.id, self.bruno.id]),
            "company_id": choice([False, False, self.main.id, self.branch.id]),
            "is_company": choice([True, False]),
            "state_id": choice([False, self.sao_paulo.id, self.rio.id]),
            "country_id": choice([False, self.brazil.id]),
            "industry_id": choice([False, *self.industries.ids]),
            "category_id": [Command.set(choice([[], *([t] for t in self.types.ids)]))],
        }

    def work(self):
        for _change in range(self.draw.randint(0, 2)):
            customer = self.draw.choice(self.customers)
            match self.draw.randrange(10):
                case 0 | 1:
                    customer.phone = self.draw.choice([False, "-", LANDLINE, MOBILE])
                case 2 | 3 | 4 | 5:
                    values = self.segments()
                    names = self.draw.sample(list(values), 2)
                    customer.write({name: values[name] for name in names})
                case 6:
                    customer.active = not customer.active
                case 7:
                    self.customers.append(self.new_customer(len(self.customers)))
                case 8 if len(self.customers) > 10:
                    self.customers.remove(customer)
                    customer.unlink()
                case 9 if len(self.customers) > 10:
                    winner = self.draw.choice(self.customers)
                    if winner != customer and winner.company_id == customer.company_id:
                        self.customers.remove(customer)
                        wizard = self.env["base.partner.merge.automatic.wizard"]
                        wizard._merge(
                            (winner | customer).ids, winner, extra_checks=False
                        )

    def run_now(self):
        self.refresh(self.kpis)
        self.diary.note(self.env.cr.now())
        today = self.env["res.company"]._contact_kpi_today()
        runs = self.env["contact.kpi.run"].search(
            [("evaluated_at", "=", self.env.cr.now())]
        )
        for run in runs:
            series = run.company_id.id
            self.assertEqual(
                run.state,
                "provisional" if run.date == today[series or 0] else "done",
            )
            self.runs.setdefault((run.indicator_id, series), set()).add(run.date)
            self.check_facts(run)

    # -- the facts ---------------------------------------------------------------

    def check_facts(self, run):
        """Rows of a run just made: the diary of its day, and whoever is there now."""
        kpi, series, day = run.indicator_id, run.company_id.id, run.date
        lacked = [
            self.diary.who_lacked_it(kpi, each, day) for each in self.diary.series
        ]
        table = {}
        for segment in self.diary.who_lacked_it(kpi, series, day).values():
            row = table.setdefault(segment, [0, 0])
            row[0] += 1
            row[1] += 1
        for customer, (segment, _lacks, since) in self.diary.pages[-1][1][kpi].items():
            if (
                segment.company_id == series
                and since < self.diary.end_of(series, day)
                and not any(customer in people for people in lacked)
            ):
                table.setdefault(segment, [0, 0])[0] += 1
        rows = self.env["contact.kpi.snapshot"].search([("run_id", "=", run.id)])
        self.assertEqual(
            sorted(
                (
                    *(self.plain(row[name]) for name in COLUMNS),
                    row.customers,
                    row.missing,
                )
                for row in rows
            ),
            sorted((*segment, *counts) for segment, counts in table.items()),
            (kpi.code, series, day),
        )

    # -- cells -------------------------------------------------------------------

    def test_the_customers_behind_any_cell_are_those_of_the_diary(self):
        self.live_through()
        seen = Counter()
        for reader in (self.manager, self.ana):
            for domain, holds in self.filters():
                for groupby in self.groupbys():
                    self.check_cells(reader, domain, holds, groupby, seen)
        # A simulation in which nothing happens proves nothing.
        for name, least in {
            "cells": 300,
            "customers": 1000,
            "gone": 20,
            "hidden": 20,
            "completed": 20,
            "days": 40,
        }.items():
            self.assertGreater(seen[name], least, name)
        versions = self.env["contact.kpi.gap.segment"].search_count([])
        self.assertGreater(versions, 50)

    def groupbys(self):
        return [
            [],
            ["company_id"],
            ["date:month", "user_id"],
            ["date:week", "state_id"],
            ["date:day"],
            ["date:month", "customer_type_id"],
            ["date:quarter", "is_company", "industry_id"],
        ]

    def filters(self):
        """Domains of facts, each with what it says of kpi, day and segment."""
        sao_paulo, ana = self.sao_paulo.id, self.ana.id
        transport = self.industries[0].id
        return [
            (
                [("indicator_id", "=", self.kpi.id)],
                lambda kpi, day, segment: kpi == self.kpi,
            ),
            (
                [
                    ("indicator_id", "=", self.mobile.id),
                    ("date", ">=", "2041-01-20"),
                    ("date", "<=", "2041-02-17"),
                    ("state_id.code", "=", "SP"),
                ],
                lambda kpi, day, segment: (
                    kpi == self.mobile
                    and date(2041, 1, 20) <= day <= date(2041, 2, 17)
                    and segment.state_id == sao_paulo
                ),
            ),
            (
                [
                    "&",
                    "!",
                    ("user_id", "in", [ana]),
                    "|",
                    ("industry_id", "ilike", "transp"),
                    ("is_company", "=", True),
                ],
                lambda kpi, day, segment: (
                    segment.user_id != ana
                    and (segment.industry_id == transport or segment.is_company)
                ),
            ),
            (
                [
                    ("indicator_id", "=", self.mobile.id),
                    "!",
                    ("date", "<", "2041-02-03"),
                    ("user_id", "ilike", "ana ("),
                    ("country_id", "!=", False),
                ],
                lambda kpi, day, segment: (
                    kpi == self.mobile
                    and day >= date(2041, 2, 3)
                    and segment.user_id == ana
                    and bool(segment.country_id)
                ),
            ),
        ]

    def check_cells(self, reader, domain, holds, groupby, seen):
        env = self.env(
            user=reader,
            context={"allowed_company_ids": (self.main | self.branch).ids},
        )
        Snapshot = env["contact.kpi.snapshot"]
        groups = Snapshot.formatted_read_group(
            domain, groupby, ["missing:sum", "customers:sum", "missing_rate:avg"]
        )
        for group in groups:
            cell = [*domain, *group["__extra_domain"]]
            expected = self.expected(reader, groupby, group, holds)
            if not group["customers:sum"]:
                continue
            with self.subTest(reader=reader.login, cell=cell):
                self.check_cell(Snapshot, cell, group, expected, reader, seen)

    def expected(self, reader, groupby, group, holds):
        """``[(kpi, series, day, customer)]`` behind a cell, from the diary."""
        since, until = date.min, date.max
        for name, operator, value in (
            leaf for leaf in group["__extra_domain"] if leaf not in ("&", "|")
        ):
            if name == "date" and operator == ">=":
                since = date.fromisoformat(value)
            if name == "date" and operator == "<":
                until = date.fromisoformat(value) - timedelta(days=1)
        people = []
        for (kpi, series), days in self.runs.items():
            # The last day inside bucket and filter; segments do not move it.
            days = [
                day
                for day in days
                if since <= day <= until and self.in_time(holds, kpi, day)
            ]
            if not days:
                continue
            day = max(days)
            lacked = self.diary.who_lacked_it(kpi, series, day)
            for customer, segment in lacked.items():
                same = all(
                    getattr(segment, name) == self.plain(group[name])
                    for name in groupby
                    if name in COLUMNS
                )
                mine = reader != self.ana or segment.user_id in (self.ana.id, False)
                if same and mine and holds(kpi, day, segment):
                    people.append((kpi, series, day, customer))
        return people

    def in_time(self, holds, kpi, day):
        """Whether some segment of the day passes a filter."""
        ids = (False, self.ana.id, self.bruno.id)
        return any(
            holds(kpi, day, Segment(False, user, True, False, industry, country, state))
            for user in ids
            for industry in (False, *self.industries.ids)
            for country in (False, self.brazil.id)
            for state in (False, self.sao_paulo.id)
        )

    def plain(self, value):
        """The id of a record or of the pair that stands for it, else the value."""
        if isinstance(value, list | tuple):
            return value[0]
        return value.id if isinstance(value, models.BaseModel) else value

    def check_cell(self, Snapshot, cell, group, expected, reader, seen):
        env = Snapshot.env
        action = Snapshot.action_explain(cell)
        explanation = env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(
            (explanation.missing, explanation.customers),
            (group["missing:sum"], group["customers:sum"]),
        )
        if group["missing_rate:avg"] is not None:
            self.assertAlmostEqual(explanation.missing_rate, group["missing_rate:avg"])
        lines = explanation.line_ids
        self.assertEqual(explanation.missing, len(expected))
        self.assertEqual(sum(lines.mapped("found")), len(expected))
        # Now, from the diary: who is gone, goes on, belongs to somebody else.
        later = {who: self.diary.later(*who) for who in expected}
        there = set(self.env["res.partner"].browse(w[3] for w in expected).exists().ids)
        gone = [who for who in expected if who[3] not in there]
        still = [who for who in expected if later[who][1]]
        self.assertEqual(sum(lines.mapped("gone")), len(gone))
        self.assertEqual(sum(lines.mapped("still_missing")), len(still))
        visible = [
            who
            for who in expected
            if reader != self.ana or later[who][0] in (self.ana.id, False)
        ]
        behind = explanation.action_customers()
        gaps = env["contact.kpi.gap"].search(behind["domain"])
        self.assertEqual(
            Counter((gap.indicator_id, gap.partner_id.id) for gap in gaps),
            # A customer that two companies counted on one date is listed once.
            Counter(
                (kpi, customer)
                for kpi, customer in {(w[0], w[3]) for w in visible}
                if customer in there
            )
            + Counter(
                (kpi, False)
                for kpi, customer in {(w[0], w[3]) for w in visible}
                if customer not in there
            ),
        )
        hidden = len({(w[0], w[3]) for w in expected}) - len(gaps)
        self.assertEqual(sum(lines.mapped("hidden")), hidden)
        seen["cells"] += 1
        seen["customers"] += len(expected)
        seen["gone"] += len(gone)
        seen["hidden"] += hidden
        seen["completed"] += sum(lines.mapped("completed"))
        self.days_seen = getattr(self, "days_seen", set()) | {w[2] for w in expected}
        seen["days"] = len(self.days_seen)


@tagged("post_install", "-at_install")
class TestExplanationWords(ContactKpiCase):
    """What the dialog says, as a reader finds it there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "sales_team.group_sale_salesman,base.group_partner_manager"
        cls.ana, cls.bruno = (
            new_test_user(cls.env, login, groups=groups) for login in ("ana", "bruno")
        )
        cls.manager = new_test_user(
            cls.env, "manager", groups="sales_team.group_sale_manager"
        )
        cls.kpi.description = "Nobody can reach them."

    def explain(self, domain=None, user=None):
        Snapshot = self.env["contact.kpi.snapshot"].with_user(user or self.manager)
        domain = [("indicator_id", "=", self.kpi.id)] if domain is None else domain
        return self.opened(Snapshot.action_explain(domain), user)

    def opened(self, action, user=None):
        """The form as the web client reads it."""
        explanations = self.env[action["res_model"]].with_user(user or self.manager)
        self.assertEqual(
            (action["views"], action["target"]), ([(False, "form")], "new")
        )
        return Form(explanations.browse(action["res_id"]))

    def listed(self, action, user=None):
        gaps = self.env["contact.kpi.gap"].with_user(user or self.manager)
        gaps = gaps.search(action["domain"])
        return sorted(gap.partner_id.name or "" for gap in gaps)

    def words(self, html):
        return re.findall("<li>(.*?)</li>", html or "")

    def dates(self, *days):
        return [
            format_date(self.env(user=self.manager), f"2041-03-{d:02}") for d in days
        ]

    def test_a_day_later_what_became_of_them(self):
        people = {
            name: self.customer(name, user_id=self.ana.id)
            for name in ("stays", "completes", "archived", "deleted", "given away")
        }
        refused = self.customer("refuses")
        self.customer("reached", phone=MOBILE)
        self.commit()
        self.env["contact.kpi.decline"].create(
            {
                "gap_id": self.env["contact.kpi.gap"]
                .search([("partner_id", "=", refused.id)])
                .id,
                "declined_on": "2041-03-04",
            }
        )
        self.refresh()
        self.go("2041-03-05 06:00:00")
        self.refresh()
        people["completes"].phone = MOBILE
        people["archived"].active = False
        people["deleted"].unlink()
        people["given away"].user_id = self.bruno
        self.customer("came later")
        self.commit()
        of_the_4th = [("indicator_id", "=", self.kpi.id), ("date", "=", "2041-03-04")]
        day, _today = self.dates(4, 5)
        form = self.explain(of_the_4th, self.ana)
        self.assertEqual(
            (
                form.title,
                form.description,
                form.customers,
                form.missing,
                form.declined,
                form.to_complete,
                round(form.missing_rate, 4),
            ),
            (self.kpi.name, "Nobody can reach them.", 7, 6, 1, 5, round(6 / 7, 4)),
        )
        self.assertEqual(
            self.words(form.behind),
            [
                "Still missing: 3.",
                "Completed since: 1.",
                "No longer customers: 1.",
                (
                    "No longer exist, deleted or merged: 1. Their lines in the list "
                    "have no name."
                ),
                (
                    "Not in your list: 1. They belong to a colleague or to another "
                    "company today."
                ),
            ],
        )
        [as_of] = self.words(form.as_of)
        self.assertTrue(as_of.startswith(f"State at the end of {day}, evaluated "))
        self.assertEqual(
            self.listed(form.record.action_customers(), self.ana),
            ["", "archived", "completes", "refuses", "stays"],
        )
        self.assertEqual(
            self.listed(self.explain(of_the_4th).record.action_customers()),
            ["", "archived", "completes", "given away", "refuses", "stays"],
        )
        excluded = " ".join(self.words(form.excluded))
        self.assertIn("Refused to provide it: 1.", excluded)
        self.assertIn("Customers of your colleagues", excluded)
        self.assertNotIn("your colleagues", self.explain(of_the_4th).excluded)

    def test_late_rebuilt_and_provisional_runs_say_so(self):
        self.customer("lacking")
        self.refresh()
        self.go("2041-03-08 15:00:00")
        self.refresh()
        self.env["contact.kpi.run"]._reconstruct(self.kpi, [date(2041, 3, 6)])
        starts = {
            4: "Evaluated late, ",
            6: "Rebuilt ",
            8: "Provisional, evaluated ",
        }
        for day, start in starts.items():
            [note] = self.words(
                self.explain(
                    [
                        ("indicator_id", "=", self.kpi.id),
                        ("date", "=", f"2041-03-{day:02}"),
                    ]
                ).as_of
            )
            self.assertTrue(note.startswith(start), note)
            self.assertIn(self.dates(day)[0], note)

    def test_a_definition_that_changed_since_is_told(self):
        self.customer("lacking")
        self.refresh()
        self.go("2041-03-05 15:00:00")
        self.kpi.gap_domain = NO_MOBILE
        self.refresh()
        [_state, changed] = self.words(
            self.explain(
                [("indicator_id", "=", self.kpi.id), ("date", "=", "2041-03-04")]
            ).as_of
        )
        self.assertEqual(
            changed,
            f"The definition has changed since, on {self.dates(5)[0]}: the one shown "
            "here is today's.",
        )
        self.assertEqual(len(self.words(self.explain().as_of)), 1)

    def test_several_indicators_and_days_are_told_by_line(self):
        mobile = self.indicator()
        branch = self.company("Branch", "America/Sao_Paulo")
        self.manager.company_ids |= branch
        self.customer("shared", phone=LANDLINE)
        self.customer("branch's", company_id=branch.id)
        self.refresh()
        self.go("2041-03-06 15:00:00")
        self.refresh(self.kpi)
        Snapshot = self.env["contact.kpi.snapshot"].with_user(self.manager)
        Snapshot = Snapshot.with_context(allowed_company_ids=(self.main | branch).ids)
        form = self.opened(Snapshot.action_explain([]))
        self.assertEqual(
            [
                (line.indicator_id, str(line.date), line.customers, line.missing)
                for line in form.record.line_ids
            ],
            [(self.kpi, "2041-03-06", 2, 1), (mobile, "2041-03-04", 2, 2)],
        )
        self.assertFalse(form.record.indicator_id)
        several, days = self.words(form.as_of)
        self.assertTrue(several.startswith("Several indicators are added up here"))
        self.assertTrue(days.startswith("The last evaluation inside this period"))
        line = form.record.line_ids[1]
        self.assertIn(self.dates(4)[0], line.notes)
        one = self.opened(line.action_explain()).record
        self.assertEqual((one.indicator_id, one.missing), (mobile, 2))
        self.assertEqual(one._closings(), [(mobile, date(2041, 3, 4), line.run_ids)])

    def test_nothing_evaluated_nothing_to_explain(self):
        self.customer("lacking")
        self.refresh()
        with self.assertRaisesRegex(UserError, "nothing behind this point"):
            self.explain([("date", "<", "2041-03-01")])
        with self.assertRaisesRegex(UserError, "nothing behind this point"):
            self.explain([("user_id", "=", self.ana.id)])

    def test_the_trend_of_the_same_selection(self):
        self.customer("lacking", user_id=self.ana.id)
        self.refresh()
        domain = [
            "&",
            ("indicator_id", "=", self.kpi.id),
            "&",
            "|",
            ("user_id", "=", self.ana.id),
            ("is_company", "=", True),
            "&",
            ("date", ">=", "2041-03-01"),
            ("date", "<", "2041-04-01"),
        ]
        action = self.explain(domain).record.action_trend()
        self.assertEqual(
            Domain(action["domain"]),
            Domain("indicator_id", "=", self.kpi.id)
            & (Domain("user_id", "=", self.ana.id) | Domain("is_company", "=", True)),
        )
        self.assertEqual(action["context"]["graph_groupbys"], ["date:month"])

    def test_the_card_is_explained_as_of_now(self):
        self.customer("lacking", user_id=self.ana.id)
        self.customer("bruno's", user_id=self.bruno.id)
        self.refresh()
        self.go("2041-03-05 15:00:00")
        self.customer("new")
        self.commit()
        kpi = self.kpi.with_user(self.ana)
        form = self.opened(kpi.action_explain_now(), self.ana)
        self.assertEqual(
            (form.title, form.missing, form.customers, form.to_complete),
            (self.kpi.name, 2, 1, 2),
        )
        now, population = self.words(form.as_of)
        self.assertTrue(now.startswith("Missing: the customers that lack it at this"))
        self.assertTrue(population.startswith("Customers: those found by the last"))
        self.assertEqual(
            form.record.action_customers()["context"],
            kpi.action_missing()["context"],
        )

    def test_who_counts_and_who_does_not_in_words(self):
        firm = self.customer("firm", is_company=True)
        self.contact(firm)
        self.customer("archived", active=False)
        self.refresh()
        contacts = self.env["res.partner"].with_context(active_test=False).search([])
        heads = contacts.filtered(lambda p: self.head_of(p) == p)
        users = self.env["res.users"].with_context(active_test=False).search([])
        colleagues = users.filtered(lambda u: not u.share and (u.active or u.id == 1))
        form = self.explain()
        words = self.words(form.excluded)
        self.assertIn(f"({len((contacts - heads).filtered('active'))} today)", words[0])
        self.assertIn(
            f"({len(heads.filtered(lambda p: not p.active))} today)", words[1]
        )
        self.assertIn(f"({len(colleagues.partner_id)} today)", words[2])
        self.assertIn("Our own companies (1 today)", words[3])
        self.assertTrue(form.population.startswith("Companies and persons on their"))
        # What another population does not exclude is not claimed.
        self.kpi.population_domain = "[('customer_rank', '>', 0)]"
        form = self.explain()
        self.assertEqual(len(self.words(form.excluded)), 1)
        self.assertFalse(form.population)

    def test_an_explanation_is_its_readers(self):
        self.customer("lacking")
        self.refresh()
        explanation = self.explain(user=self.ana).record
        with (
            mute_logger("odoo.addons.base.models.ir_rule"),
            self.assertRaises(AccessError),
        ):
            explanation.with_user(self.bruno).read(["title"])
        portal = new_test_user(self.env, "guest", groups="base.group_portal")
        for attempt in (
            lambda: self.explain(user=portal),
            lambda: self.kpi.with_user(portal).action_explain_now(),
        ):
            with (
                mute_logger(
                    "odoo.addons.base.models.ir_rule",
                    "odoo.addons.base.models.ir_model",
                ),
                self.assertRaises(AccessError),
            ):
                attempt()

    def test_rows_of_the_list(self):
        self.customer("ana's", user_id=self.ana.id)
        self.customer("bruno's", user_id=self.bruno.id)
        self.refresh()
        self.go("2041-03-05 15:00:00")
        self.refresh()
        row = self.env["contact.kpi.snapshot"].search(
            [("date", "=", "2041-03-04"), ("user_id", "=", self.bruno.id)]
        )
        form = self.opened(row.with_user(self.manager).action_explain_rows())
        self.assertEqual(form.missing, 1)
        self.assertEqual(self.listed(form.record.action_customers()), ["bruno's"])
