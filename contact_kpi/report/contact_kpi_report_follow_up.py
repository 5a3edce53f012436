# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from .layout import Column

COUNTS = ("opening", "opened", "completed", "left", "closing", "declined")
AGES = ("age_0_7", "age_8_30", "age_31_90", "age_91_365", "age_over")


class ReportContactKpiFollowUp(models.AbstractModel):
    """The balance of the ledger: what opened, what was completed, how fast, by whom."""

    _name = "report.contact_kpi.report_follow_up"
    _inherit = ["contact.kpi.report.groups"]
    _description = "Contact Follow-up to Hand Over"

    _report_model = "contact.kpi.follow.up"

    @api.model
    def _title(self):
        return self.env._("Contact Follow-up")

    @api.model
    def _total_label(self):
        return self.env._("Whole Selection")

    @api.model
    def _columns(self, job):
        fields = self.env[self._report_model]._fields

        def column(name, kind="int"):
            return Column(name, fields[name]._description_string(self.env), kind)

        return [
            *map(column, COUNTS),
            column("days_to_complete", "days"),
            column("median_days", "days"),
            *map(column, AGES),
        ]
