# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.grouping_sets import read_apart
from ..tools.handover import Handover, handed_over

# Set by the mixin only. SQL objects cannot come from a client: what a web
# request puts under this key is never one, and is ignored.
CLOSING_RUNS = "contact_kpi_closing_runs"
KEEP_ROWS = "contact_kpi_keep_rows"  # handed over, likewise


class ContactKpiClosingMixin(models.AbstractModel):
    """Semi-additive measures: sums over every dimension but time.

    A fact row belongs to a run. Over time, a bucket (a month, a week, or the
    whole of the filter when nothing is grouped by date) shows its *closing*:
    the last run of each series inside the bucket and inside the date filter.

    How to use: give the model ``run_id`` and a stored ``date``, inherit this
    mixin, and name the measures as ``contact.kpi.measure.mixin`` has it: all
    ``_sums`` and ``_ratios`` are closed.

    How it works: every reader of Odoo (graph, pivot, list groups, spreadsheet,
    digest, RPC) ends in ``_read_group`` or ``_read_grouping_sets``. Both are
    restricted to the closing runs, which are looked up in the small table of
    runs. The closing is chosen per series and not per row of facts: a segment
    that emptied on the 20th must not show its figure of the 20th as the
    month's closing. Two queries for ``_read_group``; for grouping sets, two per
    distinct set of date buckets. The first one finds the runs: handed over as
    plain ids, they are read through the index whatever the planner knows.
    """

    _name = "contact.kpi.closing.mixin"
    _inherit = ["contact.kpi.measure.mixin"]
    _description = "Semi-additive Measures"

    _closing_run_model = "contact.kpi.run"
    _closing_series = ("indicator_id", "company_id")

    # -- SQL of one aggregate (also used by having= and order=) --------------

    def _own_measures(self):
        """Names of all measures that need the closing."""
        return super()._own_measures() | {*self._sums}

    def _sum_sql(self, fname, query):
        sql = super()._sum_sql(fname, query)
        runs = self.env.context.get(CLOSING_RUNS)
        if isinstance(runs, SQL):
            run = self._field_to_sql(self._table, "run_id", query)
            sql = SQL("COALESCE(%s FILTER (WHERE %s IN %s), 0)", sql, run, runs)
        return sql

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
        """The part of a domain that is about time, as a domain on runs with facts.

        With what it says of the series: "this indicator until May, that one until
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
            # A filter on a segment must not move the closing date.
            # What says of which series it is does not: it may go with other dates.
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
        last = SQL(
            "(ARRAY_AGG(%s ORDER BY %s DESC))[1]",
            SQL.identifier(Run._table, "id"),
            Run._field_to_sql(Run._table, "date", query),
        )
        return [run for (run,) in self.env.execute_query(query.select(last))]

    def _closing_asked(self, aggregates, having=(), order=None):
        """The closing measures that are asked for, in any of the three places."""
        names = {spec.split(":")[0] for spec in aggregates}
        names |= {c[0].split(":")[0] for c in having if isinstance(c, list | tuple)}
        names |= {
            p.split()[0].split(":")[0] for p in (order or "").split(",") if p.strip()
        }
        return names & self._own_measures()

    def _with_closing(self, domain, buckets, asked, keep_rows=False):
        """The recordset and domain to hand to super().

        :param asked: the measures that are needed

        Two ways: restricting the rows reads only the closing ones (20 times
        cheaper on years of daily runs); filtering inside each aggregate keeps
        the groups and ``__count`` those of all rows, as lists need.
        """
        runs = self._closing_runs(domain, buckets)
        if runs is None:
            return self, domain
        runs = SQL("%s", tuple(runs or [0]))  # no run has the id 0
        if keep_rows or handed_over(self.env.context, KEEP_ROWS):
            return self.with_context(**{CLOSING_RUNS: runs}), domain
        closing = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s", model._field_to_sql(alias, "run_id", query), runs
            )
        )
        return self, Domain(domain) & closing

    # -- the two entry points of the ORM, and lists --------------------------

    @api.model
    def _read_group(
        self,
        domain,
        groupby=(),
        aggregates=(),
        having=(),
        offset=0,
        limit=None,
        order=None,
    ):
        if asked := self._closing_asked(aggregates, having, order):
            buckets = self._closing_buckets(groupby)
            self, domain = self._with_closing(domain, buckets, asked)
        return super()._read_group(
            domain,
            groupby,
            aggregates,
            having=having,
            offset=offset,
            limit=limit,
            order=order,
        )

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        asked = self._closing_asked(aggregates, (), order)
        if not asked:
            return super()._read_grouping_sets(
                domain, grouping_sets, aggregates, order=order
            )

        def read(buckets, sets, sub_order):
            # The pivot takes the count of its grand total for "has data": keep it
            # that of all rows, also for a segment that is empty by now.
            model, sub_domain = self._with_closing(
                domain, buckets, asked, keep_rows=not buckets
            )
            return super(ContactKpiClosingMixin, model)._read_grouping_sets(
                sub_domain, sets, aggregates, order=sub_order
            )

        return read_apart(grouping_sets, order, self._closing_buckets, read)

    @api.model
    @api.readonly
    def web_read_group(self, domain, groupby, aggregates=(), *args, **kwargs):
        # The groups of a list open onto all their rows: keep them and their count.
        self = self.with_context(**{KEEP_ROWS: Handover()})
        return super().web_read_group(domain, groupby, aggregates, *args, **kwargs)
