# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, sql
from odoo.tools.misc import format_date

from ...tools.handover import handed_over
from ..engine.res_partner import MERGING

CONSENTS = [
    ("not_asked", "Not Asked"),
    ("given", "Given"),
    ("refused", "Refused"),
]
CHANNELS = [
    ("in_person", "In Person"),
    ("phone", "By Phone"),
    ("message", "By Message"),
    ("email", "By E-mail"),
    ("website", "On the Website"),
    ("document", "Signed Document"),
]
# From weakest to strictest: of several answers the strictest applies.
STRICTNESS = [key for key, _label in CONSENTS]
CONSENT_FIELDS = (
    "contact_kpi_consent",
    "contact_kpi_consent_on",
    "contact_kpi_consent_channel",
    "contact_kpi_consent_by_id",
)
UNANSWERED = (STRICTNESS[0], False, False, False)


class ResPartner(models.Model):
    """Whether a customer agreed to be contacted: when, how, and who recorded it.

    Consent is stored on the commercial entity. A contact that had an answer of its
    own before it joined a customer keeps it, and the stricter of the two applies.
    Every change is logged in the chatter.
    """

    _inherit = "res.partner"

    contact_kpi_consent = fields.Selection(
        CONSENTS,
        "Consent to Be Contacted",
        default="not_asked",
        copy=False,
        groups="base.group_user",
        help="Whether the customer agreed to be contacted.",
    )
    contact_kpi_consent_on = fields.Date(
        "Consent on",
        copy=False,
        groups="base.group_user",
        help="The day on which the customer answered.",
    )
    contact_kpi_consent_channel = fields.Selection(
        CHANNELS,
        "Consent Channel",
        copy=False,
        groups="base.group_user",
        help="How the customer answered.",
    )
    contact_kpi_consent_by_id = fields.Many2one(
        "res.users",
        "Consent Recorded by",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Who recorded the answer.",
    )

    # Few refuse: a partial index, so that the cards count them without a scan.
    _contact_kpi_refused_idx = models.Index(
        "(id) WHERE contact_kpi_consent = 'refused'"
    )

    # The answer that applies: the customer's, or the contact's own if stricter.
    customer_consent = fields.Selection(
        CONSENTS,
        "Consent of the Customer",
        compute="_compute_customer_consent",
        search="_search_customer_consent",
        groups="base.group_user",
        help="Whether the customer, or this contact of it, agreed to be contacted.",
    )
    customer_consent_on = fields.Date(
        "Answered on",
        compute="_compute_customer_consent",
        groups="base.group_user",
    )
    customer_consent_channel = fields.Selection(
        CHANNELS,
        "How",
        compute="_compute_customer_consent",
        groups="base.group_user",
    )
    customer_consent_by_id = fields.Many2one(
        "res.users",
        "Recorded by",
        compute="_compute_customer_consent",
        groups="base.group_user",
    )
    can_edit_consent = fields.Boolean(
        compute="_compute_can_edit_consent", groups="base.group_user"
    )

    def _auto_init(self):
        """Add the column with a default: PostgreSQL then rewrites no row."""
        name = CONSENT_FIELDS[0]
        if not sql.column_exists(self.env.cr, self._table, name):
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN %s varchar DEFAULT 'not_asked'",
                    SQL.identifier(self._table),
                    SQL.identifier(name),
                )
            )
        return super()._auto_init()

    # -- computed ------------------------------------------------------------------

    def _contact_kpi_strictest(self):
        """The partner with the strictest answer; among equals, the latest."""
        return max(
            self,
            key=lambda partner: (
                STRICTNESS.index(partner.contact_kpi_consent or STRICTNESS[0]),
                str(partner.contact_kpi_consent_on or ""),
            ),
            default=self.browse(),
        )

    @api.depends(
        *CONSENT_FIELDS,
        *(f"commercial_partner_id.{name}" for name in CONSENT_FIELDS),
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_consent(self):
        """The answer that applies, as far as the reader may read the customer.

        Of a hidden customer only a refusal is disclosed, and only for contacts that
        belong to it in the database, whatever a form sends.
        """
        seen = (self | self.commercial_partner_id)._origin._filtered_access("read")
        for partner in self:
            head = partner.commercial_partner_id
            source = partner | (head._origin & seen if head != partner else head)
            if partner._origin - seen:  # sent by a form
                source = head._origin & seen
            source = source._contact_kpi_strictest()
            really = (partner._origin & seen).sudo().commercial_partner_id
            if really not in seen and really.contact_kpi_consent == "refused":
                source = really.new({"contact_kpi_consent": "refused"})
            partner.customer_consent = source.contact_kpi_consent or STRICTNESS[0]
            partner.customer_consent_on = source.contact_kpi_consent_on
            partner.customer_consent_channel = source.contact_kpi_consent_channel
            partner.customer_consent_by_id = source.contact_kpi_consent_by_id

    def _search_customer_consent(self, operator, value):
        if operator != "in":
            return NotImplemented

        def either(consent, operator="any"):
            own = Domain("contact_kpi_consent", "=", consent)
            return own | Domain("commercial_partner_id", operator, own)

        # `any!`: a refusal applies even if record rules hide the customer.
        refused, given = either("refused", "any!"), either("given")
        domains = {
            "refused": refused,
            "given": given & ~refused,
            "not_asked": ~(refused | given),
        }
        return Domain.OR(domains[key] for key in value if key in domains)

    @api.depends_context("uid")
    def _compute_can_edit_consent(self):
        heads = self.commercial_partner_id._origin
        editable = heads._filtered_access("write")
        for partner in self:
            head = partner.commercial_partner_id._origin
            partner.can_edit_consent = head in editable

    @api.constrains("contact_kpi_consent_on")
    def _check_contact_kpi_consent_on(self):
        answered = self.filtered("contact_kpi_consent_on")
        if not answered:
            return  # as nearly always
        today = self.env["res.company"]._contact_kpi_today()
        for partner in answered:
            day = today.of(partner.sudo().commercial_partner_id)
            if partner.contact_kpi_consent_on > day:
                raise ValidationError(
                    self.env._(
                        "A customer cannot have answered in the future: %s.",
                        format_date(self.env, partner.contact_kpi_consent_on),
                    )
                )

    # -- writing ---------------------------------------------------------------------

    @api.model
    def _contact_kpi_consent_vals(self, vals, day):
        """Complete the values of an answer with its day and who recorded it."""
        name, on, _channel, by = CONSENT_FIELDS
        credit = self._contact_kpi_credit()
        if self.env.su and by in vals:
            credit = vals[by]  # a merge: whoever recorded it originally
        vals = {key: value for key, value in vals.items() if key != by}
        if name not in vals:
            return vals
        if vals[name] in ("given", "refused"):
            return {**vals, on: vals.get(on) or day, by: credit}
        return vals | dict(zip(CONSENT_FIELDS, UNANSWERED, strict=True))

    @api.model_create_multi
    def create(self, vals_list):
        # A client's `default_*` must not decide consent.
        none = dict(zip(CONSENT_FIELDS, UNANSWERED, strict=True))
        answered = [not vals.keys().isdisjoint(CONSENT_FIELDS) for vals in vals_list]
        if not any(answered):
            return super().create([none | vals for vals in vals_list])
        today = self.env["res.company"]._contact_kpi_today()
        vals_list = [
            none
            | self._contact_kpi_consent_vals(vals, today[vals.get("company_id") or 0])
            if answer
            else none | vals
            for vals, answer in zip(vals_list, answered, strict=True)
        ]
        partners = super().create(vals_list)
        partners._contact_kpi_log_consent(before={})
        return partners

    def write(self, vals):
        if vals.keys().isdisjoint(CONSENT_FIELDS):
            return super().write(vals)
        if handed_over(self.env.context, MERGING):
            # Odoo's merge picks an arbitrary value; our merge takes the strictest.
            vals = {key: vals[key] for key in vals.keys() - CONSENT_FIELDS}
            return super().write(vals) if vals else True
        before = {partner.id: partner._contact_kpi_answer() for partner in self}
        today = self.env["res.company"]._contact_kpi_today()
        res = True
        for day, partners in self.grouped(
            lambda p: today.of(p.sudo().commercial_partner_id)
        ).items():
            res = super(ResPartner, partners).write(
                self._contact_kpi_consent_vals(vals, day)
            )
        self._contact_kpi_log_consent(before)
        return res

    def _contact_kpi_answer(self):
        self.ensure_one()
        return [self[name] for name in CONSENT_FIELDS[:3]]

    def _contact_kpi_log_consent(self, before):
        """Log each changed answer in the chatter."""
        labels = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in (CONSENT_FIELDS[0], CONSENT_FIELDS[2])
        }
        bodies = {}
        for partner in self:
            answer = partner._contact_kpi_answer()
            if answer == before.get(partner.id, [*UNANSWERED[:3]]):
                continue
            consent, day, channel = answer
            details = [
                day and format_date(self.env, day),
                labels[CONSENT_FIELDS[2]].get(channel),
            ]
            bodies[partner.id] = self.env._(
                "Consent to be contacted: %s",
                ", ".join(
                    filter(None, [labels[CONSENT_FIELDS[0]].get(consent), *details])
                ),
            )
        if bodies:
            self.browse(bodies).sudo()._message_log_batch(bodies)

    def _contact_kpi_merge_consent(self, losers):
        """Give the winner of a merge the strictest answer among all merged partners.

        Credit stays with whoever recorded that answer.
        """
        self.ensure_one()
        winner = self.sudo()
        source = (winner | losers.sudo())._contact_kpi_strictest()
        if source == winner:
            return
        vals = source.read(CONSENT_FIELDS, load=None)[0]
        vals.pop("id")
        if answered_on := vals[CONSENT_FIELDS[1]]:
            # Capped: another company's time zone may be a day ahead.
            today = self.env["res.company"]._contact_kpi_today()
            day = today.of(winner.commercial_partner_id)
            vals[CONSENT_FIELDS[1]] = min(answered_on, day)
        winner.write(vals)

    # -- actions ---------------------------------------------------------------------

    def _contact_kpi_answering(self):
        """The partners on which to record an answer.

        The customers that the reader may read, and those of these contacts that have
        an answer of their own, which could otherwise override it by being stricter.
        """
        own = self.filtered(lambda p: p.contact_kpi_consent in ("given", "refused"))
        return self.commercial_partner_id._filtered_access("read") | own

    def action_contact_kpi_consent(self):
        """Open the wizard that records these customers' answer."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_consent_wizard_action"
        )
        context = {"default_partner_ids": self._contact_kpi_answering().ids}
        return {**action, "context": context}
