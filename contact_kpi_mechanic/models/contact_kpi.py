# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .contact_kpi_gap import LEDGER_SEGMENTS
from .contact_kpi_segment_mixin import SEGMENTS

CODE = "no_mobile"
FIELDS = {"contact_mobile_kind", "customer_mobile_kind", "repair_order_ids"}


class ContactKpi(models.Model):
    _inherit = "contact.kpi"

    def _asks_for_mobile(self):
        """Whether the gap is decided by what a customer's best mobile is."""
        self.ensure_one()
        return any(aspect.name == "mobile" for aspect in self._aspects_read())

    def _segments_filled(self):
        """The workshop's segments are those of its own indicator."""
        names = super()._segments_filled()
        if self._asks_for_mobile():
            return names
        return names - {*SEGMENTS, *LEDGER_SEGMENTS}

    def _needs_workshop(self):
        """Whether it cannot be evaluated without this addon."""
        self.ensure_one()
        paths = []
        for name in ("population_domain", "gap_domain"):
            try:
                conditions = self._partner_domain(name).iter_conditions()
            except ValueError:
                continue  # cannot be evaluated as it is
            paths += [condition.field_expr for condition in conditions]
        return any(not FIELDS.isdisjoint(path.split(".")) for path in paths)

    def _own_customers_only(self):
        """Whoever works at the counter sees all customers of the workshop's."""
        if not self.env.user.has_group("stock.group_stock_user"):
            return super()._own_customers_only()
        others = self.filtered(lambda kpi: kpi.code != CODE)
        return bool(others) and super(ContactKpi, others)._own_customers_only()

    def action_impact(self):
        """Of an indicator about repairs: the repairs, for whoever may see them."""
        report = self.env["contact.kpi.repair.report"]
        if not (self._asks_for_mobile() and report.has_access("read")):
            return super().action_impact()
        action = self.env["ir.actions.act_window"]._for_xml_id(report._explain_action)
        context = {"search_default_indicator_id": self.id, "fill_temporal": False}
        return {**action, "context": context}
