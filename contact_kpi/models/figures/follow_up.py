# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query
from odoo.tools.misc import format_date

from ..engine.gap import CLOSE_REASONS, ORIGINS

GRANULARITIES = {"day", "week", "month", "quarter", "year"}
COUNTS = (
    "opening",
    "opened",
    "came_back",
    "completed",
    "declined",
    "left",
    "closing",
    "untimed",
    "age_0_7",
    "age_8_30",
    "age_31_90",
    "age_91_365",
    "age_over",
)
MEAN, MEDIAN = "days_to_complete", "median_days"
# Columns that are empty in a period unless the gap has closed by its end.
AS_OF = ("closed_on", "closed_by_id", "close_reason")
# Ages of open gaps, in days: from (inclusive), until (exclusive).
AGES = {
    "age_0_7": (None, 8),
    "age_8_30": (8, 31),
    "age_31_90": (31, 91),
    "age_91_365": (91, 366),
    "age_over": (366, None),
}


class ContactKpiFollowUp(models.Model):
    """The balance of the ledger: opening + opened - completed - left = closing.

    A row is a gap in a *bucket*: the days that share the date groups of a
    question (a month, a week, a month and a week; the whole of the filter when
    nothing is grouped by date). The gap is in every bucket that it touches, with
    how it stood when that began and when it ended. Each row balances by itself,
    so every cell, subtotal and total does, whatever else is grouped or filtered. Of two
    gaps, by month::

        gap  opened   completed        month  gap  opening  opened  completed  closing
        1    May 20   June 3           May    1          0       1          0        1
        2    June 10               →   June   1          1       0          1        0
                                       June   2          0       1          0        1

    How it works, see ``contact.kpi.question.mixin``: the time part of a question's
    domain and its date groups make a calendar, and the rows are the join of the
    ledger with it. One query for ``_read_group``; for grouping sets, one per distinct
    set of date groups.

    A bucket is an interval: days inside it that the filter leaves out count,
    since nothing would add up without them. The days are the companies', and end
    today. A bucket knows nothing that happened later: who completed a gap in
    March does not show in February. Cost: one scan of the ledger for counts and
    means grouped by what many gaps share: those that opened and closed between the
    same ends of buckets are added up before the join. Else a row per gap and
    bucket: filter before grouping years by day.
    """

    _name = "contact.kpi.follow.up"
    _inherit = [
        "contact.kpi.customer.mixin",
        "contact.kpi.measure.mixin",
        "contact.kpi.question.mixin",
        "contact.kpi.segment.mixin",
    ]
    _description = "Contact Follow-up"
    _auto = False
    _order = "date, opened_on, id"
    _rec_name = "partner_id"
    _depends = {
        "contact.kpi.gap": [
            "indicator_id",
            "partner_id",
            "company_id",
            "user_id",
            "opening_user_id",
            "opened_on",
            "closed_on",
            "closed_by_id",
            "close_reason",
            "origin",
            "came_back",
            "days_to_complete",
        ],
        "contact.kpi.decline": ["gap_id", "declined_on"],
        "res.partner": ["city"],
    }

    _sums = COUNTS
    _means = (MEAN, MEDIAN)

    date = fields.Date(
        readonly=True, help="Group or filter by it: the period of the balance."
    )
    indicator_id = fields.Many2one("contact.kpi", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        readonly=True,
        help="The customer's salesperson, now.",
    )
    opening_user_id = fields.Many2one(
        "res.users",
        "Salesperson at Opening",
        readonly=True,
        help="Who was responsible for the customer when the gap opened.",
    )
    city = fields.Char(readonly=True, help="The customer's city, now.")
    origin = fields.Selection(ORIGINS, readonly=True)
    opened_on = fields.Date("Opened on", readonly=True)
    closed_on = fields.Date("Closed on", readonly=True)
    closed_by_id = fields.Many2one(
        "res.users",
        "Completed by",
        readonly=True,
        help="Who saved the change that closed it, if it closed in the period.",
    )
    close_reason = fields.Selection(CLOSE_REASONS, readonly=True)

    opening = fields.Integer(
        readonly=True, aggregator=None, help="Missing when the period began."
    )
    opened = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Customers that began to lack it in the period.",
    )
    came_back = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Of those opened: the customer had completed it before.",
    )
    completed = fields.Integer(
        readonly=True, aggregator=None, help="Completed in the period."
    )
    declined = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Refusals recorded in the period. They stay missing: not part of the "
        "balance.",
    )
    left = fields.Integer(
        readonly=True,
        aggregator=None,
        help="No longer missing without having been completed: no longer a "
        "customer, merged, or the definition changed.",
    )
    closing = fields.Integer(
        readonly=True, aggregator=None, help="Missing when the period ended."
    )
    days_to_complete = fields.Float(
        "Days to Complete (Mean)",
        readonly=True,
        aggregator=None,
        digits=(16, 1),
        help="From opening to completion, over those completed in the period whose "
        "opening is known.",
    )
    median_days = fields.Float(
        "Days to Complete (Median)",
        readonly=True,
        aggregator=None,
        digits=(16, 1),
        help="Half of those completed in the period took no longer.",
    )
    untimed = fields.Integer(
        "Completed, Days Unknown",
        readonly=True,
        aggregator=None,
        help="Completed in the period, but open since before it was observed, or "
        "opened by a changed definition: in no mean and no median.",
    )
    age_0_7 = fields.Integer(
        "Open 0-7 Days",
        readonly=True,
        aggregator=None,
        help="Of the closing: open for at most 7 days when the period ended.",
    )
    age_8_30 = fields.Integer("Open 8-30 Days", readonly=True, aggregator=None)
    age_31_90 = fields.Integer("Open 31-90 Days", readonly=True, aggregator=None)
    age_91_365 = fields.Integer("Open 91-365 Days", readonly=True, aggregator=None)
    age_over = fields.Integer("Open over 365 Days", readonly=True, aggregator=None)

    # -- measures ------------------------------------------------------------

    def _own_measures(self):
        return super()._own_measures() | {MEAN, MEDIAN}

    def _count_sql(self):
        return SQL("COALESCE(SUM(%s), 0)", SQL.identifier(self._table, "weight"))

    def _measure_sql(self, fname, query):
        # Whatever aggregate is requested (sum, max): durations have these two only.
        if fname == MEAN:
            return SQL(
                "SUM(%s) / NULLIF(SUM(%s), 0)",
                self._field_to_sql(self._table, MEAN, query),
                SQL.identifier(self._table, "timed"),
            )
        if fname == MEDIAN:
            return SQL(
                "percentile_cont(0.5) WITHIN GROUP (ORDER BY %s)",
                self._field_to_sql(self._table, MEAN, query),
            )
        return super()._measure_sql(fname, query)

    @api.model
    def _read_group_empty_value(self, spec):
        fname, _sep, func = spec.partition(":")
        if func and fname in COUNTS:
            return 0
        return super()._read_group_empty_value(spec)

    # -- rows: the ledger and the calendar -----------------------------------

    @api.model
    def _read_apart_by(self, groupby, measures):
        """The date groups of a question.

        :raise UserError: a group that is no interval, such as every January
        """
        specs = sorted({s for s in groupby if s.split(":")[0] == "date"})
        for spec in specs:
            granularity = spec.partition(":")[2]
            if granularity and granularity not in GRANULARITIES:
                raise UserError(
                    self.env._(
                        "The follow-up can be grouped by day, week, month, quarter "
                        "or year."
                    )
                )
        return tuple(specs)

    @api.model
    def _names_asked(self, domain, question):
        """The columns that a question reads, where gaps can be added up beforehand.

        :return: set of names; None where each gap has to be read
        """
        measures = {f"{name}:sum": name for name in COUNTS if name != "declined"}
        measures |= {f"{MEAN}:{func}": MEAN for func in ("sum", "avg", "min", "max")}
        measures["__count"] = "weight"
        counted = {measures[spec] for spec in question.measures if spec in measures}
        rest = [spec for spec in question.measures if spec not in measures]
        names = question._replace(measures=rest).names
        names |= self._names_in(self._seen(domain))
        of_rows = not (question.groups or question.measures)
        common = {
            *("date", "indicator_id", "company_id", "user_id", "opening_user_id"),
            *("origin", "closed_by_id", "close_reason"),
            *self._segment_names(),
        }
        return None if of_rows or not names <= common else names | counted

    @api.model
    def _all_rows_sql(self):
        return self._rows_sql(self._calendar(Domain.TRUE))

    @api.model
    def _answering(self, domain, question):
        """Answer from the gaps that the question's days touch, in its buckets."""
        names = self._names_asked(domain, question)
        domain, time = self._split(domain)
        if time is not None:
            asked, domain = self._indicators_asked(domain)
            link = asked is not None and SQL("g.indicator_id = ANY(%s)", asked)
            spans = self._calendar(time, question.apart)
            return self._asking(rows=self._rows_sql(spans, link, names)), domain
        # "In May, or of Ana": which days of a bucket count depends on the gap. So
        # buckets are split into pieces whose days meet the same conditions; the domain
        # selects pieces of a gap, from the first to the last of which its bucket goes.
        conditions = filter(self._is_time, domain.iter_conditions())
        pieces = self._calendar(Domain.TRUE, question.apart, conditions)
        model = self._asking(rows=self._rows_sql(pieces), answered=True)
        found = model._search(domain)
        if found.is_empty():
            return self, Domain.FALSE
        names = ("id", "bucket", "first_day", "last_day")
        spans = SQL(
            """
            SELECT id AS gap_id, MIN(first_day) AS first_day, MAX(last_day) AS last_day
              FROM (%s) AS piece GROUP BY id, bucket
            """,
            found.select(*(SQL.identifier(self._table, name) for name in names)),
        )
        rows = self._rows_sql(spans, SQL("span.gap_id = g.id"))
        return self._asking(rows=rows), Domain.TRUE

    @api.model
    def _is_time(self, condition):
        return condition.field_expr.partition(".")[0] == "date"

    @api.model
    def _split(self, domain):
        """The domain, optimized, and its part on time, which selects days.

        :return: (domain, time); time is None where "or" mixes it with the rest
        """
        # optimize() pushes "not" down to the leaves.
        domain = Domain(domain).optimize_full(self)
        time = domain.map_conditions(
            lambda condition: condition if self._is_time(condition) else Domain.TRUE
        )
        rest = domain.map_conditions(
            lambda condition: Domain.TRUE if self._is_time(condition) else condition
        )
        pure = (time & rest).optimize_full(self) == domain
        return domain, time.optimize_full(self) if pure else None

    @api.model
    def _calendar(self, time, specs=(), conditions=()):
        """SQL of the buckets of the days that meet a domain.

        :param time: domain on ``date``
        :param specs: the date groups
        :param conditions: split buckets by which of these their days meet
        :return: SQL of a SELECT of bucket (an array of dates), first_day and last_day
        """
        days = SQL(
            """
            (SELECT MIN(first.day) + generate_series(0, %s::date - MIN(first.day))
                    AS date
               FROM contact_kpi k
              CROSS JOIN LATERAL (SELECT MIN(opened_on) AS day FROM contact_kpi_gap
                                   WHERE indicator_id = k.id) AS first)
            """,
            max(self.env["res.company"]._contact_kpi_today().values()),
        )
        query = Query(self.env, "calendar", days)
        query.add_where(time._to_sql(self, "calendar", query))
        groups = [self._read_group_groupby("calendar", spec, query) for spec in specs]
        met = [
            SQL("(%s) IS TRUE", condition._to_sql(self, "calendar", query))
            for condition in conditions
        ]
        query.groupby = SQL(", ").join([*groups, *met]) if groups or met else None
        query.having = SQL("COUNT(*) > 0")  # without groups, an empty row is returned
        date = SQL.identifier("calendar", "date")
        return query.select(
            SQL("ARRAY[%s]::date[] AS bucket", SQL(", ").join(groups)),
            SQL("MIN(%s) AS first_day", date),
            SQL("MAX(%s) AS last_day", date),
        )

    @api.model
    def _rows_sql(self, spans, link=None, names=None):
        """SQL of the rows: the ledger joined with first and last days of buckets.

        Columns that nothing reads cost nothing: PostgreSQL drops them.

        :param spans: SQL of first_day and last_day, see :meth:`_calendar`
        :param link: SQL of a further join condition on ``g`` and ``span``; on ``g``
            alone if there are names
        :param names: the only columns to give, of gaps added up beforehand
        """
        link = link or SQL("TRUE")
        now = self.env["res.company"]._contact_kpi_today_sql(SQL("g.company_id"))
        if names is not None:
            return self._added_up_sql(spans, now, link, names)
        return SQL(
            """
            SELECT %(columns)s,
                   NULLIF(p.city, '') AS city,
                   span.*, span.first_day AS date,
                   -- Few gaps were ever refused: the others are not looked up.
                   CASE WHEN g.id IN (SELECT gap_id FROM contact_kpi_decline)
                        THEN (SELECT COUNT(*) FROM contact_kpi_decline d
                               WHERE d.gap_id = g.id
                                 AND d.declined_on BETWEEN span.first_day
                                                       AND span.last_day)
                        ELSE 0 END::int AS declined
              FROM contact_kpi_gap g
              JOIN (%(spans)s) AS span
                ON g.opened_on <= span.last_day
               AND (g.closed_on IS NULL OR g.closed_on >= span.first_day)
               AND span.first_day <= %(today)s
               AND %(link)s
              LEFT JOIN %(seen)s p ON p.id = g.partner_id
            """,
            columns=SQL(", ").join(self._columns_of_rows(now)),
            seen=self._seen_table(),
            today=now,
            spans=spans,
            link=link,
        )

    @api.model
    def _columns_of_rows(self, now):
        """List of SQL of the columns of a gap ``g`` in a bucket ``span``.

        :param now: SQL of today's date for the gap
        """
        closed = SQL("(g.closed_on <= span.last_day) IS TRUE")
        age = SQL("(LEAST(span.last_day, %s) - g.opened_on)", now)
        parts = {
            "weight": SQL("1"),
            "came_back": SQL("(g.came_back IS TRUE)::int"),
            "untimed": SQL("(g.days_to_complete IS NULL)::int"),
            "timed": SQL("(g.days_to_complete IS NOT NULL)::int"),
            MEAN: SQL("g.days_to_complete"),
        }
        measures = self._measures_of_rows(
            parts, lambda days: SQL("%s >= %s", age, days)
        )
        own = (
            "id",
            "indicator_id",
            "partner_id",
            "company_id",
            "user_id",
            "opening_user_id",
            "origin",
            "opened_on",
            *self._segment_names(),
        )
        return [
            *(SQL.identifier("g", name) for name in own),
            *(
                SQL("CASE WHEN %s THEN %s END AS %s", closed, column, alias)
                for column, alias in (
                    (SQL.identifier("g", name), SQL.identifier(name)) for name in AS_OF
                )
            ),
            *(
                SQL("%s AS %s", sql, SQL.identifier(name))
                for name, sql in measures.items()
            ),
            SQL("%s AS %s", measures[MEAN], SQL.identifier(MEDIAN)),
        ]

    @api.model
    def _measures_of_rows(self, parts, aged):
        """SQL of the measures of gaps ``g`` in a bucket ``span``, as ``{name: SQL}``.

        :param parts: ``{name: SQL}``: how many gaps a row ``g`` stands for, how many of
            each kind, and their days
        :param aged: function from days to an SQL condition: at least that old when the
            bucket ends
        """
        closed = SQL("(g.closed_on <= span.last_day) IS TRUE")
        opened = SQL("g.opened_on >= span.first_day")
        completed = SQL("%s AND g.close_reason = 'completed'", closed)

        def of_age(since, until):
            conditions = [SQL("NOT %s", closed)]
            if since:
                conditions.append(aged(since))
            if until:
                conditions.append(SQL("NOT %s", aged(until)))
            return SQL(" AND ").join(conditions)

        def counted(condition, part="weight"):
            return SQL("(%s)::int * %s", condition, parts[part])

        def of_completed(part):
            return SQL("CASE WHEN %s THEN %s END", completed, parts[part])

        return {
            "weight": parts["weight"],
            "opening": counted(SQL("g.opened_on < span.first_day")),
            "opened": counted(opened),
            "came_back": counted(opened, "came_back"),
            "completed": counted(completed),
            "left": counted(SQL("%s AND g.close_reason != 'completed'", closed)),
            "closing": counted(SQL("NOT %s", closed)),
            "untimed": counted(completed, "untimed"),
            **{name: counted(of_age(*ends)) for name, ends in AGES.items()},
            MEAN: of_completed(MEAN),
            "timed": of_completed("timed"),
        }

    @api.model
    def _added_up_sql(self, spans, now, link, names):
        """SQL of the rows of gaps that are added up before the join with buckets.

        :param now: SQL of today's date for a gap ``g``
        :param link: SQL condition on the gap
        :param names: see :meth:`_names_asked`
        """
        keys = self._keys_of_added_up(now, names)
        parts = {
            "weight": SQL("COUNT(*)::int"),
            "came_back": SQL("COUNT(*) FILTER (WHERE g.came_back)::int"),
            "timed": SQL("COUNT(g.days_to_complete)::int"),
            "untimed": SQL("(COUNT(*) - COUNT(g.days_to_complete))::int"),
            MEAN: SQL("SUM(g.days_to_complete)"),
        }
        measures = self._measures_of_rows(
            {name: SQL.identifier("g", name) for name in parts},
            lambda days: SQL(
                "%s <= span.last_day", SQL.identifier("g", f"aged_{days}")
            ),
        )
        given = {"weight", "timed", *names} & measures.keys()
        closed = SQL("(g.closed_on <= span.last_day) IS TRUE")
        columns = [
            SQL("CASE WHEN %s THEN %s END AS %s", closed, column, SQL.identifier(name))
            if name in AS_OF
            else column
            for name, column in (
                (name, SQL.identifier("g", name))
                for name in names - {"date", "weight", MEAN, *COUNTS}
            )
        ]
        columns += [
            SQL("%s AS %s", measures[name], SQL.identifier(name)) for name in given
        ]
        return SQL(
            """
            WITH span AS MATERIALIZED (%(spans)s),
            ends AS MATERIALIZED (
                SELECT ARRAY_AGG(day ORDER BY day) AS days
                  FROM (SELECT first_day AS day FROM span
                         UNION SELECT last_day + 1 FROM span) AS t
            )
            SELECT %(columns)s, span.*, span.first_day AS date
              FROM (SELECT %(parts)s FROM contact_kpi_gap g CROSS JOIN ends
                     WHERE %(link)s GROUP BY %(keys)s) AS g
              JOIN span
                ON g.opened_on <= span.last_day
               AND (g.closed_on IS NULL OR g.closed_on >= span.first_day)
               AND span.first_day <= %(today)s
            """,
            spans=spans,
            columns=SQL(", ").join(columns),
            parts=SQL(", ").join(
                SQL("%s AS %s", sql, SQL.identifier(name))
                for name, sql in (keys | parts).items()
            ),
            keys=SQL(", ").join(SQL(str(number)) for number in range(1, len(keys) + 1)),
            link=link,
            today=now,
        )

    @api.model
    def _keys_of_added_up(self, now, names):
        """SQL of what gaps ``g`` are added up by, as ``{name: SQL}``.

        All columns that are read. Instead of its dates a gap has the latest ``ends`` of
        buckets up to them, which makes no difference to any bucket. For parameters see
        :meth:`_added_up_sql`.
        """

        def end(day):
            return SQL(
                "COALESCE(ends.days[width_bucket(%s, ends.days)], '-infinity')", day
            )

        keys = {
            "company_id": SQL("g.company_id"),
            **{
                name: SQL.identifier("g", name)
                for name in names - {"date", "weight", MEAN, *COUNTS}
            },
            "close_reason": SQL("g.close_reason"),
            "opened_on": end(SQL("g.opened_on")),
            "closed_on": SQL(
                "CASE WHEN g.closed_on IS NOT NULL THEN %s END",
                end(SQL("g.closed_on")),
            ),
        }
        for days in {days for name in names & AGES.keys() for days in AGES[name]}:
            if days:
                # The end from which on they are that old; infinity: not yet.
                day = SQL("g.opened_on + %s", days)
                keys[f"aged_{days}"] = SQL(
                    "CASE WHEN %s <= %s THEN %s ELSE 'infinity' END", day, now, end(day)
                )
        return keys

    # -- words and customers behind a figure ---------------------------------

    @api.model
    @api.readonly
    def reading_notes(self, domain, groupbys=(), measures=()):
        """Sentences to show above the table."""
        notes = [
            self.env._(
                "Opening + opened − completed − left = closing. Left: no longer a "
                "customer, merged, or the definition changed."
            )
        ]
        found = self._read_group(domain, ["origin"], ["opened:sum", "untimed:sum"])
        untimed = sum(row[2] for row in found)
        if untimed:
            notes.append(
                self.env._(
                    "Not in the days to complete: %s completed whose true opening is "
                    "unknown.",
                    untimed,
                )
            )
        opened = {origin: opened for origin, opened, _untimed in found}
        if opened.get("initial"):
            notes.append(
                self.env._(
                    "Of those opened, %s lacked it before they were first looked at.",
                    opened["initial"],
                )
            )
        if opened.get("redefined"):
            notes.append(
                self.env._(
                    "Of those opened, %s came with a changed definition.",
                    opened["redefined"],
                )
            )
        return notes

    @api.model
    def action_explain(self, domain):
        """Open the gaps behind a cell: those that its days touch."""
        self.browse().check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_gap_follow_up_action"
        )
        gaps, first, last = self._explain(domain)
        title = self.env._("Contact Follow-up")
        if first:
            title = self.env._(
                "%(title)s: %(first)s to %(last)s",
                title=title,
                first=format_date(self.env, first),
                last=format_date(self.env, last),
            )
        return {
            **action,
            "display_name": title,
            "views": [view for view in action["views"] if view[1] in ("list", "form")],
            "domain": list(gaps),
            "context": {},
        }

    @api.model
    def _explain(self, domain):
        """The gaps of a cell, as a domain on the ledger, and its first and last day.

        :return: (domain, first, last); no days where the gaps had to be listed by id
        """
        _optimized, time = self._split(domain)
        gaps = Domain(domain).optimize(self)
        only_here = {*COUNTS, MEAN, MEDIAN}
        if time is None or any(
            c.field_expr in only_here for c in gaps.iter_conditions()
        ):
            ids = self._search(domain).get_result_ids()
            return Domain("id", "in", list(ids)), None, None
        spans = self.env.execute_query(self._calendar(time))
        if not spans:
            return Domain.FALSE, None, None
        [(_bucket, first, last)] = spans
        closed = Domain("closed_on", "<=", last)

        def on_gap(condition):
            if self._is_time(condition):
                return Domain.TRUE
            if condition.field_expr not in AS_OF:
                return condition
            # Not closed by the last day: as if the column were empty.
            negative = condition.operator.startswith("not")
            in_set = condition.operator in ("in", "not in")
            empty = negative != (in_set and False in condition.value)
            return (closed & condition) | (~closed & Domain(empty))

        touched = Domain("opened_on", "<=", last) & (
            Domain("closed_on", "=", False) | Domain("closed_on", ">=", first)
        )
        return touched & gaps.map_conditions(on_gap), first, last
