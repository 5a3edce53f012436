# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Laws 9 and 18: of a customer a reader gets what the customer's own rules give.

Answers are searched, as text, for what the customer's card says: whatever field of
ours is added, it is read here, too.
"""

import json
from datetime import datetime
from itertools import product

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..common import PHONE, ContactKpiCase

RULES = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
HIDDEN = "A customer that you cannot see"
CARD = {
    "name": "Zulmira Sigilosa",
    "phone": "(11) 97777-6543",
    "email": "zulmira@sigilo.example",
    "city": "Sigilópolis",
    "vat": "SIGILO-4711",
}
#: How the above, the consent and the confirmation show up in an answer.
SECRETS = (
    *("Zulmira", "7777", "zulmira", "Sigil", "SIGILO"),
    *("2039-01-17", "2038-05-21", "document", "Testemunha", '"refused"'),
)


class SeenCase(ContactKpiCase):
    """Readers of one company, and customers that none of them may read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kpi = cls.asked_for()
        cls.branch = cls.company("Branch", "America/Sao_Paulo")
        cls.readers = {
            login: new_test_user(cls.env, f"seen_{login}", groups=groups)
            for login, groups in cls.groups_of_readers().items()
        }
        witness = new_test_user(cls.env, "seen_witness", name="Testemunha")
        cls.consent = {
            "contact_kpi_consent": "refused",
            "contact_kpi_consent_on": "2039-01-17",
            "contact_kpi_consent_channel": "document",
        }
        cls.foreign = cls.customer(
            **CARD | {"phone": "nenhum", "email": "nenhum"},
            company_id=cls.branch.id,
            **cls.consent,
            contact_kpi_verified_on="2038-05-21",
        )
        # No usable contact: it is asked for; both texts are read all the same.
        cls.foreign.write({"phone": "11 7777", "email": "zulmira@sigilo.con"})
        # Of the readers' company, but taken away from them by a rule.
        cls.taken = cls.customer(
            **CARD | {"phone": "11 7777", "email": "zulmira@sigilo.con"},
            company_id=cls.main.id,
        )
        cls.taken.write({**cls.consent, "contact_kpi_verified_on": "2038-05-21"})
        cls.env["ir.rule"].create(
            {
                "name": "Not Zulmira",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[('vat', '!=', 'SIGILO-4711')]",
                "groups": [Command.link(cls.env.ref("base.group_user").id)],
            }
        )
        for partner in cls.foreign | cls.taken:
            partner.contact_kpi_consent_by_id = witness
            partner.flush_recordset()
        cls.env.cr.execute(
            SQL(
                "UPDATE res_partner SET contact_kpi_verified_by_id = %s,"
                " contact_kpi_consent_by_id = %s WHERE id IN %s",
                witness.id,
                witness.id,
                (cls.foreign | cls.taken)._ids,
            )
        )
        cls.mine = cls.customer("Mine", company_id=cls.main.id)
        cls.env.cr.flush()
        cls.env.invalidate_all()
        cls.kpi._refresh()
        cls.env.cr.flush()

    @classmethod
    def asked_for(cls):
        """The indicator whose gaps are read."""
        return cls.kpi

    @classmethod
    def groups_of_readers(cls):
        edit = ",base.group_partner_manager"
        return {
            "own": "sales_team.group_sale_salesman" + edit,
            "admin": "sales_team.group_sale_manager,base.group_allow_export" + edit,
            "portal": "base.group_portal",
        }

    def gap_of(self, partner, kpi=None):
        return self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "=", partner.id),
                ("indicator_id", "=", (kpi or self.kpi).id),
            ]
        )

    def told(self, answer):
        """The secrets that an answer tells."""
        text = json.dumps(answer, default=str, ensure_ascii=False)
        return [secret for secret in SECRETS if secret in text]

    def warm(self):
        """Have everything of the hidden customers in the cache, as another call of the
        same transaction may."""
        for partner in (self.foreign | self.taken).sudo():
            partner.read(["display_name", *CARD, *self.consent])
        self.env["contact.kpi.gap"].sudo().search([]).mapped("partner_id.name")


@tagged("post_install", "-at_install")
class TestForged(SeenCase):
    """What a form sends is no proof of anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = cls.fields_of_ours()

    @classmethod
    def fields_of_ours(cls):
        """``{model: fields of ours that nothing stores}``, and many2ones of ours."""
        found = {}
        for model in sorted(cls.env.registry):
            fields = cls.env[model]._fields.values()
            names = [
                field.name
                for field in fields
                if any(m.startswith("contact_kpi") for m in field._modules)
                and (not field.store or field.type == "many2one")
                and field.name not in ("display_name", "id")
            ]
            if names and not cls.env[model]._abstract:
                found[model] = names
        return found

    def forgeries(self, model, partner):
        """Values of a form that lead to a customer, the ways there are."""
        gap = self.gap_of(partner)
        targets = {
            "res.partner": partner.id,
            "contact.kpi.gap": gap.id,
            "res.company": self.branch.id,
        }
        links = {}
        states = [{}]
        read = {
            path.partition(".")[0]
            for name in self.ours[model]
            for path in (
                name,
                *self.env.registry.field_depends[self.env[model]._fields[name]],
            )
        }
        for field in self.env[model]._fields.values():
            if target := targets.get(field.comodel_name):
                if field.type == "many2one":
                    links[field.name] = target
                elif field.type == "many2many":
                    links[field.name] = [Command.set([target])]
                elif field.name in ("decline_ids", "family_ids", "child_ids"):
                    links[field.name] = [Command.link(target)]
            if field.name == "contact_kpi_state":
                states = [{field.name: key} for key, _l in field.selection]
        if model == "contact.kpi.gap":
            links["closed_at"] = False
        # All at once and one by one: what one refuses hides what another tells.
        for chosen in (links, *({name: links[name]} for name in read & links.keys())):
            yield from ({**chosen, **state} for state in states)
        if "partner_id" in links:  # the record itself, with values of its own
            itself = {"id": partner.id, "ref": "forged"}
            yield from ({"partner_id": itself, **state} for state in states)

    def spec(self, model, name, sent):
        """What the form shows: one field, and the lists that it sends."""
        fields = self.env[model]._fields
        shown = {"fields": {"display_name": {}}} if fields[name].relational else {}
        lists = [n for n in sent if fields[n].type in ("one2many", "many2many")]
        return {**{each: {} for each in lists}, name: shown}

    def own_record(self, model, user):
        """One that the reader may write: half of the forms are of such."""
        records = self.env[model].with_user(user)
        with mute_logger(*RULES):
            if not records.has_access("write"):
                return records
            if model == "res.partner":
                return records.browse(self.mine.id)
            if model == "contact.kpi.gap":
                return records.browse(self.gap_of(self.mine).id)
            return records

    def test_a_forged_form_tells_nothing(self):
        calls = answers = 0
        leaks = {}
        for login, user in self.readers.items():
            for model, names in self.ours.items():
                if not self.env[model].with_user(user).has_access("write"):
                    continue  # Odoo refuses its forms
                records = {
                    self.env[model].with_user(user),
                    self.own_record(model, user),
                }
                for partner, record in product(self.foreign | self.taken, records):
                    for values, name in product(self.forgeries(model, partner), names):
                        self.env.invalidate_all()
                        self.warm()
                        sent = {k: v for k, v in values.items() if k != name}
                        calls += 1
                        try:
                            with mute_logger(*RULES):
                                answer = record.onchange(
                                    values, list(sent), self.spec(model, name, sent)
                                )
                        except (AccessError, MissingError, UserError):
                            continue
                        answers += 1
                        if told := self.told(answer.get("value")):
                            leaks[f"{login}: {record}.{name}"] = told
        self.assertEqual(leaks, {})
        # The walk walks: an error in what is sent would silence it.
        self.assertGreater(answers, calls / 5, (answers, calls))


@tagged("post_install", "-at_install")
class TestMoved(SeenCase):
    """A customer that went to another company, or under one of it, leaves its gaps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Here nothing but what becomes of the customers hides them.
        cls.env["ir.rule"].search([("name", "=", "Not Zulmira")]).unlink()
        (cls.taken | cls.foreign).unlink()
        cls.reader = cls.readers["admin"]
        moved, joined = (
            cls.customer(name, company_id=cls.main.id, city="Itu")
            for name in ("Moves", "Joins")
        )
        head = cls.customer("Head", company_id=cls.branch.id, is_company=True)
        cls.stays = cls.customer("Stays", company_id=cls.main.id, city="Avaré")
        cls.env.cr.flush()
        gaps = cls.env["contact.kpi.gap"].search(
            [("partner_id", "in", (moved | joined | cls.stays).ids)]
        )
        reason = cls.env.ref("contact_kpi.contact_kpi_decline_reason_refused", False)
        reason = reason or cls.env["contact.kpi.decline.reason"].search([], limit=1)
        gaps.with_user(cls.reader)._decline(reason)
        cls.env["contact.kpi.history.unknown"].create(
            [
                {"indicator_id": cls.kpi.id, "partner_id": partner.id}
                for partner in moved | joined | cls.stays
            ]
        )
        cls.to("2041-03-05 15:00:00")
        (moved | joined | cls.stays).write({"phone": PHONE})
        cls.env.cr.flush()
        cls.before = cls.figures_of(cls.reader)
        cls.to("2041-03-06 15:00:00")
        moved.write({**CARD, **cls.consent, "company_id": cls.branch.id})
        joined.write({"parent_id": head.id, "company_id": cls.branch.id, **CARD})
        moved.sudo().contact_kpi_verified_on = "2038-05-21"
        cls.env.cr.flush()
        cls.gaps, cls.gone = gaps, moved | joined

    @classmethod
    def to(cls, moment):
        cls.env.cr.flush()
        cls.clock.move_to(moment)
        cls.env.cr._now = datetime.fromisoformat(moment)

    def setUp(self):
        super().setUp()
        self.to("2041-03-07 15:00:00")

    @classmethod
    def figures_of(cls, user):
        """Counts that do not depend on who is behind them."""
        env = cls.env(user=user, context={})
        closed = [("close_reason", "=", "completed")]
        return [
            env["contact.kpi.gap"].search_count(closed),
            env["contact.kpi.gap"].formatted_read_group(closed, [], ["__count"]),
            env["contact.kpi.follow.up"].formatted_read_group(
                [("date", ">=", "2041-03-01"), ("date", "<=", "2041-03-05")],
                ["date:day"],
                ["opened:sum", "completed:sum", "closing:sum"],
            ),
            env["contact.kpi.decline"].search_count([]),
        ]

    def assertHidden(self, answer, shown=None):
        """Nothing of the gone is told; how often the text in its place is."""
        self.assertEqual(self.told(answer), [], answer)
        text = json.dumps(answer, default=str, ensure_ascii=False)
        if shown is not None:
            self.assertEqual(text.count(HIDDEN), shown, text)

    def model(self, name):
        self.env.invalidate_all()
        return self.env[name].with_user(self.reader)

    def test_consent_of_a_contact_whose_customer_is_hidden(self):
        """Its own answer can be taken back; the hidden customer's is not touched."""
        head = self.gone[0]
        contact, silent = self.env["res.partner"].create(
            [{"name": name, "parent_id": head.id} for name in ("Asked", "Silent")]
        )
        contact.company_id = silent.company_id = False
        contact.contact_kpi_consent = "given"
        self.env.flush_all()
        before = head.read()[0]

        def record(partners):
            self.env.invalidate_all()
            partners = partners.with_user(self.reader)
            action = partners.action_contact_kpi_consent()
            wizard = self.model("contact.kpi.consent.wizard").create(
                {
                    "partner_ids": action["context"]["default_partner_ids"],
                    "consent": "refused",
                    "channel": "phone",
                }
            )
            wizard.action_confirm()

        record(contact)
        self.assertEqual(contact.contact_kpi_consent, "refused")
        self.assertEqual(contact.contact_kpi_consent_by_id, self.reader)
        with self.assertRaisesRegex(UserError, "no customer to record it for"):
            record(silent)
        self.env.invalidate_all()
        self.assertEqual(head.read()[0], before)

    def test_figures_stay(self):
        self.assertEqual(self.figures_of(self.reader), self.before)
        self.assertEqual(self.before[0], 3)

    def test_lists(self):
        names = (
            *("partner_id", "display_name", "phone", "email", "vat", "city"),
            *("consent", "verified_on", "can_edit_contact", "can_confirm"),
            *("quotation_count", "order_amount", "close_reason"),
        )
        names_seen = {HIDDEN, "Stays"}
        spec = {name: {} for name in names}
        deep = {"display_name": {}, "phone": {}, "city": {}, "parent_id": {}}
        for shown in (
            {"fields": {"display_name": {}}},
            {"fields": deep},
            {"fields": deep, "context": {"show_address": 1, "show_email": 1}},
        ):
            spec["partner_id"] = shown
            found = self.model("contact.kpi.gap").web_search_read(
                [("id", "in", self.gaps.ids)], spec
            )
            self.assertEqual(found["length"], 3)
            self.assertHidden(found, 4)  # as customer, and as the row's own name
            texts = {row["partner_id"]["display_name"] for row in found["records"]}
            self.assertEqual({text.partition("\n")[0] for text in texts}, names_seen)
        gap = self.model("contact.kpi.gap").browse(self.gaps.ids)
        self.assertHidden(gap.read(names), 4)
        self.assertHidden(gap.search_read([("id", "in", gap.ids)], names), 4)
        self.assertHidden(gap.name_search("", [("id", "in", gap.ids)]), 2)
        self.assertEqual(gap.name_search("Zulmira"), [])
        self.assertEqual(len(gap.name_search("Stays")), 1)
        of_stays = self.gaps.filtered(lambda gap: gap.partner_id == self.stays)
        self.assertEqual(gap.browse(of_stays.ids).partner_id, self.stays)

    def test_other_lists(self):
        for model, names, count in (
            ("contact.kpi.decline", ["partner_id", "gap_id"], 4),
            ("contact.kpi.history.unknown", ["partner_id", "display_name"], None),
            ("contact.kpi.follow.up", ["partner_id", "display_name", "city"], 4),
            ("contact.kpi.sale.report", ["partner_id"], None),
        ):
            with self.subTest(model=model):
                rows = self.model(model)
                self.assertHidden(rows.search_read([], names), count)
                spec = {name: {} for name in names}
                spec["partner_id"] = {"fields": {"display_name": {}, "phone": {}}}
                if "gap_id" in spec:
                    spec["gap_id"] = {"fields": {"display_name": {}}}
                self.assertHidden(rows.web_search_read([], spec), count)
                if count:
                    self.assertHidden(rows.search([]).export_data(names))

    def test_groups(self):
        domain = [("id", "in", self.gaps.ids)]
        for model, spec, counts in (
            ("contact.kpi.gap", "partner_id", {HIDDEN: 2, "Stays": 1}),
            ("contact.kpi.gap", "city", {"Avaré": 1, False: 2}),
            ("contact.kpi.gap", "consent", {"not_asked": 1, False: 2}),
            ("contact.kpi.gap", "verified_on:month", {False: 3}),
            ("contact.kpi.gap", "partner_id.city", {"Avaré": 1, False: 2}),
            ("contact.kpi.follow.up", "partner_id", {HIDDEN: 2, "Stays": 1}),
            ("contact.kpi.follow.up", "city", {"Avaré": 1, False: 2}),
            ("contact.kpi.decline", "partner_id", {HIDDEN: 2, "Stays": 1}),
            ("contact.kpi.decline", "gap_id", {HIDDEN: 2, "Stays": 1}),
        ):
            rows = self.model(model)
            if model == "contact.kpi.decline":
                domain = [("gap_id", "in", self.gaps.ids)]
            count = ["__count"]
            for number, groups in enumerate(
                (
                    rows.formatted_read_group(domain, [spec], count),
                    rows.formatted_read_grouping_sets(domain, [[spec], []], count)[0],
                    rows.web_read_group(domain, [spec], count)["groups"],
                )
            ):
                with self.subTest(model=model, spec=spec, number=number):
                    self.assertHidden(groups)
                    found = {}
                    for group in groups:
                        key = group[spec]
                        key = key[1] if isinstance(key, tuple) else key
                        found[key] = found.get(key, 0) + group["__count"]
                        inside = [*domain, *group["__extra_domain"]]
                        self.assertEqual(rows.search_count(inside), group["__count"])
                    self.assertEqual(found, counts)
        gap = self.model("contact.kpi.gap")
        domain = [("id", "in", self.gaps.ids)]
        self.assertHidden(gap.search_panel_select_range("partner_id"))
        for name in ("city", "consent"):
            for kind in ("max", "array_agg"):
                spec = f"{name}:{kind}"
                self.assertHidden(gap.formatted_read_group(domain, [], [spec]))

    def test_search_and_order(self):
        gap = self.model("contact.kpi.gap")
        mine = [("id", "in", self.gaps.ids)]
        for term in (
            ("partner_id", "ilike", "Zulmira"),
            ("partner_id.phone", "ilike", "7777"),
            ("display_name", "ilike", "Zulmira"),
            ("city", "ilike", "Sigil"),
            ("city", "=", "Sigilópolis"),
            ("consent", "=", "refused"),
            ("verified_on", "=", "2038-05-21"),
            ("verified_on", ">", "2038-05-01"),
            ("decline_ids.partner_id.phone", "ilike", "7777"),
            ("decline_ids.partner_id", "ilike", "Zulmira"),
        ):
            with self.subTest(term=term):
                self.assertEqual(gap.search_count([*mine, term]), 0)
        self.assertEqual(gap.search_count([*mine, ("city", "=", False)]), 2)
        self.assertEqual(gap.search_count([*mine, ("city", "!=", False)]), 1)
        self.assertEqual(gap.search_count([*mine, ("city", "!=", "Avaré")]), 2)
        self.assertEqual(gap.search_count([*mine, ("consent", "!=", "refused")]), 3)
        decline = self.model("contact.kpi.decline")
        for term in (
            ("partner_id", "ilike", "Zulmira"),
            ("partner_id.phone", "ilike", "7777"),
            ("gap_id.partner_id.phone", "ilike", "7777"),
            ("user_id.partner_id.phone", "ilike", "7777"),
        ):
            with self.subTest(term=term):
                self.assertEqual(decline.search_count([term]), 0)
        self.assertEqual(decline.search_count([("partner_id", "ilike", "Stay")]), 1)
        # The order tells nothing: whatever the hidden ones are called, it is the same.
        orders = []
        for first, second in (("Aa", "Zz"), ("Zz", "Aa")):
            for partner, name in zip(self.gone.sudo(), (first, second), strict=True):
                partner.name = name
            self.env.flush_all()
            orders.append(
                [
                    gap.search(mine, order=f"partner_id {way}").ids
                    for way in ("asc", "desc")
                ]
                + [
                    [group["partner_id"] for group in groups]
                    for groups in (
                        gap.formatted_read_group(mine, ["partner_id"]),
                        gap.formatted_read_group(
                            mine, ["partner_id"], order="partner_id desc"
                        ),
                    )
                ]
            )
        self.assertEqual(*orders)

    def test_figures_answer_no_question_about_whom_they_hide(self):
        """Which runs close is looked up for everybody; the question is the reader's."""
        tag = self.env["res.partner.category"].create({"name": "Tag"})
        (self.gone | self.main.partner_id).sudo().category_id = tag
        self.env["contact.kpi"].sudo().create_uid.company_id = self.main
        path = "company_id.partner_id.category_id.partner_ids.phone"
        users = ("create_uid", "write_uid")
        snapshot = self.model("contact.kpi.snapshot")
        measures = ["missing:sum", "customers:sum", "missing_previous:sum"]
        for user, phone in product(users, ("%7777%", "%8888%")):
            hidden = [(f"{user}.{path}", "=like", phone)]
            with self.subTest(hidden=hidden):
                asked = [("indicator_id", "not any", hidden)]
                for groupby in ([], ["date:month"]):
                    self.assertEqual(
                        *(
                            [
                                [group[name] for name in measures]
                                for group in snapshot.formatted_read_group(
                                    domain, groupby, measures
                                )
                            ]
                            for domain in (asked, [])
                        )
                    )
                self.assertTrue(snapshot.action_explain(asked)["res_id"])

    def test_exports(self):
        gaps = self.model("contact.kpi.gap").browse(self.gaps.ids)
        wanted = ["id", "partner_id", "display_name", "phone", "city", "opened_on"]
        wanted += ["partner_id/phone", "partner_id/parent_id/name", "partner_id/id"]
        wanted += ["decline_ids/declined_on", "decline_ids/partner_id"]
        for compatible, prefix in product((True, False), ([], [".id"])):
            exported = gaps.with_context(import_compat=compatible).export_data(
                prefix + [name for name in wanted if compatible or name != "id"]
            )["datas"]
            self.assertHidden(exported)
            self.assertEqual(len(exported), 3)
            column = wanted.index("partner_id") + len(prefix) - (not compatible)
            names = [row[column] for row in exported]
            self.assertEqual(sorted(names), [HIDDEN, HIDDEN, "Stays"])

    def test_print(self):
        for group_by in ("user_id", "city"):
            order = self.model("contact.kpi.print")
            opened = order.action_open(
                "contact.kpi.gap", [("id", "in", self.gaps.ids)], [group_by]
            )
            order = order.browse(opened["res_id"])
            document = order._report()._document(order, "xlsx")
            self.assertHidden(str(document["tables"]), 2)
            self.assertIn("Stays", str(document["tables"]))
            order = self.model("contact.kpi.print")
            opened = order.action_open(
                "contact.kpi.follow.up",
                [("date", ">=", "2041-03-01")],
                ["partner_id", "city"],
            )
            order = order.browse(opened["res_id"])
            self.assertHidden(str(order._report()._document(order, "html")["tables"]))

    def test_who_may_not_see_a_customer_works_on_none(self):
        gap = self.model("contact.kpi.gap").search(
            [("partner_id", "in", self.gone.ids)], limit=1
        )
        for attempt in (
            lambda: gap.write({"phone": "(11) 91234-9999"}),
            lambda: gap.web_save({"email": "x@example.com"}, {}),
            gap.action_suggestions,
            gap.action_decline,
            gap.action_take_back_decline,
            gap.action_contact_kpi_confirm,
        ):
            with (
                self.subTest(attempt=attempt),
                mute_logger(*RULES),
                self.assertRaises(AccessError) as caught,
            ):
                attempt()
            self.assertHidden(str(caught.exception))

    def test_a_forged_order_of_a_hidden_customer_writes_nothing(self):
        order = self.order(self.gone[1], company_id=self.branch.id)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET company_id = %s WHERE id = %s",
            [self.main.id, order.id],
        )
        card = self.gone.sudo().read(["phone", "email"])
        self.env.invalidate_all()
        order.with_user(self.reader).web_save(
            {"contact_kpi_state": "missing", "contact_kpi_phone": "(11) 91234-9999"},
            {"contact_kpi_phone": {}},
        )
        self.env.invalidate_all()
        self.assertEqual(self.gone.sudo().read(["phone", "email"]), card)

    def test_a_hostile_client(self):
        """Every other way to ask that a client has."""
        gap = self.model("contact.kpi.gap")
        mine = [("id", "in", self.gaps.ids)]
        gone = self.gone.ids
        forged = gap.with_context(
            lang="en_US",
            bin_size=True,
            active_test=False,
            prefetch_fields=False,
            show_email=True,
            show_vat=True,
            show_address=True,
            partner_show_db_id=True,
            formatted_display_name=True,
            default_partner_id=gone[0],
            contact_kpi_merging=True,
        )
        own = gap.search([("partner_id", "=", self.stays.id)], limit=1)
        deep = {"fields": {"gap_id": {"fields": {"display_name": {}}}}}
        for label, ask in {
            "context": lambda: forged.search_read(mine, ["partner_id", "display_name"]),
            "progress": lambda: gap.read_progress_bar(
                mine, "partner_id", {"field": "close_reason", "colors": {"merged": 1}}
            ),
            "lines": lambda: gap.web_search_read(mine, {"decline_ids": deep}),
            "load": lambda: gap.search(mine).read(["partner_id"], load=None),
            "copy": lambda: gap.search(mine).copy_data(),
            "ids": lambda: gap.formatted_read_group(
                mine, [], ["partner_id:array_agg", "partner_id:count_distinct"]
            ),
            "by id": lambda: gap.formatted_read_group(mine, ["id"], ["__count"]),
            "having": lambda: gap.formatted_read_group(
                mine, ["city"], ["__count"], having=[("__count", ">", 0)]
            ),
            "metadata": lambda: gap.search(mine).get_metadata(),
            "names": lambda: gap.web_name_search("", {"display_name": {}}, mine),
            "defaults": lambda: forged.default_get(["partner_id", "phone", "city"]),
            "wizards": lambda: [
                self.model(model)
                .with_context(active_model=active, active_ids=ids)
                .default_get(["gap_ids", "partner_ids", "subject", "answered_on"])
                for model in (
                    "contact.kpi.decline.wizard",
                    "contact.kpi.consent.wizard",
                )
                for active, ids in (
                    ("contact.kpi.gap", self.gaps.ids),
                    ("res.partner", gone),
                )
            ],
            "wizard": lambda: self.model("contact.kpi.consent.wizard").web_save(
                {"partner_ids": [Command.set(gone)], "consent": "given"},
                {
                    "subject": {},
                    "partner_ids": {"fields": {"display_name": {}, "phone": {}}},
                },
            ),
            "form": lambda: own.onchange(
                {"partner_id": gone[0], "phone": "1", "id": gone[0]},
                ["partner_id"],
                {
                    "partner_id": {"fields": {"display_name": {}, "phone": {}}},
                    "display_name": {},
                    "vat": {},
                },
            ),
            "saved": lambda: own.web_save(
                {"phone": PHONE}, {"display_name": {}, "partner_id": {"fields": {}}}
            ),
        }.items():
            with self.subTest(label=label):
                self.env.invalidate_all()
                self.gone.sudo().read(["display_name", *CARD])
                try:
                    with mute_logger(*RULES, "odoo.sql_db"), self.env.cr.savepoint():
                        answer = ask()
                except (AccessError, UserError, ValueError) as error:
                    answer = str(error)
                self.assertHidden(answer)

    def test_a_page_costs_one_query_more_at_most(self):
        """Names behind a page are read anyway: the companies come with them."""
        gap = self.model("contact.kpi.gap")
        domain = [("id", "in", self.gaps.ids)]
        spec = {"partner_id": {"fields": {"display_name": {}}}}

        def count(env):
            rows = gap.with_env(env)
            rows.web_search_read(domain, spec)  # rights and rules are cached
            env.flush_all()
            env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows.web_search_read(domain, spec)
            return self.env.cr.sql_log_count - before

        plain, checked = count(gap.sudo().env), count(gap.env)
        self.assertLessEqual(checked, plain + 1)
