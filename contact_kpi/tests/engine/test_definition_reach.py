# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A definition is evaluated for everybody: it asks about no other contacts."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..common import ContactKpiCase

LOGGER = "odoo.addons.contact_kpi.models.engine.indicator_refresh"
SECRET = "+5511987654321"
ASKS = f"('phone', '=like', '{SECRET[:8]}%')"
# By these paths the phone of a hidden contact can be asked for, digit by digit.
ELSEWHERE = {
    f"('create_uid.partner_id.phone', '=like', '{SECRET[:8]}%')": "Created by",
    f"('user_id.partner_id', 'any', [{ASKS}])": "Salesperson",
    f"('user_id.phone', '=like', '{SECRET[:8]}%')": "Salesperson",
    f"('user_id.partner_id', 'ilike', '{SECRET}')": "Salesperson",
    f"('user_id.partner_id', '=', '{SECRET}')": "Salesperson",
    "('user_id.partner_id', 'in', [5, 'Hidden'])": "Salesperson",
    f"('user_id.partner_id', 'child_of', '{SECRET}')": "Salesperson",
    "('user_id.partner_id', 'child_of', [5])": "Salesperson",
    f"('company_id.partner_id.phone', '=like', '{SECRET[:8]}%')": "Company",
    f"('company_id.phone', '=like', '{SECRET[:8]}%')": "Company",
    f"('company_id', 'any', [('partner_id', 'not any', [{ASKS}])])": "Company",
    f"('category_id.partner_ids', 'any', [{ASKS}])": "Tags",
    f"('category_id', 'not any', [('partner_ids', 'any', [{ASKS}])])": "Tags",
    f"('sale_order_ids.partner_shipping_id.phone', '=like', '{SECRET[:8]}%')": "",
    f"('family_ids.sale_order_ids.partner_id', 'any', [{ASKS}])": "Customer",
    f"('child_ids.user_id.partner_id.child_ids', 'any', [{ASKS}])": "Contact",
    f"('message_partner_ids', 'any', [{ASKS}])": "Followers",
    f"('user_id.company_ids.user_ids.email', '=like', '{SECRET[:8]}%')": "",
    f"('id', 'child_of', '{SECRET}')": "",
    f"('parent_id', 'parent_of', '{SECRET}')": "",
    f"('id', 'any', [('user_id.partner_id', 'any', [{ASKS}])])": "Salesperson",
}
# What a sales administrator may not read of anybody, or not at all.
UNREADABLE = {
    "('user_ids.password', '=like', 'a%')": "password",
    "('user_ids', 'any', [('password', '!=', False)])": "password",
    "('user_id.company_id.bounce_email', '!=', False)": "",
    "('signup_type', '=', 'reset')": "signup_type",
    "('message_ids.mail_ids', '!=', False)": "",
    "('message_ids.mail_ids.failure_reason', 'like', 'a')": "",
}
# What administrators ask for.
ASKED = [
    "('vat', '=', False)",
    "('sale_order_ids.date_order', '>=', 'today -1y')",
    "('family_ids.sale_order_ids', 'any', [('state', '=', 'sale')])",
    "('sale_order_ids.team_id', '=', 1)",
    "('sale_order_ids.order_line.product_id.categ_id', 'ilike', 'tyres')",
    "('sale_order_ids.partner_shipping_id', 'in', [1, 2])",
    "('sale_order_ids.partner_shipping_id', '=', False)",
    "('sale_order_ids', 'ilike', 'S0')",
    "('category_id', 'in', [1])",
    "('category_id', 'ilike', 'fleet')",
    "('category_id', 'child_of', 1)",
    "('user_id', '=', False)",
    "('user_id', 'ilike', 'Ana')",
    "('user_id.sale_team_id', '=', 1)",
    "('user_id.sale_team_id.name', 'ilike', 'south')",
    "('create_uid', '=', 2)",
    "('company_id', 'in', [1, False])",
    "('country_id.code', '=', 'BR')",
    "('state_id.country_id.phone_code', '=', 55)",
    "('create_date.month_number', '=', 5)",
    "('id', 'child_of', 5)",
    "('parent_id', '=', False)",
    "('parent_id.vat', '=', False)",
    "('child_ids', 'any', [('type', '=', 'delivery'), ('street', '=', False)])",
    "('child_ids.child_ids.phone', '=', False)",
    "('commercial_partner_id.country_id', '=', False)",
    "('family_ids.parent_id.email', '!=', False)",
    "('display_name', 'ilike', 'Ana')",
    "('activity_ids.user_id', '=', False)",
]


@tagged("post_install", "-at_install")
class TestDefinitionReach(ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "sales_team.group_sale_manager,base.group_partner_manager"
        cls.manager = new_test_user(cls.env, "manager", groups=groups)
        cls.other = cls.company("Elsewhere", "America/Sao_Paulo")
        cls.colleague = new_test_user(
            cls.env,
            "colleague",
            groups="sales_team.group_sale_salesman",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )
        cls.tag = cls.env["res.partner.category"].create({"name": "Fleet"})
        hidden = {"company_id": cls.other.id, "category_id": cls.tag.ids}
        cls.hidden = cls.customer("Hidden", phone=SECRET, **hidden)

    def refused(self, vals):
        """What the form says to an administrator who saves this."""
        self.env.invalidate_all()
        before = self.kpi.read(["population_domain", "gap_domain"])
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            self.kpi.with_user(self.manager).web_save(vals, {"display_name": {}})
        self.env.invalidate_all()
        self.assertEqual(
            self.kpi.read(["population_domain", "gap_domain"]), before, vals
        )
        return str(caught.exception)

    def test_a_path_to_other_contacts_is_refused_and_named(self):
        self.assertFalse(self.hidden.with_user(self.manager).has_access("read"))
        for name in ("population_domain", "gap_domain"):
            for condition, word in ELSEWHERE.items():
                for domain in (
                    f"[{condition}]",
                    f"['!', {condition}, ('vat', '=', False)]",
                    f"['|', (1, '=', 1), '&', ('vat', '=', False), {condition}]",
                )[: 1 if name == "population_domain" else 2]:
                    with self.subTest(field=name, domain=domain):
                        told = self.refused({name: domain})
                        self.assertIn("leads to contacts other than the", told)
                        self.assertIn(word, told)

    def test_what_the_administrator_may_not_read_is_refused(self):
        for condition, word in UNREADABLE.items():
            for domain in (
                f"[{condition}]",
                # Of salespeople of a company that the administrator does not find.
                f"[('user_id.company_ids', 'child_of', 'Elsewhere'), {condition}]",
            ):
                with self.subTest(domain=domain):
                    self.assertIn(word, self.refused({"gap_domain": domain}))

    def test_what_administrators_ask_for_is_saved_and_evaluated(self):
        kpi = self.kpi.with_user(self.manager)
        for name in ("population_domain", "gap_domain"):
            for condition in ASKED:
                with self.subTest(field=name, condition=condition):
                    self.env.invalidate_all()
                    kpi.web_save({name: f"[{condition}]"}, {"display_name": {}})
                    self.refresh(self.kpi)

    def test_a_definition_of_earlier_tells_nothing(self):
        """Of a customer of the reader's that shares a tag with a hidden one."""
        customer = self.customer("Seen", category_id=self.tag.ids)
        self.refresh()
        gaps = self.env["contact.kpi.gap"].search([("partner_id", "=", customer.id)])
        self.assertTrue(gaps)
        condition = f"('category_id.partner_ids.phone', '=like', '{SECRET[:8]}%')"
        for name in ("population_domain", "gap_domain"):
            for domain in (f"[{condition}]", f"['!', {condition}]"):
                with self.subTest(field=name, domain=domain):
                    before = self.kpi[name]
                    self.define(name, domain)
                    self.tells_nothing(customer, gaps)
                    self.define(name, before)

    def define(self, name, domain):
        self.commit()
        query = SQL("UPDATE contact_kpi SET %s = %s", SQL.identifier(name), domain)
        self.env.cr.execute(SQL("%s WHERE id = %s", query, self.kpi.id))
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    def tells_nothing(self, customer, gaps):
        with mute_logger(LOGGER), self.enter_registry_test_mode():
            self.env.ref("contact_kpi.ir_cron_refresh").method_direct_trigger()
        self.env.invalidate_all()
        run = self.env["contact.kpi.run"].search([("indicator_id", "=", self.kpi.id)])
        self.assertIn("leads to contacts other than", run.filtered("error").error)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.kpi.with_user(self.manager).action_run_now()
        customer.email = "ana@example.com"
        self.commit()
        self.assertFalse(gaps.closed_at)
        customer.email = False
        self.commit()
        lacking = self.env["contact.kpi"]._lacking([self.kpi.code], customer.ids)
        self.assertEqual(lacking, {self.kpi.code: set()})
