# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    test_demo,
    test_res_config_settings,
    test_tours,
)
from .engine import *
from .figures import *
from .past import *
from .people import *
from .sales import *
