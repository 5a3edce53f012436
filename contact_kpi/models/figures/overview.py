# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_date, formatLang, get_lang

from ...tools import period
from ..engine.gap import EDITABLE
from ..engine.indicator import DefinitionError

# The follow-up's date filter over about as many periods as the sparkline.
RECENT = {
    "day": "custom_last_30_days",
    "week": "custom_last_12_weeks",
    "month": "custom_last_12_months",
    "year": "custom_last_5_years",
}
# How many periods the bars of a card show, and how the axis names them: in few letters,
# which fit below a bar.
BARS = {
    "day": (30, "d"),
    "week": (12, "d MMM"),
    "month": (12, "MMM"),
    "year": (5, "y"),
}


class ContactKpi(models.Model):
    """The card of an indicator: today's figures under the reader's own rules."""

    _inherit = "contact.kpi"

    missing_now = fields.Integer(
        "Missing",
        compute="_compute_missing_now",
        help="Open gaps at this moment, among the customers that you may see.",
    )
    to_complete_now = fields.Integer(
        "To Complete",
        compute="_compute_missing_now",
        help="Missing, without those who declined to provide it.",
    )
    declined_now = fields.Integer(
        "Declined",
        compute="_compute_missing_now",
        help="Missing, but refused to provide it: not to complete until reviewed.",
    )
    refused_now = fields.Integer(
        "Refused to Be Contacted",
        compute="_compute_missing_now",
        help="Of those to complete: refused to be contacted.",
    )
    my_to_complete_now = fields.Integer(
        "Mine to Complete",
        compute="_compute_missing_now",
        help="Of those to complete: the customers whose salesperson you are.",
    )
    customers_now = fields.Integer(
        "Customers at the Last Run",
        compute="_compute_customers_now",
        help="Customers in the population at the time of the last run.",
    )
    missing_rate_now = fields.Float(
        "Missing Rate",
        compute="_compute_rate_now",
        digits=(16, 4),
        help="Missing ÷ customers looked at.",
    )
    has_rate = fields.Boolean(compute="_compute_rate_now")
    unclassified_now = fields.Integer(
        "Not Yet Classified",
        compute="_compute_customers_now",
        help="Customers whose contacts are still to be looked at, in the background. "
        "They count neither as missing nor in the rate.",
    )
    evaluated_at = fields.Datetime(
        "Customers as of",
        compute="_compute_customers_now",
        help="When the customers were last counted.",
    )
    previous_date = fields.Date("Compared with", compute="_compute_change")
    change = fields.Integer(
        compute="_compute_change",
        help="Missing now less missing at the end of the period before.",
    )
    change_text = fields.Char(compute="_compute_change")
    change_last_year_text = fields.Char(
        compute="_compute_change",
        help="The same against the end of the same period last year.",
    )
    on_target = fields.Boolean(compute="_compute_rate_now")
    sparkline = fields.Text(compute="_compute_sparkline")
    last_error = fields.Char(compute="_compute_last_error")
    has_runs = fields.Boolean(compute="_compute_customers_now")

    def _analysis_period(self):
        """The analysis period; in a form that has none yet, the default."""
        self.ensure_one()
        return self.period or "month"

    def _period_start(self, day):
        """First day of the analysis period that a day lies in."""
        self.ensure_one()
        return period.start(day, *self._calendar())

    def _calendar(self):
        """The analysis period, and the day on which weeks begin."""
        # As the views group: weeks begin as the reader's language has it.
        return self._analysis_period(), int(get_lang(self.env).week_start)

    # The cards show counts, customers and rate at once, and all else in a second
    # request (overview.js): these three read nothing but indexes and last runs.

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_missing_now(self):
        """Four counts of open gaps, a query each.

        Each can use an index; one statement for all would look up refusal and consent
        of every gap.
        """
        live = Domain("indicator_id", "in", self.ids) & Domain("closed_at", "=", False)
        to_complete = live & Domain("declined", "=", False)
        missing, declined, refused, mine = (
            dict(
                self.env["contact.kpi.gap"]._read_group(
                    domain, ["indicator_id"], ["__count"]
                )
            )
            for domain in (
                live,
                live & Domain("declined", "=", True),
                to_complete & Domain("consent", "=", "refused"),
                to_complete & Domain("user_id", "=", self.env.uid),
            )
        )
        for kpi in self:
            this = kpi._origin
            kpi.missing_now = missing.get(this, 0)
            kpi.declined_now = declined.get(this, 0)
            kpi.to_complete_now = kpi.missing_now - kpi.declined_now
            kpi.refused_now = refused.get(this, 0)
            kpi.my_to_complete_now = mine.get(this, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customers_now(self):
        """The customers of the last runs, and when they were counted.

        From the totals of the runs if the reader's record rules on snapshots depend on
        nothing but indicator and company; else by adding snapshots up.
        """
        snapshot = self.env["contact.kpi.snapshot"]
        snapshot.check_access("read")
        measures = ("customers", "unclassified")
        last = self._last_runs()
        rules = Domain.TRUE
        if not self.env.su:
            rules = self.env["ir.rule"]._compute_domain(snapshot._name, "read")
        asked = {c.field_expr.partition(".")[0] for c in rules.iter_conditions()}
        if asked <= {"indicator_id", "company_id"}:
            latest = {
                kpi: [sum(same_kpi.mapped(name)) for name in measures]
                for kpi, same_kpi in (
                    (kpi, same_kpi.filtered_domain(rules))
                    for kpi, same_kpi in last.items()
                )
            }
        else:
            latest = {
                kpi: row
                for kpi, *row in snapshot._read_group(
                    [("indicator_id", "in", self.ids)],
                    ["indicator_id"],
                    [f"{name}:sum" for name in measures],
                )
            }
        for kpi in self:
            this = kpi._origin
            kpi.customers_now, kpi.unclassified_now = latest.get(this, (0, 0))
            kpi.evaluated_at = this in last and last[this][0].evaluated_at
            kpi.has_runs = bool(kpi.evaluated_at)

    def _last_runs(self):
        """The last run of each series, by indicator, the one evaluated last first.

        In superuser mode: they hold everybody's totals. Two queries.
        """
        closing = self.env["contact.kpi.snapshot"]._closing_runs(
            [("indicator_id", "in", self.ids)], ()
        )
        names = ["indicator_id", "company_id", "evaluated_at"]
        return (
            self.env["contact.kpi.run"]
            .sudo()
            .search_fetch(
                [("id", "in", closing)],
                [*names, "customers", "unclassified"],
                order="evaluated_at desc",
            )
            .grouped("indicator_id")
        )

    @api.depends("target_rate", "missing_now", "customers_now", "unclassified_now")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_rate_now(self):
        for kpi in self:
            looked_at = kpi.customers_now - kpi.unclassified_now
            kpi.has_rate = bool(looked_at)
            kpi.missing_rate_now = looked_at and kpi.missing_now / looked_at
            kpi.on_target = kpi.has_rate and kpi.missing_rate_now <= kpi.target_rate

    def _compute_last_error(self):
        """The error of each indicator's last run; two queries."""
        # Runs hold everybody's totals: only this text comes through.
        runs = self.env["contact.kpi.run"].sudo()
        days = runs._read_group(
            [("indicator_id", "in", self.ids)], ["indicator_id"], ["date:max"]
        )
        last = runs.search_fetch(
            Domain.OR(
                Domain("indicator_id", "=", kpi.id) & Domain("date", "=", day)
                for kpi, day in days
            ),
            ["indicator_id", "error"],
            order="error_at desc NULLS LAST",
        ).grouped("indicator_id")
        for kpi in self:
            kpi.last_error = kpi._origin in last and last[kpi._origin][0].error

    @api.depends("period", "missing_now", "missing_rate_now")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_change(self):
        """The change against the period before, and against the same one last year.

        Two reads of the facts per analysis period, however many indicators share it.
        """
        today = self.env["res.company"]._contact_kpi_today()[0]
        for same in self.grouped(lambda kpi: kpi._analysis_period()).values():
            before, last_year = (
                same._closings_between(*same[0]._baseline_days(today, last_year))
                for last_year in (False, True)
            )
            for kpi in same:
                closing = before.get(kpi._origin)
                kpi.previous_date = closing and closing[0]
                kpi.change = closing and kpi.missing_now - closing[1]
                kpi.change_text = closing and kpi._change_text(*closing)
                closing = last_year.get(kpi._origin)
                kpi.change_last_year_text = closing and kpi._change_text(*closing)

    def _baseline_days(self, day, last_year=False):
        """The period that a day is compared with, as its first and last day.

        :param last_year: the same period last year instead of the one before;
            of weeks, the one 52 weeks earlier
        """
        find = period.last_year if last_year else period.before
        return find(day, *self._calendar())

    def _closings_between(self, first, last):
        """Each indicator's last closing from one day to another, both inclusive.

        :return: ``{indicator: (date, missing, rate or None)}``
        """
        rows = self.env["contact.kpi.snapshot"]._read_group(
            [
                ("indicator_id", "in", self.ids),
                ("date", ">=", first),
                ("date", "<=", last),
            ],
            ["indicator_id"],
            ["missing:sum", "missing_rate:avg", "date:max"],
        )
        return {kpi: (day, missing, rate) for kpi, missing, rate, day in rows}

    def _change_text(self, day, missing, rate):
        """A change in words: absolute, in points, and since when."""
        change, date = self.missing_now - missing, format_date(self.env, day)
        if rate is None or not self.has_rate:
            return self.env._("%(change)+d since %(date)s", change=change, date=date)
        return self.env._(
            "%(change)+d (%(points)s points) since %(date)s",
            change=change,
            points=self._signed(100 * (self.missing_rate_now - rate)),
            date=date,
        )

    @api.model
    def _signed(self, points, digits=1):
        """Percentage points with their sign, in the reader's language."""
        # Not "-0.0": what rounds to zero has no sign.
        text = formatLang(self.env, round(points, digits) or 0.0, digits=digits)
        return text if text.startswith("-") else f"+{text}"

    @api.depends("period")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_sparkline(self):
        """Bars, which begin at zero, of the last periods.

        One read of the facts per analysis period, whatever number shares it.
        """
        today = self.env["res.company"]._contact_kpi_today()[0]
        points = {}
        for unit, same in self.grouped(lambda kpi: kpi._analysis_period()).items():
            count, pattern = BARS[unit]
            since = same[0]._period_start(today) - period.length(unit, count - 1)
            for kpi, start, missing in self.env["contact.kpi.snapshot"]._read_group(
                [("indicator_id", "in", same.ids), ("date", ">=", since)],
                ["indicator_id", f"date:{unit}"],
                ["missing:sum"],
            ):
                text = format_date(self.env, start, date_format=pattern)
                point = {"label": text, "value": missing or 0, "type": "past"}
                points.setdefault(kpi, []).append(point)
        for bars in points.values():
            bars[-1]["type"] = "future"  # the widget's other colour: it is not over yet
        for kpi in self:
            # The widget reads a list of one series, also when it is empty.
            kpi.sparkline = json.dumps(
                [
                    {
                        "values": points.get(kpi._origin, []),
                        "key": self.env._("Missing"),
                        "is_sample_data": False,
                    }
                ]
            )

    def _own_customers_only(self):
        """Whether the reader sees only own and unassigned customers, of any of these.

        For the words beside a figure; to be extended by addons with further rules.
        """
        own, every = (
            self.env.user.has_group(f"sales_team.group_sale_salesman{wider}")
            for wider in ("", "_all_leads")
        )
        return own and not every

    # -- buttons -----------------------------------------------------------------

    def _action(self, xmlid, **context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"contact_kpi.{xmlid}")
        action["context"] = {"search_default_indicator_id": self.id, **context}
        return action

    def action_configure(self):
        """Open the indicator's form: its customers, its gap, its activity."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_missing(self):
        """Open the customers behind the number of the card, declined included."""
        return self._action_gaps(self.name, search_default_open=1)

    def action_to_complete(self):
        """Open the customers to complete, everybody's that the reader may see."""
        title = self.env._("To Complete: %s", self.name)
        return self._action_gaps(title, search_default_to_complete=1)

    def action_my_to_complete(self):
        """Open the reader's own customers to complete."""
        title = self.env._("To Complete: %s", self.name)
        return self._action_gaps(
            title, search_default_to_complete=1, search_default_mine=1
        )

    def action_declined(self):
        """Open the customers that declined to provide it."""
        title = self.env._("Declined: %s", self.name)
        return self._action_gaps(
            title, contact_kpi_declined=True, search_default_declined=1
        )

    def action_refused(self):
        """Open the customers to complete that refused to be contacted."""
        title = self.env._("Refused to Be Contacted: %s", self.name)
        return self._action_gaps(
            title, search_default_to_complete=1, search_default_consent_refused=1
        )

    def _action_gaps(self, title, **context):
        try:
            fields_read = self._gap_fields()
        except DefinitionError:
            fields_read = set()  # the card says what is wrong with it
        action = self._action(
            "contact_kpi_gap_action",
            # The columns of the list in which it can be completed.
            contact_kpi_fields=[name for name in EDITABLE if name in fields_read],
            **context,
        )
        return {**action, "display_name": title}

    def action_trend(self):
        """Open the trend, grouped by the analysis period."""
        return self._action(
            "contact_kpi_snapshot_action",
            fill_temporal=False,
            graph_groupbys=[f"date:{self._analysis_period()}"],
            pivot_row_groupby=[f"date:{self._analysis_period()}"],
        )

    def action_compare(self):
        """Open a comparison of the latest figures with the period before."""
        return self._action(
            "contact_kpi_comparison_action", default_indicator_id=self.id
        )

    def action_impact(self):
        """Open the orders by whether the contact was missing when quoted."""
        return self._action("contact_kpi_sale_report_action", fill_temporal=False)

    def action_runs(self):
        """Open the log of the evaluations."""
        return self._action("contact_kpi_run_action", search_default_with_customers=1)

    def action_follow_up(self):
        """Open the balance of the ledger, by the analysis period."""
        return self._action(
            "contact_kpi_follow_up_action",
            search_default_date=RECENT[self._analysis_period()],
            fill_temporal=False,
            graph_groupbys=[f"date:{self._analysis_period()}"],
            pivot_row_groupby=[f"date:{self._analysis_period()}"],
        )

    @api.model
    @api.readonly
    def figures(self):
        """The latest figures that the reader may see, one dict per indicator.

        :return: ``[{"indicator", "date", "customers", "missing", "to_complete",
            "missing_rate"}, …]``; the rate is None without customers, the date
            None without a run
        """
        measures = [
            "customers:sum",
            "missing:sum",
            "to_complete:sum",
            "missing_rate:avg",
        ]
        result = []
        for kpi in self._active():
            domain = [("indicator_id", "=", kpi.id)]
            Snapshot = self.env["contact.kpi.snapshot"]
            [(customers, missing, to_complete, rate)] = Snapshot._read_group(
                domain, [], measures
            )
            [(date,)] = (
                self.env["contact.kpi.run"]
                .sudo()
                ._read_group(domain + [("state", "!=", "failed")], [], ["date:max"])
            )
            result.append(
                {
                    "indicator": kpi.code or kpi.name,
                    "date": date and fields.Date.to_string(date),
                    "customers": customers or 0,
                    "missing": missing or 0,
                    "to_complete": to_complete or 0,
                    "missing_rate": rate,
                }
            )
        return result
