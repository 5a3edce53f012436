# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .contact_kpi import MANY


class ContactKpiGap(models.Model):
    """Who writes the ledger: set-based, one statement a time."""

    _inherit = "contact.kpi.gap"

    @api.model
    def _reconcile(self, kpi, partner_ids=None, credit=None, cause=None):
        """Make the open gaps those that the definition finds. One statement.

        Within one transaction the order of changes does not matter: what opens
        and closes at the same moment leaves no row, and what closes and opens
        again goes on as if nothing had been.

        :param partner_ids: only these commercial entities; None for everybody
        :param credit: ``{partner id: user id}``, who saved what closes it
        :param cause: None, or what is to blame for the differences: ``initial``
            (the indicator is new) or ``redefined``
        :return: (opened, closed), numbers of gaps
        :raise ValueError: the definition no longer fits the database
        """
        if partner_ids is not None and not partner_ids:
            return 0, 0
        if partner_ids is None:
            # Contacts that nobody looked at yet would count as missing.
            self.env["res.partner"]._contact_kpi_run_pending()
        now = self.env["res.company"]._contact_kpi_now()
        today = self.env["res.company"]._contact_kpi_today()
        names = self._segment_names()
        version = self.env["contact.kpi.gap.segment"]
        credit = credit or {}
        touched = (
            SQL("TRUE")
            if partner_ids is None
            else SQL("g.partner_id = ANY(%s)", list(partner_ids))
        )

        def columns(table, prefix=""):
            return SQL(", ").join(
                SQL.identifier(table, prefix + name) for name in version._names()
            )

        self.env.flush_all()
        [(opened, closed)] = self.env.execute_query(
            SQL(
                """
                WITH day (company_id, today) AS (VALUES %(days)s),
                credit AS (
                    SELECT *
                      FROM unnest(%(credit_partners)s::int[], %(credit_users)s::int[])
                        AS c (partner_id, user_id)
                ),
                found AS (%(found)s),
                ledger AS (
                    SELECT g.id, g.partner_id, g.opened_at,
                           g.company_id AS gap_company_id, g.user_id AS gap_user_id,
                           %(was)s
                      FROM contact_kpi_gap g
                      LEFT JOIN contact_kpi_gap_segment v
                        ON v.gap_id = g.id AND v.until IS NULL
                     WHERE g.indicator_id = %(kpi)s
                       AND g.closed_at IS NULL
                       AND %(touched)s
                ),
                diff AS (
                    SELECT found.*, ledger.id AS gap_id, ledger.opened_at,
                           ledger.gap_company_id,
                           ledger.partner_id AS gap_partner_id
                      FROM found FULL JOIN ledger ON ledger.partner_id = found.id
                     WHERE (ledger.id IS NULL AND found.missing)
                        OR (ledger.id IS NOT NULL AND found.missing IS NOT TRUE)
                        OR (ledger.id IS NOT NULL
                            AND (ledger.gap_company_id, ledger.gap_user_id,
                                 %(ledger_was)s)
                                IS DISTINCT FROM (found.company_id, found.user_id,
                                                  %(found_is)s))
                ),
                vanished AS (
                    DELETE FROM contact_kpi_gap g USING diff
                     WHERE g.id = diff.gap_id AND diff.missing IS NOT TRUE
                       AND diff.opened_at = %(now)s
                ),
                closed AS (
                    UPDATE contact_kpi_gap g
                       SET closed_at = GREATEST(%(now)s, g.opened_at),
                           closed_on = GREATEST(day.today, g.opened_on),
                           closed_by_id = credit.user_id,
                           close_reason = CASE WHEN %(redefined)s THEN 'redefined'
                                               WHEN diff.id IS NULL THEN 'left'
                                               ELSE 'completed' END,
                           days_to_complete = CASE
                               WHEN diff.id IS NOT NULL AND NOT %(redefined)s
                                AND g.origin IN ('observed', 'reconstructed')
                               THEN GREATEST(
                                   EXTRACT(EPOCH FROM %(now)s - g.opened_at), 0
                               ) / 86400
                           END
                      FROM diff
                      JOIN day ON day.company_id = COALESCE(diff.gap_company_id, 0)
                      LEFT JOIN credit ON credit.partner_id = diff.gap_partner_id
                     WHERE g.id = diff.gap_id AND diff.missing IS NOT TRUE
                       AND diff.opened_at != %(now)s
                    RETURNING g.id
                ),
                followed AS (
                    UPDATE contact_kpi_gap g
                       SET company_id = diff.company_id, user_id = diff.user_id,
                           opened_on = LEAST(g.opened_on, day.today),
                           %(at_opening)s
                      FROM diff
                      JOIN day ON day.company_id = COALESCE(diff.company_id, 0)
                     WHERE g.id = diff.gap_id AND diff.missing
                ),
                resumed AS (
                    UPDATE contact_kpi_gap g
                       SET closed_at = NULL, closed_on = NULL, closed_by_id = NULL,
                           close_reason = NULL, days_to_complete = NULL,
                           company_id = diff.company_id, user_id = diff.user_id
                      FROM diff
                     WHERE diff.gap_id IS NULL AND g.partner_id = diff.id
                       AND g.indicator_id = %(kpi)s AND g.closed_at = %(now)s
                    RETURNING g.id, g.partner_id
                ),
                moved AS (
                    SELECT kept.*, v.since AS was_since, %(was)s,
                           COALESCE(v.since, g.opened_on) AS was_from,
                           was_day.today AS was_until, day.today,
                           was_day.today <= COALESCE(v.since, g.opened_on) AS same_day,
                           v.since IS NULL AND day.today <= g.opened_on AS at_opening
                      FROM (SELECT diff.*, COALESCE(diff.gap_id, resumed.id) AS kept_id
                              FROM diff
                              LEFT JOIN resumed ON resumed.partner_id = diff.id
                             WHERE diff.missing) kept
                      JOIN contact_kpi_gap g ON g.id = kept.kept_id
                      LEFT JOIN contact_kpi_gap_segment v
                        ON v.gap_id = g.id AND v.until IS NULL
                      JOIN day ON day.company_id = COALESCE(kept.company_id, 0)
                      JOIN day was_day ON was_day.company_id = COALESCE(
                           CASE WHEN v.id IS NULL THEN g.company_id
                                ELSE v.company_id END, 0)
                     WHERE g.opened_at != %(now)s
                ),
                past AS (
                    INSERT INTO contact_kpi_gap_segment
                           (gap_id, since, until, %(versioned)s)
                    SELECT kept_id, was_since, was_until, %(moved_was)s
                      FROM moved
                     WHERE NOT same_day AND (%(moved_was)s)
                           IS DISTINCT FROM (%(moved_is)s)
                ),
                present AS (
                    INSERT INTO contact_kpi_gap_segment (gap_id, since, %(versioned)s)
                    SELECT kept_id,
                           CASE WHEN same_day AND at_opening THEN NULL ELSE today END,
                           %(moved_is)s
                      FROM moved
                     WHERE (%(moved_was)s) IS DISTINCT FROM (%(moved_is)s)
                    ON CONFLICT (gap_id) WHERE until IS NULL DO UPDATE
                       SET since = EXCLUDED.since, %(excluded)s
                ),
                %(judged)s
                opened AS (
                    INSERT INTO contact_kpi_gap
                           (indicator_id, partner_id, company_id, user_id,
                            opening_user_id, opened_at, opened_on, origin, priority,
                            came_back, %(columns)s)
                    SELECT %(kpi)s, diff.id, diff.company_id, diff.user_id,
                           diff.user_id,
                           %(now)s, day.today, %(origin)s, '0',
                           EXISTS (SELECT 1 FROM contact_kpi_gap g
                                    WHERE g.partner_id = diff.id
                                      AND g.indicator_id = %(kpi)s
                                      AND g.close_reason = 'completed'),
                           %(segments)s
                      FROM diff
                      JOIN day ON day.company_id = COALESCE(diff.company_id, 0)
                     WHERE diff.gap_id IS NULL
                       AND NOT EXISTS (SELECT 1 FROM contact_kpi_gap g
                                        WHERE g.partner_id = diff.id
                                      AND g.indicator_id = %(kpi)s
                                          AND g.closed_at = %(now)s)
                    -- Two transactions at once: the later one is retried, not refused.
                    ON CONFLICT DO NOTHING
                    RETURNING id, partner_id, opened_on
                ),
                -- Who left and comes back still refuses: only a contact ends it.
                kept AS (
                    INSERT INTO contact_kpi_decline
                           (gap_id, reason_id, declined_on, review_on,
                            create_uid, create_date, write_uid, write_date)
                    SELECT DISTINCT ON (opened.id)
                           opened.id, d.reason_id, opened.opened_on, d.review_on,
                           d.create_uid, %(now)s, d.create_uid, %(now)s
                      FROM contact_kpi_decline d
                      JOIN contact_kpi_gap g ON g.id = d.gap_id
                      JOIN opened ON opened.partner_id = g.partner_id
                     WHERE g.indicator_id = %(kpi)s
                       AND g.close_reason IN ('left', 'redefined')
                       AND d.ended_on IS NULL
                       AND (d.review_on IS NULL OR d.review_on > opened.opened_on)
                       AND NOT EXISTS (SELECT 1 FROM contact_kpi_gap later
                                        WHERE later.partner_id = g.partner_id
                                          AND later.indicator_id = %(kpi)s
                                          AND later.closed_at > g.closed_at)
                     ORDER BY opened.id, d.declined_on DESC, d.id DESC
                )
                SELECT (SELECT COUNT(*) FROM opened), (SELECT COUNT(*) FROM closed)
                """,
                days=SQL(", ").join(
                    SQL("(%s, %s::date)", key, day) for key, day in today.items()
                ),
                credit_partners=list(credit),
                credit_users=list(credit.values()),
                found=kpi._found(partner_ids),
                judged=self._judged_sql(kpi, partner_ids, now),
                kpi=kpi.id,
                touched=touched,
                now=SQL("%s::timestamp", now),
                redefined=cause in ("initial", "redefined"),
                origin=cause or "observed",
                was=version._version_columns("was_"),
                ledger_was=columns("ledger", "was_"),
                found_is=columns("found"),
                moved_was=columns("moved", "was_"),
                moved_is=columns("moved"),
                versioned=SQL(", ").join(map(SQL.identifier, version._names())),
                excluded=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(n), SQL.identifier("excluded", n))
                    for n in version._names()
                ),
                # What changes within the transaction that opened it never was.
                at_opening=SQL(", ").join(
                    SQL(
                        "%(column)s = CASE WHEN g.opened_at = %(now)s"
                        " THEN %(new)s ELSE %(old)s END",
                        column=SQL.identifier(column),
                        now=SQL("%s::timestamp", now),
                        new=SQL.identifier("diff", name),
                        old=SQL.identifier("g", column),
                    )
                    for column, name in [
                        ("opening_user_id", "user_id"),
                        *((name, name) for name in names),
                    ]
                ),
                columns=self._segment_columns(),
                segments=SQL(", ").join(SQL.identifier("diff", name) for name in names),
            )
        )
        self.invalidate_model(flush=False)
        version.invalidate_model(flush=False)
        self.env["contact.kpi.decline"].invalidate_model(flush=False)
        if opened or partner_ids is None:
            self._rank(kpi, partner_ids)
        if closed or partner_ids is None:
            self.env["mail.activity"].sudo()._contact_kpi_close(kpi, partner_ids)
        return opened, closed

    @api.model
    def _settle(self, kpi, since=None):
        """Reconcile everybody, and count the customers while at it.

        One scan of the customers, and one of the open gaps. Only where the two do
        not tell the same are they compared one by one, and only what differs goes
        through :meth:`_reconcile`.

        :param since: a moment, in UTC; see :meth:`_count_customers`
        :return: (facts, created), see :meth:`_facts` and :meth:`_count_customers`
        """
        # Contacts that nobody looked at yet would count as missing.
        self.env["res.partner"]._contact_kpi_run_pending()
        customers, created = self._count_customers(kpi, since=since)
        gaps = self._count_gaps(kpi)
        found = {grain: (row[1], row[3]) for grain, row in customers.items() if row[1]}
        known = {grain: (row[0], row[2]) for grain, row in gaps.items()}
        if found != known:
            differing = self._differing(kpi)
            if differing is None or len(differing) > MANY:
                self._reconcile(kpi)
            else:
                self._reconcile(kpi, differing)
            gaps = self._count_gaps(kpi)
        self._rank(kpi)
        self.env["mail.activity"].sudo()._contact_kpi_close(kpi)
        return self._facts(customers, gaps), created

    @api.model
    def _facts(self, customers, gaps):
        """Put what is counted together.

        :return: ``{(company, salesperson, segments…): [customers, missing,
            declined, unclassified]}``
        """
        return {
            grain: [count, missing, gaps[grain][1] if missing else 0, unclassified]
            for grain, (count, missing, unclassified, _who) in customers.items()
        }

    @api.model
    def _count_customers(self, kpi, partner_ids=None, since=None):
        """Count the customers as they are now.

        :param partner_ids: only these commercial entities
        :param since: also tell who was created from this moment on
        :return: (``{(company, salesperson, segments…): (customers, missing,
            unclassified, checksum of the missing)}``, ids of those created)
        """
        names = self.env["contact.kpi.gap.segment"]._names()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(grain)s, COUNT(*),
                       COUNT(*) FILTER (WHERE found.missing),
                       COUNT(*) FILTER (WHERE found.unclassified),
                       SUM(hashint4extended(found.id, 0)) FILTER (WHERE found.missing),
                       array_agg(found.id) FILTER (WHERE found.create_date >= %(since)s)
                  FROM (%(found)s) AS found
                 GROUP BY %(grain)s
                """,
                grain=SQL(", ").join(SQL.identifier("found", n) for n in names),
                since=SQL("%s::timestamp", since),
                found=kpi._found(partner_ids),
            )
        )
        counts = {row[: len(names)]: row[len(names) : -1] for row in rows}
        return counts, [new for row in rows for new in row[-1] or ()]

    @api.model
    def _count_gaps(self, kpi, partner_ids=None):
        """Count the open gaps by what is on record about their customers.

        :return: ``{(company, salesperson, segments…): (gaps, declined, checksum
            of their customers)}``; one that is on record in two ways has a key of
            its own
        """
        version = self.env["contact.kpi.gap.segment"]
        names = version._names()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(grain)s, COUNT(*), COUNT(*) FILTER (WHERE declined),
                       SUM(hashint4extended(partner_id, 0)), agrees
                  FROM (
                    SELECT %(columns)s, g.partner_id,
                           (g.company_id, g.user_id) IS NOT DISTINCT FROM
                           (CASE WHEN v.id IS NULL THEN g.company_id
                                 ELSE v.company_id END,
                            CASE WHEN v.id IS NULL THEN g.opening_user_id
                                 ELSE v.user_id END) AS agrees,
                           -- Few were ever refused: the others are not looked up.
                           g.id IN (SELECT gap_id FROM contact_kpi_decline)
                           AND EXISTS (%(declined)s) AS declined
                      FROM contact_kpi_gap g
                      LEFT JOIN contact_kpi_gap_segment v
                        ON v.gap_id = g.id AND v.until IS NULL
                     WHERE g.indicator_id = %(kpi)s AND g.closed_at IS NULL
                       AND %(touched)s
                  ) AS gap
                 GROUP BY %(grain)s, agrees
                """,
                grain=SQL(", ").join(map(SQL.identifier, names)),
                columns=version._version_columns(),
                declined=self.env["contact.kpi.decline"]._in_force_sql(
                    "g",
                    self.env["res.company"]._contact_kpi_today_sql(SQL("g.company_id")),
                ),
                kpi=kpi.id,
                touched=self._touched_sql(partner_ids),
            )
        )
        return {
            row[: len(names)] if row[-1] else row: row[len(names) : -1] for row in rows
        }

    @api.model
    def _touched_sql(self, partner_ids):
        """SQL: is a gap ``g`` of one of these customers? None for all."""
        if partner_ids is None:
            return SQL("TRUE")
        return SQL("g.partner_id = ANY(%s)", list(partner_ids))

    @api.model
    def _differing(self, kpi):
        """Customers whose open gap is not what it should be. One scan.

        :return: their ids; None where some gap has no customer any more
        """
        version = self.env["contact.kpi.gap.segment"]

        def columns(table, prefix=""):
            return SQL(", ").join(
                SQL.identifier(table, prefix + name) for name in version._names()
            )

        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH ledger AS (
                    SELECT g.id, g.partner_id, g.company_id AS gap_company_id,
                           g.user_id AS gap_user_id, %(was)s
                      FROM contact_kpi_gap g
                      LEFT JOIN contact_kpi_gap_segment v
                        ON v.gap_id = g.id AND v.until IS NULL
                     WHERE g.indicator_id = %(kpi)s AND g.closed_at IS NULL
                ),
                found AS (SELECT * FROM (%(found)s) AS customer WHERE missing)
                SELECT COALESCE(found.id, ledger.partner_id)
                  FROM found FULL JOIN ledger ON ledger.partner_id = found.id
                 WHERE found.id IS NULL OR ledger.id IS NULL
                    OR (ledger.gap_company_id, ledger.gap_user_id, %(ledger_was)s)
                       IS DISTINCT FROM
                       (found.company_id, found.user_id, %(found_is)s)
                """,
                was=version._version_columns("was_"),
                kpi=kpi.id,
                found=kpi._found(),
                ledger_was=columns("ledger", "was_"),
                found_is=columns("found"),
            )
        )
        ids = [row[0] for row in rows]
        return None if None in ids else ids

    @api.model
    def _keep_within(self, today, kpi):
        """Let nothing in the ledger be dated later than its company's present day.

        Nothing is, but where a company's time zone was moved back: three statements,
        by index.

        :param today: :meth:`res.company._contact_kpi_today`
        """
        self.env["res.partner"]._contact_kpi_run_pending()
        self.env.flush_all()
        for table, company, first, last in (
            ("contact_kpi_gap", "t.company_id", "opened_on", "closed_on"),
            ("contact_kpi_gap_segment", "t.company_id", "since", "until"),
            ("contact_kpi_decline", "g.company_id", "declined_on", "ended_on"),
        ):
            gap = SQL("t.id" if table == "contact_kpi_gap" else "t.gap_id")
            self.env.cr.execute(
                SQL(
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
                    company=SQL(company),
                    gap=gap,
                    kpi=kpi.id,
                    least=min(today.values()),
                    days=SQL(", ").join(
                        SQL("(%s, %s::date)", key, day) for key, day in today.items()
                    ),
                )
            )
            if self.env.cr.rowcount:
                self.env.invalidate_all(flush=False)

    @api.model
    def _changed_since(self, kpi, date):
        """Whose gaps are now not what they were at the end of a day, at least.

        :return: (partner ids, ids of gaps whose customer no longer exists)
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT g.id, g.partner_id
                  FROM contact_kpi_gap g
                 WHERE g.indicator_id = %(kpi)s
                   AND g.id IN (
                    SELECT id FROM contact_kpi_gap
                     WHERE indicator_id = %(kpi)s AND opened_on > %(date)s
                     UNION ALL
                    SELECT id FROM contact_kpi_gap
                     WHERE indicator_id = %(kpi)s AND closed_on > %(date)s
                     UNION ALL
                    -- Days of two companies: one may be a day ahead.
                    SELECT gap_id FROM contact_kpi_gap_segment
                     WHERE since >= %(date)s
                     UNION ALL
                    SELECT gap_id FROM contact_kpi_decline
                     WHERE declined_on > %(date)s OR ended_on > %(date)s
                        OR review_on BETWEEN %(date)s AND %(latest)s
                   )
                """,
                kpi=kpi.id,
                date=date,
                latest=max(self.env["res.company"]._contact_kpi_today().values()),
            )
        )
        partners = {partner for _gap, partner in rows if partner}
        return partners, [gap for gap, partner in rows if not partner]

    @api.model
    def _judged_sql(self, kpi, partner_ids, now):
        """SQL that corrects why gaps closed, where the transaction went on.

        Read in between, it had closed them as completed, and then the customer
        left; or the other way round.
        """
        if partner_ids is None:
            return SQL()
        return SQL(
            """
            judged AS (
                UPDATE contact_kpi_gap g
                   SET close_reason = now.reason,
                       closed_by_id = COALESCE(credit.user_id, g.closed_by_id),
                       days_to_complete = CASE
                           WHEN now.reason = 'completed'
                            AND g.origin IN ('observed', 'reconstructed')
                           THEN EXTRACT(EPOCH FROM g.closed_at - g.opened_at) / 86400
                       END
                  FROM (SELECT t.id,
                               CASE WHEN found.id IS NULL THEN 'left'
                                    ELSE 'completed' END AS reason
                          FROM unnest(%(partners)s::int[]) AS t (id)
                          LEFT JOIN found ON found.id = t.id
                         WHERE found.missing IS NOT TRUE) AS now
                  LEFT JOIN credit ON credit.partner_id = now.id
                 WHERE g.partner_id = now.id AND g.indicator_id = %(kpi)s
                   AND g.closed_at = %(now)s AND g.close_reason != now.reason
                   AND g.close_reason IN ('completed', 'left')
            ),""",
            partners=list(partner_ids),
            kpi=kpi.id,
            now=SQL("%s::timestamp", now),
        )

    @api.model
    def _rank(self, kpi, partner_ids=None):
        """Refresh the stars of open gaps from the family's orders. One statement."""
        touched = (
            SQL("TRUE")
            if partner_ids is None
            else SQL("g.partner_id = ANY(%s)", list(partner_ids))
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_gap g
                   SET priority = rank.priority
                  FROM (
                    SELECT g.id,
                           (CASE WHEN business.quoted THEN 2 ELSE 0 END
                            + CASE WHEN business.ordered THEN 1 ELSE 0 END
                           )::text AS priority
                      FROM contact_kpi_gap g
                      LEFT JOIN (
                        SELECT p.commercial_partner_id AS partner_id,
                               bool_or(o.state IN ('draft', 'sent')) AS quoted,
                               bool_or(o.state = 'sale'
                                       AND o.date_order >= %(since)s) AS ordered
                          FROM sale_order o
                          JOIN res_partner p ON p.id = o.partner_id
                         WHERE o.state IN ('draft', 'sent', 'sale') AND %(heads)s
                         GROUP BY p.commercial_partner_id
                      ) business ON business.partner_id = g.partner_id
                     WHERE g.indicator_id = %(kpi)s
                       AND g.closed_at IS NULL
                       AND %(touched)s
                  ) rank
                 WHERE g.id = rank.id AND g.priority IS DISTINCT FROM rank.priority
                """,
                since=fields.Datetime.subtract(
                    self.env["res.company"]._contact_kpi_now(), years=1
                ),
                heads=SQL("TRUE")
                if partner_ids is None
                else SQL("p.commercial_partner_id = ANY(%s)", list(partner_ids)),
                touched=touched,
                kpi=kpi.id,
            )
        )
        self.invalidate_model(["priority"], flush=False)

    def unlink(self):  # pylint: disable=method-required-super
        """Empty whose these intervals were; the rows stay, as past totals rest on them.

        For Odoo's privacy lookup and its cleaning rules, which delete as superuser. An
        open gap tells what is true now: it keeps its customer until that one is
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
        """Close the open gaps of partners that are about to go.

        As ever, what opened at this moment leaves no row.

        :param reason: ``left`` (deleted) or ``merged``
        """
        if not partner_ids:
            return
        now = SQL("%s::timestamp", self.env["res.company"]._contact_kpi_now())
        today = self.env["res.company"]._contact_kpi_today()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
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
                now=now,
                reason=reason,
                user=self.env["res.partner"]._contact_kpi_credit(),
                days=SQL(", ").join(
                    SQL("(%s, %s::date)", key, day) for key, day in today.items()
                ),
                partners=list(partner_ids),
            )
        )
        self.invalidate_model(flush=False)
