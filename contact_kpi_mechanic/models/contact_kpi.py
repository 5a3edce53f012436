# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import suppress

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from odoo.addons.contact_kpi.models.engine.indicator import DefinitionError

from ..tools.mobile import MobileKind
from .contact_kpi_gap import LEDGER_SEGMENTS
from .contact_kpi_segment_mixin import CODE, SEGMENTS

# Above this many customers, whoever reads, the card omits whom to message.
COUNTED = 100_000
FIELDS = {"contact_mobile_kind", "customer_mobile_kind", "repair_order_ids"}


class ContactKpi(models.Model):
    _inherit = "contact.kpi"

    has_reachability = fields.Boolean(compute="_compute_reachability")
    reachability_counted = fields.Boolean(compute="_compute_reachability")
    messageable_now = fields.Integer(
        "May Be Messaged",
        compute="_compute_reachability",
        help="Customers with a mobile that may be messaged on it.",
    )
    not_agreed_now = fields.Integer(
        "Has Not Agreed Yet",
        compute="_compute_reachability",
        help="Customers with a mobile whose consent is to be asked for first.",
    )
    not_messaged_now = fields.Integer(
        "Opted Out of Messages",
        compute="_compute_reachability",
        help="Customers with a mobile that refused, or whose number is on the "
        "blacklist.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_reachability(self):
        """Counts on the card of the workshop's indicator: one query over all customers.

        Omitted above ``COUNTED`` customers, where it would take seconds. What counts is
        the number of all: record rules make the query no cheaper.
        """
        rows = self.env["contact.kpi.reachability"]
        mine = self.filtered(lambda kpi: kpi.active and kpi.code == CODE)
        mine = mine if rows.has_access("read") else mine.browse()
        last = mine._last_runs() if mine else {}
        few = mine.filtered(
            lambda kpi: sum(r.customers for r in last.get(kpi, ())) <= COUNTED
        )
        counts = {}
        if few:
            counts = dict(rows._read_group([], ["reachability"], ["__count"]))
        for kpi in self:
            here = counts if kpi in few else {}
            kpi.has_reachability = kpi in mine
            kpi.reachability_counted = kpi in few
            kpi.messageable_now = here.get("allowed", 0)
            kpi.not_agreed_now = here.get("not_asked", 0)
            kpi.not_messaged_now = here.get("refused", 0)

    def action_messageable(self):
        """Open the customers that may be messaged, by what they came for."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "contact_kpi_mechanic.contact_kpi_reachability_action"
        )

    def action_not_agreed(self):
        """Open the customers whose consent is to be asked for first."""
        return self._action_reachability("not_asked")

    def action_not_messaged(self):
        """Open the customers that opted out of messages."""
        return self._action_reachability("refused")

    def _action_reachability(self, name):
        return {**self.action_messageable(), "context": {f"search_default_{name}": 1}}

    def _asks_for_mobile(self):
        """Whether the gap depends on the mobile classification."""
        self.ensure_one()
        return any(aspect.name == "mobile" for aspect in self._aspects_read())

    def _segments_filled(self):
        """Only indicators that depend on mobiles have the workshop's segments."""
        names = super()._segments_filled()
        if self._asks_for_mobile():
            return names
        return names - {*SEGMENTS, *LEDGER_SEGMENTS}

    @api.model
    def _mobile_kinds(self):
        """Kinds of numbers that the indicator's definition accepts as a mobile.

        The sure ones, if an administrator gave it another condition.
        """
        _kpi, kinds = self._mobile_definition()
        surely = [kind.value for kind in MobileKind if kind.surely_mobile]
        return surely if kinds is None else kinds

    @api.model
    def _mobile_definition(self):
        """The indicator “without a mobile”, and what its condition accepts.

        :return: (indicator, kinds of numbers); kinds are None if it is gone,
            does not fit, or an administrator gave it another condition
        """
        kpi = self.env.ref("contact_kpi_mechanic.contact_kpi_no_mobile", False)
        with suppress(DefinitionError):
            domain = kpi and kpi.sudo()._partner_domain("gap_domain")
            for condition in domain.iter_conditions() if domain else ():
                if _is_of_kinds(condition):
                    return kpi, list(condition.value)
        return kpi, None

    @api.model
    def _accept_as_mobile(self, kind, accepted):
        """Add a kind of number to those that “without a mobile” accepts, or remove it.

        No-op if nothing changes, or if it has another condition.
        """
        kpi, kinds = self._mobile_definition()
        if kinds is None or (kind in kinds) == accepted:
            return
        wanted = [each for each in kinds if each != kind] + [kind] * accepted
        condition = Domain("customer_mobile_kind", "not in", wanted)
        # As superuser: the condition also reads repairs, which not every administrator
        # of settings may read.
        kpi.with_user(SUPERUSER_ID)._replace_in_gap(_is_of_kinds, condition)

    @api.model
    def _followed_documents(self):
        return super()._followed_documents() | {"repair_order_ids": {"state"}}

    def _needs_workshop(self):
        """Whether it cannot be evaluated without this addon."""
        self.ensure_one()
        paths = []
        for name in ("population_domain", "gap_domain"):
            try:
                conditions = self._partner_domain(name).iter_conditions()
            except DefinitionError:
                continue  # cannot be evaluated as it is
            paths += [condition.field_expr for condition in conditions]
        return any(not FIELDS.isdisjoint(path.split(".")) for path in paths)

    def _own_customers_only(self):
        """Counter staff see all customers of the workshop's indicator."""
        if not self.env.user.has_group("stock.group_stock_user"):
            return super()._own_customers_only()
        others = self.filtered(lambda kpi: kpi.code != CODE)
        return bool(others) and super(ContactKpi, others)._own_customers_only()

    def action_impact(self):
        """For a mobile indicator: the repairs, if the user may read them."""
        report = self.env["contact.kpi.repair.report"]
        if not (self._asks_for_mobile() and report.has_access("read")):
            return super().action_impact()
        action = self.env["ir.actions.act_window"]._for_xml_id(report._explain_action)
        context = {"search_default_indicator_id": self.id, "fill_temporal": False}
        return {**action, "context": context}


def _is_of_kinds(condition):
    named = (condition.field_expr, condition.operator)
    return named == ("customer_mobile_kind", "not in")
