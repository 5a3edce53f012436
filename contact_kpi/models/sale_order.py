# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    contact_kpi_merged = fields.Boolean(
        "Customer Merged Since",
        readonly=True,
        copy=False,
        help="The customer of this quotation was merged into another one: what it "
        "lacked then is on record without its name.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        # A first quotation makes a customer, and shows what the customer lacks.
        orders.partner_id._contact_kpi_touch(rank=True)
        return orders

    def write(self, vals):
        before = self.partner_id if "partner_id" in vals else self.env["res.partner"]
        res = super().write(vals)
        if {"partner_id", "state"} & vals.keys():
            (before | self.partner_id)._contact_kpi_touch(rank=True)
        return res

    def unlink(self):
        partners = self.partner_id
        res = super().unlink()
        partners._contact_kpi_touch(rank=True)
        return res
