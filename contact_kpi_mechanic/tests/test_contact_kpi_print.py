# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reports to hand over at the counter, by the workshop's own segments: whole tables."""

from odoo.tests import new_test_user, tagged

from odoo.addons.contact_kpi.tests.common import LANDLINE, MOBILE
from odoo.addons.contact_kpi.tests.test_contact_kpi_print import PrintCase

from .common import MechanicMixin


@tagged("post_install", "-at_install")
class TestPrint(MechanicMixin, PrintCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mobile = cls.indicator()
        cls.clerk = new_test_user(
            cls.env, "print_clerk", groups="stock.group_stock_user", lang="en_US"
        )
        oil, brakes = (
            cls.env.ref(f"contact_kpi_mechanic.mechanic_service_type_{code}")
            for code in ("oil", "brakes")
        )
        for name, phone, service, priority in (
            ("Landline", LANDLINE, brakes, "1"),
            ("Nothing", False, oil, "0"),
            ("Given", False, oil, "1"),
            ("Known", MOBILE, oil, "0"),
            ("Elsewhere", LANDLINE, oil.browse(), "0"),
        ):
            customer = cls.customer(name, phone=phone, user_id=cls.own.id)
            if service:
                cls.repair(customer, service_type_id=service.id, priority=priority)
        cls.refresh(cls.mobile)
        cls.go("2041-03-06 15:00")
        cls.env["res.partner"].search([("name", "=", "Given")]).phone = MOBILE
        cls.refresh(cls.mobile)

    def test(self):
        for model, groups in (("contact.kpi.snapshot", ["service_type_id", "urgency"]), ("contact.kpi.follow.up", ["mobile_reason"]), ("contact.kpi.follow.up", ["urgency"]), ("contact.kpi.gap", ["mobile_reason"]), ("contact.kpi.gap", ["service_type_id","urgency"])):
            dom=[("indicator_id", "=", self.mobile.id)] + ([("closed_at","=",False)] if model.endswith("gap") else [])
            order = self.order_of(self.clerk, model, dom, groups)
            print(model, groups, *self.html(order), sep="\n")
            print(self.xlsx(order)[0] if 0 else "")
