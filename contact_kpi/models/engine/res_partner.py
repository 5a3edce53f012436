# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dataclasses import dataclass, field

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from ...tools.contact import EmailKind, PhoneKind
from ...tools.handover import handed_over
from .ir_cron import IN_JOB

# Keys of the context, as a Handover, while Odoo's merge as we extend it writes the
# winner, and while it deletes the losers.
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
    """Work that a transaction does at its end, before it commits."""

    #: ``{partner id: credited user's id or None}``, in the order of first touch.
    touched: dict = field(default_factory=dict)
    #: Ids of those whose contacts are to be classified anew.
    reread: set = field(default_factory=set)
    #: Whether something else changed that an indicator reads.
    judge: bool = False
    #: Whether the stars of their open gaps may have changed.
    rank: bool = False
    #: The transaction's unsaved values, of which these customers' are part.
    unsaved: object = None


class ResPartner(models.Model):
    """The columns that indicators read, and the hooks that keep them up to date.

    The classification is no computed field: ``contact.kpi.ruleset`` writes it, over
    sets. Saving a partner costs no query unless a field that an indicator reads has
    changed, and then a fixed number per transaction, before it commits.
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
        """Names of the stored fields that hold phone numbers; addons may add some.

        Odoo's own in the order of ``_phone_get_number_fields``, then those that an
        administrator has chosen, as far as they exist.
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
            # Company-dependent and translated fields are stored as JSON.
            if field and field.store and field.type == "char"
            if not (field.company_dependent or field.translate)
        ]
        return [*names, *(name for name in more if name not in names)]

    @api.model
    def _contact_kpi_source_fields(self):
        """Names of the fields that a contact's classification is computed from."""
        return [*self._contact_kpi_phone_fields(), "email", "country_id", "vat"]

    @api.model
    def _contact_kpi_reread_fields(self):
        """Names of the fields whose change calls for classification; see its digest.

        Those that contacts are read from and by, and those that decide the family.
        """
        family = {"active", "company_id", "is_company", "parent_id"}
        return family.union(self._contact_kpi_source_fields())

    @api.model
    def _contact_kpi_family_fields(self):
        """Names of the fields with the best answer of the whole family."""
        return [aspect.family for aspect in self.env["contact.kpi.ruleset"]._aspects()]

    @api.model
    def _contact_kpi_kinds(self):
        """Names of the fields that only the classification writes, by SQL."""
        aspects = self.env["contact.kpi.ruleset"]._aspects()
        own = [aspect.own for aspect in aspects]
        return [*own, *self._contact_kpi_family_fields(), "contact_digest"]

    @api.model
    def _contact_kpi_refuse_kinds(self, vals):
        """Reject values of fields that only the classification writes.

        :raise UserError: there is one
        """
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
        """The country whose numbering plan this partner's numbers are read by.

        Its own, else its customer's, its company's, the main company's.
        """
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
        """A client's ``default_*`` must not set what the classification finds out."""
        kinds = set(self._contact_kpi_kinds())
        return super().default_get([name for name in fields if name not in kinds])

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._contact_kpi_refuse_kinds(vals)
        partners = super().create(vals_list)
        filled = partners.filtered(lambda partner: partner._contact_kpi_filled())
        filled._contact_kpi_touch()
        (partners - filled)._contact_kpi_touch(reread=False)
        return partners

    def write(self, vals):
        if handed_over(self.env.context, MERGING):
            # Odoo's merge copies these from a loser; they are classified anew.
            vals = {key: vals[key] for key in vals.keys() - self._contact_kpi_kinds()}
        else:
            self._contact_kpi_refuse_kinds(vals)
        kpis = self.env["contact.kpi"]
        names = kpis._watched_fields() & vals.keys()
        if not names:
            return super().write(vals)
        # Another addon may compute them, such as the country from a postal code.
        countries = kpis._with_depends({"country_id", "company_id"}) & names
        self.env["contact.kpi.ruleset"]._catch_up(self)
        before = {partner: partner._contact_kpi_values(names) for partner in self}
        # The family that a contact leaves is affected, too.
        heads = (
            self.commercial_partner_id
            if {"parent_id", "is_company"} & names
            else self.browse()
        )
        res = super().write(vals)
        changed = self.filtered(lambda p: before[p] != p._contact_kpi_values(names))
        if changed and countries:
            # The contacts' numbers are read by the head's country.
            heads |= changed._contact_kpi_family()
        if changed and {"parent_id", "is_company"} & names:
            # A partner that moves takes its own contacts along.
            heads |= changed.commercial_partner_id._contact_kpi_family()
        if changed:
            (changed | heads)._contact_kpi_touch_by(names)
        return res

    def _update_address(self, vals):
        """Odoo copies a parent's address to its contacts here, not by :meth:`write`."""
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
            # Contacts of a deleted partner become commercial entities.
            bereaved |= parents.commercial_partner_id._contact_kpi_family() - self
        self.env["contact.kpi.gap"].sudo()._close_of_partners(self.ids, "left")
        res = super().unlink()
        bereaved._contact_kpi_touch()
        return res

    def _contact_kpi_family(self):
        """These customers with all their contacts, archived included."""
        partner = self.sudo().with_context(active_test=False)
        return partner.search([("commercial_partner_id", "in", self.ids)])

    def _contact_kpi_filled(self):
        """Whether any field that the classification reads as a contact has a value."""
        self.ensure_one()
        names = [*self._contact_kpi_phone_fields(), "email", "vat"]
        return any(self[name] for name in names)

    def _contact_kpi_values(self, names):
        """Current values, to tell a change from a write of the same value."""
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
        """Id of the user to credit with a change; None for jobs and the public user.

        A request in which nobody has logged in, or that goes on as the superuser, runs
        a job, such as a queue's, in somebody's name.
        """
        nobody = (
            self.env.uid == SUPERUSER_ID
            or IN_JOB.get()
            or (request and request.env.uid in (None, False, SUPERUSER_ID))
            or self.env.user._is_public()
        )
        return None if nobody else self.env.uid

    def _contact_kpi_touch_by(self, names):
        """Touch because these fields changed, for no more work than they call for."""
        self._contact_kpi_touch(
            reread=not names.isdisjoint(self.env["contact.kpi"]._reread_fields()),
            judge=not names.isdisjoint(self.env["contact.kpi"]._judged_fields()),
        )

    def _contact_kpi_touch(self, rank=False, reread=True, judge=True):
        """Have these partners' gaps reconciled before the transaction commits.

        For addons whose records an indicator reads: call it on the partners whose
        answer may have changed. Costs nothing now, and before the commit a fixed
        number of queries, however many partners. The last user to call it is credited
        with what closes.

        :param rank: also refresh the stars of their open gaps
        :param reread: their contacts, or what those are read by, may have changed:
            classify them anew
        :param judge: something else that an indicator reads may have changed: reconcile
            even if no classification did
        """
        if not self:
            return
        data = self.env.cr.precommit.data
        if TOUCHED not in data:
            data[TOUCHED] = Pending()
            env = self.env(user=SUPERUSER_ID, context={})
            self.env.cr.precommit.add(env["res.partner"]._contact_kpi_run_touched)
        pending = data[TOUCHED]
        pending.unsaved = self.env.transaction.field_dirty
        pending.rank |= rank
        pending.judge |= judge
        if reread:
            pending.reread.update(self.ids)
        credit = self._contact_kpi_credit()
        for partner_id in self.ids:
            # A job in the same transaction takes no user's credit away.
            pending.touched[partner_id] = credit or pending.touched.get(partner_id)

    @api.model
    def _contact_kpi_run_pending(self):
        """Classify the touched partners and reconcile the ledger.

        Called before the ledger is read in the transaction. Not for who has put aside
        what waits to be saved, as `auditlog` does to read the database as it is: that
        would be judged without it.
        """
        pending = self.env.cr.precommit.data.get(TOUCHED)
        if pending and pending.unsaved is self.env.transaction.field_dirty:
            self._contact_kpi_run_touched()

    @api.model
    def _contact_kpi_run_touched(self):
        """The same, before the commit.

        Skips reconciling if neither a family's classification nor anything else that an
        indicator reads has changed.
        """
        # Removed first: reconciling searches the ledger, which must not recurse.
        pending = self.env.cr.precommit.data.pop(TOUCHED, None)
        if not pending:
            return
        env = self.env(user=SUPERUSER_ID, context={})
        ruleset = env["contact.kpi.ruleset"]
        answers = []
        answered = pending.reread and ruleset._classify(
            list(pending.reread), leave=True, hold=answers
        )
        # While batches run, a customer may have ceased to be unclassified.
        if answered or pending.judge or ruleset._rules().running:
            env["contact.kpi"]._reconcile_touched(
                pending.touched, rank=pending.rank, before=answers
            )
        elif answers:
            env.cr.execute(*answers)
