# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .res_partner import MOBILE_KINDS

MOBILE_REASONS = [*MOBILE_KINDS, ("nothing", "None Given")]
REASON_HELP = "What the best number of the customer is, if it has any."
LEDGER_SEGMENTS = ("mobile_reason",)


class ContactKpiGap(models.Model):
    """Why there was no mobile at opening; segment versions hold later changes."""

    _inherit = "contact.kpi.gap"

    mobile_reason = fields.Selection(
        MOBILE_REASONS, "Why No Mobile", readonly=True, help=REASON_HELP
    )

    @api.model
    def _segment_names(self):
        return [*super()._segment_names(), *LEDGER_SEGMENTS]

    @api.model
    def _segment_sql(self, name, partner, query, partner_ids=None):
        if name == "mobile_reason":
            return SQL(
                "COALESCE(%s, 'nothing')",
                partner._field_to_sql(partner._table, "customer_mobile_kind", query),
            )
        return super()._segment_sql(name, partner, query, partner_ids)
