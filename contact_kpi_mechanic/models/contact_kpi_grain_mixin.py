# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ContactKpiGrainMixin(models.AbstractModel):
    _inherit = "contact.kpi.grain.mixin"

    service_type_id = fields.Integer()
    urgency = fields.Char()
