# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    contact_kpi_segment_mixin,
    contact_kpi_grain_mixin,
    contact_kpi,
    contact_kpi_follow_up,
    contact_kpi_gap,
    contact_kpi_gap_segment,
    contact_kpi_reachability,
    contact_kpi_ruleset,
    contact_kpi_repair_mixin,
    contact_kpi_repair_report,
    contact_kpi_capture_report,
    digest_digest,
    mechanic_service_type,
    phone_blacklist,
    repair_order,
    repair_order_counter,
    res_config_settings,
    res_partner,
)
