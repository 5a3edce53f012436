# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_list

from .comparison_mixin import PREVIOUS, UNITS


class ContactKpiSnapshot(models.Model):
    """Notes on how to read the trend, in words and on the graph."""

    _inherit = "contact.kpi.snapshot"

    @api.model
    @api.readonly
    def reading_notes(self, domain, groupbys, measures):
        """Sentences to show above a graph or pivot of these figures.

        :param groupbys: specs as for ``formatted_read_group``
        :param measures: names of the measures on screen
        :return: list of str; dates only, so that nobody's figures show through
        """
        self.browse().check_access("read")
        indicators = self._indicators_shown(domain)
        return [
            *self._note_comparison(domain, groupbys, measures),
            *self._note_sum_of_indicators(indicators, groupbys),
            *self._note_observation(domain, indicators),
            *self._note_beginning(indicators),
            *self._note_redefinition(domain, indicators),
        ]

    @api.model
    @api.readonly
    def observation_start(self, domain):
        """First day that was observed, if earlier ones in the filter are rebuilt.

        :return: a date as a string, or False
        """
        self.browse().check_access("read")
        start = self._observation_start(domain, self._indicators_shown(domain))
        return start and fields.Date.to_string(start)

    # -- notes ---------------------------------------------------------------

    def _note_comparison(self, domain, groupbys, measures):
        baselines = {
            self._closing_comparisons[name][0]
            for name in (measure.partition(":")[0] for measure in measures)
            if name in self._closing_comparisons
        }
        notes = []
        if PREVIOUS in baselines:
            notes.append(self._rule_of_comparison(groupbys))
        notes += [
            self.env._("%(date)s is compared with %(before)s.", **dates)
            for dates in self._compared_dates(domain, groupbys, baselines)
        ]
        if baselines and not notes:
            notes.append(self.env._("There is no earlier period to compare with."))
        return notes

    def _rule_of_comparison(self, groupbys):
        """A sentence: what the period before is, under this grouping."""
        rules = {
            "day": self.env._("Each day is compared with the day before."),
            "week": self.env._("Each week is compared with the end of the one before."),
            "month": self.env._(
                "Each month is compared with the end of the month before."
            ),
            "quarter": self.env._(
                "Each quarter is compared with the end of the one before."
            ),
            "year": self.env._(
                "Each year is compared with the end of the year before."
            ),
        }
        grouped = {
            spec.rpartition(":")[2]
            for spec in groupbys
            if spec.startswith(("date:", "run_id.date:"))
        }
        for unit, specs in UNITS.items():
            if grouped.intersection(specs):
                return rules[unit]
        return self.env._(
            "Compared with the end of the period before: the indicator's analysis "
            "period."
        )

    def _compared_dates(self, domain, groupbys, baselines):
        """The latest closing and what it is compared with, as formatted dates."""
        compared = self._compared_days(domain, groupbys, baselines)
        if not compared:
            return []
        latest = max(compared)
        befores = {day for days in compared[latest].values() for day in days}
        befores = sorted(befores, reverse=True)
        return [
            {
                "date": format_date(self.env, latest),
                "before": format_list(
                    self.env, [format_date(self.env, day) for day in befores]
                ),
            }
        ]

    @api.model
    def _compared_days(self, domain, groupbys, baselines):
        """What each closing is compared with: ``{day: {baseline: [days]}}``."""
        if not baselines:
            return {}
        run = self.env["contact.kpi.run"].sudo()
        timeline = self._timeline_sql(
            domain, self._closing_buckets(groupbys), baselines
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT shown_on, role, date FROM (%s) AS timeline
                 WHERE role != 'closing' AND fact_run_id IN %s
                 ORDER BY 1 DESC, 2, 3 DESC
                """,
                timeline,
                run._search(self._reader_series_domain()).subselect(),
            )
        )
        compared = {}
        for day, baseline, before in rows:
            compared.setdefault(day, {}).setdefault(baseline, []).append(before)
        return compared

    def _note_sum_of_indicators(self, indicators, groupbys):
        if any(spec.startswith("indicator_id") for spec in groupbys):
            return []
        if len(indicators) < 2:
            return []
        return [
            self.env._(
                "Several indicators are added up here. Choose one, or group by "
                "indicator."
            )
        ]

    def _note_observation(self, domain, indicators):
        start = self._observation_start(domain, indicators)
        if not start:
            return []
        return [
            self.env._(
                "Observed since %s. Earlier figures are rebuilt from the history of "
                "the contacts.",
                format_date(self.env, start),
            )
        ]

    def _note_beginning(self, shown):
        """Notes on indicators that have no past before observation; to be extended.

        :param shown: ids of the indicators on screen
        """
        return []

    def _note_redefinition(self, domain, indicators):
        run = self.env["contact.kpi.run"].sudo()
        domain = self._closing_run_domain(domain)
        domain &= Domain("indicator_id", "in", indicators)
        dates = run._read_group(domain & Domain("redefined", "=", True), ["date:day"])
        if not dates:
            return []
        return [
            self.env._(
                "The definition changed on %s: figures before and after do not count "
                "the same.",
                format_list(self.env, [format_date(self.env, day) for (day,) in dates]),
            )
        ]

    # -- runs ----------------------------------------------------------------

    def _observation_start(self, domain, indicators):
        """First observed day of the indicators, if the filter has rebuilt ones."""
        run = self.env["contact.kpi.run"].sudo()
        ours = Domain("indicator_id", "in", indicators)
        rebuilt = self._closing_run_domain(domain) & ours
        if not run.search_count(rebuilt & run._domain_rebuilt(), limit=1):
            return False
        observed = ours & run._domain_with_facts()
        [(start,)] = run._read_group(
            observed & Domain("origin", "=", "observed"), [], ["date:min"]
        )
        return start

    def _reader_series_domain(self):
        """The series that the reader may see, as a domain on runs."""
        return Domain("company_id", "=", False) | Domain(
            "company_id", "parent_of", self.env.companies.ids
        )

    @api.model
    def _indicators_shown(self, domain):
        """Ids of the indicators with facts under a filter, of those the reader may see.

        Two reads: the last closing has facts of most; for the others the closings of
        all months are looked at, since a segment may be empty by now.
        """
        run = self.env["contact.kpi.run"].sudo()
        candidates = run._read_group(
            self._closing_run_domain(self._seen(domain)), ["indicator_id"]
        )
        wanted = {kpi.id for (kpi,) in candidates}
        found = set()
        for buckets in ([], ["date:month"]):
            if missing := list(wanted - found):
                rows = self._read_group(
                    Domain(domain) & Domain("indicator_id", "in", missing),
                    ["indicator_id", *buckets],
                    ["customers:sum"],
                    having=[("customers:sum", ">", 0)],
                )
                found |= {row[0].id for row in rows}
        return sorted(found)
