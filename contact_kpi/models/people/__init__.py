# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    hint_mixin,
    gap_decline,
    to_complete,
    consent,
    suspect_ignored,
    mail_activity,
    confirmation,
    completion,
)
