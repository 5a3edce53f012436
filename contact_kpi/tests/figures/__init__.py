# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
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
