# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ContactKpi(models.Model):
    """Entry point of the demo data file; the rest is imported on demand."""

    _inherit = "contact.kpi"

    @api.model
    def _load_demo_workshop(self):
        """Give the customers of the demo a year of repairs, once.

        Not again on reinstallation: the repairs are Odoo's, and survive the addon.
        """
        from .load import load  # noqa: PLC0415  nothing of it outside demo

        data = self.env["ir.model.data"].search(
            [("module", "=", "contact_kpi"), ("name", "=like", "demo_customer_%")]
        )
        repairs = self.env["repair.order"]
        of_story = [("partner_id", "in", data.mapped("res_id"))]
        if data and not repairs.search_count(of_story, limit=1):
            load(self.env)
