# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A domain that does not fit database or calendar: told, and in nobody's way."""

from contextlib import contextmanager

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..common import PHONE, ContactKpiCase

LOGGER = "odoo.addons.contact_kpi.models.engine.indicator_refresh"
SNAPSHOT, IMPACT = "contact.kpi.snapshot", "contact.kpi.sale.report"
LABELS = {"gap_domain": "Missing When", "population_domain": "Customers"}
FAR = "[('create_date', '<', 'today +999999999d')]"
# What each is about, and a word of the reason.
UNFIT = {
    FAR: "out of range",
    "[('create_date', '<', 'now +999999999999999999999m')]": "",
    "[('create_date', '<', 'today -99999y')]": "",
    "[('create_date', '<', 'today +8000y')]": "",
    "[('create_date', '<', 'someday')]": "someday",
    "[('color', '=', 'blue')]": "",
    "[('color', '>', [1])]": "",
    "[('name', '=', 'a\\x00b')]": "",
    "[('name', 'any', 5)]": "",
    "[('child_ids', 'any', 5)]": "",
    "[('child_ids', 'any', [('no_such', '=', 1)])]": "no_such",
    "[('name.nope', '=', 1)]": "",
    "['&']": "",
    "['|', ('name', '=', 'a')]": "",
    "['!']": "",
    "[1, 2, 3]": "",
    "[()]": "",
    "[('name', '=', {})]": "",
    "[" * 60 + "]" * 60: "",
    "[" * 900 + "]" * 900: "not a domain",
    "[('name', '=', " + "9" * 5000 + ")]": "not a domain",
}


@tagged("post_install", "-at_install")
class TestUnfitDefinition(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "sales_team.group_sale_manager,base.group_partner_manager"
        cls.manager = new_test_user(cls.env, "manager", groups=groups)

    def test_refused_by_the_form_with_field_and_reason(self):
        kpi = self.kpi.with_user(self.manager)
        for name, label in LABELS.items():
            for domain, word in UNFIT.items():
                with self.subTest(field=name, domain=domain[:60]):
                    before = self.kpi[name]
                    self.env.invalidate_all()
                    with (
                        self.assertRaises(ValidationError) as caught,
                        self.env.cr.savepoint(),
                    ):
                        kpi.web_save({name: domain}, {"display_name": {}})
                    told = str(caught.exception)
                    head = f"“{label}” of {kpi.name} cannot be evaluated on contacts: "
                    self.assertEqual(told[: len(head)], head)
                    self.assertGreater(len(told), len(head))
                    self.assertIn(word, told)
                    self.env.invalidate_all()
                    self.assertEqual(self.kpi[name], before)

    def define(self, name, domain):
        self.commit()
        query = SQL("UPDATE contact_kpi SET %s = %s", SQL.identifier(name), domain)
        self.env.cr.execute(SQL("%s WHERE id = %s", query, self.kpi.id))
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    @contextmanager
    def defined(self, name, domain):
        """A definition that has come not to fit, as years and other addons do it."""
        before = self.kpi[name]
        self.define(name, domain)
        try:
            yield
        finally:
            self.define(name, before)

    def gone_wrong(self):
        domains = (FAR, "[('create_date', '<', 'today -99999y')]", "['&']", "no domain")
        return [(*field, domain) for field in LABELS.items() for domain in domains]

    def test_the_nightly_job_says_why_on_the_run_and_passes_on(self):
        self.customer("Lacking")
        other = self.indicator("test_phones", "[('customer_phone_kind', '=', False)]")
        for name, label, domain in self.gone_wrong():
            with self.subTest(name=name, domain=domain), self.defined(name, domain):
                self.env["contact.kpi.run"].search([]).unlink()
                with mute_logger(LOGGER), self.enter_registry_test_mode():
                    self.env.ref("contact_kpi.ir_cron_refresh").method_direct_trigger()
                self.env.invalidate_all()
                runs = self.env["contact.kpi.run"].search([]).grouped("indicator_id")
                self.assertEqual(set(runs[self.kpi].mapped("state")), {"failed"})
                self.assertIn(f"“{label}” of ", runs[self.kpi].error)
                self.assertEqual(set(runs[other].mapped("state")), {"provisional"})

    def test_whoever_runs_it_now_is_told(self):
        for name, label, domain in self.gone_wrong():
            with self.subTest(name=name, domain=domain), self.defined(name, domain):
                kpi = self.kpi.with_user(self.manager)
                with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                    kpi.action_run_now()
                self.assertIn(f"“{label}” of ", str(caught.exception))

    def test_a_text_that_the_driver_refuses_holds_nobody_up(self):
        customer = self.customer("Lacking")
        domain = "[('name', '!=', 'a\\x00b')]"
        mute = mute_logger(LOGGER, "odoo.sql_db")
        with self.defined("gap_domain", domain), mute:
            self.env.invalidate_all()
            customer.with_user(self.manager).web_save({"phone": PHONE}, {"phone": {}})
            self.commit()
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.kpi.with_user(self.manager).action_run_now()
        self.assertEqual(customer.phone, PHONE)

    def test_nobody_is_held_up(self):
        """Saving a customer, a quotation, card, explanation, list, trend, impact."""
        customer = self.customer("Lacking")
        order = self.order(customer, user_id=self.manager.id)
        self.refresh()
        env = self.env(user=self.manager)
        kpi, snapshots = env["contact.kpi"].browse(self.kpi.id), env[SNAPSHOT]
        everything = {n: {} for n, f in kpi._fields.items() if f.type != "binary"}
        for name, _label, domain in self.gone_wrong():
            with self.subTest(name=name, domain=domain), self.defined(name, domain):
                for phone in (PHONE, False):
                    self.env.invalidate_all()
                    customer.with_env(env).web_save({"phone": phone}, {"phone": {}})
                    self.commit()
                    self.env.invalidate_all()
                    kind = customer.customer_phone_kind
                    self.assertEqual(bool(kind), bool(phone))
                self.env.invalidate_all()
                spec = {"partner_id": {}, "contact_kpi_state": {}}
                vals = {"partner_id": customer.id, "contact_kpi_state": False}
                env["sale.order"].onchange(vals, ["partner_id"], spec)
                self.assertFalse(order.with_env(env).contact_kpi_state)
                self.assertEqual(kpi.web_read(everything)[0]["name"], self.kpi.name)
                self.assertTrue(kpi.action_missing())
                Form(kpi)
                kpi.figures()
                env["contact.kpi.gap"].web_search_read([], {"partner_id": {}})
                snapshots.formatted_read_group([], ["date:month"], ["missing:sum"])
                env[IMPACT].formatted_read_group([], [], ["__count"])
                domain = [("indicator_id", "=", kpi.id)]
                now = kpi.action_explain_now()
                for action in (snapshots.action_explain(domain), now):
                    Form(env[action["res_model"]].browse(action["res_id"]))
