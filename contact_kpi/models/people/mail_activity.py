# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    contact_kpi_id = fields.Many2one(
        "contact.kpi",
        "Contact Indicator",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="The activity closes by itself once this is complete for the customer, "
        "or, without a customer, once its figures can be taken again.",
    )

    @api.model
    def _contact_kpi_schedule(self, gaps):
        """Schedule the indicator's follow-up activity on each gap's customer.

        Assigned to the customer's salesperson, else to the indicator's user, else to
        the current user; due ``activity_days`` after today in the company's time zone.

        :return: the activities created; a customer with an open one gets none
        """
        gaps = gaps.filtered(lambda gap: gap.partner_id and not gap.closed_at)
        todo = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        today = self.env["res.company"]._contact_kpi_today()
        planned = self.browse()
        for kpi, same_kpi in gaps.grouped("indicator_id").items():
            busy = set(
                self.sudo()
                .search(
                    [
                        ("contact_kpi_id", "=", kpi.id),
                        ("res_model", "=", "res.partner"),
                        ("res_id", "in", same_kpi.partner_id.ids),
                    ]
                )
                .mapped("res_id")
            )
            kind = kpi.activity_type_id or todo
            planned |= self.create(
                [
                    {
                        "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                        "res_id": gap.partner_id.id,
                        "activity_type_id": kind.id if kind else False,
                        "summary": self.env._("Complete: %s", kpi.name),
                        "date_deadline": today.of(gap)
                        + timedelta(days=kpi.activity_days),
                        "user_id": self._contact_kpi_user(gap).id,
                        "contact_kpi_id": kpi.id,
                    }
                    for gap in same_kpi
                    if gap.partner_id.id not in busy
                ]
            )
        return planned

    @api.model
    def _contact_kpi_user(self, gap):
        """The assignee of a gap's activity; archived users are skipped."""
        candidates = (gap.user_id, gap.indicator_id.activity_user_id)
        return next((user for user in candidates if user.active), self.env.user)

    @api.model
    def _contact_kpi_close(self, kpi, partner_ids=None):
        """Mark done the to-dos whose customer no longer lacks it.

        A fixed number of queries, however many they are.
        """
        domain = Domain("contact_kpi_id", "=", kpi.id) & Domain(
            "res_model", "=", "res.partner"
        )
        if partner_ids is not None:
            domain &= Domain("res_id", "in", list(partner_ids))
        activities = self.search(domain)
        if not activities:
            return
        still = self.env["contact.kpi.gap"].search(
            [
                ("indicator_id", "=", kpi.id),
                ("closed_at", "=", False),
                ("partner_id", "in", activities.mapped("res_id")),
            ]
        )
        lacking = set(still.partner_id.ids)
        activities.filtered(lambda a: a.res_id not in lacking)._contact_kpi_done()

    @api.model
    def _contact_kpi_decline(self, kpi, partners):
        """Mark done the to-dos of customers that refuse to provide it.

        Whoever they are assigned to: nobody is to ask these customers now.
        """
        domain = [
            ("contact_kpi_id", "=", kpi.id),
            ("res_model", "=", "res.partner"),
            ("res_id", "in", partners.ids),
        ]
        feedback = self.env._("The customer declined to provide it.")
        self.sudo().search(domain)._contact_kpi_done(feedback)

    @api.model
    def _contact_kpi_warned(self, kpi):
        """The open to-do about a failing indicator.

        It has no document: an indicator has no chatter, and its ``activity_*`` fields
        are about its customers' activities. A to-do that somebody created by hand for
        an indicator does not count.
        """
        return self.search(
            [
                ("contact_kpi_id", "=", kpi.id),
                ("res_model", "=", False),
                ("create_uid", "=", SUPERUSER_ID),
            ]
        )

    @api.model
    def _contact_kpi_warn(self, kpi):
        """Give an administrator a to-do about a failing indicator, one at a time.

        Never fails the calling job. Says where to find the error instead of quoting
        it, so that it holds no personal data.
        """
        try:
            with self.env.cr.savepoint():
                user = self._contact_kpi_administrator(kpi)
                warned = self._contact_kpi_warned(kpi)
                warned.filtered(lambda a: not a.user_id.active).user_id = user
                if not user or warned:
                    return
                kpi = kpi.with_context(lang=user.lang)
                todo = self.env.ref("mail.mail_activity_data_todo", False)
                link = Markup('<a href="/odoo/action-%s">%s</a>') % (
                    "contact_kpi.contact_kpi_run_action",
                    kpi.env._("Configuration → Contact Indicators → Runs"),
                )
                note = kpi.env._(
                    "The figures of “%s” could not be taken. Until they are, those of "
                    "the last good run are shown. Error and time are on its run:",
                    kpi.name,
                )
                after = kpi.env._(
                    "This activity closes by itself as soon as a run succeeds, at "
                    "night or by “Run Now”."
                )
                self.with_user(SUPERUSER_ID).create(
                    {
                        "activity_type_id": todo.id if todo else False,
                        "summary": kpi.env._("Contact indicator fails: %s", kpi.name),
                        "note": Markup("<p>%s %s</p><p>%s</p>") % (note, link, after),
                        "date_deadline": self.env["res.company"]._contact_kpi_today()[
                            0
                        ],
                        "user_id": user.id,
                        "contact_kpi_id": kpi.id,
                    }
                )
        except Exception:
            _logger.exception("Nobody could be told that indicator %s fails", kpi.id)

    @api.model
    def _contact_kpi_administrator(self, kpi):
        """The administrator in charge of an indicator, empty if there is none.

        Among the sales administrators who may edit it, whoever changed it last, else
        the first; without any, the main administrator.
        """
        group = self.env.ref("sales_team.group_sale_manager")
        users = self.env["res.users"].search(
            [("all_group_ids", "in", group.id), ("share", "=", False)], order="id"
        )
        users = users.filtered(lambda user: kpi.with_user(user).has_access("write"))
        main = self.env.ref("base.user_admin", False)
        if not users and main and main.active:
            users = main
        return (kpi.write_uid & users) or users[:1]

    def _contact_kpi_done(self, feedback=False):
        """Mark to-dos done in batch, as :meth:`action_feedback` does one by one.

        The note in the customer's chatter is logged and notifies nobody. To-dos with
        attachments or a triggered next activity are left to :meth:`action_feedback`.
        """
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        by_hand = self.filtered(lambda a: a.chaining_type == "trigger")
        by_hand |= self.browse(attachments.mapped("res_id"))
        if by_hand:
            by_hand.action_feedback(feedback=feedback)
        plain = self - by_hand
        if not plain:
            return
        partners = self.env["res.partner"].browse(set(plain.mapped("res_id")))
        for kind, same_kind in plain.grouped("activity_type_id").items():
            bodies = {}
            for activity in same_kind:
                bodies.setdefault(activity.res_id, Markup())
                bodies[activity.res_id] += activity._contact_kpi_done_body(feedback)
            documents = partners.filtered(lambda p, ids=bodies: p.id in ids).exists()
            documents._message_log_batch(bodies).write(
                {
                    "mail_activity_type_id": kind.id,
                    "subtype_id": self.env.ref("mail.mt_activities").id,
                }
            )
        plain.action_archive()

    def _contact_kpi_done_body(self, feedback=False):
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "mail.message_activity_done",
            {
                "activity": self,
                "feedback": feedback,
                "display_assignee": self.user_id != self.env.user,
            },
            minimal_qcontext=True,
        )


class ContactKpi(models.Model):
    """A failing indicator is somebody's to-do, until a run succeeds."""

    _inherit = "contact.kpi"

    def _record_failure(self, message):
        res = super()._record_failure(message)
        self.env["mail.activity"].sudo()._contact_kpi_warn(self)
        return res

    def _refresh(self, *args, **kwargs):
        done = super()._refresh(*args, **kwargs)
        if done:
            activities = self.env["mail.activity"].sudo()
            activities._contact_kpi_warned(self).action_archive()
        return done


class ContactKpiGap(models.Model):
    """Follow-up to-dos are done when their gap closes."""

    _inherit = "contact.kpi.gap"

    @api.model
    def _columns_beside(self):
        planned = SQL(
            """EXISTS (SELECT FROM mail_activity a
                        WHERE a.res_id = t.id AND a.res_model = 'res.partner'
                          AND a.contact_kpi_id = k.id AND a.active)"""
        )
        return {**super()._columns_beside(), "planned": planned}

    @api.model
    def _after_change(self, kpis, rows=None):
        res = super()._after_change(kpis, rows)
        activities = self.env["mail.activity"].sudo()
        if rows is None:
            activities._contact_kpi_close(kpis)
        done = {}
        for row in rows or ():
            if row["planned"] and not row["missing"]:
                done.setdefault(row["indicator_id"], []).append(row["partner_id"])
        for kpi_id, partner_ids in done.items():
            activities._contact_kpi_close(kpis.browse(kpi_id), partner_ids)
        return res
