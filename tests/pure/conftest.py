"""Let the pure tests import an addon's modules without Odoo.

`import contact_kpi.x.y` would run the addon's `__init__.py`, which imports its models;
so would that of the folder `report`. A bare package in the place of each finds the
modules and runs nothing.
"""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def make_importable():
    """Put a bare package in the place of each addon, unless one is there."""
    for manifest in ROOT.glob("*/__manifest__.py"):
        for folder in (manifest.parent, *manifest.parent.glob("report")):
            name = ".".join(folder.relative_to(ROOT).parts)
            if name not in sys.modules:
                package = ModuleType(name)
                package.__path__ = [str(folder)]
                sys.modules[name] = package


make_importable()
