# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        """A new time zone may change the date of companies with these working hours."""
        res = super().write(vals)
        if "tz" in vals:
            self.env["res.company"]._contact_kpi_forget_zones()
            self.env["contact.kpi"]._refresh_soon()
        return res
