# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Law 18 for what this addon adds: mobiles, and whom the workshop may message."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE, ContactKpiCase

from .common import MechanicMixin

KINDS = ("contact_mobile_kind", "customer_mobile_kind")


@tagged("post_install", "-at_install")
class TestOneDoor(MechanicMixin, ContactKpiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.indicator()

    def on_record(self, partner):
        self.commit()
        self.env.cr.execute(
            "SELECT contact_mobile_kind, customer_mobile_kind FROM res_partner"
            " WHERE id = %s",
            [partner.id],
        )
        return self.env.cr.fetchone()

    def test_nobody_enters_what_a_number_is(self):
        customer = self.customer("Customer", phone=LANDLINE)
        self.assertEqual(self.on_record(customer), ("landline", "landline"))
        partner = self.env["res.partner"]
        for name in KINDS:
            with self.assertRaises(UserError), self.env.cr.savepoint():
                customer.write({name: "mobile"})
            done = partner.load(["name", name], [["New", "mobile"]])
            self.assertFalse(done["ids"])
            made = partner.with_context(**{f"default_{name}": "mobile"}).create(
                {"name": "By default"}
            )
            self.assertEqual(self.on_record(made), (None, None))
        self.assertEqual(self.on_record(customer), ("landline", "landline"))

    def test_the_night_repairs_whatever_they_hold(self):
        customer = self.customer("Customer", phone=LANDLINE)
        self.commit()
        for name in KINDS:
            for forged in ("mobile", None):
                self.env.cr.execute(
                    f"UPDATE res_partner SET {name} = %s WHERE id = %s",
                    [forged, customer.id],
                )
                self.env.invalidate_all()
                self.env["contact.kpi.ruleset"]._verify()
                self.assertEqual(self.on_record(customer), ("landline", "landline"))

    def test_a_forged_context_hides_no_customer(self):
        one, two = (self.customer(name, phone=MOBILE) for name in ("One", "Two"))
        self.refresh()
        user = new_test_user(
            self.env, "one_door_stock", groups="stock.group_stock_manager"
        )
        rows = self.env["contact.kpi.reachability"].with_user(user)
        forged = rows.with_context(contact_kpi_reachability_of=one.ids)
        for asking in (rows, forged):
            self.env.invalidate_all()
            self.assertEqual(asking.search([]).partner_id, one | two)
            [group] = asking.formatted_read_group([], [], ["__count"])
            self.assertEqual(group["__count"], 2)
