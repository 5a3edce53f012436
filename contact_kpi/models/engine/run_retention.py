# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

from ...tools.setting import Setting
from .indicator import MOST_DAYS
from .run import WITH_FACTS

RETENTION_DAYS = Setting(
    "contact_kpi.retention_days",
    # More than a year, so that each day of the last month has its day a year earlier.
    default=400,
    # Always kept: the daily sparkline, and days that late commits may still correct.
    least=31,
    most=MOST_DAYS,
    # A value that cannot be parsed deletes nothing.
    unreadable=0,
)
# The first day of weeks ending Saturday and Sunday, as ``res.lang`` numbers them.
WEEK_STARTS = {7, 1}
BATCH = 50


class ContactKpiRun(models.Model):
    """Retention: old runs are deleted, but for those that close a period."""

    _inherit = "contact.kpi.run"

    @api.model
    def _retention_days(self):
        """Days for which every run is kept; 0: for ever."""
        return self.env["ir.config_parameter"]._contact_kpi_chosen(RETENTION_DAYS)

    @api.autovacuum
    def _gc_thin_out(self, limit=BATCH):
        """Delete old runs that close no week, month, quarter or year.

        :param limit: runs a batch; each may have thousands of facts
        :return: (removed, remaining), for Odoo's autovacuum, which commits and calls
            again
        """
        days = self._retention_days()
        if not days:
            return 0, 0
        self.env.flush_all()
        superfluous = self.env.execute_query(self._superfluous_sql(days))
        batch = superfluous[:limit]
        if batch:
            marked = {heir for _run, heir in batch if heir}
            # The mark of a changed definition passes to the next run that stays.
            self.browse(marked).redefined = True
            self.browse(run for run, _heir in batch).unlink()
        return len(batch), len(superfluous) - len(batch)

    @api.model
    def _superfluous_sql(self, days):
        """SQL of the old runs to delete, each with the run that inherits its mark.

        A run closes a bucket if the next one of its series lies in another; a missed
        Sunday leaves that week to Saturday's. Month ends are quarter and year ends,
        too. Idempotent: deleting runs that close none leaves the others as they are,
        so batches and a second pass agree. Kept besides: the first run of a series,
        and the first observed one.
        """
        today = self.env["res.company"]._contact_kpi_today()
        return SQL(
            """
            WITH day (company_id, today) AS (VALUES %(days)s),
            fact AS (
                SELECT id, indicator_id, COALESCE(company_id, 0) AS company_id, date,
                       state, redefined,
                       %(closes)s
                       OR ROW_NUMBER() OVER series = 1
                       OR ROW_NUMBER() OVER (
                            PARTITION BY indicator_id, COALESCE(company_id, 0), origin
                                ORDER BY date
                          ) = 1 AS kept
                  FROM contact_kpi_run
                 WHERE state IN %(with_facts)s
                WINDOW series AS (
                    PARTITION BY indicator_id, COALESCE(company_id, 0) ORDER BY date
                )
            ),
            old AS (
                SELECT fact.id, fact.date, fact.kept OR fact.state != 'done' AS kept,
                       fact.redefined, fact.indicator_id, fact.company_id
                  FROM fact
                UNION ALL
                -- What failed closes nothing: a line of the log.
                SELECT id, date, FALSE, FALSE, indicator_id, COALESCE(company_id, 0)
                  FROM contact_kpi_run
                 WHERE state = 'failed'
            )
            SELECT old.id,
                   CASE WHEN old.redefined THEN (
                       SELECT heir.id FROM fact heir
                        WHERE heir.indicator_id = old.indicator_id
                          AND heir.company_id = old.company_id
                          AND heir.date > old.date
                          AND (heir.kept OR heir.date >= day.today - %(retention)s)
                        ORDER BY heir.date LIMIT 1
                   ) END
              FROM old
              JOIN day ON day.company_id = old.company_id
             WHERE NOT old.kept AND old.date < day.today - %(retention)s
             ORDER BY old.date, old.id
            """,
            with_facts=WITH_FACTS,
            days=today.values_sql(),
            closes=SQL(" OR ").join(
                SQL(
                    "(%s) IS DISTINCT FROM (%s)",
                    bucket(SQL("date")),
                    bucket(SQL("LEAD(date) OVER series")),
                )
                for bucket in self._closing_bucket_sqls()
            ),
            retention=days,
        )

    @api.model
    def _closing_bucket_sqls(self):
        """Functions from SQL of a day to SQL of its bucket: the month, and each week.

        Weeks end on Saturday, on Sunday, and as each active language has it.
        """
        languages = self.env["res.lang"].sudo().search_fetch([], ["week_start"])
        starts = WEEK_STARTS | {int(start) for start in languages.mapped("week_start")}

        def week(start):
            # Weeks of PostgreSQL begin on Monday.
            shift = (8 - start) % 7
            return lambda day: SQL(
                "date_trunc('week', (%s + %s)::timestamp)", day, shift
            )

        return [
            lambda day: SQL("date_trunc('month', (%s)::timestamp)", day),
            *(week(start) for start in sorted(starts)),
        ]
