# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL


class ContactKpiCustomerChange(models.Model):
    """Whoever is to be counted anew: something that an indicator reads has changed.

    Rows are only added, so that nobody waits for anybody; the next refresh of the
    indicator counts these customers anew and removes the rows that it has seen.
    """

    _name = "contact.kpi.customer.change"
    _description = "Customer to Be Counted Anew"
    _log_access = False

    # Plain numbers: a reference would lock the indicator at every save.
    indicator_id = fields.Integer(required=True)
    partner_id = fields.Integer(required=True)

    _indicator_idx = models.Index("(indicator_id)")

    @api.model
    def _note_sql(self, kpis, partners):
        """SQL that adds these customers to what is to be counted anew.

        :param kpis: SQL of an array of indicators' ids
        :param partners: SQL of a SELECT of ids
        """
        return SQL(
            """
            INSERT INTO contact_kpi_customer_change (indicator_id, partner_id)
            SELECT k.id, t.id FROM unnest(%s) AS k (id) CROSS JOIN (%s) AS t (id)
            """,
            kpis,
            partners,
        )

    @api.model
    def _note(self, partner_ids):
        """Have all active indicators count these customers anew. One statement."""
        if partner_ids:
            self.env.cr.execute(
                self._note_sql(
                    SQL("ARRAY(SELECT id FROM contact_kpi WHERE active)"),
                    SQL("SELECT unnest(%s::int[])", list(partner_ids)),
                )
            )

    @api.model
    def _noted(self, kpi):
        """Ids of the customers that an indicator is to count anew."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id FROM contact_kpi_customer_change"
                " WHERE indicator_id = %s",
                kpi.id,
            )
        )
        return {partner for (partner,) in rows}

    @api.model
    def _forget(self, kpis):
        """Remove what this transaction sees: it has counted them."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM contact_kpi_customer_change WHERE indicator_id = ANY(%s)",
                kpis.ids,
            )
        )
