# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ContactKpiHistoryUnknown(models.Model):
    """A customer with an unknown past: its tracked changes contradict it.

    Before observation it counts as a customer, but as not classified.
    """

    _name = "contact.kpi.history.unknown"
    _inherit = ["contact.kpi.customer.mixin"]
    _description = "Customer with an Unknown Past"
    _rec_name = "partner_id"
    _log_access = False  # written in SQL

    indicator_id = fields.Many2one(
        "contact.kpi", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="cascade"
    )

    # Looked up by customer, also for the cascade of its deletion.
    _partner_uniq = models.UniqueIndex(
        "(partner_id, indicator_id)", "This customer is already recorded as unknown."
    )
