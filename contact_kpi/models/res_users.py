# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# Whether somebody counts as a colleague hangs on these.
WATCHED = {"partner_id", "active", "group_ids", "share"}


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        users.partner_id._contact_kpi_touch()
        return users

    def write(self, vals):
        before = (
            self.sudo().partner_id if "partner_id" in vals else self.env["res.partner"]
        )
        res = super().write(vals)
        if WATCHED & vals.keys():
            (before | self.sudo().partner_id)._contact_kpi_touch()
        return res
