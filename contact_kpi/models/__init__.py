# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
# In the order of what may use what: see tests/pure/test_rooms.py.
from . import engine, figures, past, people, sales, res_config_settings
