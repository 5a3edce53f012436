# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextvars import ContextVar

from odoo import models

IN_JOB = ContextVar("contact_kpi.in_job", default=False)


class IrCron(models.Model):
    """Tells whether a scheduled action is running, without trusting the context.

    Odoo puts ``cron_id`` there, but so can any client. An administrator's “Run
    Manually” counts, too: it runs with a cursor of its own, within the request.
    """

    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        token = IN_JOB.set(True)
        try:
            return super()._callback(cron_name, server_action_id)
        finally:
            IN_JOB.reset(token)
