# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date, format_list

from ..models.engine.indicator import domain_parts

FIGURES = ("customers", "missing", "declined", "to_complete", "unclassified")
SINCE = ("found", "still_missing", "completed", "left", "redefined", "gone", "hidden")


class ContactKpiExplanation(models.TransientModel):
    """One figure explained: what it says, as of when, of whom, and who is behind it.

    Created by this model only, never by a client: access to the indicators and runs
    that it names has been checked.
    """

    _name = "contact.kpi.explanation"
    _description = "Explanation of a Figure"
    _rec_name = "title"

    title = fields.Char(readonly=True)
    domain = fields.Json(readonly=True, help="Of the facts, as the view gave it.")
    live = fields.Boolean(readonly=True, help="The number of a card, at this moment.")
    line_ids = fields.One2many(
        "contact.kpi.explanation.line", "explanation_id", readonly=True
    )
    line_count = fields.Integer(compute="_compute_figures")
    # Set if the figure is of a single indicator.
    indicator_id = fields.Many2one("contact.kpi", readonly=True)
    indicator_count = fields.Integer(compute="_compute_figures")
    # With the reader's own rights.
    description = fields.Text(related="indicator_id.description", related_sudo=False)
    population_domain = fields.Char(
        "Who Counts", related="indicator_id.population_domain", related_sudo=False
    )
    gap_domain = fields.Char(
        "Missing When", related="indicator_id.gap_domain", related_sudo=False
    )
    population = fields.Text(compute="_compute_words")

    customers = fields.Integer(compute="_compute_figures")
    missing = fields.Integer(compute="_compute_figures")
    declined = fields.Integer(compute="_compute_figures")
    to_complete = fields.Integer(compute="_compute_figures")
    unclassified = fields.Integer("Not Yet Classified", compute="_compute_figures")
    missing_rate = fields.Float(compute="_compute_figures")
    has_rate = fields.Boolean(compute="_compute_figures")

    as_of = fields.Html(compute="_compute_words")
    excluded = fields.Html("Not Counted", compute="_compute_words")
    behind = fields.Html("Behind It", compute="_compute_words")

    # -- making one ------------------------------------------------------------

    @api.model
    def _explain(self, domain):
        """Explain the sum of the facts that match a domain, at their closing days.

        :raise UserError: there are no such facts
        """
        Snapshot = self.env["contact.kpi.snapshot"]
        self.env["res.partner"]._contact_kpi_run_pending()
        runs = Snapshot._cell_runs(domain)
        if not runs:
            raise UserError(
                self.env._(
                    "There is nothing behind this point: no figures were taken in "
                    "this period for this selection."
                )
            )
        rows = Snapshot._read_group(
            Domain(domain) & Domain("run_id", "in", runs.ids),
            ["run_id"],
            [f"{name}:sum" for name in FIGURES],
        )
        figures = {run.id: values for run, *values in rows}
        nothing = [0] * len(FIGURES)
        # Runs of companies without facts in the selection must not date it.
        runs = runs.filtered(lambda run: run.id in figures) or runs
        keys = runs.sorted(
            lambda run: (run.indicator_id.sequence, run.indicator_id.id, run.date)
        )
        lines = keys.grouped(lambda run: (run.indicator_id, run.date))
        explanation = self._make(
            {
                "title": format_list(self.env, runs.indicator_id.mapped("name")),
                "domain": _plain(domain),
                "indicator_id": len(runs.indicator_id) == 1 and runs.indicator_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "indicator_id": indicator.id,
                            "date": date,
                            "run_ids": same.ids,
                            **{
                                name: sum(
                                    figures.get(run.id, nothing)[index] for run in same
                                )
                                for index, name in enumerate(FIGURES)
                            },
                        }
                    )
                    for (indicator, date), same in lines.items()
                ],
            }
        )
        explanation.line_ids._look_behind()
        return explanation

    @api.model
    def _explain_now(self, kpi):
        """Explain the number of an indicator's card."""
        kpi.check_access("read")
        return self._make(
            {
                "title": kpi.name,
                "domain": [["indicator_id", "=", kpi.id]],
                "live": True,
                "indicator_id": kpi.id,
                "line_ids": [
                    Command.create(
                        {
                            "indicator_id": kpi.id,
                            "date": self.env["res.company"]._contact_kpi_today()[0],
                            "run_ids": [],
                            "customers": kpi.customers_now,
                            "missing": kpi.missing_now,
                            "declined": kpi.missing_now - kpi.to_complete_now,
                            "to_complete": kpi.to_complete_now,
                            "unclassified": kpi.unclassified_now,
                            "found": kpi.missing_now,
                            "still_missing": kpi.missing_now,
                        }
                    )
                ],
            }
        )

    @api.model
    def _make(self, vals):
        """Create one in superuser mode: a client could name any indicator and run."""
        return self.sudo().create(vals).sudo(self.env.su)

    def _action(self):
        """The form of this explanation, in a dialog."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain This Number"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # -- for extensions ------------------------------------------------------------

    def _closings(self):
        """The closings behind the figure: ``[(indicator, date, run ids), …]``."""
        return [(line.indicator_id, line.date, line.run_ids) for line in self.line_ids]

    def _cell_domain(self):
        """The facts that the figure adds up, as a domain on the snapshots."""
        runs = [run for line in self.line_ids for run in line.run_ids]
        return Domain(self.domain) & Domain("run_id", "in", runs)

    def _segment_domain(self):
        """The figure's domain without its conditions on time.

        A part that combines time with something else is left out as a whole.
        """

        def about_time(part):
            return any(
                c.field_expr.partition(".")[0] in ("date", "run_id", "id")
                for c in part.iter_conditions()
            )

        parts = domain_parts(Domain(self.domain))
        return Domain.AND(part for part in parts if not about_time(part))

    # -- figures and words -----------------------------------------------------------

    @api.depends("line_ids")
    def _compute_figures(self):
        for explanation in self:
            lines = explanation.line_ids
            for name in FIGURES:
                explanation[name] = sum(lines.mapped(name))
            looked_at = explanation.customers - explanation.unclassified
            explanation.has_rate = bool(looked_at)
            explanation.missing_rate = looked_at and explanation.missing / looked_at
            explanation.line_count = len(lines)
            explanation.indicator_count = len(lines.indicator_id)

    @api.depends("line_ids", "indicator_id")
    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_words(self):
        for explanation in self:
            kpi = explanation.indicator_id
            explanation.population = kpi and kpi._population_words()
            explanation.as_of = _bullets(explanation._as_of_notes())
            explanation.excluded = _bullets(explanation._excluded_notes())
            explanation.behind = _bullets(explanation._behind_notes())

    def _as_of_notes(self):
        if self.live:
            return self._live_notes()
        notes = []
        if len(self.line_ids.indicator_id) > 1:
            notes.append(
                self.env._(
                    "Several indicators are added up here: a customer counts once in "
                    "each of them. The lines below say it per indicator."
                )
            )
        if len(set(self.line_ids.mapped("date"))) > 1:
            notes.append(
                self.env._(
                    "The last evaluation inside this period is not of the same day for "
                    "all: each line is as of its own day."
                )
            )
        if len(self.line_ids) == 1:
            notes += self.line_ids._as_of_notes()
        return notes

    def _live_notes(self):
        kpi = self.indicator_id
        notes = [
            self.env._(
                "Missing: the customers that lack it at this moment, %s.",
                self._moment(self.env["res.company"]._contact_kpi_now()),
            )
        ]
        if kpi.evaluated_at:
            notes.append(
                self.env._(
                    "Customers: those found by the last evaluation, %s.",
                    self._moment(kpi.evaluated_at),
                )
            )
        else:
            notes.append(
                self.env._("Customers: not counted yet, nothing was evaluated so far.")
            )
        return notes

    def _excluded_notes(self):
        notes = []
        if self.unclassified:
            notes.append(
                self.env._(
                    "Contacts not looked at yet: %s. They are customers, but neither "
                    "missing nor part of the rate.",
                    self.unclassified,
                )
            )
        if self.declined:
            notes.append(
                self.env._(
                    "Refused to provide it: %s. They are missing, but not to complete.",
                    self.declined,
                )
            )
        if self.indicator_id:
            notes += self.indicator_id._population_exclusions()
        if self.indicator_id._own_customers_only():
            notes.append(
                self.env._(
                    "Customers of your colleagues: you see your own and those without "
                    "a salesperson."
                )
            )
        if len(self.env["res.company"].sudo().search([], limit=2)) > 1:
            notes.append(
                self.env._(
                    "Customers of companies other than %s. Customers that all "
                    "companies share are counted.",
                    format_list(self.env, self.env.companies.mapped("name")),
                )
            )
        return notes

    def _behind_notes(self):
        if self.live:
            return []
        total = {name: sum(self.line_ids.mapped(name)) for name in SINCE}
        sentences = {
            "still_missing": self.env._("Still missing: %s."),
            "completed": self.env._("Completed since: %s."),
            "left": self.env._("No longer customers: %s."),
            "redefined": self.env._(
                "No longer missing because the definition changed: %s."
            ),
            "gone": self.env._(
                "No longer exist, deleted or merged: %s. Their lines in the list have "
                "no name."
            ),
            "hidden": self.env._(
                "Not in your list: %s. They belong to a colleague or to another "
                "company today."
            ),
        }
        notes = [text % total[n] for n, text in sentences.items() if total[n]]
        if total["found"] != self.missing:
            notes.append(
                self.env._(
                    "The ledger has been corrected since these figures were taken: by "
                    "it, %s customers lacked it.",
                    total["found"],
                )
            )
        return notes

    def _moment(self, moment):
        return self.env.company._contact_kpi_moment_text(moment)

    # -- buttons -----------------------------------------------------------------------

    def action_customers(self):
        """Open the customers behind the figure, as many as the reader may see."""
        self.ensure_one()
        if self.live:
            return self.indicator_id.action_missing()
        return self._action_customers(self._cell_domain(), self.line_ids)

    def _action_customers(self, domain, lines):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_explanation_customers_action"
        )
        dates = [
            format_date(self.env, date) for date in sorted({*lines.mapped("date")})
        ]
        action["display_name"] = self.env._(
            "%(indicator)s on %(dates)s",
            indicator=format_list(self.env, lines.indicator_id.mapped("name")),
            dates=format_list(self.env, dates),
        )
        action["domain"] = [("snapshot_ids", "any", _plain(domain))]
        return action

    def action_trend(self):
        """Open the trend of the same selection."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_snapshot_action"
        )
        by_period = f"date:{self.indicator_id.period or 'month'}"
        action["domain"] = _plain(self._segment_domain())
        action["context"] = {
            "fill_temporal": False,
            "graph_groupbys": [by_period],
            "pivot_row_groupby": [by_period],
        }
        return action


class ContactKpiExplanationLine(models.TransientModel):
    """One indicator on one closing day behind a figure."""

    _name = "contact.kpi.explanation.line"
    _description = "Explanation of a Figure: Indicator and Day"

    explanation_id = fields.Many2one(
        "contact.kpi.explanation", required=True, ondelete="cascade"
    )
    indicator_id = fields.Many2one("contact.kpi", readonly=True)
    date = fields.Date("As Of", readonly=True)
    run_ids = fields.Json(readonly=True, help="The evaluations, one per company.")
    customers = fields.Integer(readonly=True)
    missing = fields.Integer(readonly=True)
    declined = fields.Integer(readonly=True)
    to_complete = fields.Integer(readonly=True)
    unclassified = fields.Integer("Not Yet Classified", readonly=True)
    found = fields.Integer(readonly=True, help="Missing, by the ledger as it is now.")
    still_missing = fields.Integer(readonly=True)
    completed = fields.Integer("Completed Since", readonly=True)
    left = fields.Integer("No Longer Customers", readonly=True)
    redefined = fields.Integer("Definition Changed", readonly=True)
    gone = fields.Integer("No Longer Exist", readonly=True)
    hidden = fields.Integer("Not Yours Today", readonly=True)
    notes = fields.Text(compute="_compute_notes")

    @api.depends_context("uid", "lang", "tz")
    def _compute_notes(self):
        for line in self:
            line.notes = "\n".join(line._as_of_notes())

    def _look_behind(self):
        """What became of the customers since, in one statement."""
        Snapshot = self.env["contact.kpi.snapshot"]
        explanation = self.explanation_id
        self.env.flush_all()
        # Of customers hidden from the reader only the number is disclosed.
        gaps = self.env["contact.kpi.gap"]._search(Domain.TRUE)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT behind.indicator_id, behind.date, COUNT(*),
                       COUNT(DISTINCT behind.id) FILTER (WHERE (%(seen)s) IS NOT TRUE),
                       COUNT(*) FILTER (WHERE %(gap)s.closed_at IS NULL),
                       COUNT(*) FILTER (WHERE %(gap)s.close_reason = 'completed'
                                          AND %(gap)s.partner_id IS NOT NULL),
                       COUNT(*) FILTER (WHERE %(gap)s.close_reason IN ('left', 'merged')
                                          AND %(gap)s.partner_id IS NOT NULL),
                       COUNT(*) FILTER (WHERE %(gap)s.close_reason = 'redefined'
                                          AND %(gap)s.partner_id IS NOT NULL),
                       COUNT(*) FILTER (WHERE %(gap)s.partner_id IS NULL)
                  FROM %(gaps)s JOIN (%(behind)s) AS behind ON behind.id = %(gap)s.id
                 GROUP BY behind.indicator_id, behind.date
                """,
                gaps=gaps.from_clause,
                gap=SQL.identifier(gaps.table),
                seen=gaps.where_clause or SQL("TRUE"),
                behind=Snapshot._behind_sql(explanation._cell_domain()),
            )
        )
        found = {row[:2]: row[2:] for row in rows}
        for line in self:
            key = line.indicator_id.id, line.date
            count, hidden, still, completed, left, redefined, gone = found.get(
                key, [0] * 7
            )
            line.sudo().write(
                {
                    "found": count,
                    "still_missing": still,
                    "completed": completed,
                    "left": left,
                    "redefined": redefined,
                    "gone": gone,
                    "hidden": hidden,
                }
            )

    def _cell_domain(self):
        self.ensure_one()
        return Domain(self.explanation_id.domain) & Domain("run_id", "in", self.run_ids)

    def _as_of_notes(self):
        """When and how the figures were taken, as sentences."""
        self.ensure_one()
        # Runs hold everybody's totals: only dates and states are disclosed.
        runs = self.env["contact.kpi.run"].sudo().browse(self.run_ids).exists()
        if not runs:
            return []
        day = format_date(self.env, self.date)
        moments = sorted({run.evaluated_at for run in runs if run.evaluated_at})
        moment = moments and self.explanation_id._moment(moments[-1])
        notes = []
        if "provisional" in runs.mapped("state"):
            notes.append(
                self.env._(
                    "Provisional, evaluated %(moment)s: the figures of %(date)s become "
                    "final after midnight.",
                    moment=moment,
                    date=day,
                )
            )
        elif "reconstructed" in runs.mapped("origin"):
            notes.append(
                self.env._(
                    "Rebuilt %(moment)s, not observed: nothing was evaluated on "
                    "%(date)s. Who lacked it is as of the end of that day, as far as "
                    "the records tell; the other customers are those of the later "
                    "moment, without those created since.",
                    moment=moment,
                    date=day,
                )
            )
        elif any(map(_is_late, runs)):
            notes.append(
                self.env._(
                    "Evaluated late, %(moment)s. Who lacked it is as of the end of "
                    "%(date)s; the other customers are those found at the later "
                    "moment, without those created since.",
                    moment=moment,
                    date=day,
                )
            )
        else:
            notes.append(
                self.env._(
                    "State at the end of %(date)s, evaluated %(moment)s.",
                    moment=moment,
                    date=day,
                )
            )
        if any(
            run.definition_key and run.definition_key != run.indicator_id._run_key()
            for run in runs
        ):
            notes.append(self._redefinition_note())
        return notes

    def _redefinition_note(self):
        run = self.env["contact.kpi.run"].sudo()
        dates = run._read_group(
            [
                ("indicator_id", "=", self.indicator_id.id),
                ("date", ">", self.date),
                ("redefined", "=", True),
            ],
            ["date:day"],
        )
        if not dates:
            return self.env._(
                "The definition has changed since: the one shown here is today's."
            )
        return self.env._(
            "The definition has changed since, on %s: the one shown here is today's.",
            format_list(self.env, [format_date(self.env, day) for (day,) in dates]),
        )

    def action_customers(self):
        self.ensure_one()
        return self.explanation_id._action_customers(self._cell_domain(), self)

    def action_explain(self):
        """Explain this line by itself."""
        self.ensure_one()
        return self.env["contact.kpi.snapshot"].action_explain(
            _plain(
                self._cell_domain() & Domain("indicator_id", "=", self.indicator_id.id)
            )
        )


def _is_late(run):
    """Whether a run was evaluated after the day that follows its own."""
    company = run.company_id or run.env["res.company"]._contact_kpi_main()
    if not run.evaluated_at:
        return False
    return (company._contact_kpi_day(run.evaluated_at) - run.date).days > 1


def _plain(domain):
    """A domain as nested lists that JSON can hold."""

    def plain(value):
        return list(value) if hasattr(value, "__iter__") else str(value)

    return json.loads(json.dumps(list(Domain(domain)), default=plain))


def _bullets(sentences):
    """Sentences as a list; empty without any."""
    items = Markup().join(Markup("<li>%s</li>") % text for text in sentences)
    return items and Markup('<ul class="mb-0">%s</ul>') % items
