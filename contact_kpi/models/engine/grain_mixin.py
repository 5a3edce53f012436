# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ContactKpiGrainMixin(models.AbstractModel):
    """The grain of the facts: company, salesperson and segments, as plain integers.

    No foreign keys: totals stand when a dimension's record is deleted. An addon that
    brings a segment adds a column of the same name, see ``contact.kpi.segment.mixin``.
    """

    _name = "contact.kpi.grain.mixin"
    _description = "What Customers Are Counted By"
    _log_access = False

    company_id = fields.Integer(required=True)  # 0: shared by all companies
    user_id = fields.Integer()
    is_company = fields.Boolean("Is a Company")
    customer_type_id = fields.Integer()
    industry_id = fields.Integer()
    country_id = fields.Integer()
    state_id = fields.Integer()

    @api.model
    def _grain(self):
        """Names of the columns of the grain, the company's first."""
        names = self.env["contact.kpi.segment.mixin"]._segment_names()
        return ["company_id", "user_id", *names]
