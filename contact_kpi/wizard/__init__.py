# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    base_partner_merge,
    contact_kpi_comparison,
    contact_kpi_consent_wizard,
    contact_kpi_decline_wizard,
    contact_kpi_explanation,
    contact_kpi_print,
    contact_kpi_suspect,
    contact_kpi_suggestion,
)
