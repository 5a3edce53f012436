# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model
    def _contact_kpi_chosen(self, setting):
        """The effective value of a :class:`Setting`, whoever asks. Cached by Odoo."""
        return setting.chosen(self.sudo().get_param(setting.key))
