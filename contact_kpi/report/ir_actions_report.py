# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_layout(self):
        """Our layout has its styles inline: printing fetches nothing by HTTP."""
        if len(self) == 1 and (self.report_name or "").startswith("contact_kpi."):
            return self.env.ref("contact_kpi.report_layout")
        return super()._get_layout()
