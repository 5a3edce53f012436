# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# Fields that decide which partners are internal users.
WATCHED = {"partner_id", "active", "group_ids", "share"}


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        users.partner_id._contact_kpi_touch(reread=False)
        return users

    def write(self, vals):
        if WATCHED.isdisjoint(vals):
            return super().write(vals)
        users = self.sudo()
        before = {user: (user.partner_id, user.active, user.share) for user in users}
        res = super().write(vals)
        for user in users:
            # Most changes of groups leave an internal user one.
            if before[user] != (user.partner_id, user.active, user.share):
                partners = before[user][0] | user.partner_id
                partners._contact_kpi_touch(reread=False)
        return res
