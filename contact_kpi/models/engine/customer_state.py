# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .indicator import MANY

TRUE = SQL("TRUE")
FLAGS = ("missing", "declined", "unclassified")


class ContactKpiCustomerState(models.Model):
    """Each customer as last counted by each indicator: its grain and three flags.

    The rows of an indicator add up to its facts of the last day counted. So a refresh
    recounts only the customers that have changed and adds the differences to the
    facts; changes that no hook saw are found by comparing all customers with these
    rows, in one scan.

    No personal data: ids and flags. A deleted customer is recounted, and so loses its
    row.
    """

    _name = "contact.kpi.customer.state"
    _inherit = ["contact.kpi.grain.mixin"]
    _description = "Customer as Last Counted"
    _log_access = False

    indicator_id = fields.Integer(required=True)
    partner_id = fields.Integer(required=True)
    missing = fields.Boolean()
    declined = fields.Boolean()
    unclassified = fields.Boolean("Not Yet Classified")

    _customer_uniq = models.UniqueIndex(
        "(indicator_id, partner_id)", "A customer is counted once by an indicator."
    )

    @api.model
    def _any(self, kpi):
        """Whether an indicator has counted customers before."""
        # ORDER BY, to use the index: else all rows of others might be scanned.
        rows = self.env.execute_query(
            SQL(
                "SELECT 1 FROM contact_kpi_customer_state"
                " WHERE indicator_id = %s ORDER BY partner_id LIMIT 1",
                kpi.id,
            )
        )
        return bool(rows)

    @api.model
    def _forget(self, kpis):
        """Remove the rows of indicators that are deleted."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM contact_kpi_customer_state WHERE indicator_id = ANY(%s)",
                kpis.ids,
            )
        )

    # -- what customers are now --------------------------------------------------

    @api.model
    def _found_sql(self, kpi, partner_ids=None, condition=TRUE):
        """SQL of the customers as they are now, with all columns.

        :param partner_ids: only these; None for everybody
        :param condition: SQL condition on ``found``
        """
        today = self.env["res.company"]._contact_kpi_today_sql(SQL("g.company_id"))
        return SQL(
            """
            SELECT found.*, found.id AS partner_id,
                   found.missing AND found.id IN (
                       SELECT g.partner_id FROM contact_kpi_gap g
                        WHERE g.indicator_id = %(kpi)s AND g.closed_at IS NULL
                          AND g.partner_id IS NOT NULL
                          -- Few were ever refused: the others are not looked up.
                          AND g.id IN (SELECT gap_id FROM contact_kpi_decline)
                          AND EXISTS (%(refused)s)) AS declined
              FROM (%(found)s) AS found
             WHERE %(condition)s
            """,
            kpi=kpi.id,
            refused=self.env["contact.kpi.decline"]._in_force_sql("g", today),
            found=kpi._found(partner_ids),
            condition=condition,
        )

    @api.model
    def _was_sql(self, kpi, condition):
        """SQL of the customers as last counted.

        :param condition: SQL condition on ``was``
        """
        return SQL(
            "SELECT was.* FROM contact_kpi_customer_state was"
            " WHERE was.indicator_id = %s AND %s",
            kpi.id,
            condition,
        )

    @api.model
    def _counted_sql(self, table):
        """SQL of the grain and the flags of a customer, in ``found`` or ``was``."""
        company, *names = (
            SQL.identifier(table, name) for name in [*self._grain(), *FLAGS]
        )
        return SQL(", ").join([SQL("COALESCE(%s, 0)", company), *names])

    @api.model
    def _among_sql(self, partner_ids):
        """SQL condition: row ``was`` is of one of these customers; None: of any."""
        if partner_ids is None:
            return TRUE
        return SQL("was.partner_id = ANY(%s)", list(partner_ids))

    # -- counting anew -----------------------------------------------------------

    @api.model
    def _recount(self, kpi, partner_ids=None):
        """Update the rows to how customers count now. One statement.

        :param partner_ids: only these; None for everybody
        :return: the differences to add to the facts, rows of grain and signed counts;
            for everybody none, as :meth:`_counts_sql` has the new counts
        """
        if partner_ids is not None and not partner_ids:
            return []
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                WITH found AS (%(found)s),
                was AS (%(was)s),
                gone AS (%(gone)s),
                changed AS (%(changed)s)
                %(added)s
                """,
                found=self._found_sql(kpi, partner_ids),
                was=self._was_sql(kpi, self._among_sql(partner_ids)),
                gone=self._gone_sql(),
                changed=self._changed_sql(kpi),
                added=self._added_sql(partner_ids is not None),
            )
        )

    @api.model
    def _gone_sql(self):
        """SQL that deletes the rows of those that are no customers any more."""
        return SQL(
            """
            DELETE FROM contact_kpi_customer_state s USING was
             WHERE s.id = was.id
               AND NOT EXISTS (SELECT FROM found
                                WHERE found.partner_id = was.partner_id)
            """
        )

    @api.model
    def _changed_sql(self, kpi):
        """SQL that upserts the rows of customers that are new or count differently."""
        names = [*self._grain(), *FLAGS]
        return SQL(
            """
            INSERT INTO contact_kpi_customer_state (indicator_id, partner_id, %(names)s)
            SELECT %(kpi)s, found.partner_id, %(is)s
              FROM found LEFT JOIN was ON was.partner_id = found.partner_id
             WHERE (%(is)s) IS DISTINCT FROM (%(before)s)
            ON CONFLICT (indicator_id, partner_id) DO UPDATE SET %(excluded)s
            """,
            kpi=kpi.id,
            names=SQL(", ").join(map(SQL.identifier, names)),
            before=self._counted_sql("was"),
            excluded=SQL(", ").join(
                SQL("%s = %s", SQL.identifier(n), SQL.identifier("excluded", n))
                for n in names
            ),
            **{"is": self._counted_sql("found")},
        )

    @api.model
    def _added_sql(self, some):
        """SQL of the differences of counts by grain, as far as they are not zero.

        :param some: whether they are asked for; else there are no rows
        """
        return SQL(
            """
            SELECT %(grain)s, %(sums)s
              FROM (SELECT 1, %(is)s FROM found
                     UNION ALL
                    SELECT -1, %(before)s FROM was) AS each (sign, %(names)s)
             WHERE %(some)s
             GROUP BY %(grain)s
            HAVING (%(sums)s) != (0, 0, 0, 0)
            """,
            grain=SQL(", ").join(map(SQL.identifier, self._grain())),
            sums=self._sums_sql(SQL("sign")),
            before=self._counted_sql("was"),
            names=SQL(", ").join(map(SQL.identifier, [*self._grain(), *FLAGS])),
            some=some,
            **{"is": self._counted_sql("found")},
        )

    @api.model
    def _sums_sql(self, sign):
        """SQL of the counts of a set of customers, each times a sign."""
        return SQL(
            "SUM(%(sign)s)::int, SUM(%(sign)s * missing::int)::int,"
            " SUM(%(sign)s * declined::int)::int,"
            " SUM(%(sign)s * unclassified::int)::int",
            sign=sign,
        )

    @api.model
    def _counts_sql(self, kpi, series, partner_ids=None, sign=1):
        """SQL of the counts by grain, from these rows.

        :param series: ids of companies, 0 for what all of them share
        :param partner_ids: only these; None for everybody
        :param sign: factor of the counts, 1 or -1
        """
        grain = SQL(", ").join(map(SQL.identifier, self._grain()))
        return SQL(
            "SELECT %s, %s FROM (%s) AS each GROUP BY %s",
            grain,
            self._sums_sql(SQL("%s", sign)),
            self._was_sql(
                kpi,
                SQL(
                    "was.company_id = ANY(%s) AND %s",
                    list(series),
                    self._among_sql(partner_ids),
                ),
            ),
            grain,
        )

    # -- verification --------------------------------------------------------------

    @api.model
    def _differing(self, kpi, parts):
        """Customers that differ from their rows here, or from the ledger.

        One scan each of customers, of these rows and of the open gaps.

        :param parts: sevenths of the customers, see ``contact.kpi._part_sql``
        :return: their ids; None where they are more than :data:`MANY`, or a gap has no
            customer any more: then everybody is to be looked at
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._differing_sql(kpi, parts))
        ids = [partner for (partner,) in rows]
        return None if None in ids or len(ids) > MANY else ids

    @api.model
    def _differing_sql(self, kpi, parts):
        """SQL of the ids of :meth:`_differing`, at most one more than :data:`MANY`."""
        return SQL(
            """
            WITH found AS (%(found)s), was AS (%(was)s), ledger AS (%(ledger)s)
            SELECT COALESCE(found.partner_id, was.partner_id, ledger.partner_id)
              FROM found FULL JOIN was ON was.partner_id = found.partner_id
              FULL JOIN ledger
                ON ledger.partner_id = COALESCE(found.partner_id, was.partner_id)
             WHERE (%(is)s) IS DISTINCT FROM (%(before)s) OR %(differs)s
             LIMIT %(most)s
            """,
            found=self._found_sql(kpi, None, kpi._part_sql(parts, SQL("found.id"))),
            was=self._was_sql(kpi, kpi._part_sql(parts, SQL("was.partner_id"))),
            ledger=SQL(
                "SELECT * FROM (%s) AS gap WHERE %s OR partner_id IS NULL",
                self.env["contact.kpi.gap"]._open_sql(kpi.ids),
                kpi._part_sql(parts, SQL("partner_id")),
            ),
            before=self._counted_sql("was"),
            differs=self.env["contact.kpi.gap"]._differs_sql(),
            most=MANY + 1,
            **{"is": self._counted_sql("found")},
        )
