# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .calendar import series_of
from .indicator import MANY, RATE_HELP
from .indicator_trust import SEVENTHS

STATES = [("provisional", "Provisional"), ("done", "Final"), ("failed", "Failed")]
WITH_FACTS = ("provisional", "done")  # states of the runs whose snapshots count


class ContactKpiRun(models.Model):
    """One evaluation of one indicator for one day of one series.

    A series is a company, or the customers that all companies share. Today's run is
    provisional and updated in place; the first refresh after midnight restates it as
    of midnight and makes it final.
    """

    _name = "contact.kpi.run"
    _description = "Contact Indicator Run"
    _order = "date desc, indicator_id, company_id"
    _rec_name = "date"

    indicator_id = fields.Many2one(
        "contact.kpi", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        ondelete="cascade",
        help="Empty for customers that all companies share.",
    )
    date = fields.Date(required=True, readonly=True, help="Day of the company.")
    state = fields.Selection(STATES, "Status", required=True, readonly=True)
    origin = fields.Selection(
        [("observed", "Observed"), ("reconstructed", "Rebuilt from History")],
        required=True,
        readonly=True,
        default="observed",
        help="Rebuilt: from the ledger, for a day without an evaluation.",
    )
    evaluated_at = fields.Datetime(
        readonly=True, help="When the population was looked at."
    )
    duration = fields.Float("Duration (s)", readonly=True, aggregator="max")
    definition_key = fields.Char("Definition", readonly=True)
    counted_by = fields.Char(
        readonly=True, help="Changes when everybody is counted otherwise."
    )
    verified = fields.Selection(
        [("all", "Everybody"), ("part", "A Seventh")],
        readonly=True,
        help="Whose answers were compared with the definition although no change was "
        "seen. Empty: nobody's.",
    )
    verified_part = fields.Integer("Verified Seventh", readonly=True, aggregator=None)
    verified_at = fields.Datetime("Verified on", readonly=True)
    corrected = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Customers whose state the verification found wrong, and corrected.",
    )
    redefined = fields.Boolean(
        readonly=True, help="The definition is not the one of the run before."
    )
    customers = fields.Integer(readonly=True, aggregator=None)
    missing = fields.Integer(readonly=True, aggregator=None)
    declined = fields.Integer(readonly=True, aggregator=None)
    to_complete = fields.Integer(readonly=True, aggregator=None)
    unclassified = fields.Integer("Not Yet Classified", readonly=True, aggregator=None)
    missing_rate = fields.Float(
        compute="_compute_missing_rate", digits=(16, 4), aggregator=None, help=RATE_HELP
    )
    opened = fields.Integer(
        readonly=True, help="Gaps opened on this day, by the ledger."
    )
    completed = fields.Integer(readonly=True, help="Gaps completed on this day.")
    left = fields.Integer(
        readonly=True, help="Gaps closed on this day for any reason but completion."
    )
    moved = fields.Integer(
        readonly=True,
        help="Gaps whose customer came from another company, went to one, or changed "
        "salesperson or segment on this day.",
    )
    error = fields.Char(readonly=True, help="Why the last attempt failed.")
    error_at = fields.Datetime(readonly=True)

    # Also finds the closing runs of a series.
    _series_uniq = models.UniqueIndex(
        "(indicator_id, date, COALESCE(company_id, 0))",
        "There is a run of this indicator for this day already.",
    )

    @api.depends("missing", "customers", "unclassified")
    def _compute_missing_rate(self):
        for run in self:
            looked_at = run.customers - run.unclassified
            run.missing_rate = looked_at and run.missing / looked_at

    def unlink(self):
        months = {
            (run.indicator_id.id, series_of(run), run.date.replace(day=1))
            for run in self
        }
        res = super().unlink()
        self.env["contact.kpi.fact"]._fold(months)
        return res

    def _series(self):
        """The series of these runs, in their order: ids of companies, 0 for shared."""
        return [series_of(run) for run in self]

    @api.model
    def _domain_with_facts(self):
        """Runs whose snapshots count."""
        return Domain("state", "in", WITH_FACTS)

    @api.model
    def _domain_rebuilt(self):
        """Runs whose snapshots count and come from the history of the contacts."""
        return self._domain_with_facts() & Domain("origin", "=", "reconstructed")

    # -- evaluation ----------------------------------------------------------

    @api.model
    def _evaluate(self, kpi, parts=SEVENTHS):
        """Reconcile the ledger, make earlier provisional runs final, write today's.

        Incremental where it can be: a provisional run has the figures of the last
        count, to which the differences found since are added. An earlier day's are
        today's less the differences since its end.

        A company's time zone that is moved back across midnight leaves a run in the
        future: it is deleted, today's run counts its flows, and that day gets a run
        again when it comes.

        :param parts: the sevenths of the customers that are verified
        :return: the runs written
        """
        gap = self.env["contact.kpi.gap"]
        today = self.env["res.company"]._contact_kpi_today()
        ahead = self.search(
            [("indicator_id", "=", kpi.id), ("date", ">", min(today.values()))]
        )
        ahead.filtered(lambda run: run.date > today.of(run)).unlink()
        gap._keep_within(today, kpi)
        runs = self._ensure_runs(kpi, today)
        over = self.search(
            [("indicator_id", "=", kpi.id), ("state", "=", "provisional")]
        )
        over = over.filtered(lambda run: run.date < today.of(run))
        counted = (over | runs).filtered(
            lambda run: run.state == "provisional" and run.evaluated_at
        )
        since = min(counted.mapped("evaluated_at"), default=None)
        first = min(counted.mapped("date"), default=min(today.values()))
        parts = parts if counted else SEVENTHS
        partners, found = gap._reconcile_changed(
            kpi, parts, fields.Date.subtract(first, days=1)
        )
        if partners is None:
            parts, counted = SEVENTHS, self.browse()
        gap._rank(kpi, partners, since)
        if parts:
            gap._after_change(kpi)
        changes = self.env["contact.kpi.customer.state"]._recount(kpi, partners)
        self.env["contact.kpi.customer.change"]._forget(kpi)
        over |= self._outdated(kpi)
        self._write_days(kpi, over, runs, counted, partners, changes)
        now = self.env["res.company"]._contact_kpi_now()
        vals = {"evaluated_at": now, "error": False, "error_at": False}
        over -= runs
        over.write({**vals, "state": "done"})
        vals["definition_key"] = kpi._run_key()
        vals["counted_by"] = kpi._counting_key()
        if parts:
            vals["verified"] = "all" if parts == SEVENTHS else "part"
            vals["verified_part"] = parts[0]
            vals["verified_at"] = now
            vals["corrected"] = found
        runs.write({**vals, "state": "provisional"})
        self._mark_redefined(kpi, over | runs)
        return over | runs

    @api.model
    def _write_days(self, kpi, over, runs, counted, partners, changes):
        """Write facts and totals of the days that are over, and of today.

        :param over: runs of earlier days
        :param runs: today's
        :param counted: those among them whose facts are of the last count
        :param partners: ids of the customers recounted, None for all
        :param changes: the differences since then, see :meth:`_recount
            <contact.kpi.customer.state._recount>`
        """
        last = {series_of(run): run.date for run in counted}
        back = {
            date: self._turned_back(
                kpi, date, same_day, partners if same_day <= counted else None
            )
            for date, same_day in over.grouped("date").items()
        }

        def carried_from(run):
            """The day to whose facts this run's are a known difference, if any."""
            before = last.get(series_of(run))
            if (
                before
                and (run.date == before or run in runs)
                and run.date.replace(day=1) == before.replace(day=1)
                and back.get(before, ()) is not None
            ):
                return before
            return None

        fact = self.env["contact.kpi.fact"]
        for date, same_day in sorted((over | runs).grouped("date").items()):
            for before, group in same_day.grouped(carried_from).items():
                series = group._series()
                if not before:
                    given = self._counts_of_sql(kpi, date, group, back.get(date, ()))
                    fact._record(kpi, date, series, given)
                    continue
                rows = back.get(before, [])
                if date == before:
                    rows = rows + changes
                else:  # the facts of the day before are on record by now
                    rows = fact._negated(rows)
                if rows := [row for row in rows if row[0] in series]:
                    given = fact._given_sql(rows)
                    fact._record(kpi, date, series, given, difference=True)
        self._write_totals(over | runs)

    @api.model
    def _counts_of_sql(self, kpi, date, runs, back):
        """SQL of the counts of all customers of a day's runs, by grain.

        :param back: see :meth:`_turned_back`
        """
        if back is None:
            return self._as_of_sql(kpi, date, runs)
        series = runs._series()
        return SQL(
            "%s UNION ALL %s",
            self.env["contact.kpi.customer.state"]._counts_sql(kpi, series),
            self.env["contact.kpi.fact"]._given_sql(
                [row for row in back if row[0] in series]
            ),
        )

    @api.model
    def _late_until(self):
        """Earliest day a still-open transaction may date to."""
        today = self.env["res.company"]._contact_kpi_today()
        return fields.Date.subtract(min(today.values()), days=2)

    @api.model
    def _outdated(self, kpi):
        """Recent final runs whose flows or moves are not the ledger's any more.

        A transaction that began before midnight may commit after the day was made
        final; its gaps belong to that day.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.id
                  FROM contact_kpi_run r
                 CROSS JOIN LATERAL (%s) flow
                 WHERE r.indicator_id = %s AND r.state = 'done'
                   AND r.origin = 'observed' AND r.date >= %s
                   AND (r.opened, r.completed + r."left", COALESCE(r.moved, 0))
                       != (flow.opened, flow.completed + flow.gone, (%s))
                """,
                self._flow_sql("r"),
                kpi.id,
                self._late_until(),
                self.env["contact.kpi.gap.segment"]._moved_sql("r"),
            )
        )
        return self.browse(row[0] for row in rows)

    @api.model
    def _redefine(self, kpi):
        """Mark today's runs at once: they will hold the new definition's figures."""
        runs = self.search(
            [("indicator_id", "=", kpi.id), ("state", "=", "provisional")]
        )
        today = self.env["res.company"]._contact_kpi_today()
        runs = runs.filtered(lambda run: run.date == today.of(run))
        runs.definition_key = kpi._run_key()
        self._mark_redefined(kpi, runs)

    @api.model
    def _ensure_runs(self, kpi, dates):
        """The run of each series for its date, created where there is none."""
        runs = self.search(
            [("indicator_id", "=", kpi.id), ("date", "in", list(set(dates.values())))]
        )
        runs = runs.filtered(lambda run: run.date == dates.get(series_of(run)))
        known = {series_of(run) for run in runs}
        # A client's ``default_*`` must not decide figures.
        env = self.env(context=clean_context(self.env.context))
        return runs | env["contact.kpi.run"].create(
            [
                {
                    "indicator_id": kpi.id,
                    "company_id": series or False,
                    "date": date,
                    "state": "provisional",
                }
                for series, date in dates.items()
                if series not in known
            ]
        )

    @api.model
    def _turned_back(self, kpi, date, runs, among):
        """Differences that turn the present counts into those of a day's end.

        :param runs: of that day
        :param among: ids of the only customers that may be new since; None for any
        :return: rows of grain and signed counts; None where more than :data:`MANY` have
            changed since, and a full scan is cheaper
        """
        gap = self.env["contact.kpi.gap"]
        companies = self.env["res.company"]._contact_kpi_series()
        series = runs._series()
        partners, orphans = gap._changed_since(kpi, date)
        ends = [companies[key]._contact_kpi_day_end(date) for key in series]
        created = self.env.execute_query(
            SQL(
                "SELECT id FROM res_partner WHERE create_date >= %s AND %s",
                min(ends),
                SQL("TRUE") if among is None else SQL("id = ANY(%s)", among),
            )
        )
        partners |= {partner for (partner,) in created}
        if len(partners) > MANY:
            return None
        if not partners and not orphans:
            return []
        partners = list(partners)
        return self.env.execute_query(
            SQL(
                "%s UNION ALL %s",
                self.env["contact.kpi.customer.state"]._counts_sql(
                    kpi, series, partners, sign=-1
                ),
                self._as_of_sql(kpi, date, runs, partners, orphans),
            )
        )

    def _as_of_sql(self, kpi, date, runs, partner_ids=None, gap_ids=(), found=None):
        """SQL of the counts of a day's runs, by grain, from ledger and population.

        One scan. Missing is the ledger as of the day's end, with its segments then; the
        population is the present one, less those created since, plus whoever had a gap
        then.

        :param partner_ids: only these customers, and the gaps ``gap_ids``
        :param found: SQL of another population than the present one, with the columns
            of :meth:`contact.kpi._found`
        """
        version = self.env["contact.kpi.gap.segment"]
        company, *segments = self.env["contact.kpi.fact"]._grain()
        companies = self.env["res.company"]._contact_kpi_series()
        series = companies.ends_sql(date, runs._series())
        gaps = version._as_of_sql(kpi.id, date)
        if partner_ids is not None:
            gaps = SQL(
                "SELECT * FROM (%s) AS gap WHERE partner_id = ANY(%s) OR id = ANY(%s)",
                gaps,
                list(partner_ids),
                list(gap_ids),
            )
        grain = SQL(", ").join(SQL.identifier("customer", n) for n in segments)
        return SQL(
            """
            (WITH series (company_id, zone, day_end) AS (VALUES %(series)s),
            found AS (%(found)s),
            gap AS (%(gap)s),
            customer AS (
                SELECT %(columns)s,
                       found.create_date,
                       gap.declined IS NOT NULL AS missing,
                       gap.declined IS TRUE AS declined,
                       gap.declined IS NULL AND found.unclassified IS TRUE
                           AS unclassified
                  FROM found FULL JOIN gap ON gap.partner_id = found.id
            )
            SELECT series.company_id, %(grain)s, COUNT(*),
                   COUNT(*) FILTER (WHERE missing),
                   COUNT(*) FILTER (WHERE declined),
                   COUNT(*) FILTER (WHERE unclassified)
              FROM customer
              JOIN series ON series.company_id = COALESCE(customer.company_id, 0)
             WHERE missing OR (customer.create_date >= series.day_end) IS NOT TRUE
             GROUP BY series.company_id, %(grain)s)
            """,
            series=series,
            found=found or kpi._found(partner_ids),
            gap=gaps,
            columns=SQL(", ").join(
                SQL(
                    "CASE WHEN gap.id IS NULL THEN %s ELSE %s END AS %s",
                    SQL.identifier("found", name),
                    SQL.identifier("gap", name),
                    SQL.identifier(name),
                )
                for name in [company, *segments]
            ),
            grain=grain,
        )

    def _write_totals(self, runs):
        """Write totals of runs from their facts, and flows from the ledger."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_run r
                   SET customers = total.customers, missing = total.missing,
                       declined = total.declined, to_complete = total.to_complete,
                       unclassified = total.unclassified,
                       opened = flow.opened, completed = flow.completed,
                       "left" = flow.gone, moved = (%s)
                  FROM contact_kpi_run run
                 CROSS JOIN LATERAL (
                    SELECT COALESCE(SUM(f.customers), 0) AS customers,
                           COALESCE(SUM(f.missing), 0) AS missing,
                           COALESCE(SUM(f.declined), 0) AS declined,
                           COALESCE(SUM(f.missing - f.declined), 0) AS to_complete,
                           COALESCE(SUM(f.unclassified), 0) AS unclassified
                      FROM contact_kpi_fact f WHERE %s
                 ) total
                 CROSS JOIN LATERAL (%s) flow
                 WHERE r.id = run.id AND run.id = ANY(%s)
                """,
                self.env["contact.kpi.gap.segment"]._moved_sql("r"),
                self.env["contact.kpi.fact"]._covers_sql("run"),
                self._flow_sql("run"),
                runs.ids,
            )
        )
        runs.invalidate_recordset(flush=False)

    @api.model
    def _flow_sql(self, run):
        """SQL of the flows of a run's series on its day, by the ledger.

        A gap counts as opened in the company that its customer had at opening, as
        closed in the one it had at closing; moving in between is no flow of either.

        :return: SELECT of opened, completed and gone
        """
        return SQL(
            """
            SELECT COUNT(*) FILTER (WHERE g.opened_on = %(date)s
                                      AND %(began)s = %(here)s) AS opened,
                   COUNT(*) FILTER (WHERE g.closed_on = %(date)s
                                      AND %(ended)s = %(here)s
                                      AND g.close_reason = 'completed') AS completed,
                   COUNT(*) FILTER (WHERE g.closed_on = %(date)s
                                      AND %(ended)s = %(here)s
                                      AND g.close_reason != 'completed') AS gone
              FROM contact_kpi_gap g
              LEFT JOIN contact_kpi_gap_segment v ON v.gap_id = g.id AND v.since IS NULL
             WHERE g.indicator_id = %(kpi)s
               AND (g.opened_on = %(date)s OR g.closed_on = %(date)s)
            """,
            date=SQL.identifier(run, "date"),
            kpi=SQL.identifier(run, "indicator_id"),
            here=SQL("COALESCE(%s, 0)", SQL.identifier(run, "company_id")),
            began=SQL(
                "COALESCE(CASE WHEN v.id IS NULL THEN g.company_id"
                " ELSE v.company_id END, 0)"
            ),
            ended=SQL("COALESCE(g.company_id, 0)"),
        )

    def _mark_redefined(self, kpi, runs):
        """Mark runs whose definition is not that of the run before, unmark others.

        One query a run. The first run of a series has nothing to differ from.
        """
        for run in runs.sorted("date"):
            before = self.search(
                [
                    ("indicator_id", "=", kpi.id),
                    ("company_id", "=", run.company_id.id),
                    ("date", "<", run.date),
                    ("definition_key", "!=", False),
                ],
                order="date desc",
                limit=1,
            )
            run.redefined = bool(before) and before.definition_key != run.definition_key

    @api.model
    def _record_failure(self, kpi, message):
        """Record a failed attempt on today's run of shared customers; figures stand."""
        today = self.env["res.company"]._contact_kpi_today()
        now = self.env["res.company"]._contact_kpi_now()
        before = self.search([("indicator_id", "=", kpi.id)])
        runs = self._ensure_runs(kpi, {0: today[0]})
        (runs - before).write({"state": "failed"})
        runs.write({"error": message, "error_at": now})

    # -- the past, from the ledger -------------------------------------------

    @api.model
    def _reconstruct(self, kpi, dates, history=None):
        """Write final runs for past days on which nothing was evaluated.

        The ledger says who had a gap; the population is the present one, less those
        created since. Days that have a run keep it.

        :param history: the ``contact.kpi.history`` that knows former salespeople, and
            whose past is unknown
        """
        for date in dates:
            series = {
                key: date for key in self.env["res.company"]._contact_kpi_series()
            }
            before = self.search([("indicator_id", "=", kpi.id), ("date", "=", date)])
            runs = self._ensure_runs(kpi, series) - before
            if not runs:
                continue
            found = history._found_on(date) if history else None
            self.env["contact.kpi.fact"]._record(
                kpi,
                date,
                runs._series(),
                self._as_of_sql(kpi, date, runs, found=found),
            )
            self._write_totals(runs)
            runs.write(
                {
                    "state": "done",
                    "origin": "reconstructed",
                    "definition_key": kpi._run_key(),
                    "evaluated_at": self.env["res.company"]._contact_kpi_now(),
                }
            )
