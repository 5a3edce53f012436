# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL


class ContactKpiSegmentMixin(models.AbstractModel):
    """The segments of a customer that are frozen with a fact.

    To add one in another addon: inherit this mixin and declare the column,
    name it in :meth:`_segment_names`, and give its SQL in :meth:`_segment_sql`.
    Ledger and snapshots then carry it.
    """

    _name = "contact.kpi.segment.mixin"
    _description = "Customer Segments"

    is_company = fields.Boolean("Is a Company", readonly=True)
    industry_id = fields.Many2one("res.partner.industry", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    state_id = fields.Many2one("res.country.state", "State", readonly=True)

    @api.model
    def _segment_names(self):
        """Names of the frozen columns, the same on ledger and snapshot."""
        return ["is_company", "industry_id", "country_id", "state_id"]

    @api.model
    def _segment_sql(self, name, partner, query):
        """SQL of one segment of a customer.

        :param partner: ``res.partner``, in superuser mode
        :param query: the query over customers; may be joined to
        """
        return partner._field_to_sql(partner._table, name, query)

    @api.model
    def _segment_columns(self):
        """The segments as SQL identifiers: the tail of every list of columns."""
        return SQL(", ").join(SQL.identifier(name) for name in self._segment_names())
