# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class DigestDigest(models.Model):
    """The workshop's figures in Odoo's digest mail, as the base has those of sales."""

    _inherit = "digest.digest"

    kpi_contact_missing_mobile = fields.Boolean("Customers without a Mobile")
    kpi_contact_missing_mobile_value = fields.Integer(
        compute="_compute_kpi_contact_missing_mobile_value"
    )
    kpi_contact_completed_mobile = fields.Boolean("Mobiles Obtained")
    kpi_contact_completed_mobile_value = fields.Integer(
        compute="_compute_kpi_contact_completed_mobile_value"
    )

    def _compute_kpi_contact_missing_mobile_value(self):
        self._calculate_contact_missing("no_mobile", "kpi_contact_missing_mobile_value")

    def _compute_kpi_contact_completed_mobile_value(self):
        self._calculate_contact_completed(
            "no_mobile", "kpi_contact_completed_mobile_value"
        )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("repair.menu_repair_order").id
        overview = f"contact_kpi.contact_kpi_overview_action?menu_id={menu}"
        updates = f"contact_kpi.contact_kpi_gap_follow_up_action?menu_id={menu}"
        return {
            **actions,
            "kpi_contact_missing_mobile": overview,
            "kpi_contact_completed_mobile": updates,
        }
