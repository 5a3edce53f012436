# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

BLOCK_CONFIRMATION = "contact_kpi.block_confirmation"


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "contact.kpi.banner.mixin"]

    # A quotation alone makes its contact a customer.
    _contact_kpi_fulfils = ("customer_rank", "family_ids.sale_order_ids")

    contact_kpi_merged = fields.Boolean(
        "Customer Merged Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The customer of this quotation was merged into another one: what it "
        "lacked then is on record without its name.",
    )

    # -- asking for the contact --------------------------------------------------

    def _contact_kpi_asks(self):
        return self.state != "cancel"

    @api.model
    def _contact_kpi_asks_depends(self):
        return ["state"]

    def _confirmation_error_message(self):
        """Block the confirmation without a contact, if the setting says so.

        Not for customers who refused to provide it, and not for those who confirm
        online: portal and payments confirm in superuser mode.
        """
        message = super()._confirmation_error_message()
        if message or self.env.su or self.contact_kpi_state != "missing":
            return message
        if not self.env["ir.config_parameter"].sudo().get_param(BLOCK_CONFIRMATION):
            return message
        return self.env._(
            "%(customer)s has no usable phone or e-mail. Fill one in at the top of "
            "%(order)s, then confirm it.",
            customer=self._contact_kpi_head().display_name,
            order=self.name,
        )

    # -- hooks ---------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        # A first quotation makes a customer, whose gap may open now.
        orders.partner_id._contact_kpi_touch(rank=True, reread=False)
        return orders

    def write(self, vals):
        before = self.partner_id if "partner_id" in vals else self.env["res.partner"]
        res = super().write(vals)
        if {"partner_id", "state"} & vals.keys():
            (before | self.partner_id)._contact_kpi_touch(rank=True, reread=False)
        return res

    def unlink(self):
        partners = self.partner_id
        res = super().unlink()
        partners._contact_kpi_touch(rank=True, reread=False)
        return res
