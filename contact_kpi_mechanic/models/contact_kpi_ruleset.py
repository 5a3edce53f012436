# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from odoo.addons.contact_kpi.tools.aspect import Aspect

from ..tools.mobile import MOBILE_RANK, RULES_VERSION, mobile_kind

MOBILE = Aspect(
    "mobile",
    "phone",
    "contact_mobile_kind",
    "customer_mobile_kind",
    MOBILE_RANK,
    mobile_kind,
    RULES_VERSION,
)


class ContactKpiRuleset(models.Model):
    _inherit = "contact.kpi.ruleset"

    @api.model
    def _aspects(self):
        return [*super()._aspects(), MOBILE]
