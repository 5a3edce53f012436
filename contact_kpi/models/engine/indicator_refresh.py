# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import time
from contextlib import suppress
from datetime import timedelta

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from .indicator import DefinitionError
from .indicator_trust import SEVENTHS

_logger = logging.getLogger(__name__)

ATTEMPTS = 3  # of a refresh that others' transactions get in the way of
PATIENCE = "10s"  # for another process that refreshes the same indicator
AGAIN = timedelta(minutes=10)  # until the job tries what that process still holds


class ContactKpi(models.Model):
    """Refreshing an indicator's figures: every night, on demand, and on save."""

    _inherit = "contact.kpi"

    @api.model
    def _cron_refresh(self):
        """Refresh every indicator, one transaction each.

        The one evaluated longest ago comes first, and one that fails is recorded and
        skipped: neither can starve the others. The error is not raised again, because
        Odoo switches off a job that keeps failing; a to-do tells an administrator.
        """
        cron = self.env["ir.cron"]
        kpis = self._active().sorted(
            lambda kpi: (
                kpi._last_evaluation() or fields.Datetime.from_string("1970-01-01"),
                kpi.id,
            )
        )
        cron._commit_progress(remaining=len(kpis))
        contacts = True
        waiting = self.browse()
        for kpi in kpis:
            done = kpi._refresh_safely(contacts)
            if done and kpi._reads_contacts():
                contacts = False  # once a night: it is the same partners for all
            if done is None:
                waiting |= kpi
            else:
                kpi._commit_safely()
        for kpi in waiting:
            # The lock of a killed process lasts until its statement ends.
            kpi._await_turn()
            if kpi._refresh_safely(contacts) is None:
                _logger.info("Indicator %s is being refreshed elsewhere", kpi.id)
                soon = fields.Datetime.now() + AGAIN
                self.env.ref("contact_kpi.ir_cron_refresh")._trigger(at=soon)
            kpi._commit_safely()

    def _await_turn(self):
        """Wait for a process that refreshes this indicator, at most :data:`PATIENCE`.

        Rolls back, so that what that process has committed becomes visible.
        """
        self.ensure_one()
        # A timeout, or a concurrent change of the indicator: go on anyway.
        with suppress(OperationalError), tools.mute_logger("odoo.sql_db"):
            self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", PATIENCE))
            self.env.cr.execute(
                SQL(
                    "SELECT 1 FROM contact_kpi WHERE id = %s FOR NO KEY UPDATE", self.id
                )
            )
        # Only a new transaction sees what the other process has committed.
        self.env.cr.rollback()

    def _reconcile_touched(self, heads, rank=False, cause=None, before=()):
        """Reconcile touched customers; an indicator that fails is skipped, not raised.

        By these indicators; on an empty recordset, by all active ones. No save may
        fail because of an indicator.

        :param heads: ``{partner id: credited user's id or None}``
        :param rank: also refresh their stars
        :param cause: see :meth:`contact.kpi.gap._reconcile`
        :param before: statements to execute first; they must be idempotent
        """
        credit = {head: uid for head, uid in heads.items() if uid}
        gap = self.env["contact.kpi.gap"]
        try:
            gap._reconcile(self, list(heads), credit, cause, rank, before)
        # Odoo may refuse to close a to-do that somebody has edited.
        except (DefinitionError, UserError):
            for statement in before:
                self.env.cr.execute(statement)
            kpis = self or self._active()
            if len(kpis) > 1:
                # One of them is broken: reconcile one by one.
                for kpi in kpis:
                    kpi._reconcile_touched(heads, rank, cause)
            elif kpis:
                # Its next run will say why.
                _logger.info("Indicator %s was passed over: broken", kpis.id)

    def _last_evaluation(self):
        """When the indicator was last evaluated (naive, UTC), False if never."""
        self.ensure_one()
        return (
            self.env["contact.kpi.run"]
            .sudo()
            .search(
                [("indicator_id", "=", self.id), ("evaluated_at", "!=", False)],
                order="evaluated_at desc",
                limit=1,
            )
            .evaluated_at
        )

    def _refresh_safely(self, contacts=True):
        """Refresh in the current transaction; on failure roll back and record why.

        :param contacts: see :meth:`_refresh`
        :return: True if done, False if it failed, None while another process refreshes
        """
        self.ensure_one()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                done = self._refresh(self._parts_to_verify(), contacts)
                self.env.cr.flush()
                return done or None
            except (TransactionRollbackError, UniqueViolation):
                # Somebody saved one of these customers, or made today's run, since
                # this transaction began: look again.
                self.env.cr.rollback()
                if attempt == ATTEMPTS:
                    self._record_failure(
                        self.env._("Other changes kept getting in the way.")
                    )
            except Exception as error:
                self.env.cr.rollback()
                _logger.exception("Indicator %s could not be refreshed", self.id)
                self._record_failure(self._scrubbed(error))
                break
        return False

    def _commit_safely(self):
        """Commit what the job did for an indicator; if that fails, record why."""
        cron = self.env["ir.cron"]
        try:
            cron._commit_progress(1)
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("Indicator %s could not be committed", self.id)
            self._record_failure(self._scrubbed(error))
            cron._commit_progress(1)

    @api.model
    def _scrubbed(self, error):
        """The text of an error to show; PostgreSQL's quote values: only the class."""
        if isinstance(error, DatabaseError):
            return self.env._("Database error: %s", type(error).__name__)
        if isinstance(error, ValueError | UserError):
            return str(error)
        return type(error).__name__

    def _record_failure(self, message):
        """Record on today's run that the refresh failed, and why."""
        self.env["contact.kpi.run"].sudo()._record_failure(self, message)

    def _refresh(self, parts=SEVENTHS, contacts=True):
        """Reconcile the ledger and write the day's figures; idempotent.

        A handful of statements, whatever the number of customers.

        :param parts: the sevenths of the customers to verify: to compare with the
            definition although no hook saw a change; empty: none
        :param contacts: also verify the classification of their contacts
        :return: False while another process refreshes this indicator
        """
        self.ensure_one()
        if not self.sudo().try_lock_for_update(allow_referencing=True):
            return False
        self._expect_many()
        start = time.monotonic()
        if contacts and parts and self._reads_contacts():
            self.env["contact.kpi.ruleset"].sudo()._verify(parts)
        runs = self.env["contact.kpi.run"].sudo()._evaluate(self, parts)
        runs.duration = time.monotonic() - start
        return True

    def action_run_now(self):
        """Refresh these indicators at once.

        :raise UserError: a definition does not fit, or another process refreshes it
        """
        self.check_access("write")
        for kpi in self:
            name = kpi.display_name
            try:
                done = kpi._refresh()
            except ValueError as error:
                raise UserError(str(error)) from error
            except UniqueViolation:
                # Another process made today's run since this transaction began.
                done = False
            if not done:
                raise UserError(
                    self.env._(
                        "%s is being refreshed right now. Try again in a moment.",
                        name,
                    )
                )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
