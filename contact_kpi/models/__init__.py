# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    contact_kpi_closing_mixin,
    contact_kpi_comparison_mixin,
    contact_kpi_segment_mixin,
    contact_kpi,
    contact_kpi_refresh,
    contact_kpi_overview,
    contact_kpi_run,
    contact_kpi_snapshot,
    contact_kpi_trend,
    contact_kpi_gap,
    contact_kpi_ledger,
    contact_kpi_decline,
    contact_kpi_ruleset,
    contact_kpi_placeholder,
    mail_activity,
    res_company,
    res_partner,
    res_users,
    sale_order,
)
