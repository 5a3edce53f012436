# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    test_access,
    test_balance,
    test_closing,
    test_company_day,
    test_comparison,
    test_contact_kpi_comparison,
    test_customer_type,
    test_demo,
    test_history_machine,
    test_law_agreement,
    test_ledger,
    test_overview,
    test_queries,
    test_refresh,
    test_res_config_settings,
    test_retention,
    test_ruleset,
    test_sale_report,
    test_to_complete,
    test_tours,
)
