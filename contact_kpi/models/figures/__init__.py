# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    measure_mixin,
    question_mixin,
    closing_mixin,
    comparison_mixin,
    snapshot,
    snapshot_trend,
    overview,
    explain,
    follow_up,
)
