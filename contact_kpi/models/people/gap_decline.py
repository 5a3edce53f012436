# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import clean_context, format_date

from ...tools.setting import Setting
from ..engine.indicator import MOST_DAYS
from .consent import CONSENTS

DECLINE_REVIEW_DAYS = Setting(
    "contact_kpi.decline_review_days", default=180, most=MOST_DAYS
)


class ContactKpiGap(models.Model):
    """Declining a gap, and the customer's consent beside it."""

    _inherit = "contact.kpi.gap"

    decline_ids = fields.One2many("contact.kpi.decline", "gap_id")
    declined = fields.Boolean(
        compute="_compute_decline",
        search="_search_declined",
        help="The customer refused to provide it, and the review date has not come.",
    )
    decline_reason_id = fields.Many2one(
        "contact.kpi.decline.reason",
        "Reason for Declining",
        compute="_compute_decline",
        search="_search_decline_reason_id",
        help="Why the customer does not provide it, as long as that holds.",
    )
    decline_review_on = fields.Date(
        "Review on",
        compute="_compute_decline",
        help="The customer is to complete again from this day on.",
    )
    # Not stored: searched and grouped by the customer's own column.
    consent = fields.Selection(
        CONSENTS,
        "Consent to Be Contacted",
        compute="_compute_consent",
        search="_search_consent",
        help="Whether the customer agreed to be contacted.",
    )

    @api.depends(
        "decline_ids.declined_on", "decline_ids.review_on", "decline_ids.ended_on"
    )
    def _compute_decline(self):
        today = self.env["res.company"]._contact_kpi_today()
        for gap in self:
            day = today.of(gap)
            decline = gap._origin.sudo().decline_ids._in_force(day)[:1]
            gap.declined = bool(decline)
            gap.decline_reason_id = decline.reason_id
            gap.decline_review_on = decline.review_on

    @api.depends("partner_id.contact_kpi_consent")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_consent(self):
        for gap, customer in self._seen_customers().items():
            gap.consent = customer.contact_kpi_consent

    def _search_consent(self, operator, value):
        return self._search_customer("contact_kpi_consent", operator, value)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Declined, and its reason, as of today in the company's time zone."""
        if field_expr == "consent":
            return self._customer_to_sql(alias, "contact_kpi_consent", query)
        if field_expr not in ("declined", "decline_reason_id"):
            return super()._field_to_sql(alias, field_expr, query)
        decline = self.env["contact.kpi.decline"].sudo()
        today = self.env["res.company"]._contact_kpi_today_sql(
            SQL.identifier(alias, "company_id")
        )
        if field_expr == "declined":
            return SQL("EXISTS (%s)", decline._in_force_sql(alias, today))
        return SQL(
            "(%s ORDER BY d.declined_on DESC, d.id DESC LIMIT 1)",
            decline._in_force_sql(alias, today, "reason_id"),
        )

    def _search_declined(self, operator, value):
        if operator != "in":
            return NotImplemented
        declined = Domain.custom(
            to_sql=lambda model, alias, query: model._field_to_sql(
                alias, "declined", query
            )
        )
        wanted = set(value)
        if wanted == {True}:
            return declined
        return ~declined if wanted == {False} else Domain(bool(wanted))

    def _search_decline_reason_id(self, operator, value):
        if operator == "any":  # a search by name
            reasons = self.env["contact.kpi.decline.reason"]
            value = reasons.with_context(active_test=False).search(value).ids
        elif operator != "in":
            return NotImplemented
        ids = [reason for reason in value if reason]
        found = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s = ANY(%s)",
                model._field_to_sql(alias, "decline_reason_id", query),
                ids,
            )
        )
        if False in value:
            found |= Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "%s IS NULL",
                    model._field_to_sql(alias, "decline_reason_id", query),
                )
            )
        return found

    # -- declining -------------------------------------------------------------

    def _to_decline(self):
        """The gaps among these that can be declined: open, and not declined yet.

        :raise AccessError: the user may not work on one of them
        """
        self.check_access("write")
        self.partner_id.check_access("read")
        return self.search(
            [
                ("id", "in", self.ids),
                ("closed_at", "=", False),
                ("partner_id", "!=", False),
                ("declined", "=", False),
            ]
        )

    @api.model
    def _decline_review_days(self):
        """Days until a refusal is reviewed, by the settings; 0: never."""
        return self.env["ir.config_parameter"]._contact_kpi_chosen(DECLINE_REVIEW_DAYS)

    def _company_days(self):
        """Today's dates in these gaps' companies: nearly always a single one."""
        today = self.env["res.company"]._contact_kpi_today()
        return {today.of(gap) for gap in self}

    def _decline(self, reason, review_on=False):
        """Record that these customers refuse to provide it, as of today.

        Always dated today, in the time zone of each customer's company, so that
        figures of past days stand. Only logs a note on the customer, hence needs no
        right to edit contacts. Follow-up activities are marked done.

        :param reason: a ``contact.kpi.decline.reason``
        :param review_on: first day on which they may be asked again; empty: never
        :return: the new refusals; gaps already declined or closed get none
        :raise AccessError: the user may not work on one of the gaps
        :raise UserError: nothing to decline, or the review date is not after today
        """
        gaps = self._to_decline()
        if not gaps:
            raise UserError(self.env._("None of these customers is to complete."))
        today = self.env["res.company"]._contact_kpi_today()
        last = max(gaps._company_days())
        if review_on and review_on <= last:
            raise UserError(
                self.env._(
                    "The review date must be after today, %s: from that day on the "
                    "customer is to complete again.",
                    format_date(self.env, last),
                )
            )
        # A client's `default_*` must not decide any part of a refusal.
        env = self.env(su=True, context=clean_context(self.env.context))
        declines = env["contact.kpi.decline"].create(
            [
                {
                    "gap_id": gap.id,
                    "reason_id": reason.id,
                    "declined_on": today.of(gap),
                    "review_on": review_on,
                }
                for gap in gaps
            ]
        )
        for kpi, same_kpi in gaps.grouped("indicator_id").items():
            self.env["mail.activity"]._contact_kpi_decline(kpi, same_kpi.partner_id)
            values = {"indicator": kpi.name, "reason": reason.name}
            note = self.env._(
                "%(indicator)s: declined to provide it. Reason: %(reason)s.", **values
            )
            if review_on:
                note = self.env._(
                    "%(indicator)s: declined to provide it. Reason: %(reason)s. May "
                    "be asked again from %(date)s on.",
                    date=format_date(self.env, review_on),
                    **values,
                )
            same_kpi._note_on_customers(note)
        return declines

    def _refusals(self):
        """The refusals in force, as ``{indicator: contact.kpi.decline records}``."""
        today = self.env["res.company"]._contact_kpi_today()
        refusals = {}
        for gap in self:
            found = gap.decline_ids._in_force(today.of(gap))
            if found:
                known = refusals.get(gap.indicator_id, found)
                refusals[gap.indicator_id] = known | found
        return refusals

    @api.model
    def _carry_declines(self, refusals, winner):
        """Carry refusals over to the winner of a merge, from today on.

        The past stays with the losers' own gaps.

        :param refusals: :meth:`_refusals` of all merged customers, before the merge
        """
        if not refusals:
            return
        # If the winner was no customer before, its gap has opened only now.
        gaps = self.search([("partner_id", "=", winner.id), ("closed_at", "=", False)])
        today = self.env["res.company"]._contact_kpi_today()
        vals_list = []
        for gap in gaps.filtered(lambda gap: not gap.declined):
            day = today.of(gap)
            later = [
                refusal
                for refusal in refusals.get(gap.indicator_id, ())
                if not refusal.review_on or refusal.review_on > day
            ]
            if later:
                longest = max(later, key=lambda r: r.review_on or date.max)
                vals_list.append(
                    {
                        "gap_id": gap.id,
                        "reason_id": longest.reason_id.id,
                        "declined_on": day,
                        "review_on": longest.review_on,
                    }
                )
        env = self.env(context=clean_context(self.env.context))
        env["contact.kpi.decline"].create(vals_list)

    def _note_on_customers(self, note):
        """Log a note in the chatter of these gaps' customers."""
        partners = self.partner_id.sudo()
        if partners:
            partners._message_log_batch(dict.fromkeys(partners.ids, note))

    # -- actions ---------------------------------------------------------------

    def action_decline(self):
        """Open the wizard that asks for reason and review date."""
        gaps = self._to_decline()
        if not gaps:
            raise UserError(self.env._("None of these customers is to complete."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_decline_wizard_action"
        )
        return {**action, "context": {"default_gap_ids": gaps.ids}}

    def action_take_back_decline(self):
        """End the refusals of these gaps: the customers are to complete again.

        One recorded today counts as a mistake and is deleted: no figure shows it.
        """
        self.check_access("write")
        self.partner_id.check_access("read")
        today = self.env["res.company"]._contact_kpi_today()
        ended = self.browse()
        for gap in self.filtered(lambda gap: not gap.closed_at):
            day = today.of(gap)
            declines = gap.sudo().decline_ids._in_force(day)
            if not declines:
                continue
            ended |= gap
            of_today = declines.filtered(lambda d, day=day: d.declined_on == day)
            of_today.unlink()
            (declines - of_today).write({"ended_on": day, "ended_by_id": self.env.uid})
        for kpi, same_kpi in ended.grouped("indicator_id").items():
            same_kpi._note_on_customers(
                self.env._("%s: the refusal was taken back.", kpi.name)
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if ended else "warning",
                "message": self.env._("Refusals taken back: %s.", len(ended)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
