# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

LAST = 2**31 - 1  # the greatest id: whoever comes later belongs to the last range
FAMILY = SQL("COALESCE(commercial_partner_id, id)")


class ContactKpiRulesetRange(models.Model):
    """Customers whose contacts one worker looks at, while others look at others'.

    Ranges are made when the batches of a version of the rules begin, and removed when
    all are done. They are of customers: a family is looked at as a whole, so that two
    workers never write the same head. A worker locks a range for the time of its
    transaction; if it fails, or dies, the range is as it was, for the next to take.
    """

    _name = "contact.kpi.ruleset.range"
    _description = "Contacts to Be Looked At by One Worker"
    _log_access = False

    ruleset_id = fields.Many2one(
        "contact.kpi.ruleset",
        "Contact Rules",
        required=True,
        index=True,
        ondelete="cascade",
    )
    # From the customer after this one, whose whole family has been looked at, to that.
    reached_id = fields.Integer(required=True)
    last_id = fields.Integer(required=True)
    done = fields.Boolean(required=True)
    classified = fields.Integer(required=True)

    @api.model
    def _make(self, ruleset, size):
        """Make the ranges of a version; one scan of the customers' ids.

        Waits for batches of earlier versions. When those of this version begin, none of
        theirs is at work, and none begins later, for their ranges are gone.

        :param size: contacts a range, besides the rest of the last one's family
        """
        self.env.cr.execute(
            SQL(
                "DELETE FROM contact_kpi_ruleset_range WHERE ruleset_id < %s",
                ruleset.id,
            ),
            log_exceptions=False,
        )
        self.env.cr.execute(
            SQL(
                """
                WITH family AS (
                    SELECT %(family)s AS id FROM res_partner
                     WHERE %(family)s > %(reached)s
                ), numbered AS (
                    SELECT id, (rank() OVER (ORDER BY id) - 1) / %(size)s AS part
                      FROM family
                ), bound AS (
                    SELECT %(reached)s AS reached
                     UNION SELECT MIN(id) - 1 FROM numbered WHERE part > 0 GROUP BY part
                )
                INSERT INTO contact_kpi_ruleset_range
                       (ruleset_id, reached_id, last_id, done, classified)
                SELECT %(ruleset)s, reached,
                       LEAD(reached, 1, %(last)s) OVER (ORDER BY reached), FALSE, 0
                  FROM bound
                """,
                family=FAMILY,
                reached=ruleset.last_partner_id,
                size=size,
                ruleset=ruleset.id,
                last=LAST,
            )
        )

    @api.model
    def _take(self, ruleset, size):
        """Take the first contacts that nobody else has.

        Three queries, and three for each empty range before. They are done when
        the transaction is committed.

        :param size: at most as many contacts, besides the rest of the last one's family
        :return: their ids; none when others are at work on all that remains
        """
        while True:
            self.env.cr.execute(
                SQL(
                    """SELECT id, reached_id, last_id FROM contact_kpi_ruleset_range
                        WHERE ruleset_id = %s AND NOT done
                        ORDER BY reached_id LIMIT 1 FOR UPDATE SKIP LOCKED""",
                    ruleset.id,
                ),
                log_exceptions=False,
            )
            taken = self.env.cr.fetchone()
            if not taken:
                return []
            pk, reached, last = taken
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, %s AS family FROM res_partner WHERE %s"
                    " ORDER BY family FETCH FIRST %s ROWS WITH TIES",
                    FAMILY,
                    self._between_sql(reached, last),
                    size,
                )
            )
            reached = rows[-1][1] if rows else reached
            self.env.cr.execute(
                SQL(
                    """UPDATE contact_kpi_ruleset_range
                          SET reached_id = %s, classified = classified + %s,
                              done = NOT EXISTS (SELECT FROM res_partner WHERE %s)
                        WHERE id = %s""",
                    reached,
                    len(rows),
                    self._between_sql(reached, last),
                    pk,
                )
            )
            if rows:
                return [pid for pid, _family in rows]

    @api.model
    def _between_sql(self, reached, last):
        """SQL condition: the customer of a partner has an id in ``(reached, last]``."""
        return SQL(
            """(commercial_partner_id > %(reached)s
                AND commercial_partner_id <= %(last)s
                OR commercial_partner_id IS NULL
                   AND id > %(reached)s AND id <= %(last)s)""",
            reached=reached,
            last=last,
        )

    @api.model
    def _progress(self, ruleset):
        """How far the batches of a version have come; one query.

        :return: (id of the customer up to which everybody's contacts have been looked
            at, number of contacts looked at, whether that is all); three times None
            where the version has no ranges
        """
        [progress] = self.env.execute_query(
            SQL(
                """SELECT COALESCE(MIN(reached_id) FILTER (WHERE NOT done),
                                   MAX(reached_id)),
                          SUM(classified)::int, bool_and(done)
                     FROM contact_kpi_ruleset_range WHERE ruleset_id = %s""",
                ruleset.id,
            )
        )
        return progress

    @api.model
    def _end(self, ruleset):
        """Remove the ranges of a version of which all are done."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM contact_kpi_ruleset_range WHERE ruleset_id = %s",
                ruleset.id,
            )
        )
