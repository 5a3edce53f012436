# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever is asked: all are those of it, those not of it, and those it cannot tell.

No expected figure is written down: one answer is compared with other answers, read the
way that another screen reads them. Domains are drawn by the seed of the run.
"""

import io
import os
import random
from collections import Counter
from datetime import timedelta

import openpyxl

from odoo.fields import Domain
from odoo.tests import new_test_user, tagged

from odoo.addons.http_routing.tests.common import MockRequest
from odoo.addons.web.controllers.export import ExcelExport, GroupsTreeNode

from ...models.figures.follow_up import COUNTS
from ...report.contact_kpi_report_follow_up import AGES
from ...report.contact_kpi_report_follow_up import COUNTS as PRINTED
from ..closing_case import ClosingCase
from ..sales.test_sale_report import SaleYearCase
from .test_follow_up import FollowUpCase

LONG = bool(os.environ.get("CONTACT_KPI_LONG"))
MANAGER = "sales_team.group_sale_manager,base.group_allow_export"


class Metamorphic:
    """For a case with a world: which report, its measures, groups and periods."""

    report = ""
    groups = MANAGER  # of whoever asks
    measures = ()  # additive ones
    groupbys = ()
    own = ()  # fields that no drawn domain asks about: those of time
    by_bucket = ()  # fields whose value depends on the period
    printed = False
    exports = True
    sample = 8

    def setUp(self):
        super().setUp()
        self.draw = random.Random(f"{os.environ.get('CONTACT_KPI_SEED')} {self.report}")
        self.reader = new_test_user(
            self.env,
            "metamorphic",
            groups=self.groups,
            company_ids=[(6, 0, self.env["res.company"].search([]).ids)],
        )
        companies = self.reader.company_ids.ids
        report = self.env[self.report].with_user(self.reader)
        self.rows = report.with_context(allowed_company_ids=companies)
        self.specs = [f"{name}:sum" for name in self.measures]

    def periods(self):
        return [[]]

    # -- domains ---------------------------------------------------------------------

    def drawn(self, depth=2):
        """Any domain over the fields of the report but those of time."""
        draw = self.draw
        if depth and draw.random() < 0.6:
            parts = [self.drawn(depth - 1) for _part in range(draw.randint(2, 3))]
            joined = Domain.AND(parts) if draw.random() < 0.5 else Domain.OR(parts)
            return ~joined if draw.random() < 0.3 else joined
        fields = [
            field
            for name, field in sorted(self.rows._fields.items())
            if field.store and name not in (*self.own, "id", "display_name")
        ]
        while (leaf := self.leaf(draw.choice(fields))) is None:
            pass
        return ~leaf if draw.random() < 0.3 else leaf

    def leaf(self, field):
        draw, name = self.draw, field.name
        some = self.values.setdefault(name, self.all_values(name))
        value = draw.choice(some)
        several = draw.sample(some, min(len(some), draw.randint(1, 3)))
        if field.type in ("integer", "float", "monetary", "date"):
            if value is False:
                return Domain(name, draw.choice(["=", "!="]), False)
            operator = draw.choice(["=", "!=", "<", "<=", ">", ">="])
            return Domain(name, operator, value)
        if field.type == "many2one" and draw.random() < 0.3:
            text = draw.choice(["a", "e", "o", "no such"])
            operator = draw.choice(["ilike", "not ilike"])
            return Domain(f"{name}.display_name", operator, text)
        if field.type in ("many2one", "selection", "boolean", "char"):
            return draw.choice(
                [
                    Domain(name, draw.choice(["=", "!="]), value),
                    Domain(name, draw.choice(["in", "not in"]), several),
                ]
            )
        return None

    def all_values(self, name):
        is_date = self.rows._fields[name].type == "date"
        groups = self.rows._read_group([], [f"{name}:day" if is_date else name])
        plain = [getattr(value, "id", value) for (value, *_rest) in groups]
        plain = [str(v) if hasattr(v, "isoformat") else v for v in plain]
        return [*dict.fromkeys([v or False for v in plain]), False]

    # -- figures ---------------------------------------------------------------------

    def key(self, group, groupby):
        values = (group[spec] for spec in groupby)
        return tuple(tuple(v) if isinstance(v, list) else v for v in values)

    def table(self, groups, groupby):
        """What is not 0, by group; several groups of one key are added up."""
        table = Counter()
        for group in groups:
            for spec in self.specs:
                cell = (*self.key(group, groupby), spec)
                table[cell] = round(table[cell] + (group[spec] or 0), 2)
        return {cell: value for cell, value in table.items() if value}

    def figures(self, domain, groupby):
        rows = self.rows.formatted_read_group(domain, groupby, self.specs)
        return self.table(rows, groupby)

    def sum(self, *tables):
        cells = {cell for table in tables for cell in table}
        sums = {c: round(sum(t.get(c, 0) for t in tables), 2) for c in cells}
        return {cell: value for cell, value in sums.items() if value}

    # -- the relations -----------------------------------------------------------------

    def test_all_are_those_of_it_not_of_it_and_those_it_cannot_tell(self):
        self.values, told = {}, 0
        for number in range(self.sample * 20):
            # A sample may be all questions that nobody is in, or everybody.
            if number >= self.sample and told and not LONG:
                break
            asked = self.drawn()
            period = Domain(self.draw.choice(self.periods()))
            everything, some = list(period), list(period & asked)
            others = list(period & ~asked)
            ids = [set(self.rows.search(d).ids) for d in (everything, some, others)]
            unknown = ids[0] - ids[1] - ids[2]
            bucketed = {c.field_expr for c in asked.iter_conditions()}
            bucketed = bool(bucketed & {*self.by_bucket})
            untold = list(period & Domain("id", "in", sorted(unknown)))
            groupbys = self.groupbys if LONG else self.draw.sample(self.groupbys, 3)
            for groupby in groupbys:
                with self.subTest(asked=list(asked), period=period, groupby=groupby):
                    if not bucketed:
                        self.assertFalse(ids[1] & ids[2])
                    parts = [some, others] + ([untold] if unknown else [])
                    parts = [self.figures(part, groupby) for part in parts]
                    whole = self.figures(everything, groupby)
                    self.assertEqual(self.sum(*parts), whole)
            told += bool(ids[1]) and bool(ids[2])
        self.assertTrue(told)

    def test_every_screen_says_the_same(self):
        self.values = {}
        for _round in range(self.sample // 2 * (20 if LONG else 1)):
            asked = self.drawn()
            period = Domain(self.draw.choice(self.periods()))
            domain = list(period & asked)
            groupby = self.draw.choice([g for g in self.groupbys if g])
            with self.subTest(domain=domain, groupby=groupby):
                self.same_on_every_screen(domain, groupby)
                self.printed and self.same_in_print(domain, groupby)
                if self.exports:
                    self.same_in_export(domain)

    def same_on_every_screen(self, domain, groupby):
        sets = [groupby[:depth] for depth in range(len(groupby) + 1)]
        pivot = self.rows.formatted_read_grouping_sets(domain, sets, self.specs)
        for specs, groups in zip(sets, pivot, strict=True):
            found = self.table(groups, specs)
            self.assertEqual(found, self.figures(domain, specs))
        shown = self.rows.web_read_group(domain, groupby[:1], self.specs)["groups"]
        table = self.table(shown, groupby[:1])
        self.assertEqual(table, self.figures(domain, groupby[:1]))
        if not any(spec.startswith("date") for spec in groupby):
            for specs, groups in zip(sets, pivot, strict=True):
                total = self.table([{**g} for g in groups], [])
                self.assertEqual(total, self.figures(domain, []), specs)

    def same_in_print(self, domain, groupby):
        total = self.figures(domain, [])
        if not total:
            return
        order = self.env["contact.kpi.print"].with_env(self.rows.env)
        action = order.action_open(self.report, domain, groupby)
        order = order.browse(action["res_id"])
        book = openpyxl.load_workbook(io.BytesIO(order._report()._xlsx(order)))
        lines = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
        labels = {
            self.rows._fields[name]._description_string(self.rows.env): f"{name}:sum"
            for name in self.measures
        }
        [head] = [line for line in lines if len({*line} & labels.keys()) > 1]
        last = [line for line in lines if line[0]][-1]
        printed = {
            (labels[label],): value
            for label, value in zip(head, last, strict=True)
            if label in labels and value
        }
        kept = {cell: v for cell, v in total.items() if cell[0] in self.in_print()}
        self.assertEqual(printed, kept)

    def in_print(self):
        return self.specs

    def same_in_export(self, domain, groupby="indicator_id"):
        """The grouped spreadsheet of a list: rows, and what stands at the groups."""
        names = ["indicator_id", *self.measures]
        tree = GroupsTreeNode(self.rows, names, [groupby], ["many2one"])
        for group in self.rows.formatted_read_group(
            domain, [groupby], ["__count", "id:array_agg"]
        ):
            records = self.rows.browse(group["id:array_agg"])
            tree.insert_leaf(group, records.export_data(names)["datas"])
        if not tree.count:
            return None
        fields = [{"name": n, "type": self.rows._fields[n].type} for n in names]
        with MockRequest(self.rows.env):
            content = ExcelExport().from_group_data(fields, names, tree)
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        found, heads = Counter(), Counter()
        for line in list(sheet.iter_rows(values_only=True))[1:]:
            # A group's own line says how many rows follow.
            table = heads if str(line[0]).endswith(")") else found
            for name, value in zip(self.measures, line[1:], strict=True):
                table[(f"{name}:sum",)] += float(value or 0)
        expected = self.figures(domain, [])
        rows = {cell: round(v, 2) for cell, v in found.items() if v}
        self.assertEqual(rows, expected)
        heads = {cell: round(v, 2) for cell, v in heads.items() if v}
        return self.assertIn(heads, ({}, expected))


@tagged("post_install", "-at_install")
class TestMetamorphicTrend(Metamorphic, ClosingCase):
    report = "contact.kpi.snapshot"
    measures = ("customers", "missing", "declined", "to_complete", "unclassified")
    own = ("date", "run_id")
    printed = True
    groupbys = (
        [],
        ["date:month"],
        ["date:week"],
        ["date:day"],
        ["user_id"],
        ["indicator_id"],
        ["country_id", "user_id"],
        ["company_id", "indicator_id"],
        ["date:quarter", "company_id"],
        ["user_id", "date:month"],
    )

    def periods(self):
        first = self.draw.choice(self.days)
        last = self.draw.choice(self.days)
        return [
            [],
            [("date", ">=", str(first))],
            [("date", "<=", str(last))],
            [("date", ">=", str(min(first, last))), ("date", "<=", str(last))],
        ]

    def in_print(self):
        return ("customers:sum", "missing:sum")

    def same_in_export(self, domain, groupby="indicator_id"):
        """Rows are of a day: a day of theirs is what they add up to."""
        day = self.draw.choice(self.days)
        domain = Domain.AND([domain, [("date", "=", str(day))]])
        return super().same_in_export(list(domain), groupby)


@tagged("post_install", "-at_install")
class TestMetamorphicFollowUp(Metamorphic, FollowUpCase):
    report = "contact.kpi.follow.up"
    measures = COUNTS
    own = ("date",)
    by_bucket = ("closed_on", "closed_by_id", "close_reason", *COUNTS)
    printed = True
    groupbys = (
        [],
        ["date:month"],
        ["date:quarter"],
        ["date:year", "user_id"],
        ["indicator_id"],
        ["user_id"],
        ["city", "is_company"],
        ["company_id", "origin"],
        ["opened_on:month"],
        ["user_id", "date:quarter"],
    )

    def periods(self):
        first = self.today[False] - timedelta(days=self.draw.randint(0, 400))
        last = first + timedelta(days=self.draw.randint(0, 200))
        return [
            [],
            [("date", ">=", str(first))],
            [("date", ">=", str(first)), ("date", "<=", str(last))],
        ]

    def same_in_export(self, domain, groupby="indicator_id"):
        """Rows that are exported are those of the whole time."""
        named = {c.field_expr for c in Domain(domain).iter_conditions()}
        return "date" in named or super().same_in_export(domain, groupby)

    def in_print(self):
        return {f"{name}:sum" for name in (*PRINTED, *AGES)}


@tagged("post_install", "-at_install")
class TestMetamorphicImpact(Metamorphic, SaleYearCase):
    report = "contact.kpi.sale.report"
    measures = ("orders", "confirmed", "amount", "amount_confirmed")
    own = ("date",)
    groupbys = (
        [],
        ["contact_missing"],
        ["indicator_id"],
        ["date:month"],
        ["date:quarter", "contact_missing"],
        ["user_id"],
        ["team_id", "source_id"],
        ["company_id", "contact_missing"],
        ["customer_type_id"],
        ["partner_id"],
        ["origin", "state"],
    )

    def periods(self):
        return [[], [("date", ">=", str(self.now.date() - timedelta(days=90)))]]
