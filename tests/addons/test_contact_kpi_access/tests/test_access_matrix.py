# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 9 over the wire: who may do what with every model and method of ours.

Each call is the client's own, over HTTP, in a session of a real login, and leaves
nothing behind. What comes out is compared with the table, and searched for the secrets
of customers whom the login may not read, errors included; what happened to our tables
and to the customers is counted by PostgreSQL.

A sample by seed; everything with ``./setup/test --long``.
"""

import collections
import random

from odoo.service.model import get_public_method
from odoo.tests import TransactionCase, tagged

from odoo.addons.contact_kpi.models.figures.closing_mixin import (
    ContactKpiClosingMixin,
)

from .scene import LOGINS
from .table import (
    FIELDS,
    READS,
    WRITES,
    lines,
    our_fields,
    our_methods,
    our_models,
    read_table,
    spread,
)
from .wire import FACTS, LONG, NOTHING, SEED, WireCase

# How many cells, of some four calls each, fit into half a minute.
SAMPLE, SAMPLE_FIELDS = 150, 25
# Of its partner; of who may open the settings; of whoever may read the document: what
# is made up of their forms is tried all the same.
ELSEWHERE = {"res.users", "res.config.settings", "mail.activity"}
# Arguments of methods that are asked about a view instead of rows.
QUESTION = [("company_id", "!=", -1)]
ARGUMENTS = {
    "action_explain": [QUESTION],
    "action_find": [],
    "action_open": ["contact.kpi.gap", []],
    "figures": [],
    "observation_start": [QUESTION],
    "reading_notes": [QUESTION, [], []],
}


LISTS = (
    "search",
    "search_count",
    "search_read",
    "web_search_read",
    "name_search",
    "export_csv",
    "export_xlsx",
)
ANYTHING = {"anything"}
NO_EXPORT = ("export_data", "no")
GROUPS = ("formatted_read_group", "formatted_read_grouping_sets", "web_read_group")


@tagged("post_install", "-at_install")
class TestAccessTable(TransactionCase):
    """The table is whole: whoever adds a model, method or field decides its rights."""

    maxDiff = None

    def test_every_model_and_method_is_in_the_table(self):
        generic = {*READS, *WRITES, "default_get", "fields_get"}
        expected = set()
        for model in our_models(self.env):
            expected |= {(model, operation) for operation in (*READS, *WRITES)}
        for model in self.env.registry:
            if "res.users" in (model, *self.env[model]._inherits):
                continue  # of its partner, which has a line
            expected |= {
                (model, method) for method in our_methods(self.env, model) - generic
            }
        # Odoo's own methods, of which ours do more; no right is ours to give.
        expected -= {("res.config.settings", "get_values")}
        expected -= {("res.config.settings", "set_values")}
        self.assertEqual(set(read_table()), expected)

    def test_every_field_on_odoos_models_is_in_the_table(self):
        listed = collections.Counter(
            (model, name)
            for model, _cells, names, _tables in lines(FIELDS)
            for name in names
        )
        self.assertEqual({key for key, times in listed.items() if times > 1}, set())
        expected = {
            (model, name)
            for model in {*self.env.registry}.difference(
                our_models(self.env), ELSEWHERE
            )
            if not self.env[model]._abstract
            for name in our_fields(self.env, model)
        }
        self.assertEqual(set(listed), expected)


@tagged("post_install", "-at_install")
class TestAccessMatrix(WireCase):
    """What comes out for each login is what the table says."""

    def test_the_scene_tells_apart(self):
        """Of every model there are rows of several people: no cell is idle."""
        for model in sorted({model for model, _operation in self.table}):
            if self.env[model]._abstract:
                continue
            companies, users, _code = FACTS.get(model, NOTHING)
            rows = self.facts(model).values()
            with self.subTest(model=model):
                self.assertTrue(rows)
                if companies:
                    self.assertLessEqual(
                        {("a",), ("b",)}, {r.companies[:1] for r in rows}
                    )
                if users:
                    self.assertLessEqual(
                        {("own",), ("all",)}, {r.users[:1] for r in rows}
                    )
                if self.env[model]._transient:
                    makers = {row.maker for row in rows}
                    self.assertIn("admin", makers)
                    self.assertGreater(len(makers), 1)

    # -- the matrix ------------------------------------------------------------

    def test_matrix(self):
        """Every cell of the table, or as many as fit into a minute."""
        cells = [
            (model, operation, login)
            for (model, operation), (row, _tables) in sorted(self.table.items())
            for login in row
        ]
        if not LONG:
            cells = random.Random(SEED).sample(cells, SAMPLE)
        for model, operation, login in cells:
            self.try_cell(model, operation, login)
        self.assertNoFailures()

    def try_cell(self, model, operation, login):
        row, tables = self.table[model, operation]
        cell = row[login]
        if operation in GROUPS:
            self.try_groups(model, operation, login, cell)
        elif operation in LISTS:
            self.try_list(model, operation, login, cell)
        elif operation == "create":
            answer = self.rpc(login, model, "create", [self.new_values(model)])
            self.check_one(model, operation, login, cell, answer, tables)
        elif self.is_a_question(model, operation):
            answer = self.rpc(
                login, model, operation, *self.arguments(model, operation, login)
            )
            self.check_one(model, operation, login, cell, answer, tables)
        else:
            self.try_rows(model, operation, login, cell, tables)

    def is_a_question(self, model, operation):
        """Tell whether a call is about no row in particular."""
        if (model, operation) == ("contact.kpi.explanation.line", "action_explain"):
            return False
        return operation in ARGUMENTS or operation == "onchange"

    def check_one(self, model, operation, login, cell, answer, tables):
        """A call without rows."""
        if not answer.changed <= tables:
            self.fail_later(f"{model} {operation}", login, "writes", answer.changed)
        if cell != "~" and (answer.status == "-") != (cell == "-"):
            self.fail_later(
                f"{model} {operation}",
                login,
                f"{model}.{operation}",
                f"table: {cell}",
                f"got {answer.status}: {answer.text[:300]}",
            )

    def try_rows(self, model, operation, login, cell, tables):
        """A call on one row at a time, of every kind that there is."""
        got, call, refusal = set(), None, ""
        samples = self.samples(model)
        expected = set()
        if cell != "~":
            expected = (self.expected(model, login, cell) or set()) & set(samples)
        for row_id in samples or [1]:
            args, kwargs = self.arguments(model, operation, login, row_id)
            method = operation.removesuffix("_row")
            answer = self.rpc(login, model, method, args, kwargs)
            call = f"{model}.{operation}{args}"
            # "You don't have the rights to export data" is a plain message.
            if answer.status == "-" or (operation, answer.status) == NO_EXPORT:
                if row_id in expected:
                    refusal = answer.text
            else:
                got.add(row_id)
            if not answer.changed <= tables and tables != ANYTHING:
                self.fail_later(
                    f"{model} {operation} writes", login, call, answer.changed
                )
        if cell == "~":
            return
        if expected - got:
            call = f"{call}; {refusal[-900:]}"
        self.compare(model, operation, login, cell, call, expected, got & set(samples))

    def arguments(self, model, operation, login, row_id=None):
        """The arguments of a call, and its keyword arguments."""
        method = get_public_method(self.env[model], operation.removesuffix("_row"))
        ids = [[row_id] if row_id else []]
        if getattr(method, "_api_model", False):
            ids = []
        if self.is_a_question(model, operation) and operation != "onchange":
            return [*ids, *ARGUMENTS[operation]], {}
        names = self.field_names(model, login)
        spec = self.specification(model, names)
        if operation == "read":
            return [ids[0], names], {}
        if operation == "web_read":
            return [ids[0]], {"specification": spec}
        if operation == "export_data":
            return [ids[0], self.exported(model, login)], {}
        if operation == "write":
            return [ids[0], self.changes(model)], {}
        if operation == "web_save":
            return [ids[0], self.changes(model)], {"specification": spec}
        if operation in ("onchange", "onchange_row"):
            return [ids[0], {}, [], spec], {}
        return ids, {}

    # -- reading ---------------------------------------------------------------

    def exported(self, model, login):
        """The columns that a login may export: those of records that it may read."""
        records = self.env[model].with_user(self.people[login])

        def exports(name):
            field = records._fields[name]
            if name == "id":
                return records._is_an_ordinary_table()
            if field.relational:
                return records[name].has_access("read")
            return field.exportable and field.type not in ("json", "binary")

        return [name for name in self.field_names(model, login) if exports(name)]

    def try_list(self, model, operation, login, cell):
        """A call that answers with rows."""
        names = self.field_names(model, login)
        if operation in ("export_csv", "export_xlsx"):
            kind = operation.partition("_")[2]
            answer = self.export(login, model, self.exported(model, login), kind)
        else:
            args, kwargs = {
                "search": ([[]], {}),
                "search_count": ([[]], {}),
                "search_read": ([[], names], {}),
                "web_search_read": (
                    [[], self.specification(model, names)],
                    {"limit": 10000},
                ),
                "name_search": ([""], {"limit": 10000}),
            }[operation]
            context = {"active_test": False}
            answer = self.rpc(login, model, operation, args, kwargs, context)
        call = f"{model}.{operation}"
        expected = self.expected(model, login, cell)
        if answer.status != "ok":
            self.compare(model, operation, login, cell, call, expected, None)
        elif operation in ("search_count", "export_csv"):
            if operation == "export_csv" and "active" in self.env[model]._fields:
                records = self.env[model].browse(expected or ())
                expected = expected and set(records.filtered("active").ids)
            # As many rows, whichever they are; what may not be told is searched for.
            self.check_count(
                model, operation, login, cell, call, expected, answer.result
            )
        elif operation != "export_xlsx":
            rows = answer.result
            rows = rows["records"] if operation == "web_search_read" else rows
            got = {self.id_of(row) for row in rows}
            self.compare(model, operation, login, cell, call, expected, got)

    @staticmethod
    def id_of(row):
        if isinstance(row, dict):
            return row["id"]
        return row[0] if isinstance(row, list) else row

    def check_count(self, model, operation, login, cell, call, expected, got):
        """As many rows as a cell speaks of."""
        if expected is None or got != len(expected):
            self.fail_later(
                f"{model} {operation}",
                login,
                call,
                f"table: {cell}",
                f"expected {expected if expected is None else len(expected)}",
                f"got {got}",
            )

    def try_groups(self, model, operation, login, cell):
        """A call that answers with groups: one by each field, and one without."""
        specs = self.groupings(model, login)
        measures = self.measures(model, login)
        groupings = [[], *([spec] for spec in specs)]
        if not LONG:
            chooser = random.Random(f"{SEED} {model} {operation} {login}")
            groupings = chooser.sample(groupings, min(3, len(groupings)))
        if operation == "formatted_read_grouping_sets":
            groupings = [[[], spec] for spec in groupings if spec] or [[[]]]
        if operation == "web_read_group":
            groupings = [grouping for grouping in groupings if grouping]
        else:
            measures = ["__count", *measures]
        expected = self.expected(model, login, cell)
        for grouping in groupings:
            args = [[], grouping, measures]
            context = {"active_test": False}
            answer = self.rpc(login, model, operation, args, context=context)
            call = f"{model}.{operation}{grouping}"
            if (answer.status == "-") != (expected is None):
                self.fail_later(
                    f"{model} {operation}",
                    login,
                    call,
                    f"table: {cell}",
                    f"got {answer.text[:300]}",
                )
            if answer.status != "ok" or expected is None:
                continue
            groups = answer.result
            if operation == "web_read_group":
                groups = groups["groups"]
            elif operation == "formatted_read_grouping_sets":
                groups, grouping = groups[-1], grouping[-1]
            spec = grouping[0] if grouping else None
            self.check_groups(
                model, operation, login, cell, call, spec, groups, expected
            )

    def check_groups(self, model, operation, login, cell, call, spec, groups, expected):
        """Groups are nobody else's; together they count the rows, unless they close."""
        name = spec and spec.partition(":")[0]
        many = name and self.env[model]._fields[name].type.endswith("2many")
        if not many and not self.closes(model):
            count = sum(group["__count"] for group in groups)
            if count != len(expected):
                self.check_count(model, operation, login, cell, call, expected, count)
        of = {
            "company_id": self.companies,
            "user_id": self.people,
            "indicator_id": self.kpis,
        }
        if spec not in of or not FACTS.get(model):
            return
        keys = {record.id: key for key, record in of[spec].items()}
        found = {keys.get(group[spec] and group[spec][0]) for group in groups}
        allowed = {
            "company_id": {*LOGINS[login][1], None},
            "user_id": {login, None} if cell == "own" else found,
            "indicator_id": {"no_mobile", None} if cell == "mob" else found,
        }[spec]
        if not found <= allowed:
            self.fail_later(
                f"{model} {operation}", login, call, f"groups of {found - allowed}"
            )

    def closes(self, model):
        """Tell whether a model's groups show a closing instead of adding rows up."""
        kind = type(self.env[model])
        return (
            issubclass(kind, ContactKpiClosingMixin) or model == "contact.kpi.follow.up"
        )

    # -- our fields on Odoo's models -------------------------------------------

    def test_fields_on_odoos_models(self):
        """Whose values of our fields each may read; the model's own rules hold, too."""
        cells = [
            (model, name, login, cell)
            for model, words, names, _tables in lines(FIELDS)
            for name in names
            for login, cell in spread(words).items()
        ]
        if not LONG:
            cells = random.Random(SEED).sample(cells, SAMPLE_FIELDS)
        for model, name, login, cell in cells:
            samples, got = self.samples(model), set()
            for row_id in samples:
                answer = self.rpc(login, model, "read", [[row_id], [name]])
                if answer.status == "ok":
                    got.add(row_id)
            expected = (self.expected(model, login, cell) or set()) & set(samples)
            call = f"{model}.read[[…], {name}]"
            self.compare(model, name, login, cell, call, expected, got)
        self.assertNoFailures()

    # -- writing ---------------------------------------------------------------

    def new_values(self, model):
        """Values of a new row that nothing but rights can keep from being created."""
        kpi, gap = self.kpis["no_mobile"].id, self.gap("nobodys").id
        partner = self.customers["nobodys"].id
        explanation = self.env["contact.kpi.explanation"]
        return {
            "contact.kpi": {
                "name": "New",
                "code": "new",
                "gap_domain": "[('customer_phone_kind', '=', 'none')]",
            },
            "contact.kpi.comparison": {"indicator_id": kpi},
            "contact.kpi.consent.wizard": {"consent": "given"},
            "contact.kpi.decline": {"gap_id": gap},
            "contact.kpi.decline.reason": {"name": "New"},
            "contact.kpi.decline.wizard": {
                "reason_id": self.env["contact.kpi.decline.reason"]
                .search([], limit=1)
                .id
            },
            "contact.kpi.explanation": {"title": "New"},
            "contact.kpi.explanation.line": {
                "explanation_id": explanation.search([], limit=1).id
            },
            "contact.kpi.placeholder": {"name": "nothing new"},
            "contact.kpi.print": {"report": "report_trend", "group_by": "user_id"},
            "contact.kpi.suggestion": {"gap_id": gap},
            "contact.kpi.suspect": {
                "kind": "phone",
                "reason": "shared",
                "partner_id": partner,
                "fingerprint": "2" * 64,
            },
            "contact.kpi.suspect.ignored": {"kind": "phone", "fingerprint": "2" * 64},
            "mechanic.service.type": {"name": "New", "code": "new"},
        }.get(model, {})

    def changes(self, model):
        """Values to write on a row."""
        return {
            "contact.kpi": {"target_rate": 0.1},
            "contact.kpi.gap": {"phone": "+55 31 98765-4321"},
            "contact.kpi.decline.reason": {"sequence": 99},
            "contact.kpi.placeholder": {"reason": "shared"},
            "mechanic.service.type": {"color": 3},
            "contact.kpi.comparison": {"baseline": "last_year"},
            "contact.kpi.consent.wizard": {"consent": "refused"},
            "contact.kpi.decline.wizard": {"review_on": "2099-01-01"},
            "contact.kpi.explanation": {"title": "Changed"},
            "contact.kpi.print": {"title": "Changed"},
            "contact.kpi.suspect": {"customer_count": 3},
            "contact.kpi.suspect.ignored": {"fingerprint": "3" * 64},
        }.get(model, {})
