# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ContactKpiGapSegment(models.Model):
    """Versions of a gap's customer: its company, salesperson and segments over time.

    A gap has no rows here as long as nothing has changed since it opened: its own
    columns and ``opening_user_id`` are in force. From the first change on, its rows are
    all versions, that of the opening included. Of several changes on one day the last
    one counts. Written with the ledger only.
    """

    _name = "contact.kpi.gap.segment"
    _inherit = ["contact.kpi.segment.mixin"]
    _description = "Contact Gap: Segments over Time"
    _order = "gap_id, since NULLS FIRST, id"
    _log_access = False

    gap_id = fields.Many2one(
        "contact.kpi.gap", required=True, readonly=True, index=True, ondelete="cascade"
    )
    since = fields.Date(
        readonly=True,
        help="Day of the company from whose end on this holds; empty: since the "
        "gap opened.",
    )
    until = fields.Date(
        readonly=True,
        help="Day of the company at whose end this no longer holds; empty: in force.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)

    # One version in force per gap; the nightly comparison reads only these.
    _in_force_uniq = models.UniqueIndex(
        "(gap_id) WHERE until IS NULL",
        "Only one version of a gap's segments can be in force.",
    )

    # What changed on a day.
    _since_idx = models.Index("(since)")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("The ledger is kept by the system; nothing of it is deleted.")
        )

    @api.model
    def _names(self):
        """Names of the columns of a version: a snapshot's grain."""
        return ["company_id", "user_id", *self._segment_names()]

    @api.model
    def _version_columns(self, prefix=""):
        """SQL of the columns of version ``v`` of gap ``g``; those of ``g`` if none."""
        return SQL(", ").join(
            SQL(
                "CASE WHEN v.id IS NULL THEN %s ELSE %s END AS %s",
                SQL.identifier("g", "opening_user_id" if name == "user_id" else name),
                SQL.identifier("v", name),
                SQL.identifier(prefix + name),
            )
            for name in self._names()
        )

    @api.model
    def _as_of_sql(self, kpi, date):
        """SQL of the gaps open at the end of a day, in their version of then.

        :param kpi: id of an indicator, or SQL of it
        :param date: a day of the company, or SQL of it
        :return: SELECT of id, partner_id, declined, company_id, user_id and the
            segments. One row per gap; two if its customer moved to a company whose date
            was still an earlier one: on that date it counted for both.
        """
        return SQL(
            """
            SELECT g.id, g.partner_id, %(columns)s, EXISTS (%(declined)s) AS declined
              FROM contact_kpi_gap g
              LEFT JOIN contact_kpi_gap_segment v ON v.gap_id = g.id
             WHERE g.indicator_id = %(kpi)s
               AND COALESCE(v.since, g.opened_on) <= %(date)s
               AND COALESCE(v.until, g.closed_on, 'infinity') > %(date)s
               -- Implied, and what an index can tell.
               AND g.opened_on <= %(date)s
               AND (g.closed_on IS NULL OR g.closed_on >= %(date)s)
            """,
            columns=self._version_columns(),
            declined=self.env["contact.kpi.decline"]._in_force_sql("g", date),
            kpi=kpi,
            date=date,
        )

    @api.model
    def _moved_sql(self, run):
        """SQL of how many gaps entered, left or changed a run's series on its day."""
        return SQL(
            """
            SELECT COUNT(DISTINCT v.gap_id)
              FROM contact_kpi_gap_segment v JOIN contact_kpi_gap g ON g.id = v.gap_id
             WHERE (v.since = %(date)s OR v.until = %(date)s)
               AND g.indicator_id = %(kpi)s
               AND COALESCE(v.company_id, 0) = COALESCE(%(company)s, 0)
               -- Implied, and what an index can tell: where one ends, one begins, but
               -- where it is another day already, or still.
               AND v.gap_id IN (SELECT gap_id FROM contact_kpi_gap_segment
                                 WHERE since BETWEEN %(date)s - 1 AND %(date)s + 1)
            """,
            date=SQL.identifier(run, "date"),
            kpi=SQL.identifier(run, "indicator_id"),
            company=SQL.identifier(run, "company_id"),
        )
