# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ContactKpiGap(models.Model):
    """What helps whoever completes a customer."""

    _inherit = "contact.kpi.gap"

    def action_print(self):
        """Print the selected customers."""
        self.check_access("read")
        words = self.env._("%s selected rows", len(self))
        return self.env["contact.kpi.print"].action_open(
            self._name, [("id", "in", self.ids)], filters=[words]
        )

    def action_suggestions(self):
        """Show what the database already knows of this customer."""
        self.ensure_one()
        suggestion = self.env["contact.kpi.suggestion"]._suggest(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Suggestions for %s", self.partner_id.display_name),
            "res_model": suggestion._name,
            "res_id": suggestion.id,
            "view_mode": "form",
            "target": "new",
        }
