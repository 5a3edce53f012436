# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date
from odoo.tools.query import Query

from ..engine.gap import ORIGINS
from ..engine.indicator import DefinitionError, nearly_all_sql
from ..engine.run import WITH_FACTS

FEW = 30  # with fewer documents on a side, no comparison is sound
SIDES = [("missing", "Missing"), ("informed", "On File")]
# Row ids are document × 2^20 + indicator: stable, and exact in JavaScript.
ID_STEP = 1 << 20


class Record(NamedTuple):
    """Since when the ledger knows what customers lacked of an indicator.

    Since its creation, or earlier if its past was rebuilt; while a rebuild is under
    way, nothing before observation counts.
    """

    created: datetime
    settled: bool  # there is nothing to rebuild, or it is done
    observed_from: datetime | None
    known_from: date | None
    rebuilt: date | None  # the first day with figures that were rebuilt

    def since(self, company):
        """The moment, in UTC, from which a company's documents are in the report."""
        known_from = self.known_from if self.settled else None
        begin = self.created
        if days := [day for day in (self.rebuilt, known_from) if day]:
            before = min(days) - timedelta(days=1)
            begin = min(begin, company._contact_kpi_day_end(before))
        if not self.settled:
            return max(begin, self.observed_from)
        if known_from:
            midnight = datetime.combine(known_from, time.min)
            return max(begin, min(self.observed_from, midnight))
        return begin

    def first_day(self, company):
        """The first day whose documents are in the figures, to show to a reader."""
        days = [company._contact_kpi_day(self.created)]
        if self.settled:
            days += [self.rebuilt, self.known_from]
        return min(filter(None, days))


class ContactKpiImpactMixin(models.AbstractModel):
    """Documents by whether the customer's gap was open when they were made.

    One row per document (an order, say) and active indicator; nothing is stored.
    The customer is the commercial entity that the document's contact belongs to
    today. Its gap was open if ``opened_at <= create_date < closed_at``; inclusive
    below, because a document that makes a customer opens the gap in the same
    transaction. Gaps of one customer never overlap, so the join doubles no row.

    Who counts as a customer is what the indicator's population says, without the
    conditions that the document itself settles (``_settled``: being known as a
    customer) or that may change later (being archived): otherwise only the
    unreachable would keep their cancelled documents. Segments are those of the
    customer today.

    Left out of both sides, because the side is unknown (see :meth:`_left_out_sql`):
    documents from before the indicator's records begin, observed or rebuilt; those
    of a customer merged into another since; those from before observation of a
    customer whose tracked changes contradict each other; and those of a customer
    whose gap was found open at the start, when they are older than that. The winner
    of a merge keeps its own documents, judged by its own gaps.
    :meth:`_notes_of_the_left_out` says how many they are.

    How to use: ``_auto = False``; declare the field ``_document``, ``state`` and
    ``user_id``, which are the document's own, and the integer ``_counted``, which
    is 1 for each; give the document a column ``contact_kpi_merged`` (it belonged to
    a customer merged into another) and the report its words (``_words_of_...``,
    :meth:`_explain_title`); name in ``_depends`` what is read of the document. More
    columns through :meth:`_select_sql` and :meth:`_join_sql`, by ``super()``;
    segments through ``contact.kpi.segment.mixin``; ratios and means through
    ``contact.kpi.measure.mixin``. Aliases are the tables' own names: that of the
    document, ``res_partner`` (the customer) and ``contact_kpi_gap``. What depends on
    the indicator or company alone is read beforehand and joined as VALUES:
    ``contact_kpi`` (id, observed_from), ``company`` (id, timezone, rate) and
    ``recorded`` (company_id, indicator_id, since).

    Cost: one scan of the documents, hash-joined to customers and gaps; the same for
    :meth:`reading_notes`. Twice the bare join of documents and gaps.
    """

    _name = "contact.kpi.impact.mixin"
    _inherit = [
        "contact.kpi.customer.mixin",
        "contact.kpi.measure.mixin",
        "contact.kpi.question.mixin",
        "contact.kpi.segment.mixin",
    ]
    _description = "Impact of Missing Contacts"

    _document = ""
    _counted = ""
    # Measures that :meth:`_notes_of_sides` reads the sums of, _counted included.
    _note_measures = ()
    # Fields whose population conditions a document settles, or that change after it.
    _settled = frozenset({"active", "customer_rank"})
    _explain_action = ""  # XML id of the report's own action
    _many_documents = 5000  # upper bound of ids listed in a domain
    _depends = {
        "contact.kpi": ["active", "create_date"],
        "contact.kpi.gap": [
            *("partner_id", "indicator_id", "opened_at", "closed_at", "origin")
        ],
        "contact.kpi.history": [
            *("indicator_id", "state", "observed_from", "known_from")
        ],
        "contact.kpi.history.unknown": ["indicator_id", "partner_id"],
        "contact.kpi.run": ["indicator_id", "date", "state", "origin"],
        "res.partner": ["commercial_partner_id", "company_id", "user_id"],
    }

    indicator_id = fields.Many2one("contact.kpi", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    customer_user_id = fields.Many2one(
        "res.users",
        "Customer's Salesperson",
        readonly=True,
        help="Who is responsible for the customer, now.",
    )
    customer_company_id = fields.Many2one(
        "res.company",
        "Customer's Company",
        readonly=True,
        help="Empty for customers that all companies share.",
    )
    date = fields.Date(
        readonly=True, help="Day of the company on which the document was made."
    )
    contact_missing = fields.Selection(
        SIDES,
        readonly=True,
        help="Whether the customer lacked it at the moment when the document was "
        "made, whatever happened since.",
    )
    origin = fields.Selection(
        ORIGINS,
        "How It Is Known",
        readonly=True,
        help="How the opening of the gap is known.",
    )

    # -- the table -----------------------------------------------------------

    @api.model
    def _all_rows_sql(self):
        partner = self.env["contact.kpi"]._partners()
        query = Query(self.env, self._documents()._table)
        self._join_sql(query)
        # Names the document, so that the planner cannot push it down to the customers:
        # it overrates the cost of subqueries, and would look customers up one by one.
        population = SQL(
            "%s > 0 AND %s",
            self._document_sql("partner_id"),
            self._population_sql(partner, query),
        )
        query.add_where(nearly_all_sql(population))
        columns = self._select_sql(partner, query)
        if reason := self._asked("left_out"):
            # All documents; those left out have the reason in place of the side.
            side = columns["contact_missing"]
            columns["contact_missing"] = SQL("COALESCE(%s, %s)", reason, side)
        else:
            query.add_where(self._known_sql())
        return query.select(
            *(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in columns.items()
            )
        )

    @api.model
    def _documents(self):
        """The model of the documents, empty."""
        return self.env[self._fields[self._document].comodel_name]

    @api.model
    def _document_sql(self, name):
        """SQL of a column of the document."""
        return SQL.identifier(self._documents()._table, name)

    @api.model
    def _select_sql(self, partner, query):
        """The columns, as ``{field: SQL}``.

        :param partner: ``res.partner``, in superuser mode
        :param query: the query over documents; may be joined to
        """
        return {
            "id": SQL(
                "%s::bigint * %s + contact_kpi.id", self._document_sql("id"), ID_STEP
            ),
            self._document: self._document_sql("id"),
            "indicator_id": SQL("contact_kpi.id"),
            "partner_id": SQL("res_partner.id"),
            "customer_user_id": SQL("res_partner.user_id"),
            "customer_company_id": SQL("res_partner.company_id"),
            **{
                name: self._document_sql(name)
                for name in ("company_id", "user_id", "state")
            },
            "date": self._day_sql(),
            "contact_missing": SQL(
                # Origins are few: PostgreSQL aggregates by hash, without sorting.
                "CASE WHEN contact_kpi_gap.origin IS NULL THEN 'informed' "
                "ELSE 'missing' END"
            ),
            "origin": SQL("contact_kpi_gap.origin"),
            self._counted: SQL("1"),
            **{
                name: self._segment_sql(name, partner, query)
                for name in self._segment_names()
            },
        }

    @api.model
    def _join_sql(self, query):
        """Join what the columns and conditions read to the query over documents."""
        # Most documents name the commercial entity itself: only other contacts are
        # looked up, and only commercial entities are scanned.
        query.add_join(
            "LEFT JOIN",
            "contact",
            "res_partner",
            SQL(
                "contact.id = %s AND contact.id != contact.commercial_partner_id",
                self._document_sql("partner_id"),
            ),
        )
        query.add_where(
            nearly_all_sql(SQL("res_partner.id = res_partner.commercial_partner_id"))
        )
        indicators, recorded = self._records_sql()
        for alias, table, condition in (
            (
                *("res_partner", "res_partner"),
                SQL(
                    "res_partner.id = COALESCE(contact.commercial_partner_id, %s)",
                    self._document_sql("partner_id"),
                ),
            ),
            (
                *("company", self._companies_sql()),
                SQL("company.id = %s", self._document_sql("company_id")),
            ),
            ("contact_kpi", indicators, SQL("TRUE")),
            (
                *("recorded", recorded),
                SQL(
                    """recorded.company_id = company.id
                       AND recorded.indicator_id = contact_kpi.id"""
                ),
            ),
        ):
            query.add_join("JOIN", alias, table, condition)
        query.add_join(
            "LEFT JOIN",
            "contact_kpi_gap",
            None,
            SQL(
                """contact_kpi_gap.partner_id = res_partner.id
                   AND contact_kpi_gap.indicator_id = contact_kpi.id
                   AND contact_kpi_gap.opened_at <= %(made)s
                   AND (contact_kpi_gap.closed_at IS NULL
                        OR contact_kpi_gap.closed_at > %(made)s)""",
                made=self._document_sql("create_date"),
            ),
        )
        # At most one row per customer and indicator, hashed once for all documents.
        query.add_join(
            "LEFT JOIN",
            "doubt",
            SQL(
                """(SELECT partner_id, indicator_id, MAX(found_at) AS found_at,
                           BOOL_OR(contradicted) AS contradicted
                      FROM (SELECT partner_id, indicator_id, opened_at AS found_at,
                                   FALSE AS contradicted
                              FROM contact_kpi_gap WHERE origin = 'initial'
                             UNION ALL
                            SELECT partner_id, indicator_id, NULL, TRUE
                              FROM contact_kpi_history_unknown) AS t
                     GROUP BY partner_id, indicator_id)"""
            ),
            SQL(
                """doubt.partner_id = res_partner.id
                   AND doubt.indicator_id = contact_kpi.id"""
            ),
        )

    @api.model
    def _asked_indicators(self):
        """The active indicators that the question is about, in superuser mode.

        :return: ``contact.kpi``
        """
        asked = self._asked("indicators")
        active = self.env["contact.kpi"].sudo()._active()
        return active if asked is None else active.filtered(lambda k: k.id in asked)

    @api.model
    def _records_sql(self):
        """SQL of the indicators and of when their records begin.

        :return: two tables: (id, observed_from), and (company_id, indicator_id, since)
            with the moment from which a company's documents are in the report
        """
        records = self._records(self._asked_indicators().ids)
        indicators = [SQL("(0, NULL::timestamp)")]  # matches no gap
        recorded = [SQL("(0, 0, NULL::timestamp)")]
        companies = self.env["res.company"]._contact_kpi_series()
        companies.pop(0)  # of shared customers; a document has a company
        for kpi, record in records.items():
            indicators.append(SQL("(%s, %s::timestamp)", kpi, record.observed_from))
            for company_id, company in companies.items():
                since = record.since(company)
                recorded.append(SQL("(%s, %s, %s::timestamp)", company_id, kpi, since))
        names = ("id, observed_from", "company_id, indicator_id, since")
        return [
            SQL(
                "(SELECT * FROM (VALUES %s) AS v (%s))",
                SQL(", ").join(rows[1:] or rows),
                SQL(columns),
            )
            for rows, columns in zip((indicators, recorded), names, strict=True)
        ]

    @api.model
    def _records(self, kpi_ids):
        """Since when the ledger knows: ``{indicator id: Record}``; one query."""
        for name in ("contact.kpi", "contact.kpi.history", "contact.kpi.run"):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.id, k.create_date, h.state IS NULL OR h.state = 'done',
                       h.observed_from, h.known_from,
                       (SELECT MIN(r.date) FROM contact_kpi_run r
                         WHERE r.indicator_id = k.id AND r.state IN %s
                           AND r.origin = 'reconstructed')
                  FROM contact_kpi k
                  LEFT JOIN contact_kpi_history h ON h.indicator_id = k.id
                 WHERE k.id = ANY(%s)
                """,
                WITH_FACTS,
                kpi_ids,
            )
        )
        return {kpi: Record(*values) for kpi, *values in rows}

    @api.model
    def _companies_sql(self):
        """SQL of the companies: id, time zone, rate to the reader's currency."""
        company = self.env.company
        today = company._contact_kpi_day(self.env["res.company"]._contact_kpi_now())
        rates = {}
        rows = []
        for series, each in self.env["res.company"]._contact_kpi_series().items():
            currency = each.currency_id
            if currency not in rates:
                rates[currency] = self.env["res.currency"]._get_conversion_rate(
                    currency, company.currency_id, company, today
                )
            if series:
                zone = each._contact_kpi_timezone().zone
                rows.append(SQL("(%s, %s, %s::numeric)", series, zone, rates[currency]))
        return SQL(
            "(SELECT * FROM (VALUES %s) AS v (id, timezone, rate))",
            SQL(", ").join(rows),
        )

    @api.model
    def _day_sql(self):
        """SQL of the company's day on which the document was made."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE company.timezone)::date",
            self._document_sql("create_date"),
        )

    @api.model
    def _population_sql(self, partner, query):
        """SQL: is the customer in the population of the indicator?

        An indicator whose definition no longer fits the database has no rows.
        """

        found = []
        for kpi in self._asked_indicators():
            try:
                condition = kpi._condition_sql(
                    self._settled_domain(kpi, partner), query
                )
            except DefinitionError:
                continue  # shown as the error of its next run
            found.append(SQL("(contact_kpi.id = %s AND (%s))", kpi.id, condition))
        return SQL("(%s)", SQL(" OR ").join(found)) if found else SQL("FALSE")

    @api.model
    def _settled_domain(self, kpi, partner):
        """The population domain, without what the document settles (``_settled``).

        :raise DefinitionError: the definition does not fit
        """
        # optimize() pushes "not" down to the leaves: TRUE only widens.
        domain = kpi._partner_domain("population_domain").optimize(partner)
        return domain.map_conditions(
            lambda c: Domain.TRUE if self._asks_about(c, self._settled) else c
        )

    @api.model
    def _asks_about(self, condition, names):
        """Whether a condition, or one inside it, reads one of these fields."""
        if not names.isdisjoint(condition.field_expr.split(".")):
            return True
        return isinstance(condition.value, Domain) and any(
            self._asks_about(each, names) for each in condition.value.iter_conditions()
        )

    @api.model
    def _known_sql(self):
        """SQL: is it on record what the customer lacked when the document was made?"""
        reasons = SQL(" OR ").join(self._left_out_sql().values())
        return nearly_all_sql(SQL("NOT (%s)", reasons))

    @api.model
    def _left_out_sql(self):
        """Why the side of a document is unknown: ``{reason: SQL, never null}``.

        To extend by ``super()``. Of several reasons the first one is reported, in the
        words of :meth:`_left_out_words`.
        """
        made = self._document_sql("create_date")
        return {
            "unrecorded": SQL("%s < recorded.since", made),
            "merged": SQL("%s IS TRUE", self._document_sql("contact_kpi_merged")),
            "unknown": SQL(
                "(doubt.contradicted AND %s < contact_kpi.observed_from) IS TRUE", made
            ),
            "found": SQL("(%s < doubt.found_at) IS TRUE", made),
        }

    # -- reading -------------------------------------------------------------

    @api.model
    def _answering(self, domain, question):
        asked, domain = self._indicators_asked(domain)
        return self._asking(indicators=asked), domain

    # -- words beside the figures --------------------------------------------

    @api.model
    @api.readonly
    def reading_notes(self, domain, groupbys, measures):
        """What to mind when reading these figures, as sentences.

        Some small queries and one over all documents; one more where the domain
        chooses a side.

        :param groupbys: as the view groups, such as ``["contact_missing"]``
        """
        others = [spec for spec in groupbys if spec != "contact_missing"]
        by_side, left_out = self._sums_and_left_out(domain, others)
        names = self._note_measures
        counts, groups = {}, {}
        for kpi, side, group, sums in by_side:
            sides = counts.setdefault(
                kpi, {each: dict.fromkeys(names, 0) for each in dict(SIDES)}
            )
            of_group = groups.setdefault(group, dict.fromkeys(sides, 0))
            of_group[side] += sums[self._counted]
            for name, value in sums.items():
                sides[side][name] += value
        notes = []
        if len(counts) > 1 and "indicator_id" not in groupbys:
            notes.append(self._note_of_indicators())
        for kpi, sides in counts.items():
            prefix = f"{kpi.name}: " if len(counts) > 1 else ""
            notes += [prefix + note for note in self._notes_of_sides(sides)]
        if counts:
            notes += self._note_of_groups(groups)
            notes.append(
                self.env._(
                    "Observed together, not cause: customers with and without it may "
                    "differ in other ways, too."
                )
            )
        return notes + self._notes_of_the_left_out(left_out, list(counts))

    @api.model
    def _note_of_indicators(self):
        """That a document counts once per indicator."""
        raise NotImplementedError

    @api.model
    def _notes_of_sides(self, sides):
        """The counts of an indicator's sides, and a caution where they are few.

        :param sides: ``{side: {measure: sum}}``, of ``_note_measures``
        """
        raise NotImplementedError

    @api.model
    def _side_labels(self):
        return dict(self._fields["contact_missing"]._description_selection(self.env))

    @api.model
    def _notes_of_few(self, counts):
        """A caution for each side that is too small to compare.

        :param counts: ``{side: number of documents}``
        """
        labels = self._side_labels()
        return [
            self._words_of_few(count, labels[side])
            for side, count in counts.items()
            if count < FEW
        ]

    @api.model
    def _note_of_groups(self, groups):
        """How many of the groups shown have too few documents on a side.

        :param groups: ``{key: {side: number of documents}}``
        """
        few = sum(min(sides.values()) < FEW for sides in groups.values())
        if not few or len(groups) == 1:
            return []
        return [self._words_of_few_groups(few, len(groups))]

    @api.model
    def _words_of_few(self, count, side):
        """That a side has too few documents.

        :param side: its label
        """
        raise NotImplementedError

    @api.model
    def _words_of_few_groups(self, few, groups):
        """That some of the groups have fewer than ``FEW`` documents on a side."""
        raise NotImplementedError

    @api.model
    def _notes_of_the_left_out(self, left_out, kpis):
        """How many documents are in no figure, and why; or since when they are.

        :param left_out: see :meth:`_sums_and_left_out`
        :param kpis: the indicators that have figures
        """
        kpis = list(dict.fromkeys([*kpis, *left_out]))
        starts = self._recorded_since(kpis)
        notes = []
        for kpi in kpis:
            start = format_date(self.env, starts[kpi])
            parts = [
                words % {"count": left_out[kpi][reason], "date": start}
                for reason, words in self._left_out_words().items()
                if left_out.get(kpi, {}).get(reason)
            ]
            if parts:
                prefix = f"{kpi.name}: " if len(kpis) > 1 else ""
                notes.append(prefix + self._words_of_left_out("; ".join(parts)))
            elif len(kpis) == 1:
                notes.append(self._words_of_the_start(start))
        return notes

    @api.model
    def _left_out_words(self):
        """The reasons of :meth:`_left_out_sql` with a count, in words."""
        return {
            "unrecorded": self.env._("%(count)s from before %(date)s"),
            "merged": self.env._("%(count)s of customers merged into others since"),
            "unknown": self.env._(
                "%(count)s of customers whose tracked changes contradict each other"
            ),
            "found": self.env._(
                "%(count)s of customers who lacked it already when first looked at, "
                "nobody knows since when"
            ),
        }

    @api.model
    def _words_of_left_out(self, reasons):
        """That documents are left out: how many and why, as one text."""
        raise NotImplementedError

    @api.model
    def _words_of_the_start(self, day):
        """That there are figures since that day only."""
        raise NotImplementedError

    @api.model
    def _sums_and_left_out(self, domain, others=()):
        """Sums per indicator and side, and the documents that are on no side.

        Left out are those that match the domain but for their side, which is unknown:
        a filter on one side does not narrow them.

        :param others: groups other than the side
        :return: that of :meth:`_sums_by_side`, and ``{indicator: {reason: number of
            documents}}``, under the reader's rights
        """

        def decided(condition):
            return condition.field_expr in ("contact_missing", "origin")

        # optimize() pushes "not" down to the leaves: TRUE only widens.
        asked = Domain(domain).optimize(self)
        undecided = asked.map_conditions(lambda c: Domain.TRUE if decided(c) else c)
        reason = SQL(
            "CASE %s END",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", condition, name)
                for name, condition in self._left_out_sql().items()
            ),
        )
        one_side = any(map(decided, asked.iter_conditions()))
        everything = self._asking(left_out=reason)._sums_by_side(
            undecided, () if one_side else others
        )
        by_side, left_out = self._sums_by_side(domain, others) if one_side else [], {}
        for kpi, name, group, sums in everything:
            kpi = kpi.with_env(self.env)
            if name not in dict(SIDES):
                counts = left_out.setdefault(
                    kpi, dict.fromkeys(self._left_out_sql(), 0)
                )
                counts[name] += sums[self._counted]
            elif not one_side:
                by_side.append((kpi, name, group, sums))
        return by_side, left_out

    @api.model
    def _sums_by_side(self, domain, others=()):
        """Sum ``_note_measures`` per indicator, side and further groups; one query.

        :return: ``[(indicator, side, key of the group, {measure: sum})]``
        """
        query = self._search(domain)
        if query.is_empty():
            return []
        keys = [
            *(
                self._field_to_sql(self._table, name, query)
                for name in ("indicator_id", "contact_missing")
            ),
            *(self._read_group_groupby(self._table, spec, query) for spec in others),
        ]
        names = self._note_measures
        measures = [self._field_to_sql(self._table, name, query) for name in names]
        groups = [SQL.identifier(f"key_{number}") for number in range(len(keys))]
        sums = [SQL.identifier(name) for name in names]
        # OFFSET 0 keeps the subquery apart: the planner then expects few groups and
        # aggregates by hash. Of a side computed from dates it would expect as many
        # groups as rows, and sort them all.
        rows = self.env.execute_query(
            SQL(
                "SELECT %(groups)s, %(sums)s FROM (%(rows)s OFFSET 0) AS t (%(names)s)"
                " GROUP BY %(groups)s ORDER BY %(groups)s",
                groups=SQL(", ").join(groups),
                sums=SQL(", ").join(SQL("SUM(%s)", name) for name in sums),
                rows=query.select(*keys, *measures),
                names=SQL(", ").join([*groups, *sums]),
            )
        )
        kpis = self.env["contact.kpi"].browse({kpi for kpi, *_values in rows})
        end = len(keys)
        return [
            (kpi, row[1], row[2:end], dict(zip(names, row[end:], strict=True)))
            for kpi in kpis.sorted(lambda kpi: (kpi.sequence, kpi.id))
            for row in rows
            if row[0] == kpi.id
        ]

    @api.model
    def _recorded_since(self, kpis):
        """``{indicator: the first day whose documents are in the figures}``"""
        # Runs and histories are not for everybody; only dates come through.
        records = self._records([kpi.id for kpi in kpis])
        return {kpi: records[kpi.id].first_day(self.env.company) for kpi in kpis}

    # -- actions -------------------------------------------------------------

    @api.model
    def _explain_title(self):
        """The title of the documents behind a figure."""
        raise NotImplementedError

    @api.model
    def action_explain(self, domain):
        """Open the documents behind a figure."""
        [(ids,)] = self._read_group(
            domain, [], [f"{self._document}:array_agg_distinct"]
        )
        if len(ids) > self._many_documents:
            # Too many ids for a domain: list the report's rows, which open documents.
            action = self.env["ir.actions.act_window"]._for_xml_id(self._explain_action)
            return {
                **action,
                "display_name": self._explain_title(),
                "domain": list(domain),
                "context": {},
                "views": [(False, "list")],
            }
        return {
            "type": "ir.actions.act_window",
            "name": self._explain_title(),
            "res_model": self._documents()._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", ids)],
            "context": {"create": False},
        }

    def _action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._documents()._name,
            "res_id": self[self._document].id,
            "views": [(False, "form")],
        }
