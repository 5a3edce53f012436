# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL


class ContactKpiCustomerChange(models.Model):
    """Customers to recount: something that an indicator reads has changed.

    Append-only, so that no save waits for another; the indicator's next refresh
    recounts these customers and deletes the rows that it has seen.
    """

    _name = "contact.kpi.customer.change"
    _description = "Customer to Be Counted Anew"
    _log_access = False

    # Plain integers: a foreign key would lock the indicator's row at every save.
    indicator_id = fields.Integer(required=True)
    partner_id = fields.Integer(required=True)

    _indicator_idx = models.Index("(indicator_id)")

    @api.model
    def _note_sql(self, kpis, partners):
        """SQL that notes customers to recount.

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
        """Note these customers for all active indicators to recount. One statement."""
        if partner_ids:
            self.env.cr.execute(
                self._note_sql(
                    SQL("ARRAY(SELECT id FROM contact_kpi WHERE active)"),
                    SQL("SELECT unnest(%s::int[])", list(partner_ids)),
                )
            )

    @api.model
    def _noted(self, kpi):
        """Ids of the customers that an indicator is to recount."""
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
        """Delete the rows that this transaction sees; it has recounted them."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM contact_kpi_customer_change WHERE indicator_id = ANY(%s)",
                kpis.ids,
            )
        )
