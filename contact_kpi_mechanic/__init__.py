# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import models, wizard, demo
from .hooks import post_init_hook, uninstall_hook
