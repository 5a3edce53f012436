# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.tests import tagged

from ..common import LANDLINE, MOBILE, ContactKpiCase


@tagged("post_install", "-at_install")
class TestComputedFields(ContactKpiCase):
    """What contacts are read from may be computed: nobody then writes it itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        field = cls.env["ir.model.fields"].create(
            {
                "name": "x_extension",
                "field_description": "Extension",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "ttype": "char",
                "depends": "ref",
                "compute": "for partner in self: partner['x_extension'] = partner.ref",
                "readonly": True,
                "store": True,
            }
        )
        cls.registry._setup_models__(cls.env.cr)
        settings = cls.env["res.config.settings"]
        settings.create(
            {"contact_kpi_phone_field_ids": [Command.set(field.ids)]}
        ).execute()
        cls.look_at_everybody()
        cls.env.flush_all()

    def open_gaps(self, customer):
        return self.env["contact.kpi.gap"].search(
            [("partner_id", "=", customer.id), ("closed_at", "=", False)]
        )

    def test_a_number_that_is_computed_closes_and_opens_the_gap(self):
        customer = self.customer()
        self.commit()
        self.assertTrue(self.open_gaps(customer))
        for ref, open_ in ((MOBILE, False), ("0000-0000", True)):
            self.env.invalidate_all()
            self.web_save(customer, {"ref": ref})
            self.commit()
            self.assertEqual(bool(self.open_gaps(customer)), open_, ref)

    def test_a_number_that_is_computed_ends_the_confirmation_of_the_one_before(self):
        customer = self.customer(ref=MOBILE)
        self.commit()
        customer.action_contact_kpi_confirm()
        self.assertTrue(customer.contact_kpi_verified_on)
        self.env.invalidate_all()
        self.web_save(customer, {"ref": LANDLINE})
        self.assertFalse(customer.contact_kpi_verified_on)
