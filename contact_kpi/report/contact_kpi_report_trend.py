# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import format_date, format_list

from ..models.figures.comparison_mixin import LAST_YEAR, PREVIOUS
from .layout import Column


class ReportContactKpiTrend(models.AbstractModel):
    """The trend, each period beside the one before and the same one last year."""

    _name = "report.contact_kpi.report_trend"
    _inherit = ["contact.kpi.report.groups"]
    _description = "Contact Trend to Hand Over"

    _report_model = "contact.kpi.snapshot"

    @api.model
    def _title(self):
        return self.env._("Contact Trend")

    @api.model
    def _total_label(self):
        # No sum over time: the last figures of the selection.
        return self.env._("Whole Selection")

    @api.model
    def _default_groupby(self, job):
        return f"date:{self._indicators(job)[:1].period or 'month'}"

    @api.model
    def _columns(self, job):
        return [
            Column("day", self.env._("Figures Of"), "date"),
            Column("customers", self.env._("Customers"), "int"),
            Column("missing", self.env._("Missing"), "int"),
            Column("missing_rate", self.env._("Rate"), "percent"),
            Column("previous_day", self.env._("Compared With"), "text", 0.5),
            Column("missing_previous", self.env._("Missing Then"), "int"),
            Column("missing_change", self.env._("Change"), "int"),
            Column("rate_change", self.env._("Rate (Points)"), "points"),
            Column("last_year_day", self.env._("Last Year"), "text", 0.5),
            Column("missing_last_year", self.env._("Missing Then"), "int"),
            Column("missing_change_last_year", self.env._("Change"), "int"),
            Column("rate_change_last_year", self.env._("Rate (Points)"), "points"),
        ]

    @api.model
    def _notes(self, job):
        return [
            *super()._notes(job),
            self.env._(
                "Figures are of a day and do not add up over time: a period shows its "
                "last day with figures. Points: percentage points."
            ),
        ]

    @api.model
    def _visible_columns(self, columns, found):
        values = [row["values"] for rows in found for row in rows]
        if any(row["last_year_day"] for row in values):
            return columns
        return [column for column in columns if "last_year" not in column.name]

    @api.model
    def _complete(self, job, sets, found):
        """Add the closing day of each row, and the days it is compared with."""
        Snapshot = self.env[self._report_model]
        domain = job._domain()
        days, compared = {}, {}
        for groupbys, rows in zip(sets, found, strict=True):
            specs = tuple(s for s in groupbys if s.partition(":")[0] == "date")
            if specs not in days:
                days[specs] = {
                    tuple(group[:-1]): group[-1]
                    for group in Snapshot._read_group(domain, specs, ["date:max"])
                }
                compared[specs] = Snapshot._compared_days(
                    domain, specs, {PREVIOUS, LAST_YEAR}
                )
            places = [groupbys.index(spec) for spec in specs]
            for row in rows:
                key = tuple(_bucket(row["key"][place]) for place in places)
                day = days[specs].get(key)
                row["values"]["day"] = day
                for role in (PREVIOUS, LAST_YEAR):
                    befores = compared[specs].get(day, {}).get(role, [])
                    row["values"][f"{role}_day"] = format_list(
                        self.env, [format_date(self.env, before) for before in befores]
                    )


def _bucket(value):
    """A date group's value, as ``_read_group`` gives it: a day, a number, or False."""
    return fields.Date.to_date(value[0]) if isinstance(value, tuple) else value
