# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
import re

from odoo import models

# Of our dashboard alone; a label has no brackets.
MENU_LINK = re.compile(r"\[([^\]]+)\]\(odoo://ir_menu_xml_id/(contact_kpi\.\w+)\)")


class SpreadsheetDashboard(models.Model):
    _inherit = "spreadsheet.dashboard"

    def _get_serialized_readonly_dashboard(self):
        """Choose an indicator to begin with, where there is a filter for one.

        Figures of several indicators do not add up, and a data file cannot know
        the id of one: the first card of the overview. And titles are links for those
        who have the menu; the others would read an error instead.
        """
        text = super()._get_serialized_readonly_dashboard()
        data = json.loads(text)
        snapshot = data["snapshot"]
        choices = [
            choice
            for choice in snapshot.get("globalFilters", [])
            if choice.get("modelName") == "contact.kpi" and "defaultValue" not in choice
        ]
        kpis = self.env["contact.kpi"]
        if not choices or not kpis.has_access("read"):
            return text
        for choice in choices:
            first = kpis.search([], limit=1)
            choice["defaultValue"] = {"operator": "in", "ids": first.ids}
        menus = {menu["xmlid"] for menu in self._menus_of_reader()}
        for sheet in snapshot["sheets"]:
            for name, content in sheet["cells"].items():
                link = MENU_LINK.fullmatch(content)
                if link and link[2] not in menus:
                    sheet["cells"][name] = f'=_t("{link[1]}")'
        return json.dumps(data)

    def _menus_of_reader(self):
        """Return the menus that the web client knows, but for their root."""
        menus = self.env["ir.ui.menu"].load_menus(False)
        return [menu for key, menu in menus.items() if key != "root"]
