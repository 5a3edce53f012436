# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    impact_mixin,
    banner_mixin,
    gap_business,
    sale_report,
    digest_digest,
    sale_order,
)
