# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools.misc import format_date, formatLang

from ..tools.mix_effect import Side, decompose

BASELINES = [
    ("previous", "End of the period before"),
    ("last_year", "Same period last year"),
    ("day", "A chosen day"),
]


class ContactKpiComparison(models.TransientModel):
    """Two days of an indicator side by side, and where the change comes from.

    Read from the snapshots under the reader's own record rules.
    """

    _name = "contact.kpi.comparison"
    _description = "Comparison of Two Days"
    _rec_name = "indicator_id"

    indicator_id = fields.Many2one(
        "contact.kpi",
        required=True,
        default=lambda self: self.env["contact.kpi"].search(Domain.TRUE, limit=1),
    )
    until = fields.Date(
        "Figures of",
        required=True,
        default=lambda self: self.env["res.company"]._contact_kpi_today()[0],
        help="The last figures on or before this day, within its analysis period.",
    )
    baseline = fields.Selection(
        BASELINES, "Compared with", required=True, default="previous"
    )
    baseline_until = fields.Date(
        "Chosen Day", help="The last figures on or before this day."
    )
    segment = fields.Selection(
        "_selection_segment", "Split by", required=True, default="is_company"
    )
    filter_domain = fields.Json(
        readonly=True, help="Of the facts of which customers; empty for all."
    )
    # Stored, so that a saved comparison has its lines; computed with the user's rights.
    date_after = fields.Date(
        "Later Day", compute="_compute_lines", store=True, compute_sudo=False
    )
    date_before = fields.Date(
        "Earlier Day", compute="_compute_lines", store=True, compute_sudo=False
    )
    line_ids = fields.One2many(
        "contact.kpi.comparison.line",
        "comparison_id",
        compute="_compute_lines",
        store=True,
        compute_sudo=False,
    )
    has_effects = fields.Boolean(
        compute="_compute_lines", store=True, compute_sudo=False
    )
    summary = fields.Text(compute="_compute_lines", store=True, compute_sudo=False)

    @api.model
    def _selection_segment(self):
        """The dimensions of the snapshots, with their labels."""
        snapshot = self.env["contact.kpi.snapshot"]
        names = [*snapshot._segment_names(), "user_id", "company_id"]
        return [
            (name, snapshot._fields[name]._description_string(self.env))
            for name in names
        ]

    @api.constrains("indicator_id")
    def _check_indicator_id(self):
        """A client may send any indicator: check that the user may read it."""
        self.sudo(False).indicator_id.check_access("read")

    # -- figures -------------------------------------------------------------

    @api.depends(
        "indicator_id",
        "until",
        "baseline",
        "baseline_until",
        "segment",
        "filter_domain",
    )
    def _compute_lines(self):
        for comparison in self:
            after = comparison._side(*comparison._days_after())
            before = comparison._side(*comparison._days_before())
            comparison.date_after, comparison.date_before = after[0], before[0]
            effects = decompose(before[1], after[1])
            comparison.line_ids = [
                Command.clear(),
                *comparison._lines(before[1], after[1], effects or {}),
            ]
            comparison.has_effects = bool(effects)
            comparison.summary = comparison._in_words(before, after, effects or {})

    def _days_after(self):
        """First and last day of the range that holds the later figures."""
        if not self.until or not self.indicator_id:
            return None, None
        return self.indicator_id._period_start(self.until), self.until

    def _days_before(self):
        """First and last day of the range that holds the earlier figures."""
        if self.baseline == "day":
            return fields.Date.to_date("1900-01-01"), self.baseline_until
        if not self.until or not self.indicator_id:
            return None, None
        return self.indicator_id._baseline_days(
            self.until, last_year=self.baseline == "last_year"
        )

    def _side(self, first, last):
        """Figures at the close of a range: (closing day or None, {segment: Side})."""
        if not first or not last:
            return None, {}
        domain = Domain(self.filter_domain or [])
        domain &= Domain("indicator_id", "=", self.indicator_id.id)
        domain &= Domain("date", ">=", first) & Domain("date", "<=", last)
        snapshot = self.env["contact.kpi.snapshot"]
        measures = ["customers:sum", "missing:sum", "unclassified:sum"]
        [(day,)] = snapshot._read_group(domain, [], ["date:max"])
        groups = snapshot._read_group(domain, [self.segment], measures)
        return day, {
            segment: Side(customers - unclassified, missing)
            for segment, customers, missing, unclassified in groups
        }

    def _lines(self, before, after, effects):
        """Commands that create one line per segment of either day."""
        snapshot = self.env["contact.kpi.snapshot"]
        nobody = Side(0, 0)
        commands = []
        for segment in {**after, **before}:
            old, new = before.get(segment, nobody), after.get(segment, nobody)
            effect = effects.get(segment)
            commands.append(
                Command.create(
                    {
                        "name": self._segment_label(snapshot, segment),
                        "customers_before": old.customers,
                        "missing_before": old.missing,
                        "rate_before": old.customers and old.missing / old.customers,
                        "customers_after": new.customers,
                        "missing_after": new.missing,
                        "rate_after": new.customers and new.missing / new.customers,
                        "mix_effect": effect and 100 * effect.mix,
                        "rate_effect": effect and 100 * effect.rate,
                    }
                )
            )
        return commands

    def _segment_label(self, snapshot, segment):
        """What a value of the dimension is called, as on screen."""
        if isinstance(segment, models.BaseModel):
            return segment.display_name or self.env._("None")
        if snapshot._fields[self.segment].type == "boolean":
            return self.env._("Companies") if segment else self.env._("Persons")
        if snapshot._fields[self.segment].type == "selection":
            labels = dict(
                snapshot._fields[self.segment]._description_selection(self.env)
            )
            return labels.get(segment) or self.env._("None")
        return str(segment)

    def _in_words(self, before, after, effects):
        """The comparison in one sentence, or what is missing for it."""
        if not after[0]:
            return self.env._("No figures were taken in the period of the later day.")
        if not before[0]:
            return self.env._("No figures were taken in the period to compare with.")
        rates = []
        for _day, sides in (before, after):
            customers = sum(side.customers for side in sides.values())
            missing = sum(side.missing for side in sides.values())
            rates.append(100 * missing / customers if customers else None)
        if None in rates:
            return self.env._("There were no customers on one of the days.")
        signed = self.indicator_id._signed
        values = {
            "earlier": format_date(self.env, before[0]),
            "later": format_date(self.env, after[0]),
            "rate_before": formatLang(self.env, rates[0], digits=2),
            "rate_after": formatLang(self.env, rates[1], digits=2),
            "change": signed(rates[1] - rates[0], 2),
            "mix": signed(100 * sum(e.mix for e in effects.values()), 2),
            "rate": signed(100 * sum(e.rate for e in effects.values()), 2),
        }
        return self.env._(
            "From %(earlier)s to %(later)s the missing rate went from "
            "%(rate_before)s%% to %(rate_after)s%%: %(change)s points. %(mix)s "
            "points come from the mix of customers, %(rate)s from the rates inside the "
            "segments.",
            **values,
        )


class ContactKpiComparisonLine(models.TransientModel):
    """A segment at both days: rates as fractions, effects in percentage points."""

    _name = "contact.kpi.comparison.line"
    _description = "Segment in a Comparison of Two Days"

    comparison_id = fields.Many2one("contact.kpi.comparison", ondelete="cascade")
    name = fields.Char("Segment")
    customers_before = fields.Integer()
    missing_before = fields.Integer()
    rate_before = fields.Float(digits=(16, 4), aggregator=None)
    customers_after = fields.Integer()
    missing_after = fields.Integer()
    rate_after = fields.Float(digits=(16, 4), aggregator=None)
    mix_effect = fields.Float("Mix (Points)", digits=(16, 2))
    rate_effect = fields.Float("Rate (Points)", digits=(16, 2))
