# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 18: the engine alone writes; nothing that a client sends decides credit."""

from types import SimpleNamespace

from odoo import SUPERUSER_ID, http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import LANDLINE, MOBILE, ContactKpiCase

ABROAD = "+55 11 96123-4567"  # whatever the company's country

KINDS = {
    "contact_phone_kind": "mobile",
    "contact_email_kind": "valid",
    "customer_phone_kind": "mobile",
    "customer_email_kind": "valid",
    "contact_digest": 7,
}
# What a client may put in a context.
FORGED = {
    "cron_id": 1,
    "job_uuid": "d3b07384-d9a0-4c9b-8f5e-2f7c1e3a9b10",
    "contact_kpi_merging": True,
    "contact_kpi_consent_merging": True,
    "contact_kpi_keep_rows": True,
    "contact_kpi_closing_runs": [1],
    "contact_kpi_timeline": "x",
    "contact_kpi_follow_up_rows": "x",
    "contact_kpi_impact_left_out": "x",
    "contact_kpi_question": ["contact.kpi.snapshot", {"rows": "x", "answered": True}],
}


class OneDoorCase(ContactKpiCase):
    kinds = KINDS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = new_test_user(
            cls.env,
            "one_door_ana",
            groups="sales_team.group_sale_salesman_all_leads,"
            "base.group_partner_manager",
        )
        cls.manager = new_test_user(
            cls.env,
            "one_door_manager",
            groups="sales_team.group_sale_manager,base.group_partner_manager",
        )

    def on_record(self, partner, names=None):
        """What the classification has on record, from the table itself."""
        self.commit()
        names = names or sorted(self.kinds)
        self.env.cr.execute(
            f"SELECT {', '.join(names)} FROM res_partner WHERE id = %s", [partner.id]
        )
        return self.env.cr.fetchone()


@tagged("post_install", "-at_install")
class TestOneDoor(OneDoorCase):
    # -- classification ----------------------------------------------------------

    def test_nobody_enters_what_is_found_out(self):
        lacking = self.customer("Lacking", phone="-")
        before = self.on_record(lacking)
        for user in (self.ana, self.manager, self.env.ref("base.user_root")):
            partners = self.env["res.partner"].with_user(user)
            for name, value in self.kinds.items():
                label = partners._fields[name]._description_string(partners.env)
                own = partners.browse(lacking.id)
                vals = {name: value}
                child = [Command.create({"name": "Child", **vals})]
                for method, *args in (
                    (own.write, vals),
                    (own.web_save, vals, {}),
                    (partners.create, {"name": "New", **vals}),
                    (own.write, {"child_ids": child}),
                    (own.copy, vals),
                ):
                    self.env.invalidate_all()
                    with (
                        self.subTest(name=name, user=user.login),
                        self.env.cr.savepoint(),
                        self.assertRaises(UserError) as caught,
                    ):
                        method(*args)
                    self.assertIn(label, str(caught.exception))
        self.assertEqual(self.on_record(lacking), before)
        self.assertEqual([row[0] for row in self.ledger()], ["Lacking"])

    def test_an_import_with_these_columns_says_so_and_loses_nothing(self):
        partner = self.env["res.partner"].with_user(self.ana)
        for name in self.kinds:
            done = partner.load(
                ["name", "phone", name],
                [["One", MOBILE, ""], ["Two", MOBILE, str(self.kinds[name])]],
            )
            self.assertFalse(done["ids"])
            [label] = partner.fields_get([name], ["string"]).values()
            self.assertIn(label["string"], done["messages"][0]["message"])
        self.assertFalse(partner.search([("name", "in", ["One", "Two"])]))

    def test_defaults_of_the_context_are_no_answers(self):
        context = {f"default_{name}": value for name, value in self.kinds.items()}
        partner = self.env["res.partner"].with_user(self.ana).with_context(**context)
        made = partner.create({"name": "By default", "customer_rank": 1})
        self.assertEqual(self.on_record(made), (None,) * len(self.kinds))
        self.assertEqual([row[0] for row in self.ledger()], ["By default"])

    def test_copies_and_merges_are_looked_at_anew(self):
        reached = self.customer("Reached", phone=MOBILE, email="ana@oficina.com.br")
        lacking = self.customer("Lacking", phone="-")
        self.commit()
        copy = reached.with_user(self.ana).copy({"phone": "-", "email": False})
        names = ["contact_phone_kind", "customer_phone_kind", "customer_email_kind"]
        self.assertEqual(self.on_record(copy, names), ("junk", "junk", None))
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        self.env.invalidate_all()
        merge._merge([reached.id, lacking.id], lacking)
        # Its own text stays, and so does what that is.
        self.assertEqual(self.on_record(lacking, names), ("junk", "junk", "valid"))
        self.assertFalse(self.env["contact.kpi.ruleset"]._suspects())

    def test_the_night_repairs_whatever_they_hold(self):
        reached = self.customer("Reached", phone=LANDLINE)
        blank = self.customer("Blank")
        child = self.contact(self.customer("Firm", is_company=True), phone="-")
        self.commit()
        for partner in (reached, blank, child, child.parent_id):
            before = self.on_record(partner)
            for name, value in self.kinds.items():
                for forged in (value, None, "junk" if name in self.texts() else 0):
                    self.env.cr.execute(
                        f"UPDATE res_partner SET {name} = %s WHERE id = %s",
                        [forged, partner.id],
                    )
                    self.env.invalidate_all()
                    self.env["contact.kpi.ruleset"]._verify()
                    after = self.on_record(partner)
                    with self.subTest(partner=partner.name, name=name, forged=forged):
                        self.assertEqual(after, before)

    def texts(self):
        return [name for name in self.kinds if name != "contact_digest"]

    def test_a_night_without_changes_writes_nothing(self):
        self.customer("Reached", phone=LANDLINE)
        self.customer("Blank")
        self.refresh()
        self.env.cr.execute("SELECT xmin::text, id FROM res_partner ORDER BY id")
        before = self.env.cr.fetchall()
        self.env["contact.kpi.ruleset"]._verify()
        self.commit()
        self.env.cr.execute("SELECT xmin::text, id FROM res_partner ORDER BY id")
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_another_digest_is_filled_in_by_batches_and_redefines_nothing(self):
        """As when a database of before is upgraded."""
        reached = self.customer("Reached", phone=LANDLINE)
        self.customer("Lacking", phone="-")
        self.refresh()
        key = self.kpi._run_key()
        before = self.on_record(reached, self.texts())
        rules = self.env["contact.kpi.ruleset"]._current()
        rules.aspects = ",".join(
            text for text in rules.aspects.split(",") if "digest" not in text
        )
        self.env.cr.execute(
            "UPDATE res_partner SET contact_digest = 5 WHERE contact_digest IS NOT NULL"
        )
        self.go("2041-03-05 15:00:00")
        ledger = self.ledger()
        self.refresh()  # the night comes first: it leaves them to the batches
        self.assertEqual(self.on_record(reached, ["contact_digest"]), (5,))
        while self.env["contact.kpi.ruleset"]._classify_next(2)[1]:
            pass
        self.refresh()
        self.assertEqual(self.on_record(reached, self.texts()), before)
        self.assertFalse(self.env["contact.kpi.ruleset"]._suspects())
        self.assertEqual(self.ledger(), ledger)
        self.assertEqual(self.kpi._run_key(), key)
        self.assertFalse(self.env["contact.kpi.run"].search([("redefined", "=", True)]))

    # -- the context --------------------------------------------------------------

    def test_a_forged_context_takes_nobodys_credit(self):
        customer = self.customer("Customer")
        self.go("2041-03-05 15:00:00")
        forged = customer.with_user(self.ana).with_context(**FORGED)
        forged.write({"phone": MOBILE, "contact_kpi_consent": "given"})
        self.commit()
        self.assertEqual(self.ledger()[0][3:], ("completed", self.ana.login))
        self.assertEqual(customer.contact_kpi_consent, "given")
        self.assertEqual(customer.contact_kpi_consent_by_id, self.ana)

    def test_a_forged_merge_keeps_no_confirmation(self):
        customer = self.customer("Customer", phone=MOBILE)
        contact = self.contact(customer, phone=LANDLINE)
        customer.with_user(self.ana).action_contact_kpi_confirm()
        self.commit()
        forged = contact.with_user(self.ana).with_context(**FORGED)
        forged.unlink()
        self.assertFalse(customer.contact_kpi_verified_on)
        customer.with_user(self.ana).action_contact_kpi_confirm()
        forged = customer.with_user(self.ana).with_context(**FORGED)
        forged.write({"phone": False})
        self.assertFalse(customer.contact_kpi_verified_on)
        with self.assertRaises(UserError):
            forged.write({"customer_phone_kind": "mobile"})

    def test_a_forged_context_changes_no_figure(self):
        self.customer("Lacking")
        self.customer("Reached", phone=MOBILE)
        self.order(self.customer("Ordered"))
        self.refresh()
        self.go("2041-03-05 15:00:00")
        self.refresh()
        questions = {
            "contact.kpi.snapshot": (["date:month"], ["missing:sum", "__count"]),
            "contact.kpi.follow.up": (["date:month"], ["__count"]),
            "contact.kpi.sale.report": (["contact_missing"], ["__count"]),
        }
        for model, (groupby, aggregates) in questions.items():
            asking = self.env[model].with_user(self.manager)

            def answers(asking, groupby=groupby, aggregates=aggregates):
                self.env.invalidate_all()
                return (
                    asking.formatted_read_group([], groupby, aggregates),
                    asking.formatted_read_group([], [], aggregates),
                    asking.search_count([]),
                )

            with self.subTest(model=model):
                forged = asking.with_context(**FORGED)
                self.assertEqual(answers(forged), answers(asking))

    def test_defaults_of_the_context_enter_no_ledger_and_no_run(self):
        customer = self.customer("Customer")
        self.commit()
        context = {
            "default_state": "done",
            "default_origin": "reconstructed",
            "default_customers": 77,
            "default_redefined": True,
            "default_ended_on": "2041-01-01",
        }
        manager = self.env(user=self.manager, context=context)
        manager["contact.kpi"].browse(self.kpi.id).action_run_now()
        run = self.env["contact.kpi.run"].search([("company_id", "=", False)])
        self.assertEqual(
            (run.state, run.origin, run.customers, run.redefined),
            ("provisional", "observed", 1, False),
        )
        manager["contact.kpi.placeholder"].create({"name": "nobody at all"})
        self.assertEqual(self.env["contact.kpi.ruleset"]._latest().state, "running")
        gap = manager["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        reason = self.env["contact.kpi.decline.reason"].search([], limit=1)
        self.assertFalse(gap._decline(reason, False).ended_on)

    # -- jobs ---------------------------------------------------------------------

    def completed_by(self, name):
        self.commit()
        [row] = [row for row in self.ledger() if row[0] == name]
        self.assertEqual(row[3], "completed")
        return row[4]

    def test_a_scheduled_action_credits_nobody_whoever_it_runs_as(self):
        customer = self.customer("Customer")
        self.go("2041-03-05 15:00:00")
        cron = self.env["ir.cron"].create(
            {
                "name": "Fills in phones",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": f"model.browse({customer.id}).write({{'phone': '{MOBILE}'}})",
                "user_id": self.ana.id,
            }
        )
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.completed_by("Customer"))
        # Whoever goes on in the same thread is credited again.
        later = self.customer("Later")
        self.go("2041-03-06 15:00:00")
        later.with_user(self.ana).phone = MOBILE
        self.assertEqual(self.completed_by("Later"), self.ana.login)

    def test_a_queued_job_credits_nobody_a_request_of_hers_does(self):
        """As ``queue_job`` runs them: in a request in which nobody has logged in.

        It has its request go on as the superuser before it takes the job.
        """
        queued, own = self.customer("Queued"), self.customer("Own")
        taken = self.customer("Taken")
        self.go("2041-03-05 15:00:00")
        requests = ((queued, None), (taken, SUPERUSER_ID), (own, self.ana.id))
        for customer, uid in requests:
            request = SimpleNamespace(env=SimpleNamespace(uid=uid, user=self.ana))
            http._request_stack.push(request)
            self.addCleanup(http._request_stack.pop)
            job = customer.with_user(self.ana).with_context(job_uuid="x")
            job.phone = MOBILE
            job.env.cr.flush()
        self.assertFalse(self.completed_by("Queued"))
        self.assertFalse(self.completed_by("Taken"))
        self.assertEqual(self.completed_by("Own"), self.ana.login)

    # -- who writes what ------------------------------------------------------------

    def test_nobody_but_the_engine_writes_its_tables(self):
        customer = self.customer("Customer")
        self.commit()
        gap = self.env["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        reason = self.env["contact.kpi.decline.reason"].search([], limit=1)
        gap._decline(reason, False)
        self.refresh()
        self.env["contact.kpi.history"]._plan(self.kpi)
        self.commit()
        kept = {
            "contact.kpi.gap": {"closed_at": "2041-03-04 15:00:00"},
            "contact.kpi.gap.segment": {"since": "2041-03-04"},
            "contact.kpi.run": {"customers": 0},
            "contact.kpi.fact": {"missing": 0},
            "contact.kpi.customer.state": {"missing": False},
            "contact.kpi.customer.change": {"partner_id": 1},
            "contact.kpi.snapshot": {"missing": 0},
            "contact.kpi.ruleset": {"state": "done"},
            "contact.kpi.decline": {"ended_on": "2041-03-04"},
            "contact.kpi.history": {"state": "done"},
            "contact.kpi.history.unknown": {},
        }
        before = self.dump(*kept)
        admin = self.env.ref("base.user_admin")
        for user in (self.ana, self.manager, admin):
            for model, vals in kept.items():
                records = self.env[model].with_user(user)
                row = records.browse(self.env[model].sudo().search([], limit=1).ids)
                for name, touch in {
                    "create": lambda records=records, vals=vals: records.create(vals),
                    "load": lambda records=records: records.load(["id"], [["x.y"]]),
                    "write": lambda row=row, vals=vals: row.write(vals),
                    "web_save": lambda row=row, vals=vals: row.web_save(vals, {}),
                    "unlink": lambda row=row: row.unlink(),
                    "copy": lambda row=row: row.copy(),
                }.items():
                    if name == "load" and not records._auto:
                        continue  # Odoo looks for a table, and there is none
                    self.env.invalidate_all()
                    with self.subTest(user=user.login, model=model, name=name):
                        if name == "load":
                            self.assertFalse(touch()["ids"])
                        elif name in ("create", "load") or row:
                            with (
                                self.env.cr.savepoint(),
                                self.assertRaises(AccessError),
                            ):
                                touch()
        self.assertEqual(self.dump(*kept), before)


@tagged("post_install", "-at_install")
class TestOneDoorOverRpc(HttpCase):
    """The client's own calls, with a login; no request is at hand in some of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = new_test_user(
            cls.env,
            "one_door_rpc",
            groups="sales_team.group_sale_salesman_all_leads,"
            "base.group_partner_manager",
        )
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"RPC {n}", "customer_rank": 1} for n in range(2)]
        )
        cls.env["contact.kpi.ruleset"]._current().state = "done"
        cls.env.cr.flush()

    def setUp(self):
        super().setUp()
        # Another transaction than the one in which they were made.
        self.env.cr.execute(
            "UPDATE contact_kpi_gap SET opened_at = opened_at - INTERVAL '2 days',"
            " opened_on = opened_on - 2 WHERE partner_id = ANY(%s)",
            [self.customers.ids],
        )
        self.env.invalidate_all()

    def closed_by(self, customer):
        self.env.invalidate_all()
        gap = self.env["contact.kpi.gap"].search(
            [
                ("partner_id", "=", customer.id),
                ("indicator_id.code", "=", "no_contact"),
            ]
        )
        return gap.close_reason, gap.closed_by_id.login

    def test_forged_contexts_keep_the_credit(self):
        by_web, by_xml = self.customers
        self.authenticate(self.ana.login, self.ana.login)
        self.make_jsonrpc_request(
            "/web/dataset/call_kw/res.partner/write",
            {
                "model": "res.partner",
                "method": "write",
                "args": [by_web.ids, {"phone": ABROAD}],
                "kwargs": {"context": FORGED},
            },
        )
        self.assertEqual(self.closed_by(by_web), ("completed", self.ana.login))
        with mute_logger("odoo.addons.rpc.controllers.xmlrpc"):  # told: deprecated
            self.xmlrpc_object.execute_kw(
                self.env.cr.dbname,
                self.ana.id,
                self.ana.login,
                "res.partner",
                "write",
                [by_xml.ids, {"phone": ABROAD}],
                {"context": FORGED},
            )
        self.assertEqual(self.closed_by(by_xml), ("completed", self.ana.login))
