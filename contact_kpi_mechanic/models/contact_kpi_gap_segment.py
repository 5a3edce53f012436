# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .contact_kpi_gap import LEDGER_SEGMENTS, MOBILE_REASONS, REASON_HELP


class ContactKpiGapSegment(models.Model):
    _inherit = "contact.kpi.gap.segment"

    mobile_reason = fields.Selection(
        MOBILE_REASONS, "Why No Mobile", readonly=True, help=REASON_HELP
    )

    @api.model
    def _segment_names(self):
        return [*super()._segment_names(), *LEDGER_SEGMENTS]
