# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .indicator import MANY

TRUE = SQL("TRUE")
FLAGS = ("missing", "declined", "unclassified")


class ContactKpiCustomerState(models.Model):
    """How each customer was counted last, by each indicator.

    The rows of an indicator add up to its facts of the last day that was counted. So a
    night counts only those anew to whom something has happened, and adds the
    difference to the facts; and what differs from the definitions, although no hook
    has seen a change, is found by one comparison of all customers with these rows.

    Holds no personal data: numbers of a customer, of what it is counted by, and three
    answers. Whoever is deleted is counted anew, and so loses its row.
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
        # In the order of an index: else PostgreSQL reads all of another indicator's.
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
        :param condition: SQL, of a customer ``found``
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
        """SQL of the customers as they were counted.

        :param condition: SQL, of a row ``was``
        """
        return SQL(
            "SELECT was.* FROM contact_kpi_customer_state was"
            " WHERE was.indicator_id = %s AND %s",
            kpi.id,
            condition,
        )

    @api.model
    def _counted_sql(self, table):
        """SQL of all columns of a customer, found or on record."""
        company, *names = (
            SQL.identifier(table, name) for name in [*self._grain(), *FLAGS]
        )
        return SQL(", ").join([SQL("COALESCE(%s, 0)", company), *names])

    @api.model
    def _among_sql(self, partner_ids):
        """SQL: is the row of one of these customers? None: of any."""
        if partner_ids is None:
            return TRUE
        return SQL("was.partner_id = ANY(%s)", list(partner_ids))

    # -- counting anew -----------------------------------------------------------

    @api.model
    def _recount(self, kpi, partner_ids=None):
        """Put on record how customers are to be counted now. One statement.

        :param partner_ids: only these; None for everybody
        :return: of these customers, what is to be added to the counts, a list of
            (grain…, counts…); of everybody nothing: :meth:`_counts_sql` has them
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
        """Remove the rows of whoever is no customer any more."""
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
        """Write the rows of whoever is new, or is counted otherwise than before."""
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
        """SQL of what is to be added to the counts, by grain, where it is anything.

        :param some: whether it is asked for; else there are no rows
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
        """SQL of the counts of customers, by grain, as they stand here.

        :param series: ids of companies, 0 for what all of them share
        :param partner_ids: only these; None for everybody
        :param sign: what to multiply them by
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
        """Customers that are not what stands here, or not what the ledger says.

        One scan of the customers, of their rows here and of the open gaps.

        :param parts: sevenths of the customers, see ``contact.kpi._part_sql``
        :return: their ids; None where they are too many to be looked at one by one, or
            a gap has no customer any more
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._differing_sql(kpi, parts))
        ids = [partner for (partner,) in rows]
        return None if None in ids or len(ids) > MANY else ids

    @api.model
    def _differing_sql(self, kpi, parts):
        """SQL of the ids of :meth:`_differing`, up to one more than are any use."""
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
