# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a client makes up opens nothing: values of a form, context, another protocol."""

import random
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .scene import LOGINS
from .table import our_fields, our_models
from .wire import LONG, SEED, WireCase

# How many calls fit into half a minute.
SAMPLE_FORGED, SAMPLE_CONTEXT, SAMPLE_JSON = 80, 80, 20
LOG = ("create_uid", "create_date", "write_uid", "write_date")
# Keys by which our code has talked, or talks, to itself.
KEYS = {
    "contact_kpi_closing_runs": [1],
    "contact_kpi_consent_merging": True,
    "contact_kpi_follow_up_rows": "SELECT 1",
    "contact_kpi_impact_left_out": "reason",
    "contact_kpi_keep_rows": True,
    "contact_kpi_merging": True,
    "contact_kpi_question": ["contact.kpi.follow.up", {"rows": "SELECT 1"}],
    "contact_kpi_reachability_of": [1, 2, 3],
    "contact_kpi_timeline": "SELECT 1",
    "cron_id": 1,
}
# Odoo's models with fields of ours, and what of Odoo's these may depend on.
FORGED_WITH = {
    "res.partner": {"commercial_partner_id", "parent_id", "company_id"},
    "res.users": {"partner_id", "commercial_partner_id"},
    "res.config.settings": {"company_id"},
    "sale.order": {"partner_id", "company_id", "partner_invoice_id"},
    "repair.order": {"partner_id", "company_id"},
    "mail.activity": {"res_id", "res_model_id"},
    "digest.digest": {"company_id", "user_ids"},
}


@tagged("post_install", "-at_install")
class TestAccessForged(WireCase):
    """Neither shows more than the table allows, nor writes where it only asks."""

    # -- what a client makes up ------------------------------------------------

    def foreign(self):
        """Rows that nobody of company A may see, by model: each tried in its turn."""
        return {
            "res.partner": [
                self.customers[key].id for key in ("branchs", "moved", "headed")
            ],
            "contact.kpi.gap": [self.gap(key).id for key in ("branchs", "moved")],
            "contact.kpi": [self.kpis["no_contact"].id],
            "sale.order": [self.orders["branchs"].id],
            "repair.order": [self.repairs["branchs"].id],
            "res.company": [self.companies["b"].id],
            "res.users": [self.people["other"].id],
            **{
                model: [
                    row_id
                    for row_id, row in self.facts(model).items()
                    if row.maker == "other"
                ][:1]
                for model in (
                    "contact.kpi.comparison",
                    "contact.kpi.explanation",
                    "contact.kpi.suggestion",
                )
            },
        }

    def forgeries(self, model, names):
        """Values that name what is foreign: dicts for all fields at once."""
        known = self.env[model]._fields
        foreign = self.foreign()
        partners = foreign["res.partner"]
        words = {
            "holder_model": "res.partner",
            "source_model": "res.partner",
            "holder_field": "email",
            "domain": [["company_id", "=", foreign["res.company"][0]]],
            "company_ids": foreign["res.company"],
        }
        for turn in range(len(partners)):
            values = {}
            for name in names:
                field = known[name]
                ids = foreign.get(field.comodel_name) if field.relational else None
                if ids:
                    row_id = ids[turn % len(ids)]
                    many = field.type != "many2one"
                    values[name] = [[6, 0, [row_id]]] if many else row_id
                elif name in words:
                    values[name] = words[name]
                elif name in ("holder_id", "source_id"):
                    values[name] = partners[turn]
                elif field.type == "boolean":
                    values[name] = True
            choices = [
                (name, key)
                for name in names
                if known[name].type == "selection"
                for key in known[name].get_values(self.env)
            ]
            yield values
            yield from ({**values, name: key} for name, key in choices)

    def forged_fields(self, model):
        """What is made up, and what is asked for: of Odoo's models what is ours."""
        known = self.env[model]._fields
        if model in our_models(self.env):
            names = [n for n in known if n not in LOG and n != "display_name"]
            return names, [*names, "display_name"]
        ours = sorted(our_fields(self.env, model))
        return [*ours, *(FORGED_WITH[model] & set(known))], ours

    def test_onchange_with_forged_values(self):
        """Whatever a client says a form holds, it is told nothing of strangers."""
        cases = []
        for model in [*our_models(self.env), *FORGED_WITH]:
            if self.env[model]._abstract:
                continue
            forged, asked = self.forged_fields(model)
            for login in LOGINS:
                rows = [None]
                if login in ("own", "admin", "stockman"):
                    cells = self.table.get((model, "onchange_row"))
                    cell = cells[0][login] if cells else "co"
                    rows += sorted(self.expected(model, login, cell) or ())[:1]
                readable = set(self.field_names(model, login))
                asked_here = [name for name in asked if name in readable]
                names = [name for name in forged if name in readable]
                for row_id in rows:
                    for values in self.forgeries(model, names):
                        cases.append((login, model, row_id, values, asked_here))
        if not LONG:
            cases = random.Random(SEED).sample(cases, SAMPLE_FORGED)
        for login, model, row_id, values, asked in cases:
            spec = self.specification(model, asked)
            # Of what the client itself names, Odoo gives it the name.
            spec |= {name: {} for name in values if name in spec}
            changed = random.Random(repr(values)).choice(
                [[], sorted(values), [name for name in values if name.endswith("_id")]]
            )
            ids = [row_id] if row_id else []
            answer = self.rpc(login, model, "onchange", [ids, values, changed, spec])
            if answer.changed:
                self.fail_later("onchange writes", login, model, answer.changed)
            # What Odoo computes and does not store can be saved and read back.
            if model in our_models(self.env) and self.env[model]._transient:
                saved = {
                    name: value
                    for name, value in values.items()
                    if self.env[model]._fields[name].store and name != "id"
                }
                self.rpc(login, model, "web_save", [ids, saved, spec])
        self.assertNoFailures()

    def test_forged_context(self):
        """No key that a client can send shows more, writes, or breaks a reading."""
        foreign = self.foreign()
        partners, gaps = foreign["res.partner"], foreign["contact.kpi.gap"]
        companies = [company.id for company in self.companies.values()]
        contexts = [
            {"allowed_company_ids": companies[::-1]},
            {"allowed_company_ids": companies[1:]},
            {
                "active_model": "res.partner",
                "active_ids": partners,
                "active_id": partners[0],
            },
            {
                "active_model": "contact.kpi.gap",
                "active_ids": gaps,
                "active_id": gaps[0],
            },
            {"default_gap_ids": gaps, "default_partner_ids": partners},
            {"default_gap_id": gaps[0], "default_partner_id": partners[0]},
            {"default_indicator_id": self.kpis["no_contact"].id},
            {
                "contact_kpi_declined": True,
                "contact_kpi_fields": ["phone", "email", "vat"],
            },
            *({key: value} for key, value in KEYS.items()),
        ]
        cases = [
            (login, model, method, context)
            for login in ("employee", "own", "admin", "stock", "other")
            for model in our_models(self.env)
            if not self.env[model]._abstract
            for method in (
                "search_read",
                "formatted_read_group",
                "default_get",
                "name_search",
            )
            for context in contexts
        ]
        if not LONG:
            cases = random.Random(SEED).sample(cases, SAMPLE_CONTEXT)
        for login, model, method, context in cases:
            names = self.field_names(model, login)
            groups = [
                name
                for name in ("partner_id", "city", "indicator_id", "company_id")
                if name in self.groupings(model, login)
            ]
            args = {
                "search_read": [[], names],
                "formatted_read_group": [
                    [],
                    groups[:2],
                    ["__count", *self.measures(model, login)],
                ],
                "default_get": [names],
                "name_search": [""],
            }[method]
            answer = self.rpc(login, model, method, args, context=context)
            if answer.changed:
                self.fail_later("asking writes", login, model, answer.changed)
            cell = self.table[model, "search_read"][0][login]
            if cell == "-" and method != "default_get" and answer.status == "ok":
                self.fail_later("context opens", login, f"{model}.{method}", context)
            if method == "search_read" and answer.status == "ok" and cell != "-":
                got = {row["id"] for row in answer.result}
                if more := got - self.expected(model, login, cell):
                    self.fail_later(
                        "context shows more",
                        login,
                        f"{model}.{method}",
                        context,
                        self.named(model, more),
                    )
        self.assertNoFailures()

    def test_json_2(self):
        """The newer protocol opens nothing that the older one keeps shut."""
        cases = [
            (model, login)
            for model in our_models(self.env)
            for login in LOGINS
            if LOGINS[login][0]
        ]
        if not LONG:
            cases = random.Random(SEED).sample(cases, SAMPLE_JSON)
        keys = {}
        for login in {login for _model, login in cases}:
            env = self.env(user=self.people[login])
            keys[login] = (
                env["res.users.apikeys"]
                .sudo()
                ._generate("rpc", "matrix", fields.Datetime.now() + timedelta(days=1))
            )
        self.env.flush_all()
        for model, login in cases:
            names = self.field_names(model, login)
            data = {"domain": [], "fields": names, "context": {"active_test": False}}

            def send(model=model, login=login, data=data):
                response = self.url_open(
                    f"/json/2/{model}/search_read",
                    json=data,
                    headers={"Authorization": f"bearer {keys[login]}"},
                    timeout=60,
                )
                answer = response.json()
                if response.status_code == 200:
                    return "ok", answer, response.text
                return self.kind(answer), answer, response.text

            call = f"/json/2/{model}/search_read {data}"
            answer = self.judge(
                login, model, "search_read", call, self.ask(login, send)
            )
            cell = self.table[model, "search_read"][0][login]
            got = None
            if answer.status == "ok":
                got = {row["id"] for row in answer.result}
            expected = self.expected(model, login, cell)
            self.compare(model, "json/2", login, cell, call, expected, got)
        self.assertNoFailures()
