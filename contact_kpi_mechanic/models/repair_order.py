# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

READ = {"partner_id", "picking_id", "state", "service_type_id", "priority"}


class RepairOrder(models.Model):
    _inherit = "repair.order"

    service_type_id = fields.Many2one(
        "mechanic.service.type",
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        help="What the customer comes for.",
    )
    service_type_color = fields.Integer(related="service_type_id.color")

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        # A first repair makes a customer, and shows what the customer lacks.
        orders.partner_id._contact_kpi_touch()
        return orders

    def write(self, vals):
        if READ.isdisjoint(vals):
            return super().write(vals)
        # The customer follows the transfer that the repair comes from.
        moves = not {"partner_id", "picking_id"}.isdisjoint(vals)
        before = self.partner_id if moves else self.env["res.partner"]
        res = super().write(vals)
        (before | self.partner_id)._contact_kpi_touch()
        return res

    def unlink(self):
        partners = self.partner_id
        res = super().unlink()
        partners._contact_kpi_touch()
        return res
