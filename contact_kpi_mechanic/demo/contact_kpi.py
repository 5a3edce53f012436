# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ContactKpi(models.Model):
    """The door that the demo data file calls; the rest is imported when it does."""

    _inherit = "contact.kpi"

    @api.model
    def _load_demo_workshop(self):
        """Give the customers of the demo a year of repairs, once."""
        from .load import load  # noqa: PLC0415  nothing of it outside demo

        there = self.env.ref("contact_kpi.demo_user_ana", raise_if_not_found=False)
        ours = "contact_kpi_mechanic.demo_user_diego"
        if there and not self.env.ref(ours, raise_if_not_found=False):
            load(self.env)
