# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class ContactKpiMeasureMixin(models.AbstractModel):
    """Measures that only PostgreSQL may aggregate: no client, and no export.

    How to use: declare their fields with ``aggregator=None`` and name them in
    ``_sums``, ``_ratios`` or ``_means``. Ratios are ratios of sums, in every group
    and total. Where there is nothing to divide, ratios and means are empty, not 0.
    """

    _name = "contact.kpi.measure.mixin"
    _description = "Measures and Ratios"

    _sums = ()
    _ratios = {}  # {ratio field: (numerators, denominators)}, signed sums
    _means = ()

    # -- what the client sees ------------------------------------------------

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Tell the client how measures aggregate, and the exporter that they don't.

        The grouped XLSX export aggregates rows in Python, from the aggregator of
        the field itself: it would sum over periods and average ratios. With none
        on the field, its group rows stay empty, while views still get one here.
        """
        res = super().fields_get(allfields, attributes)
        if attributes is None or "aggregator" in attributes:
            shown = self._shown_aggregators()
            for name in shown.keys() & res.keys():
                res[name]["aggregator"] = shown[name]
        return res

    def _shown_aggregators(self):
        """``{field: aggregator}``, as the client is told."""
        return {
            **dict.fromkeys(self._sums, "sum"),
            **dict.fromkeys([*self._ratios, *self._means], "avg"),
        }

    # -- SQL of one aggregate (also used by having= and order=) --------------

    def _read_group_select(self, aggregate_spec, query):
        # The only place that knows how Odoo asks for the SQL of an aggregate.
        if aggregate_spec == "__count":
            count = self._count_sql()
            return count or super()._read_group_select(aggregate_spec, query)
        fname, _sep, func = aggregate_spec.partition(":")
        if fname in self._own_measures() and func not in ("array_agg", "count"):
            return self._measure_sql(fname, query)
        return super()._read_group_select(aggregate_spec, query)

    def _count_sql(self):
        """SQL of a group's number of records; None where each row is a record."""

    def _own_measures(self):
        """Names of the measures whose SQL is :meth:`_measure_sql`."""
        return {*self._ratios}

    def _measure_sql(self, fname, query):
        """SQL of a measure over a group, whatever was asked (avg, sum, max)."""
        if fname in self._ratios:
            return self._ratio_sql(fname, lambda name: self._sum_sql(name, query))
        return self._sum_sql(fname, query)

    def _sum_sql(self, fname, query):
        return SQL("SUM(%s)", self._field_to_sql(self._table, fname, query))

    def _ratio_sql(self, fname, sum_sql):
        """SQL of a ratio of sums.

        :param sum_sql: gives the SQL of the sum of a measure
        """
        numerator, denominator = (
            SQL(" + ").join(
                SQL("-1 * %s", sum_sql(term[1:]))
                if term.startswith("-")
                else sum_sql(term)
                for term in terms
            )
            for terms in self._ratios[fname]
        )
        return SQL("(%s)::float8 / NULLIF(%s, 0)", numerator, denominator)

    # -- nothing to divide ---------------------------------------------------

    @api.model
    def _read_group_empty_value(self, spec):
        value = super()._read_group_empty_value(spec)
        if value is False and spec.partition(":")[0] in self._maybe_empty():
            return None  # empty, not 0: a chart must show a hole
        return value

    def _maybe_empty(self):
        """Names of the measures that may have no value, which is not 0."""
        return {*self._ratios, *self._means}
