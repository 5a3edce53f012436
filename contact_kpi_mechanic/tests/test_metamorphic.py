# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Repairs: those asked for, the others, and those that cannot be told, are all."""

from odoo.tests import tagged

from odoo.addons.contact_kpi.tests.figures.test_metamorphic import MANAGER, Metamorphic

from .repair_year_case import RepairYearCase


@tagged("post_install", "-at_install")
class TestMetamorphicRepairs(Metamorphic, RepairYearCase):
    report = "contact.kpi.repair.report"
    groups = f"{MANAGER},stock.group_stock_manager"
    measures = (
        *("repairs", "cancelled", "confirmed", "finished", "dateless"),
        *("quoted", "answered", "messaged", "messageable"),
    )
    own = ("date",)
    groupbys = (
        [],
        ["contact_missing"],
        ["indicator_id"],
        ["date:month"],
        ["date:week", "contact_missing"],
        ["user_id"],
        ["company_id", "state"],
        ["repair_service_type_id", "repair_priority"],
        ["urgency"],
        ["partner_id"],
    )

    def periods(self):
        return [[], [("date", ">=", "2041-05-01")]]
