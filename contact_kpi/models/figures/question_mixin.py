# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ...tools.grouping_sets import read_apart
from ...tools.handover import Handover, handed_over
from ..engine.indicator import domain_parts

# The only key of the context by which a question is handed on. What a client sends
# under it is not believed: see Handover.
QUESTION = "contact_kpi_question"


class Question(NamedTuple):
    """What a reader asks for: groups and measures; without any, the rows themselves."""

    #: Specs of the groups; of all grouping sets that are read together.
    groups: tuple = ()
    #: Specs of the measures: shown, in HAVING, or in ORDER BY.
    measures: tuple = ()
    #: What the grouping sets have in common, see ``_read_apart_by``.
    apart: tuple = ()
    #: Whether the total of everything is asked for besides the groups.
    grand_total: bool = False

    @property
    def names(self):
        """Names of the fields that the specs begin with, and ``__count``."""
        specs = (*self.groups, *self.measures)
        return {spec.partition(":")[0].partition(".")[0] for spec in specs}


class ContactKpiQuestionMixin(models.AbstractModel):
    """Rows that depend on the question.

    A table answers every question from the same rows. Where time is grouped by, these
    models cannot: which run closes a month, in which buckets a gap is, and whose
    documents are worth joining is known only from the filter and the groups. Every
    reader of Odoo (list, graph, pivot, spreadsheet, digest, RPC) ends in ``_search``,
    ``_read_group`` or ``_read_grouping_sets``. Each of the three, once a question,
    asks :meth:`_answering` for the model that answers it.

    How to use: inherit it, and in :meth:`_answering` return :meth:`_asking` with terms
    of your own. The term ``rows``, SQL of a SELECT, takes the place of
    :meth:`_all_rows_sql`; any other is read back by :meth:`_asked` wherever SQL is
    made. Grouping sets that need different rows are told apart by
    :meth:`_read_apart_by`: one query for each answer.

    Terms are the question's own: no client can send them, no other model and no record
    that is read sees them.
    """

    _name = "contact.kpi.question.mixin"
    _description = "Rows That Depend on the Question"

    # -- terms -----------------------------------------------------------------

    def _asking(self, **terms):
        """This model with more terms of the question that it is to answer."""
        terms = {**self._terms(), **terms}
        return self.with_context(**{QUESTION: Handover((self._name, terms))})

    def _asked(self, term):
        """The value of a term; None outside of such a question."""
        return self._terms().get(term)

    def _terms(self):
        """The terms of the question, by name; none of another model's."""
        name, terms = handed_over(self.env.context, QUESTION) or (None, {})
        return terms if name == self._name else {}

    # -- to define ---------------------------------------------------------------

    @api.model
    def _answering(self, domain, question):
        """Prepare an answer: choose the rows, or what else the SQL depends on.

        :param domain: what is asked, without the reader's rules
        :param question: a :class:`Question`
        :return: the model, with terms, and the domain that is left to ask of its rows
        """
        return self, domain

    @api.model
    def _read_apart_by(self, groupby, measures):
        """A hashable key of a grouping set; sets with the same key share their rows.

        :param groupby: specs of the set's groups
        :param measures: specs of the measures, see :class:`Question`
        """
        return ()

    @api.model
    def _all_rows_sql(self):
        """SQL of the rows where no question has chosen any."""
        raise NotImplementedError

    @property
    def _table_query(self):
        return self._asked("rows") or self._all_rows_sql()

    # -- the entry points of the ORM ---------------------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        # Reconcile what is pending first, as the ledger does.
        self.env["res.partner"]._contact_kpi_run_pending()
        self, domain = self._once(domain, Question())
        return super()._search(domain, *args, **kwargs)

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
        measures = _measures(aggregates, having, order)
        apart = self._read_apart_by(groupby, measures)
        self, domain = self._once(domain, Question((*groupby,), measures, apart))
        return super()._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        measures = _measures(aggregates, (), order)

        def read(apart, sets, sub_order):
            groups = tuple(spec for groupby in sets for spec in groupby)
            question = Question(
                groups, _measures(aggregates, (), sub_order), apart, not apart
            )
            model, left = self._once(domain, question)
            return super(ContactKpiQuestionMixin, model)._read_grouping_sets(
                left, sets, aggregates, order=sub_order
            )

        def key(groupby):
            return self._read_apart_by(groupby, measures)

        return read_apart(grouping_sets, order, key, read)

    def _once(self, domain, question):
        """Answer a question at its entry point, and not again in what that calls."""
        if self._asked("answered"):
            return self, domain
        model, domain = self._answering(domain, question)
        return model._asking(answered=True), domain

    def _read_group_postprocess_groupby(self, groupby_spec, raw_values):
        # Records that are returned must not carry the question in their context.
        fresh = super(ContactKpiQuestionMixin, self._fresh())
        return fresh._read_group_postprocess_groupby(groupby_spec, raw_values)

    def _read_group_postprocess_aggregate(self, aggregate_spec, raw_values):
        fresh = super(ContactKpiQuestionMixin, self._fresh())
        return fresh._read_group_postprocess_aggregate(aggregate_spec, raw_values)

    def _fresh(self):
        """This model without a question."""
        return self.with_context(**{QUESTION: None})

    # -- what is asked -------------------------------------------------------------

    @api.model
    def _seen(self, domain):
        """The domain with the reader's rules, which apply anyway: to read less."""
        if self.env.su:
            return Domain(domain)
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        return Domain(domain) & rules

    @api.model
    def _names_in(self, domain):
        """Names of the fields that the conditions of a domain begin with."""
        conditions = Domain(domain).optimize(self).iter_conditions()
        return {condition.field_expr.partition(".")[0] for condition in conditions}

    @api.model
    def _indicators_asked(self, domain):
        """A domain's indicators, as ids, and the rest of the domain; one query.

        As constants of the statement they restrict what is read; else PostgreSQL would
        read the rows of all indicators, and filter them afterwards.

        :return: (ids, None if it has no condition on them; domain)
        """
        parts = domain_parts(Domain(domain).optimize_full(self))
        about = [
            part
            for part in parts
            if {c.field_expr for c in part.iter_conditions()} == {"indicator_id"}
        ]
        if not about:
            return None, domain
        kpis = SQL("(SELECT id AS indicator_id FROM contact_kpi)")
        query = Query(self.env, "kpi", kpis)
        query.add_where(Domain.AND(about)._to_sql(self, "kpi", query))
        found = query.select(SQL.identifier("kpi", "indicator_id"))
        ids = [kpi for (kpi,) in self.env.execute_query(found)]
        return ids, Domain.AND(part for part in parts if part not in about)


def _measures(aggregates, having, order):
    """Specs of the measures: shown, in HAVING, or in ORDER BY."""
    conditions = [term[0] for term in having if isinstance(term, list | tuple)]
    terms = [term.split()[0] for term in (order or "").split(",") if term.strip()]
    return (*aggregates, *conditions, *terms)
