# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import datetime

from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.misc import clean_context

from ...tools import period
from ...tools.setting import Setting
from ..engine.run import WITH_FACTS

_logger = logging.getLogger(__name__)

BATCH = 5000
HISTORY_MONTHS = Setting(
    "contact_kpi.history_months",
    default=12,
    most=1200,  # no database is older, and the calendar goes no further
    negative=0,
)
STATES = [
    ("waiting", "Waiting"),
    ("customers", "Reading Customers"),
    ("runs", "Writing Figures"),
    ("done", "Done"),
    ("failed", "Interrupted"),
    ("impossible", "Begins with Observation"),
]
AT_WORK = ("waiting", "customers", "runs")


class ContactKpiHistory(models.Model):
    """The past of one indicator, rebuilt from the chatter's tracked changes.

    A resumable job in batches: first the ledger, customer by customer
    (``last_partner_id`` says how far), then a run for each month end. Idempotent; what
    was observed is never touched.

    Rebuilt is what would have been observed with today's definition, rules, companies
    and families, which are not tracked. Whoever is a customer today counts from its
    creation on.
    """

    _name = "contact.kpi.history"
    _description = "Contact Indicator History"
    _order = "id"
    _rec_name = "indicator_id"

    indicator_id = fields.Many2one(
        "contact.kpi", required=True, readonly=True, ondelete="cascade"
    )
    state = fields.Selection(
        STATES, "Status", required=True, readonly=True, default="waiting"
    )
    reason = fields.Char(readonly=True, help="Why it cannot be rebuilt, or stopped.")
    observed_from = fields.Datetime(
        "Observed Since",
        required=True,
        readonly=True,
        help="From here on every change is observed as it happens.",
    )
    known_from = fields.Date(
        "Rebuilt Since",
        readonly=True,
        help="First day of the rebuilt past. Gaps that ended before are left out.",
    )
    found_until = fields.Date(
        readonly=True, help="Last day on which gaps were found at the start."
    )
    last_partner_id = fields.Integer(readonly=True, aggregator=None)
    customers = fields.Integer("Customers Looked At", readonly=True, aggregator=None)
    gaps = fields.Integer(
        "Gaps Rebuilt",
        readonly=True,
        aggregator=None,
        help="With their true dates, those that are still open included.",
    )
    unknown = fields.Integer(
        "Unknown Customers",
        readonly=True,
        aggregator=None,
        help="Customers whose tracked changes contradict each other, or what was "
        "found at the start. Over the past they count as not yet classified.",
    )
    months = fields.Integer(
        "Month Ends", readonly=True, aggregator=None, help="Month ends written."
    )
    progress = fields.Float(compute="_compute_progress", digits=(16, 4))

    _indicator_uniq = models.UniqueIndex(
        "(indicator_id)", "This indicator has a history already."
    )

    @api.depends("state", "last_partner_id", "months", "known_from")
    def _compute_progress(self):
        """Nine tenths for the customers, one for the month ends."""
        [(last,)] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(id), 1) FROM res_partner")
        )
        for history in self:
            progress = 0.9 * min(history.last_partner_id / last, 1.0)
            if history.state == "done":
                progress = 1.0
            elif history.state == "runs":
                ends = len(history._month_ends()) or 1
                progress = 0.9 + 0.1 * min(history.months / ends, 1.0)
            history.progress = progress

    # -- planning --------------------------------------------------------------

    @api.model
    def _plan(self, kpis):
        """Have the past of these indicators rebuilt, unless that is planned already.

        :return: the histories of these indicators
        """
        now = self.env["res.company"]._contact_kpi_now()
        known = self.search([("indicator_id", "in", kpis.ids)])
        self.env.flush_all()
        first = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT indicator_id, MIN(at)
                      FROM (SELECT indicator_id, opened_at AS at
                              FROM contact_kpi_gap
                             WHERE origin != 'reconstructed'
                             UNION ALL
                            SELECT indicator_id, evaluated_at
                              FROM contact_kpi_run
                             WHERE origin = 'observed') AS trace
                     GROUP BY indicator_id
                    """
                )
            )
        )
        # A client's ``default_*`` must not decide the past.
        env = self.env(context=clean_context(self.env.context))
        created = env["contact.kpi.history"].create(
            [
                {
                    "indicator_id": kpi.id,
                    "observed_from": min(first.get(kpi.id) or now, now),
                }
                for kpi in kpis - known.indicator_id
            ]
        )
        if created:
            self._trigger()
        return known | created

    @api.model
    def _trigger(self):
        cron = self.env.ref("contact_kpi.ir_cron_history", raise_if_not_found=False)
        if cron:  # not while the addon is being installed
            cron.sudo()._trigger()

    def _skip(self):
        """Mark as done without rebuilding anything: the past was written otherwise."""
        self.write({"state": "done", "known_from": False})

    def action_rebuild(self):
        """Start again; gaps and runs rebuilt already stay, and are not added twice."""
        self.env["contact.kpi"].check_access("write")
        resting = self.sudo().filtered(lambda history: history.state not in AT_WORK)
        resting.write({"state": "waiting", "reason": False})
        self._trigger()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_unknown_customers(self):
        self.ensure_one()
        unknown = self.env["contact.kpi.history.unknown"].search(
            [("indicator_id", "=", self.indicator_id.id)]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Unknown over the Past"),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": [("id", "in", unknown.partner_id.ids)],
            "context": {"active_test": False},
        }

    # -- the job ---------------------------------------------------------------

    @api.model
    def _cron_rebuild(self, batch_size=BATCH):
        """Do the next batch; Odoo's scheduler calls again while any remain.

        Does nothing until all contacts are classified, the end of which triggers it.
        """
        cron = self.env["ir.cron"]
        history = self.search([("state", "in", AT_WORK)], limit=1)
        if not history or self.env["contact.kpi.ruleset"]._current().state != "done":
            cron._commit_progress(0, remaining=0)
            return
        try:
            remaining = history._step(batch_size)
            self.env.cr.flush()
        except TransactionRollbackError:
            # A customer of the batch was saved meanwhile: retry soon.
            self.env.cr.rollback()
            self._trigger()
            remaining = 0
        except Exception as error:
            # One indicator's failure must not keep the others waiting.
            self.env.cr.rollback()
            _logger.exception("History of indicator %s stopped", history.id)
            reason = self.env["contact.kpi"]._scrubbed(error)
            history.write({"state": "failed", "reason": reason})
            remaining = 0
        others = self.search_count([("state", "in", AT_WORK)])
        cron._commit_progress(1, remaining=max(remaining, others))

    def _step(self, batch_size):
        """Do one batch of this history; return how many steps remain, at least."""
        self.ensure_one()
        if self.state == "waiting":
            self._begin()
            return 1
        if self.state == "customers":
            return self._rebuild_next(batch_size)
        return self._write_next_run()

    def _begin(self):
        """Decide whether there is a past to rebuild, and from which month on."""
        kpi = self.indicator_id
        reason = False
        if not kpi.active:
            reason = self.env._("The indicator is archived.")
        elif kpi._lacking_by_kind() is None:
            reason = self.env._(
                "Only the classified phone and e-mail can be rebuilt: this "
                "indicator reads other fields, too, and begins with observation."
            )
        if reason:
            self.write({"state": "impossible", "reason": reason})
            return
        observed_on = self._observed_on()
        earliest = self._earliest_customer() or datetime.min
        main = self.env["res.company"]._contact_kpi_main()
        known_from, end = observed_on, observed_on
        for _month in range(self._months_wanted()):
            first, end = period.before(end, "month")
            if earliest >= main._contact_kpi_day_end(end):
                break
            known_from = first
        [(found_until,)] = self.env.execute_query(
            SQL(
                "SELECT MAX(opened_on) FROM contact_kpi_gap"
                " WHERE indicator_id = %s AND origin = 'initial'",
                kpi.id,
            )
        )
        self.write(
            {
                "state": "customers",
                "reason": False,
                "known_from": known_from,
                # On a restart, gaps that are dated already count as found, too.
                "found_until": max(
                    filter(None, (self.found_until, found_until)), default=False
                ),
                "last_partner_id": 0,
                "customers": 0,
                "gaps": 0,
                "unknown": 0,
                "months": 0,
            }
        )

    @api.model
    def _months_wanted(self):
        """Number of months before observation to rebuild; 0 for none."""
        return self.env["ir.config_parameter"]._contact_kpi_chosen(HISTORY_MONTHS)

    def _observed_on(self):
        """The first observed day, in the company where it is the earliest."""
        companies = self.env["res.company"]._contact_kpi_series().values()
        return min(
            company._contact_kpi_day(self.observed_from) for company in companies
        )

    def _earliest_customer(self):
        [(earliest,)] = self.env.execute_query(
            SQL(
                "SELECT MIN(create_date) FROM (%s) AS found",
                self.indicator_id._found(),
            )
        )
        return earliest

    def _month_ends(self):
        """Last days of the months from ``known_from`` to observation, latest first."""
        self.ensure_one()
        ends = []
        _first, end = period.before(self._observed_on(), "month")
        while self.known_from and end > self.known_from:
            ends.append(end)
            _first, end = period.before(end, "month")
        return ends

    def _rebuild_next(self, batch_size):
        """Rebuild the ledger of the next batch of customers."""
        self.indicator_id._expect_many()
        self.env["res.partner"]._contact_kpi_run_pending()
        self.env.flush_all()
        ids = [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner"
                    " WHERE id > %s AND commercial_partner_id = id"
                    " ORDER BY id LIMIT %s",
                    self.last_partner_id,
                    batch_size,
                )
            )
        ]
        if ids:
            customers, gaps, unknown = self._rebuild(ids)
            self.write(
                {
                    "last_partner_id": ids[-1],
                    "customers": self.customers + customers,
                    "gaps": self.gaps + gaps,
                    "unknown": self.unknown + unknown,
                }
            )
        if len(ids) < batch_size:
            self.state = "runs"
        return 1

    def _write_next_run(self):
        """Write the latest month end that lacks a run; after the last one, finish."""
        run = self.env["contact.kpi.run"]
        ends = self._month_ends()
        series = len(self.env["res.company"]._contact_kpi_series())
        written = dict(
            run._read_group(
                [("indicator_id", "=", self.indicator_id.id), ("date", "in", ends)],
                ["date:day"],
                ["__count"],
            )
        )
        missing = [end for end in ends if written.get(end, 0) < series]
        if missing:
            self.indicator_id._expect_many()
            run._reconstruct(self.indicator_id, missing[:1], self)
            self.months = len(ends) - len(missing) + 1
            return len(missing)
        self._restate_opened()
        self.write({"state": "done", "months": len(ends)})
        self.env.ref("contact_kpi.ir_cron_refresh")._trigger()
        return 0

    def _restate_opened(self):
        """Restate ``opened`` of the runs on whose days gaps were found at the start.

        By now these gaps have their true opening, which is earlier. The other figures
        of these runs stand.
        """
        if not self.found_until:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE contact_kpi_run r
                   SET opened = flow.opened
                  FROM contact_kpi_run run
                 CROSS JOIN LATERAL (
                    SELECT COUNT(*) AS opened
                      FROM contact_kpi_gap g
                     WHERE g.indicator_id = run.indicator_id
                       AND g.opened_on = run.date
                       AND COALESCE(g.company_id, 0) = COALESCE(run.company_id, 0)
                 ) flow
                 WHERE r.id = run.id AND run.indicator_id = %s
                   AND run.state IN %s
                   AND run.date BETWEEN %s AND %s
                   AND r.opened != flow.opened
                """,
                self.indicator_id.id,
                WITH_FACTS,
                self._observed_on(),
                self.found_until,
            )
        )
        self.env["contact.kpi.run"].invalidate_model(["opened"], flush=False)

    # -- for figures ------------------------------------------------------------

    def _found_on(self, date):
        """The population as of the end of a past day, with the salespeople of then.

        Unknown customers count as unclassified.

        :return: SQL of a SELECT with the columns of :meth:`contact.kpi._found`
        """
        self.ensure_one()
        kpi = self.indicator_id
        names = self.env["contact.kpi.gap"]._segment_names()
        return SQL(
            """
            SELECT f.id, f.company_id, f.create_date, %(segments)s, f.missing,
                   CASE WHEN tenure.partner_id IS NULL THEN f.user_id
                        ELSE tenure.user_id END AS user_id,
                   (f.unclassified OR u.id IS NOT NULL) AS unclassified
              FROM (%(found)s) AS f
              JOIN (VALUES %(days)s) AS day (company_id, zone, ends_at)
                ON day.company_id = COALESCE(f.company_id, 0)
              LEFT JOIN (%(tenure)s) AS tenure
                ON tenure.partner_id = f.id
               AND tenure.since < day.ends_at AND tenure.until >= day.ends_at
              LEFT JOIN contact_kpi_history_unknown u
                ON u.partner_id = f.id AND u.indicator_id = %(kpi)s
            """,
            segments=SQL(", ").join(SQL.identifier("f", name) for name in names),
            found=kpi._found(),
            days=self.env["res.company"]._contact_kpi_series().ends_sql(date),
            tenure=self._tenure_sql(),
            kpi=kpi.id,
        )

    @api.model
    def _unknown_sql(self, partner, indicator, at):
        """SQL condition: it is unknown whether the customer lacked it at a moment.

        That is so before observation: for customers whose changes contradict each
        other, before the rebuilt past, and for indicators whose past is not rebuilt.
        Figures that query the ledger as of a moment exclude such rows, or count them
        apart.

        :param partner: SQL of the customer's id, a commercial entity
        :param indicator: SQL of the indicator's id
        :param at: SQL of a moment in UTC
        """
        return SQL(
            """EXISTS (
                SELECT 1 FROM contact_kpi_history h
                 WHERE h.indicator_id = %(indicator)s AND %(at)s < h.observed_from
                   AND (h.state != 'done' OR %(at)s < h.known_from
                        OR EXISTS (SELECT 1 FROM contact_kpi_history_unknown u
                                    WHERE u.partner_id = %(partner)s
                                      AND u.indicator_id = h.indicator_id)))""",
            indicator=indicator,
            partner=partner,
            at=at,
        )


class ContactKpiRuleset(models.Model):
    _inherit = "contact.kpi.ruleset"

    def _after_batches(self):
        res = super()._after_batches()
        self.env["contact.kpi.history"]._trigger()
        return res


class ContactKpiSnapshot(models.Model):
    _inherit = "contact.kpi.snapshot"

    def _note_beginning(self, shown):
        """Notes on indicators whose figures begin with observation: impossible ones."""
        notes = super()._note_beginning(shown)
        history = self.env["contact.kpi.history"].sudo()
        indicators = history.search(
            Domain("indicator_id", "in", shown) & Domain("state", "=", "impossible")
        ).indicator_id
        firsts = (
            self.env["contact.kpi.run"]
            .sudo()
            ._read_group(
                self.env["contact.kpi.run"]._domain_with_facts()
                & Domain("indicator_id", "in", indicators.ids),
                ["indicator_id"],
                ["date:min"],
            )
        )
        return notes + [
            self.env._(
                "Figures of “%(indicator)s” begin on %(date)s, with the first "
                "observation. Its past cannot be rebuilt.",
                indicator=indicator.display_name,
                date=format_date(self.env, first),
            )
            for indicator, first in firsts
        ]
