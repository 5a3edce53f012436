# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    test_contact_kpi_capture_report,
    test_contact_kpi_hint_mixin,
    test_contact_kpi_reachability,
    test_contact_kpi_repair_report,
    test_contact_kpi_ruleset,
    test_contact_kpi_print,
    test_demo,
    test_digest_digest,
    test_laws,
    test_metamorphic,
    test_one_door,
    test_repair_order,
    test_repair_order_counter,
    test_report_cost,
    test_own_tax_id,
    test_res_config_settings,
    test_res_partner,
    test_whole_row,
    test_seen,
)
