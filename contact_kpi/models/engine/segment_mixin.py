# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.setting import Setting
from .indicator import array

CUSTOMER_TYPE_TAG = Setting("contact_kpi.customer_type_tag_id", default=0)


class ContactKpiSegmentMixin(models.AbstractModel):
    """The dimensions of a customer that are frozen with each fact: its segments.

    To add one in another addon: extend this mixin by a column, name it in
    :meth:`_segment_names`, give its SQL in :meth:`_segment_sql`, and, where that reads
    another field of the partner, name the field in :meth:`_segment_sources`. Ledger and
    snapshots then carry it; add a column of the same name, for the plain value, to
    ``contact.kpi.grain.mixin``. One for the ledger only is declared and named on both
    ``contact.kpi.gap`` and ``contact.kpi.gap.segment``. Which indicators' rows have it
    filled in is up to ``contact.kpi._segments_filled``.
    """

    _name = "contact.kpi.segment.mixin"
    _description = "Customer Segments"

    is_company = fields.Boolean("Is a Company", readonly=True)
    customer_type_id = fields.Many2one(
        "res.partner.category",
        readonly=True,
        ondelete="set null",  # the type is gone, the totals stand
        help="The customer's tag among those below the tag chosen in Settings. Of "
        "several, the one that was created first.",
    )
    industry_id = fields.Many2one("res.partner.industry", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    state_id = fields.Many2one("res.country.state", readonly=True)

    @api.model
    def _segment_names(self):
        """Names of the segments' columns; the ledger has all that snapshots have."""
        return [
            "is_company",
            "customer_type_id",
            "industry_id",
            "country_id",
            "state_id",
        ]

    @api.model
    def _segment_sources(self):
        """Names of the partner fields that the segments are read from."""
        names = set(self._segment_names()) & self.env["res.partner"]._fields.keys()
        if self._customer_type_tag():
            names.add("category_id")
        return names

    @api.model
    def _segment_sql(self, name, partner, query, partner_ids=None):
        """SQL of one segment of a customer.

        :param name: one of :meth:`_segment_names`
        :param partner: ``res.partner``, in superuser mode
        :param query: the query over customers; may be joined to
        :param partner_ids: the only customers that the query is about: ids, SQL of an
            array of ids, or None for all; a subquery that is joined must be restricted
            to them
        """
        if name == "customer_type_id":
            return self._customer_type_sql(partner, query, partner_ids)
        return partner._field_to_sql(partner._table, name, query)

    @api.model
    def _segment_columns(self):
        """SQL of the list of the segments' columns, unqualified."""
        return SQL(", ").join(SQL.identifier(name) for name in self._segment_names())

    # -- customer types: the children of one partner tag -----------------------

    @api.model
    def _customer_type_tag(self):
        """Id of the tag whose children are the types; 0 where none is chosen."""
        return self.env["ir.config_parameter"]._contact_kpi_chosen(CUSTOMER_TYPE_TAG)

    @api.model
    def _customer_type_sql(self, partner, query, partner_ids=None):
        """SQL of a customer's type: one join, none unless a tag was chosen.

        Of several types the lowest id: it is the same in all languages, and renaming
        a tag does not move figures.
        """
        tag = self._customer_type_tag()
        if not tag:
            return SQL("NULL::integer")
        if isinstance(partner_ids, SQL):
            # The statement is cached: it looks the types up when it is executed.
            types = SQL(
                "ARRAY(SELECT id FROM res_partner_category"
                " WHERE parent_id = %s AND active)",
                tag,
            )
        else:
            category = self.env["res.partner.category"].sudo()
            types = category.search([("parent_id", "=", tag)]).ids
        if not types:
            return SQL("NULL::integer")
        tags = partner._fields["category_id"]
        mine = SQL("TRUE")
        if partner_ids is not None:
            # Else a single save would aggregate the types of all customers.
            mine = SQL("%s = ANY(%s)", SQL.identifier(tags.column1), array(partner_ids))
        alias = query.make_alias(partner._table, "customer_type")
        of_all = SQL(
            """(SELECT %(partner)s AS partner_id, MIN(%(tag)s) AS type_id
                  FROM %(relation)s
                 WHERE %(tag)s = ANY(%(types)s) AND %(mine)s
                 GROUP BY %(partner)s)""",
            partner=SQL.identifier(tags.column1),
            tag=SQL.identifier(tags.column2),
            relation=SQL.identifier(tags.relation),
            types=types,
            mine=mine,
        )
        query.add_join(
            "LEFT JOIN",
            alias,
            of_all,
            SQL(
                "%s = %s",
                SQL.identifier(alias, "partner_id"),
                SQL.identifier(partner._table, "id"),
            ),
        )
        return SQL.identifier(alias, "type_id")
