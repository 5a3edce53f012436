# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The same answers where Odoo has changed ``phonenumbers``."""

import subprocess
import sys
from pathlib import Path

import patched
import pytest


@pytest.mark.parametrize("how", ["odoo", "stand-in"])
def test_same_answers(how):
    command = [sys.executable, str(Path(patched.__file__)), how]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == patched.NOT_INSTALLED:
        pytest.skip("Odoo is not installed here")
    assert done.returncode == 0, done.stdout + done.stderr
