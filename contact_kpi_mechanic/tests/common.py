# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The base's customers, clock and oracle, with repairs."""

from odoo.addons.contact_kpi.tests.common import ANSWERS, FOLLOWING, NO_MOBILE

NO_MOBILE_ID = "contact_kpi_mechanic.contact_kpi_no_mobile"


class MechanicMixin:
    """For cases of the base: its made-up indicator without a mobile is the shipped one.

    The oracle reads repairs one by one; it shares nothing with the addon.
    """

    answers = {**ANSWERS, "no_mobile": ANSWERS["test_no_mobile"]}
    following = FOLLOWING | {"contact_mobile_kind", "customer_mobile_kind"}

    @classmethod
    def indicator(cls, code="test_no_mobile", gap=NO_MOBILE, **vals):
        if code != "test_no_mobile":
            return super().indicator(code, gap, **vals)
        kpi = cls.env.ref(NO_MOBILE_ID)
        kpi.write({"active": True, **vals})
        return kpi

    @classmethod
    def repair(cls, partner, **vals):
        return cls.env["repair.order"].create({"partner_id": partner.id, **vals})

    def repairs_of(self, family):
        """Not cancelled, the one created last first."""
        repairs = self.env["repair.order"].search([("state", "!=", "cancel")])
        repairs = [repair for repair in repairs if repair.partner_id in family]
        return sorted(repairs, key=lambda r: (r.create_date, r.id), reverse=True)

    def with_documents(self, code=None):
        found = super().with_documents(code)
        if code == "no_mobile":
            repairs = self.env["repair.order"].search([("state", "!=", "cancel")])
            found |= set(repairs.partner_id.ids)
        return found

    def segment_of(self, head, code=None):
        segment = super().segment_of(head, code)
        if code != "no_mobile":
            return segment
        latest = self.repairs_of(self.family_of(head))[:1]
        if not latest:
            return (*segment, False, "none")
        return (*segment, latest[0].service_type_id.id, latest[0].priority or "0")

    def segment_in(self, row, code=None):
        segment = super().segment_in(row, code)
        if code != "no_mobile":
            return segment
        return (*segment, row.service_type_id.id, row.urgency)
