# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    test_banner_mixin,
    test_digest_digest,
    test_sale_report,
)
