# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import models


class SpreadsheetDashboard(models.Model):
    _inherit = "spreadsheet.dashboard"

    def _get_serialized_readonly_dashboard(self):
        """Choose an indicator to begin with, where there is a filter for one.

        Figures of several indicators do not add up, and a data file cannot know
        the id of one: the first card of the overview.
        """
        text = super()._get_serialized_readonly_dashboard()
        data = json.loads(text)
        choices = [
            choice
            for choice in data["snapshot"].get("globalFilters", [])
            if choice.get("modelName") == "contact.kpi" and "defaultValue" not in choice
        ]
        kpis = self.env["contact.kpi"]
        if not choices or not kpis.has_access("read"):
            return text
        for choice in choices:
            first = kpis.search([], limit=1)
            choice["defaultValue"] = {"operator": "in", "ids": first.ids}
        return json.dumps(data)
