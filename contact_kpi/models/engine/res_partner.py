# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dataclasses import dataclass, field

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from ...tools.contact import EmailKind, PhoneKind
from ...tools.handover import handed_over
from .ir_cron import IN_JOB

# Handed over by Odoo's merge as we extend it: it writes the winner, and deletes losers.
MERGING = "contact_kpi_consent_merging"
DISSOLVING = "contact_kpi_merging"
TOUCHED = "contact_kpi.touched"
PHONE_FIELDS = "contact_kpi.phone_fields"
PHONE_KINDS = [
    ("mobile", "Mobile"),
    ("either", "Mobile or Landline"),
    ("landline", "Landline"),
    ("other", "Toll-free or Other"),
    ("invalid", "Not a Valid Number"),
    ("junk", "Placeholder"),
]
EMAIL_KINDS = [
    ("valid", "Valid"),
    ("invalid", "Not a Valid Address"),
    ("junk", "Placeholder"),
]
assert {key for key, _label in PHONE_KINDS} == {kind.value for kind in PhoneKind}
assert {key for key, _label in EMAIL_KINDS} == {kind.value for kind in EmailKind}


@dataclass
class Pending:
    """What waits for the end of a transaction."""

    #: ``{partner id: who is credited, or None}``, in the order of their first touch.
    touched: dict = field(default_factory=dict)
    #: Ids of those whose contacts are to be read again.
    reread: set = field(default_factory=set)
    #: Whether something else changed that an indicator reads.
    judge: bool = False
    #: Whether the stars of their open gaps may be others.
    rank: bool = False


class ResPartner(models.Model):
    """What partners carry for the indicators, and the hooks that keep them true.

    The classification is not an ORM compute: it is written in batches by
    ``contact.kpi.ruleset``, so that saving a partner costs no query unless
    something that an indicator reads has changed, and then a fixed number per
    transaction, at its end.
    """

    _inherit = "res.partner"

    contact_phone_kind = fields.Selection(
        PHONE_KINDS,
        "Phone Kind",
        readonly=True,
        copy=False,
        help="What the phone typed here is.",
    )
    contact_email_kind = fields.Selection(
        EMAIL_KINDS,
        "Email Kind",
        readonly=True,
        copy=False,
        help="What the e-mail typed here is.",
    )
    customer_phone_kind = fields.Selection(
        PHONE_KINDS,
        "Best Phone",
        readonly=True,
        copy=False,
        help="The best phone among the customer and its active contacts; empty when "
        "there is none.",
    )
    customer_email_kind = fields.Selection(
        EMAIL_KINDS,
        "Best Email",
        readonly=True,
        copy=False,
        help="The best e-mail among the customer and its active contacts; empty when "
        "there is none.",
    )
    contact_digest = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Changes with what the classification has read: tells the nightly "
        "refresh what was changed past it.",
    )
    family_ids = fields.One2many(
        "res.partner",
        "commercial_partner_id",
        "Customer and Its Contacts",
        readonly=True,
        context={"active_test": False},
        help="The commercial entity with all its contacts, archived included.",
    )
    contact_kpi_gap_ids = fields.One2many(
        "contact.kpi.gap",
        "partner_id",
        "Contact Gaps",
        readonly=True,
        groups="sales_team.group_sale_salesman",
    )
    contact_kpi_open_gap_ids = fields.One2many(
        "contact.kpi.gap",
        "partner_id",
        "To Complete",
        domain=[("closed_at", "=", False), ("indicator_id.active", "=", True)],
        readonly=True,
        groups="sales_team.group_sale_salesman",
    )
    contact_kpi_open_count = fields.Integer(
        "Missing Contacts",
        compute="_compute_contact_kpi_open_count",
        groups="sales_team.group_sale_salesman",
    )

    def _compute_contact_kpi_open_count(self):
        groups = self.env["contact.kpi.gap"]._read_group(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("closed_at", "=", False),
                ("indicator_id.active", "=", True),
            ],
            ["partner_id"],
            ["__count"],
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in self:
            partner.contact_kpi_open_count = counts.get(
                partner.commercial_partner_id.id, 0
            )

    # -- what the classification reads and writes ------------------------------

    @api.model
    def _contact_kpi_phone_fields(self):
        """Stored fields that hold phone numbers; for other addons to widen.

        Those that Odoo itself reads as such, in its order, then those that an
        administrator has chosen, as long as they are there.
        """
        names = [
            name
            for name in self._phone_get_number_fields()
            if name in self._fields and self._fields[name].store
        ]
        chosen = self.env["ir.config_parameter"].sudo().get_param(PHONE_FIELDS) or ""
        fields_ = [self._fields.get(name) for name in chosen.split(",")]
        more = [
            field.name
            for field in fields_
            # One with a value per company or language has no column of text.
            if field and field.store and field.type == "char"
            if not (field.company_dependent or field.translate)
        ]
        return [*names, *(name for name in more if name not in names)]

    @api.model
    def _contact_kpi_source_fields(self):
        """Fields that decide the classification of a contact."""
        return [*self._contact_kpi_phone_fields(), "email", "country_id", "vat"]

    @api.model
    def _contact_kpi_reread_fields(self):
        """Fields by which contacts are read, or belong to a family; see its digest."""
        family = {"active", "company_id", "is_company", "parent_id"}
        return family.union(self._contact_kpi_source_fields())

    @api.model
    def _contact_kpi_family_fields(self):
        """Classification fields that speak for the whole family."""
        return [aspect.family for aspect in self.env["contact.kpi.ruleset"]._aspects()]

    @api.model
    def _contact_kpi_kinds(self):
        """Fields that the classification writes, by SQL, and nobody else."""
        aspects = self.env["contact.kpi.ruleset"]._aspects()
        own = [aspect.own for aspect in aspects]
        return [*own, *self._contact_kpi_family_fields(), "contact_digest"]

    @api.model
    def _contact_kpi_refuse_kinds(self, vals):
        """:raise UserError: a value for what the classification finds out itself"""
        names = [name for name in self._contact_kpi_kinds() if name in vals]
        if names:
            labels = (self._fields[n]._description_string(self.env) for n in names)
            raise UserError(
                self.env._(
                    "Derived from phone and e-mail, so nobody can enter it: %s. "
                    "Leave it out.",
                    ", ".join(labels),
                )
            )

    def _contact_kpi_country(self):
        """The country in which the numbers of this partner are read."""
        self.ensure_one()
        main = self.env["res.company"]._contact_kpi_main()
        partner = self.sudo()
        head = partner.commercial_partner_id
        company = partner.company_id or head.company_id
        return (
            partner.country_id
            or head.country_id
            or company.country_id
            or main.country_id
        )

    # -- hooks -----------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Clients choose their defaults, by the context: not of what is found out."""
        kinds = set(self._contact_kpi_kinds())
        return super().default_get([name for name in fields if name not in kinds])

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._contact_kpi_refuse_kinds(vals)
        partners = super().create(vals_list)
        informed = partners.filtered(lambda partner: partner._contact_kpi_informed())
        informed._contact_kpi_touch()
        (partners - informed)._contact_kpi_touch(reread=False)
        return partners

    def write(self, vals):
        if handed_over(self.env.context, MERGING):
            # Odoo's merge takes any of the values; they are found out anew.
            vals = {key: vals[key] for key in vals.keys() - self._contact_kpi_kinds()}
        else:
            self._contact_kpi_refuse_kinds(vals)
        names = self.env["contact.kpi"]._watched_fields() & vals.keys()
        if not names:
            return super().write(vals)
        self.env["contact.kpi.ruleset"]._catch_up(self)
        before = {partner: partner._contact_kpi_values(names) for partner in self}
        # A contact that changes hands matters to the family that it leaves.
        heads = (
            self.commercial_partner_id
            if {"parent_id", "is_company"} & names
            else self.browse()
        )
        res = super().write(vals)
        changed = self.filtered(lambda p: before[p] != p._contact_kpi_values(names))
        if changed and {"country_id", "company_id"} & names:
            # Numbers of the contacts are read in the head's country.
            heads |= changed._contact_kpi_family()
        if changed and {"parent_id", "is_company"} & names:
            # Whoever moved took its own contacts along.
            heads |= changed.commercial_partner_id._contact_kpi_family()
        if changed:
            (changed | heads)._contact_kpi_touch_by(names)
        return res

    def _update_address(self, vals):
        """Addresses that follow the parent's are written past :meth:`write`."""
        names = self.env["contact.kpi"]._watched_fields() & vals.keys()
        self.env["contact.kpi.ruleset"]._catch_up(self if names else self.browse())
        before = {partner: partner._contact_kpi_values(names) for partner in self}
        res = super()._update_address(vals)
        changed = self.filtered(lambda p: before[p] != p._contact_kpi_values(names))
        heads = changed.filtered(lambda p: p.commercial_partner_id == p)
        (changed | heads._contact_kpi_family())._contact_kpi_touch_by(names)
        return res

    def unlink(self):
        bereaved = self.commercial_partner_id - self
        if parents := self.with_context(active_test=False).filtered("child_ids"):
            # Contacts of a deleted partner stand on their own feet.
            bereaved |= parents.commercial_partner_id._contact_kpi_family() - self
        self.env["contact.kpi.gap"].sudo()._close_of_partners(self.ids, "left")
        res = super().unlink()
        bereaved._contact_kpi_touch()
        return res

    def _contact_kpi_family(self):
        """These customers with all their contacts, archived included."""
        partner = self.sudo().with_context(active_test=False)
        return partner.search([("commercial_partner_id", "in", self.ids)])

    def _contact_kpi_informed(self):
        """Whether there is anything that a classification would look at."""
        self.ensure_one()
        names = [*self._contact_kpi_phone_fields(), "email", "vat"]
        return any(self[name] for name in names)

    def _contact_kpi_values(self, names):
        """Present values, to tell a change from a write of the same."""
        self.ensure_one()
        return [self[name] for name in sorted(names)]

    def action_contact_kpi_gaps(self):
        """Open what this customer lacks."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi.contact_kpi_gap_action"
        )
        action["domain"] = [("partner_id", "=", self.commercial_partner_id.id)]
        action["context"] = {
            "search_default_open": 1,
            "search_default_active_indicators": 1,
        }
        return action

    # -- the transaction's work --------------------------------------------------

    @api.model
    def _contact_kpi_credit(self):
        """Who is credited with a change: the user, but not a job or the public.

        Jobs that a request runs, such as those of a queue, act in somebody's name in
        whose name nobody has logged in.
        """
        nobody = (
            self.env.uid == SUPERUSER_ID
            or IN_JOB.get()
            or (request and not request.env.uid)
            or self.env.user._is_public()
        )
        return None if nobody else self.env.uid

    def _contact_kpi_touch_by(self, names):
        """Touch for these fields, which changed: only what they decide is looked at."""
        self._contact_kpi_touch(
            reread=not names.isdisjoint(self._contact_kpi_reread_fields()),
            judge=not names.isdisjoint(self.env["contact.kpi"]._judged_fields()),
        )

    def _contact_kpi_touch(self, rank=False, reread=True, judge=True):
        """Have these customers' gaps looked at before the transaction commits.

        For addons whose records an indicator reads: call it on the partners
        whose answer may have changed. Costs nothing now; the last user who
        calls is credited with what closes.

        :param rank: also refresh the stars of their open gaps
        :param reread: their contacts, or what those are read by, may have changed
        :param judge: more may have changed than what their contacts say
        """
        if not self:
            return
        data = self.env.cr.precommit.data
        if TOUCHED not in data:
            data[TOUCHED] = Pending()
            env = self.env(user=SUPERUSER_ID, context={})
            self.env.cr.precommit.add(env["res.partner"]._contact_kpi_run_pending)
        pending = data[TOUCHED]
        pending.rank |= rank
        pending.judge |= judge
        if reread:
            pending.reread.update(self.ids)
        credit = self._contact_kpi_credit()
        for partner_id in self.ids:
            # A job that goes over it in the same transaction takes no credit away.
            pending.touched[partner_id] = credit or pending.touched.get(partner_id)

    @api.model
    def _contact_kpi_run_pending(self):
        """Classify what was touched and reconcile it with the ledger.

        At the end of the transaction, or before anybody reads the ledger in it.
        Nothing is reconciled where no answer has changed, nor anything else that an
        indicator reads.
        """
        # Searching the ledger while reconciling must find nothing pending.
        pending = self.env.cr.precommit.data.pop(TOUCHED, None)
        if not pending:
            return
        env = self.env(user=SUPERUSER_ID, context={})
        ruleset = env["contact.kpi.ruleset"]
        answers = []
        answered = pending.reread and ruleset._classify(
            list(pending.reread), leave=True, hold=answers
        )
        # While batches are under way, one that was looked at may be one fewer to be.
        if answered or pending.judge or ruleset._rules().running:
            env["contact.kpi"]._reconcile_touched(
                pending.touched, rank=pending.rank, before=answers
            )
        elif answers:
            env.cr.execute(*answers)
