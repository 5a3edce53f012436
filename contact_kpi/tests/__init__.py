# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    test_demo,
    test_res_config_settings,
    test_tours,
)
from .engine import (
    test_access,
    test_base_partner_merge,
    test_company_day,
    test_calendar,
    test_fact,
    test_customer_type,
    test_definition_reach,
    test_failed_run,
    test_gap_segment,
    test_ir_config_parameter,
    test_law_agreement,
    test_ledger,
    test_merge_across_companies,
    test_older_transaction,
    test_one_door,
    test_own_tax_id,
    test_queries,
    test_refresh,
    test_retention,
    test_ruleset,
    test_save_queries,
    test_ruleset_cost,
    test_third_indicator,
    test_trust,
    test_unfit_definition,
    test_whole_row,
)
from .figures import (
    test_balance,
    test_closing,
    test_comparison,
    test_comparison_wizard,
    test_explanation,
    test_follow_up,
    test_metamorphic,
    test_overview,
    test_report_cost,
    test_year,
)
from .past import (
    test_history,
    test_history_machine,
)
from .people import (
    test_consent,
    test_decline,
    test_hint_mixin,
    test_print,
    test_suggestion,
    test_suspect,
    test_confirmation,
    test_seen,
    test_to_complete,
)
from .sales import (
    test_banner_mixin,
    test_digest_digest,
    test_sale_report,
)
