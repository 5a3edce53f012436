# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class ContactKpiClosingMixin(models.AbstractModel):
    """Semi-additive measures: sums over every dimension but time.

    A fact row belongs to a run. Over time, a bucket (a month, a week, or the
    whole of the filter when nothing is grouped by date) shows its *closing*:
    the last run of each series inside the bucket and inside the date filter.

    How to use: give the model ``run_id`` and a stored ``date``, inherit this
    mixin, name the measures as ``contact.kpi.measure.mixin`` has it: all ``_sums``
    and ``_ratios`` are closed; and say where the rows of some runs come from, in
    :meth:`_facts_sql`.

    How it works, see ``contact.kpi.question.mixin``: a question is answered from the
    closing runs of its buckets, which are looked up in the small table of runs. The
    closing is chosen per series and not per row of facts: a segment that emptied on
    the 20th must not show its figure of the 20th as the month's closing. Of these
    rows of one series::

        run      state   missing            month    missing   (sum over all rows: 15)
        May 30   SP           4      →      May            5
        May 31   SP           3             June           1
        May 31   RJ           2
        June 20  SP           5
        June 20  RJ           0
        June 30  SP           1

    Without a date group the whole of the filter is one bucket. Series need not close on
    the same day. Of these rows of two series, until June 20::

        run      company  missing        by month             in all
        May 31   A              3        May    3 + 4 = 7     5 + 4 = 9
        May 31   B              4    →   June           5
        June 20  A              5
        June 30  A              1

    Two queries for ``_read_group``; for grouping sets, two per distinct set of date
    buckets. The first one finds the runs: as plain ids, they are read through the
    index whatever the planner knows. Their facts are added up over all that is not
    asked about before anything is joined to them.
    """

    _name = "contact.kpi.closing.mixin"
    _inherit = ["contact.kpi.measure.mixin", "contact.kpi.question.mixin"]
    _description = "Semi-additive Measures"

    _closing_run_model = "contact.kpi.run"
    _closing_series = ("indicator_id", "company_id")

    # -- SQL of one aggregate (also used by having= and order=) --------------

    def _own_measures(self):
        """Names of all measures that need the closing."""
        return super()._own_measures() | {*self._sums}

    def _sum_sql(self, fname, query):
        sql = super()._sum_sql(fname, query)
        if runs := self._asked("closing_runs"):
            run = self._field_to_sql(self._table, "run_id", query)
            sql = SQL("COALESCE(%s FILTER (WHERE %s IN %s), 0)", sql, run, runs)
        return sql

    def _count_sql(self):
        if self._asked("rows"):
            return SQL("COALESCE(SUM(%s), 0)", SQL.identifier(self._table, "rows"))
        return super()._count_sql()

    # -- the rows that are read ------------------------------------------------

    @api.model
    def _facts_sql(self, runs, shown, names=None, spans=None):
        """SQL of the facts of some runs.

        :param runs: SQL of a SELECT of fact_run_id, indicator_id, company_id, date and
            what ``shown`` reads: a run once for each closing under which it is shown
        :param shown: ``{name: SQL}`` of further columns of such a row ``r``, among them
            the run and the date to show
        :param names: the segments to group the facts by, with their number as column
            ``rows``; None: one row per fact
        :param spans: SQL of :meth:`_spans_sql`: adds a row of zeros for each
            combination of segments that had facts on one of these days
        """
        raise NotImplementedError

    @api.model
    def _facts_of_sql(self, condition, names=None, spans=None):
        """SQL of the facts of runs that are shown under their own date.

        :param condition: SQL condition on runs; for the rest see :meth:`_facts_sql`
        """
        runs = SQL(
            "SELECT id AS fact_run_id, indicator_id, company_id, date FROM %s WHERE %s",
            SQL.identifier(self.env[self._closing_run_model]._table),
            condition,
        )
        shown = {"run_id": SQL("r.fact_run_id"), "date": SQL("r.date")}
        return self._facts_sql(runs, shown, names, spans)

    @api.model
    def _names_asked(self, domain, question):
        """The segments that a question reads; None where it reads single rows.

        :param domain: see :meth:`_seen`
        """
        known = {"run_id", "date", *self._closing_series}
        segments = {"user_id", *self._segment_names()}
        names = question.names - self._own_measures() - {"__count"}
        names |= self._names_in(domain)
        return names & segments if names <= known | segments else None

    # -- which runs close the buckets ----------------------------------------

    @api.model
    def _closing_buckets(self, groupby):
        """The date specs of a groupby, as a comparable key."""
        return tuple(
            sorted(
                {
                    s
                    for s in groupby
                    if s.split(":")[0].split(".")[0] in ("date", "run_id")
                }
            )
        )

    @api.model
    def _closing_run_domain(self, domain):
        """The time part of a domain, as a domain on runs with facts.

        With its conditions on the series: "this indicator until May, that one until
        June" closes each on its own day.
        """
        about_run = {"date", *self._closing_series}
        run_fields = self.env[self._closing_run_model]._fields

        def as_seen(condition):
            # Runs are searched in superuser mode; what they lead to is not.
            if not isinstance(condition.value, Domain):
                return condition
            comodel = self.env[run_fields[condition.field_expr].comodel_name]
            seen = comodel.with_context(active_test=False)._search(condition.value)
            return Domain(condition.field_expr, condition.operator, seen)

        def time_only(condition):
            # A filter on a segment must not move the closing date. One on the series
            # cannot: each series closes on its own day.
            if condition.field_expr.partition(".")[0] in about_run:
                return as_seen(condition)
            if condition.field_expr == "run_id":
                if isinstance(condition.value, Domain):
                    run = condition.value.map_conditions(as_seen)
                    return ~run if condition.operator.startswith("not") else run
                return Domain("id", condition.operator, condition.value)
            return Domain.TRUE

        # optimize() pushes "not" down to the leaves, so TRUE widens, never narrows,
        # and makes "any" of every path.
        time_domain = Domain(domain).optimize(self).map_conditions(time_only)
        return time_domain & self.env[self._closing_run_model]._domain_with_facts()

    @api.model
    def _closing_runs(self, domain, buckets):
        """Ids of the runs that close each bucket.

        :return: a list; None when every run is its own bucket
        """
        if "date:day" in buckets or "run_id" in buckets:
            return None
        Run = self.env[self._closing_run_model].sudo()
        query = Run._search(self._closing_run_domain(domain))
        if query.is_empty():
            return []
        query.groupby = SQL(", ").join(
            [
                *(
                    Run._field_to_sql(Run._table, name, query)
                    for name in self._closing_series
                ),
                *(
                    Run._read_group_groupby(
                        Run._table, spec.removeprefix("run_id."), query
                    )
                    for spec in buckets
                ),
            ]
        )
        rows = self.env.execute_query(query.select(self._last_sql(query)))
        return [run for (run,) in rows]

    @api.model
    def _last_sql(self, query):
        """SQL of the last run of a group of a query over runs."""
        Run = self.env[self._closing_run_model]
        return SQL(
            "(ARRAY_AGG(%s ORDER BY %s DESC))[1]",
            SQL.identifier(Run._table, "id"),
            Run._field_to_sql(Run._table, "date", query),
        )

    @api.model
    def _spans_sql(self, domain):
        """SQL of the days that a filter covers, by series.

        :return: SELECT of the series' columns, NULL where empty, of its last run
            (fact_run_id), first_day and last_day
        """
        Run = self.env[self._closing_run_model].sudo()
        query = Run._search(self._closing_run_domain(domain))
        if query.is_empty():
            query = Run._search([("id", "=", 0)])
        series = [SQL.identifier(Run._table, name) for name in self._closing_series]
        query.groupby = SQL(", ").join(series)
        date = Run._field_to_sql(Run._table, "date", query)
        return query.select(
            *series,
            SQL("%s AS fact_run_id", self._last_sql(query)),
            SQL("MIN(%s) AS first_day", date),
            SQL("MAX(%s) AS last_day", date),
        )

    # -- the answer ------------------------------------------------------------

    @api.model
    def _read_apart_by(self, groupby, measures):
        return self._closing_buckets(groupby) if self._own_asked(measures) else ()

    @api.model
    def _own_asked(self, measures):
        """The closing measures among the specs of a question."""
        return {spec.partition(":")[0] for spec in measures} & self._own_measures()

    @api.model
    def _answering(self, domain, question):
        """Answer from the closing runs, in one of two ways.

        Reading their rows only is 20 times cheaper on years of daily runs. Filtering
        inside each aggregate keeps groups and ``__count`` those of all rows, as lists
        need.
        """
        if not self._own_asked(question.measures):
            return super()._answering(domain, question)
        seen = self._seen(domain)
        runs = self._closing_runs(seen, question.apart)
        if runs is None:
            return self, domain
        runs = SQL("%s", tuple(runs or [0]))  # no run has the id 0
        names = self._names_asked(seen, question)
        if self._keeps_rows(question, names):
            return self._asking(closing_runs=runs), domain
        if names is not None:
            spans = self._spans_sql(seen) if question.grand_total else None
            rows = self._facts_of_sql(SQL("id IN %s", runs), names, spans)
            return self._asking(rows=rows), domain
        closing = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s", model._field_to_sql(alias, "run_id", query), runs
            )
        )
        return self, Domain(domain) & closing

    @api.model
    def _keeps_rows(self, question, names):
        """Whether the groups of all rows are kept: in lists, and for a pivot's total.

        A pivot takes the count of its grand total for "has data", which must hold for a
        segment that is empty by now, too.
        """
        return self._asked("keep_rows") or (question.grand_total and names is None)

    @api.model
    @api.readonly
    def web_read_group(self, domain, groupby, aggregates=(), *args, **kwargs):
        # The groups of a list open onto all their rows: keep them and their count.
        self = self._asking(keep_rows=True)
        return super().web_read_group(domain, groupby, aggregates, *args, **kwargs)
