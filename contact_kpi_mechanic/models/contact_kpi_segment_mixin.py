# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.contact_kpi.models.engine.indicator import array

CODE = "no_mobile"  # of the workshop's indicator
URGENCIES = [("none", "No Repair Yet"), ("0", "Normal"), ("1", "Urgent")]
SEGMENTS = ("service_type_id", "urgency")


class ContactKpiSegmentMixin(models.AbstractModel):
    """Service type and urgency of a customer: those of its latest repair order.

    The latest is the one created last, for any partner of the family, that is not
    cancelled. The scheduled date would not do: it may lie ahead and be moved, and the
    segment would change without a repair.
    """

    _inherit = "contact.kpi.segment.mixin"

    service_type_id = fields.Many2one(
        "mechanic.service.type",
        readonly=True,
        ondelete="set null",  # a deleted type leaves the totals
        help="Of the customer's latest repair order that is not cancelled.",
    )
    urgency = fields.Selection(
        URGENCIES,
        readonly=True,
        help="Priority of the customer's latest repair order that is not cancelled.",
    )

    @api.model
    def _segment_names(self):
        return [*super()._segment_names(), *SEGMENTS]

    @api.model
    def _segment_sql(self, name, partner, query, partner_ids=None):
        if name not in SEGMENTS:
            return super()._segment_sql(name, partner, query, partner_ids)
        latest = self._latest_repair(partner, query, partner_ids)
        column = SQL.identifier(latest, name)
        return SQL("COALESCE(%s, 'none')", column) if name == "urgency" else column

    @api.model
    def _latest_repair(self, partner, query, partner_ids):
        """Join the latest repair order of each customer; return the alias."""
        alias = query.make_alias(partner._table, "latest_repair")
        mine = SQL("TRUE")
        if partner_ids is not None:
            # Otherwise a single save would scan the repairs of all customers.
            mine = SQL("p.commercial_partner_id = ANY(%s)", array(partner_ids))
        latest = SQL(
            """(SELECT DISTINCT ON (p.commercial_partner_id)
                       p.commercial_partner_id AS partner_id, r.service_type_id,
                       COALESCE(r.priority, '0') AS urgency, r.id AS repair_id,
                       r.company_id, r.create_date AS taken_at
                  FROM repair_order r JOIN res_partner p ON p.id = r.partner_id
                 WHERE r.state != 'cancel' AND %s
                 ORDER BY p.commercial_partner_id, r.create_date DESC, r.id DESC)""",
            mine,
        )
        query.add_join(
            "LEFT JOIN",
            alias,
            latest,
            SQL(
                "%s = %s",
                SQL.identifier(alias, "partner_id"),
                SQL.identifier(partner._table, "id"),
            ),
        )
        return alias
