# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .indicator import MANY, DefinitionError, unestimated


class ContactKpiGap(models.Model):
    """The writer of the ledger; each change is one set-based statement.

    Gaps from before observation are rebuilt by ``contact.kpi.history``.
    """

    _inherit = "contact.kpi.gap"

    # -- reconciling: what is found against what is on record --------------------

    @api.model
    def _reconcile(
        self, kpis, partner_ids=None, credit=None, cause=None, rank=False, before=()
    ):
        """Make the open gaps match what the definitions find.

        For some customers one query finds the differences, and one statement writes
        them if there are any, whatever the number of indicators. For all customers a
        single statement does both.

        Within a transaction the order of changes does not matter: a gap that opens and
        closes in it leaves no row, one that closes and opens again goes on untouched.

        :param kpis: the indicators; empty: all active ones
        :param partner_ids: only these partners and their commercial entities; None: all
            customers, of exactly one indicator
        :param credit: ``{partner id: user id}`` of who is credited with what closes
        :param cause: why gaps open or close, if not because a customer changed:
            ``initial`` (the indicator is new), ``redefined``, or None
        :param rank: also refresh the stars (``priority``) of gaps that stay open
        :param before: statements to execute first, in the same round trip; they must be
            idempotent; for some customers only
        :return: (opened, closed), numbers of gaps
        :raise DefinitionError: one no longer fits the database; the ledger is unchanged
        """
        if partner_ids is not None and not partner_ids:
            return 0, 0
        if partner_ids is None:
            return self._reconcile_everybody(kpis, cause)
        terms, rows = self._differing_of(kpis, partner_ids, credit or {}, rank, before)
        if not rows:
            return 0, 0
        counts = self._write_difference(
            self._difference_sql(
                self._handed_back_sql(rows), terms.today(self._now()), cause
            )
        )
        self._after_change(kpis, rows)
        return counts

    @api.model
    def _reconcile_everybody(self, kpi, cause):
        """:meth:`_reconcile` of all customers, by one indicator."""
        kpi._expect_many()
        # Contacts still to be classified would count as missing.
        self.env["res.partner"]._contact_kpi_run_pending()
        today = kpi._terms_seen().today(self._now())
        known = SQL(
            "SELECT 1 FROM contact_kpi_gap WHERE indicator_id = %s"
            " ORDER BY opened_on LIMIT 1",
            kpi.id,
        )
        if not self.env.execute_query(known):
            return self._write_difference(self._first_fill_sql(kpi, today, cause))
        differing = self._differing_of_all_sql(kpi)
        counts = self._write_difference(
            self._difference_sql(differing, today, cause, self._stars_sql(SQL("TRUE")))
        )
        self._after_change(kpi)
        return counts

    @api.model
    def _write_difference(self, statement):
        """Execute a statement that writes the ledger; return its (opened, closed)."""
        self.env.flush_all()
        [counts] = self.env.execute_query(statement)
        for model in (self._name, "contact.kpi.gap.segment", "contact.kpi.decline"):
            self.env[model].invalidate_model(flush=False)
        return counts

    @api.model
    def _differing_of(self, kpis, partner_ids, credit, rank, before):
        """Find what differs for some customers: one query, two if terms were stale.

        :return: (the terms that they were judged by, rows); each row is a dict of
            :meth:`_differing_columns` and :meth:`_columns_beside`
        :raise DefinitionError: a definition no longer fits the database
        """
        self.env.flush_all()
        kept = kpis._terms()
        try:
            found = self._ask_differing(kept, kpis, partner_ids, credit, rank, before)
            before = ()
        except DefinitionError:
            if kpis._terms_seen() == kept:
                raise
            found = {"valid": False}
        if found["valid"]:
            return kept, found["rows"]
        # Cached by a transaction that saw another state of the database.
        self.env.registry.clear_cache()
        seen = kpis._terms_seen()
        found = self._ask_differing(seen, kpis, partner_ids, credit, rank, before)
        return seen, found["rows"]

    @api.model
    def _ask_differing(self, terms, kpis, partner_ids, credit, rank, before):
        """Find what differs, and whether the database agrees with the terms.

        One round trip. A definition may fail on certain values only, which must not
        abort the user's transaction: hence the savepoint. The driver hands out the
        result of the last statement only, so the answer travels in a setting.

        :param before: see :meth:`_reconcile`
        :return: ``{"valid": bool, "rows": list}``
        :raise DefinitionError: a definition failed
        """
        asked = self._asked_sql(terms, kpis, partner_ids, credit, rank)
        if asked is None:
            for statement in before:
                self.env.cr.execute(statement)
            return {"valid": kpis._terms_seen() == terms, "rows": []}
        steps = [
            *before,
            SQL("SAVEPOINT contact_kpi"),
            asked,
            SQL("RELEASE SAVEPOINT contact_kpi"),
            SQL("SELECT current_setting('contact_kpi.answer')"),
        ]
        cr = self.env.cr
        try:
            with tools.mute_logger("odoo.sql_db"):
                [(answer,)] = self.env.execute_query(SQL("; ").join(steps))
        except OperationalError:
            raise
        except DatabaseError as error:
            cr.execute("ROLLBACK TO SAVEPOINT contact_kpi")
            cr.execute("RELEASE SAVEPOINT contact_kpi")
            raise DefinitionError(type(error).__name__) from error
        except ValueError as error:
            # Raised by psycopg2: a string with a NUL character.
            raise DefinitionError(str(error)) from error
        return json.loads(answer)

    @api.model
    def _asked_sql(self, terms, kpis, partner_ids, credit, rank):
        """SQL that puts the differences of some customers into a setting, as JSON.

        It also notes these customers for the next recount. None without an indicator.
        """
        known = [kpi_id for kpi_id, *_texts in terms.definitions]
        ids = [kpi_id for kpi_id in known if not kpis or kpi_id in kpis._ids]
        if not ids:
            return None
        return SQL(
            """
            WITH touched AS (%(touched)s),
            -- Planned apart: joined into one, there are more plans to weigh than rows.
            found AS MATERIALIZED (%(found)s),
            ledger AS MATERIALIZED (%(ledger)s),
            differing AS (%(differing)s), noted AS (%(noted)s)
            SELECT set_config('contact_kpi.answer', json_build_object(
                'valid', (%(terms)s) = %(text)s,
                'rows', (SELECT COALESCE(json_agg(differing), '[]') FROM differing)
            )::text, TRUE)
            """,
            touched=self._touched_heads_sql(partner_ids, credit),
            found=self._found_among_sql(terms, ids),
            ledger=self._open_sql(ids, SQL("ARRAY(SELECT id FROM touched)")),
            differing=self._differing_of_some_sql(ids, rank),
            noted=self._noted_sql(ids),
            terms=kpis._terms_sql(),
            text=terms.text,
        )

    @api.model
    def _found_among_sql(self, terms, kpi_ids):
        """SQL of what each of these indicators finds among the touched customers."""
        kpis = self.env["contact.kpi"]
        return SQL(" UNION ALL ").join(
            self._found_sql(kpi_id, kpis._found_among(terms, kpi_id))
            for kpi_id in kpi_ids
        )

    @api.model
    def _noted_sql(self, kpi_ids):
        """SQL that notes the touched customers for the next refresh to recount."""
        return self.env["contact.kpi.customer.change"]._note_sql(
            SQL("%s::int[]", kpi_ids), SQL("SELECT id FROM touched")
        )

    @api.model
    def _touched_heads_sql(self, partner_ids, credit):
        """SQL of touched partners and their commercial entities: id, credited user.

        Partners, too: one that has just joined a family was a customer of its own. The
        last user credited within a family wins.
        """
        ids = list(partner_ids)
        return SQL(
            """
            SELECT id, (array_agg(user_id ORDER BY place DESC)
                        FILTER (WHERE user_id IS NOT NULL))[1] AS user_id
              FROM (SELECT unnest(ARRAY[t.id, p.commercial_partner_id]) AS id,
                           t.user_id, t.place
                      FROM unnest(%s::int[], %s::int[])
                           WITH ORDINALITY AS t (id, user_id, place)
                      LEFT JOIN res_partner p ON p.id = t.id) AS each
             WHERE id IS NOT NULL
             GROUP BY id
            """,
            ids,
            [credit.get(partner_id) for partner_id in ids],
        )

    @api.model
    def _found_sql(self, kpi_id, found):
        """SQL of the customers that an indicator finds, in the ledger's terms."""
        names = self.env["contact.kpi.gap.segment"]._names()
        return SQL(
            "SELECT %s AS indicator_id, found.id AS partner_id, found.missing, %s"
            " FROM (%s) AS found",
            kpi_id,
            SQL(", ").join(SQL.identifier("found", name) for name in names),
            found,
        )

    @api.model
    def _open_sql(self, kpi_ids, partners=None):
        """SQL of the open gaps, each with the version in force (columns ``was_…``).

        :param partners: SQL of an array of customers' ids; None: all
        """
        return SQL(
            """
            SELECT g.indicator_id, g.partner_id, g.id AS gap_id, g.opened_at,
                   g.company_id AS gap_company_id, g.user_id AS gap_user_id,
                   g.priority, %s
              FROM contact_kpi_gap g
              LEFT JOIN contact_kpi_gap_segment v
                ON v.gap_id = g.id AND v.until IS NULL
             WHERE g.indicator_id = ANY(%s) AND g.closed_at IS NULL AND %s
            """,
            self.env["contact.kpi.gap.segment"]._version_columns("was_"),
            kpi_ids,
            SQL("g.partner_id = ANY(%s)", partners) if partners else SQL("TRUE"),
        )

    @api.model
    def _differs_sql(self):
        """SQL condition: a customer as ``found`` disagrees with its ``ledger`` row."""
        return SQL(
            """(ledger.gap_id IS NULL AND found.missing)
            OR (ledger.gap_id IS NOT NULL AND found.missing IS NOT TRUE)
            OR (ledger.gap_id IS NOT NULL
                AND (ledger.gap_company_id, ledger.gap_user_id, %s)
                    IS DISTINCT FROM (found.company_id, found.user_id, %s))""",
            self._version_columns_of("ledger", "was_"),
            self._version_columns_of("found"),
        )

    @api.model
    def _differing_of_all_sql(self, kpi):
        """SQL of the differences of all customers, by one indicator."""
        return SQL(
            """
            WITH found AS (%(found)s), ledger AS (%(ledger)s)
            SELECT %(kpi)s AS indicator_id,
                   COALESCE(found.partner_id, ledger.partner_id) AS partner_id,
                   found.partner_id IS NOT NULL AS is_customer,
                   found.missing IS TRUE AS missing, ledger.gap_id, ledger.opened_at,
                   ledger.gap_company_id, NULL::int AS credited_id, %(names)s
              FROM found FULL JOIN ledger ON ledger.partner_id = found.partner_id
             WHERE %(differs)s
            """,
            found=self._found_sql(kpi.id, kpi._found()),
            ledger=self._open_sql(kpi.ids),
            kpi=kpi.id,
            names=self._version_columns_of("found"),
            differs=self._differs_sql(),
        )

    @api.model
    def _differing_of_some_sql(self, kpi_ids, rank):
        """SQL of the differences of touched customers, closings to correct included.

        :param rank: also where the stars are outdated
        """
        same = "{0}.partner_id = t.id AND {0}.indicator_id = k.id".format
        return SQL(
            """
            SELECT k.id AS indicator_id, t.id AS partner_id,
                   found.partner_id IS NOT NULL AS is_customer,
                   found.missing IS TRUE AS missing, ledger.gap_id, ledger.opened_at,
                   ledger.gap_company_id, t.user_id AS credited_id, %(names)s
              FROM touched t CROSS JOIN unnest(%(kpis)s) AS k (id)
              LEFT JOIN found ON %(same_found)s
              LEFT JOIN ledger ON %(same_ledger)s
             WHERE %(differs)s OR %(misjudged)s OR %(stars)s
            """,
            names=SQL(", ").join(
                [
                    self._version_columns_of("found"),
                    *(
                        SQL("%s AS %s", expression, SQL.identifier(name))
                        for name, expression in self._columns_beside().items()
                    ),
                ]
            ),
            kpis=kpi_ids,
            same_found=SQL(same("found")),
            same_ledger=SQL(same("ledger")),
            differs=self._differs_sql(),
            misjudged=self._misjudged_sql(),
            stars=self._stars_differ_sql() if rank else SQL("FALSE"),
        )

    @api.model
    def _columns_beside(self):
        """What else :meth:`_after_change` is told of a touched customer.

        For other models to extend by ``super()``, so that it costs no query more.

        :return: ``{name: SQL}``, of the customer ``t.id`` and the indicator ``k.id``
        """
        return {}

    @api.model
    def _misjudged_sql(self):
        """SQL condition: this transaction closed the gap for a reason now wrong.

        The ledger was read halfway: the gap closed as completed, and then the customer
        left; or the other way round.
        """
        return SQL(
            """(found.missing IS NOT TRUE AND EXISTS (
                SELECT FROM contact_kpi_gap g
                 WHERE g.partner_id = t.id AND g.indicator_id = k.id
                   AND g.closed_at = %s AND g.close_reason IN ('completed', 'left')
                   AND g.close_reason != CASE WHEN found.partner_id IS NULL
                                              THEN 'left' ELSE 'completed' END))""",
            self._now_sql(),
        )

    @api.model
    def _stars_differ_sql(self):
        """SQL condition: the open gap of a touched customer has outdated stars."""
        return SQL(
            """(ledger.gap_id IS NOT NULL AND ledger.priority IS DISTINCT FROM COALESCE(
                (SELECT priority FROM (%s) AS stars WHERE stars.partner_id = t.id),
                '0'))""",
            self._stars_sql(SQL("p.commercial_partner_id = t.id")),
        )

    @api.model
    def _stars_sql(self, heads):
        """SQL of (partner_id, priority), for customers whose family has orders.

        :param heads: SQL condition on the customers ``p.commercial_partner_id``
        """
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id,
                   (CASE WHEN bool_or(o.state IN ('draft', 'sent')) THEN 2 ELSE 0 END
                    + CASE WHEN bool_or(o.state = 'sale' AND o.date_order >= %s)
                           THEN 1 ELSE 0 END)::text AS priority
              FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state IN ('draft', 'sent', 'sale') AND %s
             GROUP BY p.commercial_partner_id
            """,
            fields.Datetime.subtract(self._now(), years=1),
            heads,
        )

    @api.model
    def _differing_columns(self):
        """Columns of a difference, ``{name: PostgreSQL type}``, the version's last."""
        version = self.env["contact.kpi.gap.segment"]
        return {
            "indicator_id": "int",
            "partner_id": "int",
            "is_customer": "bool",
            "missing": "bool",
            "gap_id": "int",
            "opened_at": "timestamp",
            "gap_company_id": "int",
            "credited_id": "int",
            **{name: version._fields[name].column_type[1] for name in version._names()},
        }

    @api.model
    def _handed_back_sql(self, rows):
        """SQL of a recordset of differences that an earlier query has returned."""
        columns = self._differing_columns()
        return SQL(
            "SELECT * FROM json_to_recordset(%s::json) AS row (%s)",
            json.dumps(rows),
            SQL(", ").join(
                SQL("%s %s", SQL.identifier(name), SQL(column_type))
                for name, column_type in columns.items()
            ),
        )

    # -- reconciling: writing what differs ---------------------------------------

    @api.model
    def _difference_sql(self, differing, today, cause, stars=None):
        """The one statement that writes differences.

        All its CTEs see the ledger as it was before. Each row of ``diff`` is written by
        the one that is about what is found of the customer and of its gap::

            found        gap on record                 part      what it does
            missing      none                          opened    a gap opens
            missing      closed by this transaction    resumed   that gap goes on
            missing      open                          followed  follows its customer
            not missing  open since before             closed    closes, with a reason
            not missing  opened by this transaction    vanished  its row is deleted
            not missing  closed by this transaction    judged    corrects the reason

        Of gaps that stay open (``moved``), ``past`` and ``present`` write the versions;
        ``refusing`` carries refusals over to those that are new.

        :param differing: SQL of a SELECT of :meth:`_differing_columns`
        :param today: :class:`Days`
        :param cause: see :meth:`_reconcile`
        :param stars: :meth:`_stars_sql` of all customers; None: of those who lack it
        :return: SQL of the numbers of gaps opened and closed
        """
        lacking = SQL("(SELECT partner_id FROM diff WHERE missing)")
        parts = {
            "diff": differing,
            "stars": stars
            or self._stars_sql(SQL("p.commercial_partner_id IN %s", lacking)),
            "vanished": self._vanished_sql(),
            "closed": self._closed_sql(cause),
            "followed": self._followed_sql(),
            "resumed": self._resumed_sql(),
            "moved": self._moved_sql(),
            "past": self._past_sql(),
            "present": self._present_sql(),
            "judged": self._judged_sql(),
            "opened": self._opened_sql(
                cause,
                new=SQL(
                    "%s AND NOT %s",
                    unestimated(SQL("diff.gap_id IS NULL AND diff.missing")),
                    self._earlier_sql(SQL("g.closed_at = %s", self._now_sql())),
                ),
                came_back=self._earlier_sql(SQL("g.close_reason = 'completed'")),
            ),
            "refusing": self._refusing_sql(),
        }
        return self._statement_sql(
            today,
            parts,
            SQL("(SELECT COUNT(*) FROM opened), (SELECT COUNT(*) FROM closed)"),
        )

    @api.model
    def _first_fill_sql(self, kpi, today, cause):
        """The statement for an indicator that has no gap yet: it only inserts."""
        found = self._found_sql(kpi.id, kpi._found())
        lacking = unestimated(SQL("missing"))
        parts = {
            "diff": SQL("SELECT * FROM (%s) AS found WHERE %s", found, lacking),
            "stars": self._stars_sql(SQL("TRUE")),
            "opened": self._opened_sql(cause, new=SQL("TRUE"), came_back=SQL("FALSE")),
        }
        return self._statement_sql(
            today, parts, SQL("(SELECT COUNT(*) FROM opened), 0")
        )

    @api.model
    def _statement_sql(self, today, parts, result):
        """SQL of a SELECT over these CTEs and ``day``, today's date of each series."""
        return SQL(
            "WITH day (company_id, today) AS (VALUES %s), %s SELECT %s",
            today.values_sql(),
            SQL(", ").join(
                SQL("%s AS (%s)", SQL.identifier(name), part)
                for name, part in parts.items()
            ),
            result,
        )

    @api.model
    def _vanished_sql(self):
        """Delete gaps that this transaction opened and closes again."""
        return SQL(
            """
            DELETE FROM contact_kpi_gap g USING diff
             WHERE g.id = diff.gap_id AND NOT diff.missing AND diff.opened_at = %s
            """,
            self._now_sql(),
        )

    @api.model
    def _closed_sql(self, cause):
        """Close the gaps of customers that no longer lack it, or are none any more."""
        return SQL(
            """
            UPDATE contact_kpi_gap g
               SET closed_at = GREATEST(%(now)s, g.opened_at),
                   closed_on = GREATEST(day.today, g.opened_on),
                   closed_by_id = diff.credited_id,
                   close_reason = CASE WHEN %(redefined)s THEN 'redefined'
                                       WHEN diff.is_customer THEN 'completed'
                                       ELSE 'left' END,
                   days_to_complete = CASE
                       WHEN diff.is_customer AND NOT %(redefined)s
                        AND g.origin IN ('observed', 'reconstructed')
                       THEN GREATEST(EXTRACT(EPOCH FROM %(now)s - g.opened_at), 0)
                            / 86400
                   END
              FROM diff JOIN day ON day.company_id = COALESCE(diff.gap_company_id, 0)
             WHERE g.id = diff.gap_id AND NOT diff.missing AND diff.opened_at != %(now)s
            RETURNING g.id
            """,
            now=self._now_sql(),
            redefined=cause in ("initial", "redefined"),
        )

    @api.model
    def _followed_sql(self):
        """Update gaps that stay open: company, salesperson, stars.

        Also the values at opening, of gaps that this transaction opened.
        """
        return SQL(
            """
            UPDATE contact_kpi_gap g
               SET company_id = diff.company_id, user_id = diff.user_id,
                   opened_on = LEAST(g.opened_on, day.today),
                   priority = COALESCE(stars.priority, '0'), %s
              FROM diff JOIN day ON day.company_id = COALESCE(diff.company_id, 0)
              LEFT JOIN stars ON stars.partner_id = diff.partner_id
             WHERE g.id = diff.gap_id AND diff.missing
            """,
            self._set_at_opening_sql(),
        )

    @api.model
    def _set_at_opening_sql(self):
        """SQL assignments of the values at opening: kept, unless it opened just now."""
        at_opening = [("opening_user_id", "user_id")]
        at_opening += [(name, name) for name in self._segment_names()]
        return SQL(", ").join(
            SQL(
                "%(column)s = CASE WHEN g.opened_at = %(now)s"
                " THEN %(new)s ELSE %(old)s END",
                column=SQL.identifier(column),
                now=self._now_sql(),
                new=SQL.identifier("diff", name),
                old=SQL.identifier("g", column),
            )
            for column, name in at_opening
        )

    @api.model
    def _resumed_sql(self):
        """Reopen gaps that this transaction closed and that are missing after all."""
        return SQL(
            """
            UPDATE contact_kpi_gap g
               SET closed_at = NULL, closed_on = NULL, closed_by_id = NULL,
                   close_reason = NULL, days_to_complete = NULL,
                   company_id = diff.company_id, user_id = diff.user_id
              FROM diff
             WHERE diff.gap_id IS NULL AND diff.missing
               AND g.partner_id = diff.partner_id
               AND g.indicator_id = diff.indicator_id AND g.closed_at = %s
            RETURNING g.id, g.partner_id, g.indicator_id
            """,
            self._now_sql(),
        )

    @api.model
    def _moved_sql(self):
        """SELECT older gaps that stay open, with their former and their new version."""
        return SQL(
            """
            SELECT kept.*, v.since AS was_since, %s,
                   COALESCE(v.since, g.opened_on) AS was_from,
                   was_day.today AS was_until, day.today,
                   was_day.today <= COALESCE(v.since, g.opened_on) AS same_day,
                   v.since IS NULL AND day.today <= g.opened_on AS at_opening
              FROM (SELECT diff.*, COALESCE(diff.gap_id, resumed.id) AS kept_id
                      FROM diff
                      LEFT JOIN resumed ON resumed.partner_id = diff.partner_id
                                       AND resumed.indicator_id = diff.indicator_id
                     WHERE diff.missing) kept
              JOIN contact_kpi_gap g ON g.id = kept.kept_id
              LEFT JOIN contact_kpi_gap_segment v
                ON v.gap_id = g.id AND v.until IS NULL
              JOIN day ON day.company_id = COALESCE(kept.company_id, 0)
              JOIN day was_day ON was_day.company_id = COALESCE(
                   CASE WHEN v.id IS NULL THEN g.company_id ELSE v.company_id END, 0)
             WHERE g.opened_at != %s
            """,
            self.env["contact.kpi.gap.segment"]._version_columns("was_"),
            self._now_sql(),
        )

    @api.model
    def _past_sql(self):
        """Insert the former version, now ended, of gaps that changed on another day."""
        return SQL(
            """
            INSERT INTO contact_kpi_gap_segment (gap_id, since, until, %(names)s)
            SELECT kept_id, was_since, was_until, %(was)s
              FROM moved
             WHERE NOT same_day AND (%(was)s) IS DISTINCT FROM (%(is)s)
            """,
            **self._versions_sql(),
        )

    @api.model
    def _present_sql(self):
        """Insert the new version of gaps that changed, or update the one in force."""
        return SQL(
            """
            INSERT INTO contact_kpi_gap_segment (gap_id, since, %(names)s)
            SELECT kept_id,
                   CASE WHEN same_day AND at_opening THEN NULL ELSE today END, %(is)s
              FROM moved
             WHERE (%(was)s) IS DISTINCT FROM (%(is)s)
            ON CONFLICT (gap_id) WHERE until IS NULL DO UPDATE
               SET since = EXCLUDED.since, %(excluded)s
            """,
            excluded=SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), SQL.identifier("excluded", name))
                for name in self.env["contact.kpi.gap.segment"]._names()
            ),
            **self._versions_sql(),
        )

    @api.model
    def _judged_sql(self):
        """Correct why gaps closed that this transaction has closed already."""
        return SQL(
            """
            UPDATE contact_kpi_gap g
               SET close_reason = now.reason,
                   closed_by_id = COALESCE(now.credited_id, g.closed_by_id),
                   days_to_complete = CASE
                       WHEN now.reason = 'completed'
                        AND g.origin IN ('observed', 'reconstructed')
                       THEN EXTRACT(EPOCH FROM g.closed_at - g.opened_at) / 86400
                   END
              FROM (SELECT *, CASE WHEN is_customer THEN 'completed'
                                   ELSE 'left' END AS reason
                      FROM diff WHERE NOT missing) AS now
             WHERE g.partner_id = now.partner_id AND g.indicator_id = now.indicator_id
               AND g.closed_at = %s AND g.close_reason != now.reason
               AND g.close_reason IN ('completed', 'left')
            """,
            self._now_sql(),
        )

    @api.model
    def _opened_sql(self, cause, new, came_back):
        """Insert new gaps.

        :param cause: see :meth:`_reconcile`
        :param new: SQL condition: which rows of ``diff``
        :param came_back: SQL condition: the customer has completed such a gap before
        """
        return SQL(
            """
            INSERT INTO contact_kpi_gap
                   (indicator_id, partner_id, company_id, user_id, opening_user_id,
                    opened_at, opened_on, origin, priority, came_back, %(columns)s)
            SELECT diff.indicator_id, diff.partner_id, diff.company_id, diff.user_id,
                   diff.user_id, %(now)s, day.today, %(origin)s,
                   COALESCE(stars.priority, '0'), %(came_back)s, %(segments)s
              FROM diff JOIN day ON day.company_id = COALESCE(diff.company_id, 0)
              LEFT JOIN stars ON stars.partner_id = diff.partner_id
             WHERE %(new)s
            -- Two transactions at once: the later one is retried, not refused.
            ON CONFLICT DO NOTHING
            RETURNING id, indicator_id, partner_id, opened_on
            """,
            columns=self._segment_columns(),
            now=self._now_sql(),
            origin=cause or "observed",
            came_back=came_back,
            new=new,
            segments=SQL(", ").join(
                SQL.identifier("diff", name) for name in self._segment_names()
            ),
        )

    @api.model
    def _earlier_sql(self, condition):
        """SQL condition: the customer of ``diff`` has an earlier such gap ``g``."""
        return SQL(
            """EXISTS (SELECT 1 FROM contact_kpi_gap g
                        WHERE g.partner_id = diff.partner_id
                          AND g.indicator_id = diff.indicator_id AND %s)""",
            condition,
        )

    @api.model
    def _refusing_sql(self):
        """Carry refusals over to the new gaps of customers that left and came back.

        A refusal ends with a contact, its withdrawal or its review date only.
        """
        return SQL(
            """
            INSERT INTO contact_kpi_decline
                   (gap_id, reason_id, declined_on, review_on,
                    create_uid, create_date, write_uid, write_date)
            SELECT DISTINCT ON (opened.id)
                   opened.id, d.reason_id, opened.opened_on, d.review_on,
                   d.create_uid, %(now)s, d.create_uid, %(now)s
              FROM contact_kpi_decline d
              JOIN contact_kpi_gap g ON g.id = d.gap_id
              JOIN opened ON opened.partner_id = g.partner_id
                         AND opened.indicator_id = g.indicator_id
             WHERE g.close_reason IN ('left', 'redefined') AND d.ended_on IS NULL
               AND (d.review_on IS NULL OR d.review_on > opened.opened_on)
               AND NOT EXISTS (SELECT 1 FROM contact_kpi_gap later
                                WHERE later.partner_id = g.partner_id
                                  AND later.indicator_id = g.indicator_id
                                  AND later.closed_at > g.closed_at)
             ORDER BY opened.id, d.declined_on DESC, d.id DESC
            """,
            now=self._now_sql(),
        )

    @api.model
    def _after_change(self, kpis, rows=None):
        """Hook after reconciling, for models that follow the ledger to extend.

        :param kpis: the indicators; empty: all active ones
        :param rows: what differed, see :meth:`_differing_of`; None: anybody may have
        """

    @api.model
    def _now(self):
        return self.env["res.company"]._contact_kpi_now()

    @api.model
    def _now_sql(self):
        return SQL("%s::timestamp", self._now())

    @api.model
    def _version_columns_of(self, table, prefix=""):
        """SQL of the columns of a version, qualified, with a table's prefix."""
        names = self.env["contact.kpi.gap.segment"]._names()
        return SQL(", ").join(SQL.identifier(table, prefix + name) for name in names)

    @api.model
    def _versions_sql(self):
        """SQL of the columns of a version: bare names, former values, new values."""
        names = self.env["contact.kpi.gap.segment"]._names()
        return {
            "names": SQL(", ").join(map(SQL.identifier, names)),
            "was": self._version_columns_of("moved", "was_"),
            "is": self._version_columns_of("moved"),
        }

    @api.model
    def _reconcile_changed(self, kpi, parts, since):
        """Reconcile the customers that may have changed since a day.

        Those noted by hooks, those with anything dated later, and those that the
        verification finds to differ.

        :param parts: the sevenths of the customers to verify
        :param since: a day, exclusive; later entries of the ledger may come from
            transactions that the last count did not see
        :return: (ids, number of them that only the verification found); or (None,
            number of gaps changed) where all customers had to be reconciled
        """
        # Contacts still to be classified would count as missing.
        self.env["res.partner"]._contact_kpi_run_pending()
        self.env.flush_all()
        states = self.env["contact.kpi.customer.state"]
        ids, _orphans = self._changed_since(kpi, since)
        ids |= self.env["contact.kpi.customer.change"]._noted(kpi)
        differing = None
        if states._any(kpi):
            differing = states._differing(kpi, parts) if parts else []
        if differing is None or len(ids) + len(differing) > MANY:
            return None, sum(self._reconcile(kpi))
        found = set(differing) - ids
        ids = [*ids, *found]
        self._reconcile(kpi, ids)
        return ids, len(found)

    @api.model
    def _keep_within(self, today, kpi):
        """Cap the dates in the ledger at today's date of their company.

        There are later ones only after a company's time zone was moved back. Three
        statements.

        :param today: :meth:`res.company._contact_kpi_today`
        """
        self.env["res.partner"]._contact_kpi_run_pending()
        self.env.flush_all()
        for table, company, first, last in (
            ("contact_kpi_gap", "t.company_id", "opened_on", "closed_on"),
            ("contact_kpi_gap_segment", "t.company_id", "since", "until"),
            ("contact_kpi_decline", "g.company_id", "declined_on", "ended_on"),
        ):
            within = self._within_sql(today, kpi, table, SQL(company), first, last)
            self.env.cr.execute(within)
            if self.env.cr.rowcount:
                self.env.invalidate_all(flush=False)

    @api.model
    def _within_sql(self, today, kpi, table, company, first, last):
        """SQL that caps both dates of a table's rows at their company's today."""
        return SQL(
            """
            UPDATE %(table)s t
               SET %(first)s = CASE WHEN t.%(first)s > day.today
                                    THEN day.today ELSE t.%(first)s END,
                   %(last)s = CASE WHEN t.%(last)s > day.today
                                   THEN day.today ELSE t.%(last)s END
              FROM contact_kpi_gap g, (VALUES %(days)s) AS day (key, today)
             WHERE g.id = %(gap)s AND g.indicator_id = %(kpi)s
               AND day.key = COALESCE(%(company)s, 0)
               AND (t.%(first)s > %(least)s OR t.%(last)s > %(least)s)
               AND (t.%(first)s > day.today OR t.%(last)s > day.today)
            """,
            table=SQL.identifier(table),
            first=SQL.identifier(first),
            last=SQL.identifier(last),
            company=company,
            gap=SQL("t.id" if table == "contact_kpi_gap" else "t.gap_id"),
            kpi=kpi.id,
            least=min(today.values()),
            days=today.values_sql(),
        )

    @api.model
    def _changed_since(self, kpi, date):
        """Customers whose gaps may no longer be what they were at the end of a day.

        :return: (partner ids, ids of gaps whose customer was deleted)
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id, partner_id FROM contact_kpi_gap"
                " WHERE indicator_id = %s AND id IN (%s)",
                kpi.id,
                self._ids_changed_sql(kpi, date),
            )
        )
        partners = {partner for _gap, partner in rows if partner}
        return partners, [gap for gap, partner in rows if not partner]

    @api.model
    def _ids_changed_sql(self, kpi, date):
        """SQL of the ids of gaps with an entry dated after a day.

        Versions and refusals may belong to other indicators' gaps: the caller filters.
        """
        return SQL(
            """
            SELECT id FROM contact_kpi_gap
             WHERE indicator_id = %(kpi)s AND opened_on > %(date)s
             UNION ALL
            SELECT id FROM contact_kpi_gap
             WHERE indicator_id = %(kpi)s AND closed_on > %(date)s
             UNION ALL
            -- Days of two companies: one may be a day ahead.
            SELECT gap_id FROM contact_kpi_gap_segment WHERE since >= %(date)s
             UNION ALL
            SELECT gap_id FROM contact_kpi_decline
             WHERE declined_on > %(date)s OR ended_on > %(date)s
                OR review_on BETWEEN %(date)s AND %(latest)s
            """,
            kpi=kpi.id,
            date=date,
            latest=max(self.env["res.company"]._contact_kpi_today().values()),
        )

    @api.model
    def _rank(self, kpi, partner_ids=None, since=None):
        """Refresh the stars of open gaps from the family's orders. One statement.

        :param partner_ids: only of these customers; None: of all
        :param since: moment in UTC of the last refresh: also of customers with an
            order that has become older than a year since then
        """
        heads = self._ranked_sql(partner_ids, since)
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_gap g
                   SET priority = rank.priority
                  FROM (SELECT g.id, COALESCE(stars.priority, '0') AS priority
                          FROM contact_kpi_gap g
                          JOIN res_partner p ON p.id = g.partner_id
                          LEFT JOIN (%s) stars ON stars.partner_id = g.partner_id
                         WHERE g.indicator_id = %s AND g.closed_at IS NULL
                           AND %s) rank
                 WHERE g.id = rank.id AND g.priority IS DISTINCT FROM rank.priority
                """,
                self._stars_sql(heads),
                kpi.id,
                heads,
            )
        )
        self.invalidate_model(["priority"], flush=False)

    @api.model
    def _ranked_sql(self, partner_ids, since):
        """SQL condition: partner ``p`` is of a customer that :meth:`_rank` is about."""
        if partner_ids is None:
            return SQL("TRUE")
        now = self._now()
        return SQL(
            """p.commercial_partner_id IN (
                SELECT unnest(%s::int[]) UNION ALL
                SELECT aged.commercial_partner_id
                  FROM sale_order o JOIN res_partner aged ON aged.id = o.partner_id
                 WHERE o.date_order >= %s AND o.date_order < %s)""",
            list(partner_ids),
            fields.Datetime.subtract(since or now, years=1),
            fields.Datetime.subtract(now, years=1),
        )

    def unlink(self):  # pylint: disable=method-required-super
        """Detach closed gaps from their customers; the rows stay for past totals.

        For Odoo's privacy lookup and data cleaning, which delete in superuser mode. An
        open gap states a present fact and keeps its customer, until that one is
        completed or deleted. One statement.
        """
        self.check_access("unlink")
        self.env["res.partner"]._contact_kpi_run_pending()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE contact_kpi_gap SET partner_id = NULL"
                " WHERE id = ANY(%s) AND closed_at IS NOT NULL",
                self.ids,
            )
        )
        self.invalidate_model(["partner_id"], flush=False)
        return True

    @api.model
    def _close_of_partners(self, partner_ids, reason):
        """Close the open gaps of partners that are about to be deleted or merged.

        Those opened in this transaction leave no row.

        :param reason: ``left`` (deleted) or ``merged``
        """
        if not partner_ids:
            return
        self.env["contact.kpi.customer.change"]._note(partner_ids)
        self.env.flush_all()
        self.env.cr.execute(self._gone_sql(list(partner_ids), reason))
        self.invalidate_model(flush=False)

    @api.model
    def _gone_sql(self, partner_ids, reason):
        """SQL that closes the open gaps of partners, or deletes them if just opened."""
        return SQL(
            """
            WITH vanished AS (
                DELETE FROM contact_kpi_gap g
                 WHERE g.partner_id = ANY(%(partners)s) AND g.opened_at = %(now)s
            )
            UPDATE contact_kpi_gap g
               SET closed_at = GREATEST(%(now)s, g.opened_at),
                   closed_on = GREATEST(day.today, g.opened_on),
                   close_reason = %(reason)s, closed_by_id = %(user)s,
                   days_to_complete = NULL
              FROM (VALUES %(days)s) AS day (company_id, today)
             WHERE g.partner_id = ANY(%(partners)s) AND g.opened_at != %(now)s
               AND (g.closed_at IS NULL
                    OR (g.closed_at = %(now)s
                        AND g.close_reason IN ('completed', 'left')))
               AND day.company_id = COALESCE(g.company_id, 0)
            """,
            now=self._now_sql(),
            reason=reason,
            user=self.env["res.partner"]._contact_kpi_credit(),
            days=self.env["res.company"]._contact_kpi_today().values_sql(),
            partners=partner_ids,
        )
