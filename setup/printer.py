"""Make sure of the program by which Odoo makes PDF of its reports.

Debian's build lacks the patches of Qt that Odoo's own documents want for their heads
and feet; the reports of this project do without.
"""

import shutil

import apt
from workspace import Failure, say

NAME = "wkhtmltopdf"


def ensure():
    """Install it as root when it is missing.

    :raises workspace.Failure: as an ordinary user, or when apt-get cannot install it
    """
    if not shutil.which(NAME):
        apt.install(NAME, "Reports as PDF need")


def offer():
    """Install it if possible; else say what is missing and go on: Odoo copes."""
    try:
        ensure()
    except Failure as failure:
        say(f"• {failure}\n  Until then Odoo shows reports on screen instead.")
