# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
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
