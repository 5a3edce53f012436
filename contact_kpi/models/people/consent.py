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
# From the weakest to the strictest: of several, the last one counts.
STRICTNESS = [key for key, _label in CONSENTS]
CONSENT_FIELDS = (
    "contact_kpi_consent",
    "contact_kpi_consent_on",
    "contact_kpi_consent_channel",
    "contact_kpi_consent_by_id",
)
UNANSWERED = (STRICTNESS[0], False, False, False)


class ResPartner(models.Model):
    """Whether a customer agreed to be contacted: when, how, and who heard it.

    A customer's consent is kept on the commercial entity. A contact that had
    one of its own before it joined a customer keeps it: of the two, the stricter
    is shown. Whoever writes it is on record in the chatter.
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

    # Few refuse: the cards count them without reading everybody else.
    _contact_kpi_refused_idx = models.Index(
        "(id) WHERE contact_kpi_consent = 'refused'"
    )

    # What counts for a contact: its customer's answer, or its own if stricter.
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
        """Of these, the one whose answer is the strictest and the latest."""
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
        """Of a customer that the reader may not read nothing is said, but that it
        refused: that holds for the contacts that it has in the database."""
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

        # A refusal holds, whoever may read the customer.
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
        """Values with what belongs to an answer: the day, and who records it."""
        name, on, _channel, by = CONSENT_FIELDS
        credit = self._contact_kpi_credit()
        if self.env.su and by in vals:
            credit = vals[by]  # of a merge: whoever recorded it then
        vals = {key: value for key, value in vals.items() if key != by}
        if name not in vals:
            return vals
        if vals[name] in ("given", "refused"):
            return {**vals, on: vals.get(on) or day, by: credit}
        return vals | dict(zip(CONSENT_FIELDS, UNANSWERED, strict=True))

    @api.model_create_multi
    def create(self, vals_list):
        # A value for each: clients choose their defaults, by the context.
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
            # Odoo's merge takes any of the values; ours takes the strictest.
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
        """Put on record, in the chatter, each answer that has changed."""
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
        """Take over the strictest answer among these and the losers of a merge.

        Whoever recorded that answer stays on record, not who merges.
        """
        self.ensure_one()
        winner = self.sudo()
        source = (winner | losers.sudo())._contact_kpi_strictest()
        if source == winner:
            return
        vals = source.read(CONSENT_FIELDS, load=None)[0]
        vals.pop("id")
        if answered_on := vals[CONSENT_FIELDS[1]]:
            # Of a company where it is the next day already.
            today = self.env["res.company"]._contact_kpi_today()
            day = today.of(winner.commercial_partner_id)
            vals[CONSENT_FIELDS[1]] = min(answered_on, day)
        winner.write(vals)

    # -- actions ---------------------------------------------------------------------

    def _contact_kpi_answering(self):
        """Whose answer it is: the customers' that the reader may see, and of those of
        these contacts that have one of their own, which would stay the stricter one."""
        own = self.filtered(lambda p: p.contact_kpi_consent in ("given", "refused"))
        return self.commercial_partner_id._filtered_access("read") | own

    def action_contact_kpi_consent(self):
        """Ask for what the customers answered, for all of these at once."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_consent_wizard_action"
        )
        context = {"default_partner_ids": self._contact_kpi_answering().ids}
        return {**action, "context": context}
