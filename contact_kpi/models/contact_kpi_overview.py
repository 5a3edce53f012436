# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import date_utils
from odoo.tools.misc import format_date, formatLang, get_lang

from .contact_kpi_gap import EDITABLE

PERIOD_STEPS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "year": relativedelta(years=1),
}
YEAR = relativedelta(years=1)
# The filter of the follow-up that shows about as many periods.
RECENT = {
    "day": "custom_last_30_days",
    "week": "custom_last_12_weeks",
    "month": "custom_last_12_months",
    "year": "custom_last_5_years",
}
# How many periods the sparkline shows, and how the axis names them.
SPARKLINE = {
    "day": (30, "d MMM"),
    "week": (12, "d MMM"),
    "month": (12, "MMM y"),
    "year": (5, "y"),
}


class ContactKpi(models.Model):
    """The card of an indicator: today's figures under the reader's own rules."""

    _inherit = "contact.kpi"

    missing_now = fields.Integer(
        "Missing",
        compute="_compute_now",
        help="Open gaps at this moment, among the customers that you may see.",
    )
    to_complete_now = fields.Integer(
        "To Complete",
        compute="_compute_now",
        help="Missing, without those who declined to inform it.",
    )
    declined_now = fields.Integer(
        "Declined",
        compute="_compute_now",
        help="Missing, but refused to inform it: not to complete until reviewed.",
    )
    refused_now = fields.Integer(
        "Refused to Be Contacted",
        compute="_compute_now",
        help="Of those to complete: refused to be contacted.",
    )
    my_to_complete_now = fields.Integer(
        "Mine to Complete",
        compute="_compute_now",
        help="Of those to complete: the customers whose salesperson you are.",
    )
    customers_now = fields.Integer(
        "Customers at the Last Run",
        compute="_compute_now",
        help="Customers in the population at the time of the last run.",
    )
    missing_rate_now = fields.Float(
        "Missing Rate",
        compute="_compute_now",
        digits=(16, 4),
        help="Missing ÷ customers looked at.",
    )
    has_rate = fields.Boolean(compute="_compute_now")
    unclassified_now = fields.Integer(
        "Not Yet Classified",
        compute="_compute_now",
        help="Customers whose contacts are still to be looked at, in the background. "
        "They count neither as missing nor in the rate.",
    )
    evaluated_at = fields.Datetime(
        "Customers as of",
        compute="_compute_now",
        help="When the customers were last counted.",
    )
    previous_date = fields.Date("Compared with", compute="_compute_now")
    change = fields.Integer(
        compute="_compute_now",
        help="Missing now less missing at the end of the period before.",
    )
    change_text = fields.Char(compute="_compute_now")
    change_last_year_text = fields.Char(
        compute="_compute_now",
        help="The same against the end of the same period last year.",
    )
    on_target = fields.Boolean(compute="_compute_now")
    sparkline = fields.Text(compute="_compute_sparkline")
    last_error = fields.Char(compute="_compute_now")
    has_runs = fields.Boolean(compute="_compute_now")

    def _analysis_period(self):
        """The analysis period; of a form that has none yet, the usual one."""
        self.ensure_one()
        return self.period or "month"

    def _period_start(self, day):
        """First day of the analysis period that a day lies in."""
        self.ensure_one()
        if self._analysis_period() == "week":
            # As the views group: weeks begin as the reader's language has it.
            first = int(get_lang(self.env).week_start)
            return day - timedelta(days=(day.isoweekday() - first) % 7)
        return date_utils.start_of(day, self._analysis_period())

    @api.depends("period", "target_rate")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_now(self):
        Snapshot = self.env["contact.kpi.snapshot"]
        Gap = self.env["contact.kpi.gap"]
        measures = ["customers:sum", "missing:sum", "unclassified:sum"]
        ids = [("indicator_id", "in", self.ids)]
        latest = {
            kpi.id: row
            for kpi, *row in Snapshot._read_group(ids, ["indicator_id"], measures)
        }
        live = [*ids, ("closed_at", "=", False)]
        missing = dict(Gap._read_group(live, ["indicator_id"], ["__count"]))
        declined = dict(
            Gap._read_group(
                [*live, ("declined", "=", True)], ["indicator_id"], ["__count"]
            )
        )
        refused = dict(
            Gap._read_group(
                [*live, ("declined", "=", False), ("consent", "=", "refused")],
                ["indicator_id"],
                ["__count"],
            )
        )
        mine = dict(
            Gap._read_group(
                [*live, ("declined", "=", False), ("user_id", "=", self.env.uid)],
                ["indicator_id"],
                ["__count"],
            )
        )
        # Runs hold everybody's totals: only their dates and states come through.
        runs = self.env["contact.kpi.run"].sudo()
        evaluated = dict(
            runs._read_group(
                [*ids, ("state", "!=", "failed")],
                ["indicator_id"],
                ["evaluated_at:max"],
            )
        )
        today = self.env["res.company"]._contact_kpi_today()[0]
        for kpi in self:
            customers, _missing, unclassified = latest.get(kpi.id, (0, 0, 0))
            kpi.missing_now = missing.get(kpi, 0)
            kpi.declined_now = declined.get(kpi, 0)
            kpi.refused_now = refused.get(kpi, 0)
            kpi.to_complete_now = kpi.missing_now - kpi.declined_now
            kpi.my_to_complete_now = mine.get(kpi, 0)
            kpi.customers_now = customers
            kpi.unclassified_now = unclassified
            looked_at = customers - unclassified
            kpi.has_rate = bool(looked_at)
            kpi.missing_rate_now = looked_at and kpi.missing_now / looked_at
            kpi.evaluated_at = evaluated.get(kpi)
            kpi.has_runs = bool(kpi.evaluated_at)
            kpi.on_target = kpi.has_rate and kpi.missing_rate_now <= kpi.target_rate
            kpi._compare(today)
            last = runs.search(
                [("indicator_id", "in", kpi.ids)],
                order="date desc, error_at desc NULLS LAST",
                limit=1,
            )
            kpi.last_error = last.error

    def _baseline_days(self, day, last_year=False):
        """The period that a day is compared with, as its first day and the day after.

        :param last_year: the same period last year instead of the one before;
            of weeks, the one 52 weeks earlier
        """
        start, step = self._period_start(day), PERIOD_STEPS[self._analysis_period()]
        if not last_year:
            return start - step, start
        start -= relativedelta(weeks=52) if self._analysis_period() == "week" else YEAR
        return start, start + step

    def _compare(self, today):
        """Fill in the changes against the period before and the same one last year."""
        before = self._closing_between(*self._baseline_days(today))
        last_year = self._closing_between(*self._baseline_days(today, last_year=True))
        self.previous_date = before and before[0]
        self.change = before and self.missing_now - before[1]
        self.change_text = before and self._change_text(*before)
        self.change_last_year_text = last_year and self._change_text(*last_year)

    def _closing_between(self, first, end):
        """The closing of some days: (date, missing, rate or None), None without one."""
        [(missing, rate, day)] = self.env["contact.kpi.snapshot"]._read_group(
            [
                ("indicator_id", "in", self.ids),
                ("date", ">=", first),
                ("date", "<", end),
            ],
            [],
            ["missing:sum", "missing_rate:avg", "date:max"],
        )
        return (day, missing, rate) if day else None

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
        # Not "-0.0": what rounds to nothing has no direction.
        text = formatLang(self.env, round(points, digits) or 0.0, digits=digits)
        return text if text.startswith("-") else f"+{text}"

    @api.depends("period")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_sparkline(self):
        today = self.env["res.company"]._contact_kpi_today()[0]
        for kpi in self:
            count, pattern = SPARKLINE[kpi._analysis_period()]
            since = kpi._period_start(today) - relativedelta(
                **{f"{kpi._analysis_period()}s": count - 1}
            )
            groups = self.env["contact.kpi.snapshot"]._read_group(
                [("indicator_id", "in", kpi.ids), ("date", ">=", since)],
                [f"date:{kpi._analysis_period()}"],
                ["missing:sum"],
            )
            values = [
                {
                    "x": format_date(self.env, start, date_format=pattern),
                    "y": missing or 0,
                    "name": format_date(self.env, start, date_format=pattern),
                }
                for start, missing in groups
            ]
            # The widget reads a list of one series, also when it is empty.
            kpi.sparkline = json.dumps(
                [
                    {
                        "values": values,
                        "key": self.env._("Missing"),
                        "title": "",
                        "area": True,
                        "is_sample_data": False,
                    }
                ]
            )

    def _own_customers_only(self):
        """Whether the reader sees the own customers and nobody's only, of any of these.

        What the rules say, in words beside a figure; for addons with further rules.
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
        """Open the customers that refused to inform it."""
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
        except ValueError:
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
