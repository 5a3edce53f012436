# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# Fields that decide whose partner is an internal user's; groups do so by `share`.
WATCHED = {"partner_id", "active", "share"}


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
            if before[user] != (user.partner_id, user.active, user.share):
                partners = before[user][0] | user.partner_id
                partners._contact_kpi_touch(reread=False)
        return res

    def _compute_share(self):
        """Groups come by many ways: the user's form, the group's, a role of an addon.

        Most of their changes leave an internal user one.
        """
        before = {user: user.share for user in self if user.id}  # none of a form's
        res = super()._compute_share()
        changed = self.filtered(lambda u: u in before and u.share != before[u])
        changed.partner_id._contact_kpi_touch(reread=False)
        return res
