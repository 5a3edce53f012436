# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The client's own calls, in sessions of real logins, and what may come out of them."""

import collections
import csv
import html
import io
import json
import os
import re
from zipfile import ZipFile

from odoo import http
from odoo.tools import SQL, mute_logger

from .scene import LOGINS, SceneCase
from .table import READS, our_models, read_table

LONG = bool(os.environ.get("CONTACT_KPI_LONG"))
SEED = os.environ.get("CONTACT_KPI_SEED", "0")
SHOWN = 60  # failures in a message
# Odoo logs each refusal, and the client's errors.
LOGGERS = (
    "odoo.http",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.web.controllers.export",
    "odoo.sql_db",
)
REFUSALS = (
    "odoo.exceptions.AccessError",
    "odoo.exceptions.AccessDenied",
    "odoo.exceptions.MissingError",
    "odoo.http.SessionExpiredException",
)
ANSWERS = ("odoo.exceptions.UserError", "odoo.exceptions.ValidationError")

# Where a row's company, salesperson and indicator are found; see the cells' words.
FACTS = {
    "contact.kpi": ((), (), "code"),
    "contact.kpi.capture.report": (
        ("company_id", "customer_company_id"),
        (),
        "indicator_id.code",
    ),
    "contact.kpi.decline": (
        ("gap_id.company_id",),
        ("gap_id.user_id",),
        "gap_id.indicator_id.code",
    ),
    "contact.kpi.gap.segment": (
        ("gap_id.company_id",),
        ("gap_id.user_id",),
        "gap_id.indicator_id.code",
    ),
    "contact.kpi.history.unknown": (("partner_id.company_id",), (), None),
    "contact.kpi.reachability": (("company_id",), ("user_id",), None),
    "contact.kpi.repair.report": (
        ("company_id", "customer_company_id"),
        (),
        "indicator_id.code",
    ),
    "contact.kpi.run": (("company_id",), (), "indicator_id.code"),
    "contact.kpi.sale.report": (
        ("company_id", "customer_company_id"),
        ("user_id", "customer_user_id"),
        "indicator_id.code",
    ),
    "repair.order": (("company_id",), (), None),
    "res.partner": (("company_id",), (), None),
    "sale.order": (("company_id",), ("user_id",), None),
}
for _model in ("follow.up", "gap", "snapshot"):
    FACTS[f"contact.kpi.{_model}"] = (
        ("company_id",),
        ("user_id",),
        "indicator_id.code",
    )
NOTHING = ((), (), None)


class Facts(collections.namedtuple("Facts", "companies users code maker")):
    """What decides whether a row is somebody's to see."""


class Answer(collections.namedtuple("Answer", "status result text changed partners")):
    """What came out of a call: ``ok``, ``no`` (a plain message), ``-`` or ``fault``.

    ``changed``: our tables that differ afterwards; ``partners``: customers that do.
    """


class WireCase(SceneCase):
    """Calls over HTTP that leave nothing behind, and judges of what they answer.

    Failures are gathered and told together by :meth:`assertNoFailures`.
    """

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = read_table()
        cls.rows = {}
        cls.tables = [
            cls.env[model]._table
            for model in our_models(cls.env)
            if cls.env[model]._auto and not cls.env[model]._abstract
        ] + ["res_partner"]
        cls.patterns = {login: cls.hidden(login) for login in LOGINS}

    def setUp(self):
        super().setUp()
        self.sessions = {}
        for login in LOGINS:
            user = self.people[login]
            name = user.login if LOGINS[login][0] else None
            self.session = None  # or Odoo forgets the one before
            self.sessions[login] = self.authenticate(name, name)
        self.opener.cookies.clear()
        self.failures = []
        self.enterContext(mute_logger(*LOGGERS))

    # -- calling ---------------------------------------------------------------

    def enter(self, login):
        """Sit down before the browser of a login."""
        self.session = self.sessions[login]
        self.opener.cookies.clear()
        self.opener.cookies.set("session_id", self.session.sid, domain="127.0.0.1")

    def counted(self):
        """Rows written so far in this transaction, undone ones included, by table."""
        self.env.cr.execute(
            """
            SELECT name, pg_stat_get_xact_tuples_inserted(name::regclass)
                   + pg_stat_get_xact_tuples_updated(name::regclass)
                   + pg_stat_get_xact_tuples_deleted(name::regclass)
              FROM unnest(%s) AS name
            """,
            [self.tables],
        )
        return dict(self.env.cr.fetchall())

    def content(self, table):
        self.env.cr.execute(
            SQL("SELECT md5(t::text), t.id FROM %s t", SQL.identifier(table))
        )
        return set(self.env.cr.fetchall())

    def ask(self, login, send, reads=True):
        """Send a request in a login's name and undo whatever it did.

        :param send: makes the request; returns status, result and text
        :param reads: the request is not to write anything
        """
        self.enter(login)
        before = self.counted()
        contents = {}
        self.env.cr.execute("SAVEPOINT matrix")
        try:
            status, result, text = send()
            after = self.counted()
            suspects = {table for table in after if after[table] != before[table]}
            contents = {table: self.content(table) for table in suspects}
        finally:
            self.env.cr.execute("ROLLBACK TO SAVEPOINT matrix")
            self.env.cr.execute("RELEASE SAVEPOINT matrix")
            self.env.invalidate_all()
        if status == "ok" and not reads:
            # What was undone may be cached.
            self.env.registry.clear_all_caches()
        changed = {
            table: contents[table] ^ self.content(table) for table in sorted(suspects)
        }
        partners = {row_id for _hash, row_id in changed.get("res_partner", ())}
        return Answer(
            status, result, text, {t for t, rows in changed.items() if rows}, partners
        )

    def rpc(self, login, model, method, args=(), kwargs=None, context=None):
        """Call a method as the client does."""
        kwargs = dict(kwargs or {})
        if context:
            kwargs["context"] = context
        params = {
            "model": model,
            "method": method,
            "args": list(args),
            "kwargs": kwargs,
        }

        def send():
            response = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json=self.build_rpc_payload(params),
                timeout=60,
            )
            answer = response.json()
            text = json.dumps(answer, ensure_ascii=False)
            if "error" not in answer:
                return "ok", answer.get("result"), text
            return self.kind(answer["error"]["data"]), answer["error"]["data"], text

        call = f"{model}.{method}{json.dumps([params['args'], kwargs], default=str)}"
        return self.judge(
            login, model, method, call, self.ask(login, send, method in READS)
        )

    def export(self, login, model, fields, kind="csv"):
        """Download a list; the result is how many rows, of a spreadsheet nothing."""
        data = {
            "model": model,
            "fields": [
                {
                    "name": name,
                    "label": name,
                    "type": self.env[model]._fields[name].type,
                }
                for name in fields
            ],
            "ids": False,
            "domain": [],
            "groupby": [],
            "import_compat": False,
            "context": {},
        }

        def send():
            response = self.url_open(
                f"/web/export/{kind}",
                data={
                    "data": json.dumps(data),
                    "csrf_token": http.Request.csrf_token(self),
                },
                timeout=60,
                allow_redirects=False,
            )
            if response.status_code == 303:  # to the login
                return "-", None, response.text
            if response.status_code != 200:
                text = html.unescape(response.text)
                found = re.search(r"<p>(\{.*\})</p>", text, re.DOTALL)
                if not found:
                    return "fault", {"debug": text}, text
                error = json.loads(found[1])["data"]
                return self.kind(error), error, text
            if kind == "csv":
                rows = list(csv.reader(io.StringIO(response.text)))
                # A record takes a line for each of its related ones, and stands in the
                # first. Any of its own fields may be empty, such as the company.
                types = (field["type"] for field in data["fields"])
                own = [
                    i for i, type_ in enumerate(types) if not type_.endswith("2many")
                ]
                count = sum(any(row[i] for i in own) for row in rows[1:])
                return "ok", count, response.text
            with ZipFile(io.BytesIO(response.content)) as book:
                text = "".join(book.read(name).decode() for name in book.namelist())
            return "ok", None, text

        call = f"/web/export/{kind} {json.dumps(data)}"
        return self.judge(login, model, f"export_{kind}", call, self.ask(login, send))

    def kind(self, error):
        if error["name"] in REFUSALS:
            return "-"
        if error["name"] in ANSWERS:
            return "no"
        if "does not exist" in error["message"] and "method" in error["message"]:
            return "-"
        return "fault"

    def judge(self, login, model, operation, call, answer):
        """Note what must not be, whatever was called."""
        # Of a model without rows an error is as good as a refusal.
        if answer.status == "fault" and not self.env[model]._abstract:
            message = answer.result["debug"].strip().splitlines()[-1]
            self.fail_later("crashes", login, call, message)
        if found := self.patterns[login].search(answer.text):
            around = answer.text[max(0, found.start() - 150) : found.end() + 20]
            self.fail_later("tells a secret", login, call, found[0], around)
        if answer.status == "-" and answer.changed:
            self.fail_later("writes and refuses", login, call, answer.changed)
        if answer.changed and operation in READS:
            self.fail_later("reads and writes", login, call, answer.changed)
        if answer.changed and LOGINS[login][0] in (None, "base.group_portal"):
            self.fail_later("writes", login, call, answer.changed)
        readable = self.readable(login)
        strangers = {
            key
            for key, partner in self.customers.items()
            if partner.id in answer.partners and key not in readable
        }
        if strangers:
            self.fail_later("writes strangers", login, call, strangers)
        return answer

    def fail_later(self, kind, login, call, *what):
        self.failures.append((kind, login, call, *what))

    def assertNoFailures(self):
        """Say what to repeat, one of each kind, login and method first."""
        if not self.failures:
            return
        groups = {}
        for kind, login, call, *what in self.failures:
            method = re.split(r"[\[ ;]", call)[0]
            groups.setdefault((kind, method, *map(str, what[:1])), []).append(
                (login, call, "; ".join(map(str, what)))
            )
        shown = [
            f"{kind}: {method} as {', '.join(sorted({c[0] for c in calls}))}"
            f" ({len(calls)}×)\n   {calls[0][2]}"
            f"\n   as {calls[0][0]}: {calls[0][1][:1500]}"
            for (kind, method, *_what), calls in groups.items()
        ]
        self.fail(
            f"{len(self.failures)} failures (--seed {SEED}), of them:\n"
            + "\n".join(shown[:SHOWN])
        )

    # -- who sees what: by superuser's eyes and the words of the table ---------

    def facts(self, model):
        """``{id: Facts}`` of every row, read as superuser."""
        if self.env[model]._abstract:
            return {}
        if model not in self.rows:
            companies, users, code = FACTS.get(model, NOTHING)
            records = self.env[model].sudo().with_context(active_test=False).search([])
            if model == "res.partner":
                records = self.union(self.customers)
            known = {company: key for key, company in self.companies.items()}
            people = {user: login for login, user in self.people.items()}

            def one(record, path):
                values = record.mapped(path)
                return values[:1] if hasattr(values, "_name") else "".join(values)

            makers = "create_uid" in records._fields and records._log_access
            self.rows[model] = {
                record.id: Facts(
                    tuple(known.get(one(record, path)) for path in companies),
                    tuple(people.get(one(record, path)) for path in users),
                    code and one(record, code),
                    makers and people.get(record.create_uid),
                )
                for record in records
            }
        return self.rows[model]

    def expected(self, model, login, cell):
        """Ids of the rows that a cell of the table speaks of; None: refused."""
        if cell in "-":
            return None
        return {
            row_id
            for row_id, row in self.facts(model).items()
            if self.is_meant(row, login, cell)
        }

    def is_meant(self, row, login, cell):
        """Tell whether a row is among those that a cell speaks of."""
        if cell == "0":
            return False
        if cell == "me":
            return row.maker == login
        if cell in ("own", "co", "mob"):
            mine = all(c is None or c in LOGINS[login][1] for c in row.companies)
            if cell == "own":
                mine = mine and all(user in (login, None) for user in row.users)
            if cell == "mob":
                mine = mine and row.code == "no_mobile"
            return mine
        return cell == "all"

    def samples(self, model):
        """One row of each kind: those that are alike in all that decides."""
        kinds = {}
        for row_id, row in self.facts(model).items():
            kinds.setdefault(row, row_id)
        return sorted(kinds.values())

    def named(self, model, ids):
        """Rows in words, for a message."""
        if ids is None:
            return "refused"
        names = collections.Counter(
            "/".join(
                str(part) for part in (*row.companies, *row.users, row.code, row.maker)
            )
            for row_id, row in self.facts(model).items()
            if row_id in ids
        )
        return ", ".join(f"{times}× {name}" for name, times in sorted(names.items()))

    def compare(self, model, operation, login, cell, call, expected, got):
        if expected != got:
            self.fail_later(
                f"{model} {operation}",
                login,
                call,
                f"table: {cell}",
                f"expected {self.named(model, expected and expected - (got or set()))}"
                f"{' more' if expected and got is not None else ''}",
                f"got {self.named(model, got and got - (expected or set()))}"
                f"{' more' if expected is not None and got else ''}",
            )

    # -- what a login could ask for --------------------------------------------

    def field_names(self, model, login):
        """What a login may read of a model, were it not for its rows."""
        records = self.env[model].with_user(self.people[login])
        return sorted(
            name
            for name, field in records._fields.items()
            if records._has_field_access(field, "read")
        )

    def specification(self, model, names):
        """As the client asks: of related records their names."""
        known = self.env[model]._fields
        name = {"fields": {"display_name": {}}}
        return {key: name if known[key].type == "many2one" else {} for key in names}

    def measures(self, model, login):
        """What a client may add up."""
        records = self.env[model].with_user(self.people[login])
        if records._abstract:
            return []
        told = records.fields_get(attributes=["aggregator"])
        return sorted(
            f"{name}:{field['aggregator']}"
            for name, field in told.items()
            if field.get("aggregator") and name != "id"
        )

    def groupings(self, model, login):
        """What a client may group by; of dates the month."""
        records = self.env[model].with_user(self.people[login])
        if records._abstract:
            return []
        told = records.fields_get(attributes=["groupable", "type"])
        return sorted(
            f"{name}:month" if field["type"] in ("date", "datetime") else name
            for name, field in told.items()
            if field.get("groupable")
        )
