# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ContactKpiDeclineReason(models.Model):
    """Why a customer does not provide it: the administrator's list.

    Chosen, never typed, so that a refusal holds nothing personal.
    """

    _name = "contact.kpi.decline.reason"
    _description = "Reason for Declining"
    _order = "sequence, id"

    name = fields.Char(
        "Reason",
        required=True,
        translate=True,
        help="Salespeople choose it. One reason serves many customers: no names.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        default=True,
        help="Switched off, it is not offered any more; past refusals keep it.",
    )
