# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    contact_kpi_report_mixin,
    contact_kpi_report_groups,
    contact_kpi_report_detail,
    contact_kpi_report_trend,
    contact_kpi_report_follow_up,
    contact_kpi_report_processing,
    ir_actions_report,
)
