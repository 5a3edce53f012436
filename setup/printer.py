"""Ensure wkhtmltopdf is installed, which Odoo renders PDF reports with.

Debian's build lacks the Qt patches that headers and footers of Odoo's own documents
need; this project's reports do without.
"""

import shutil

import apt
from workspace import Failure, say

NAME = "wkhtmltopdf"


def ensure() -> None:
    """Install it when it is missing.

    :raises workspace.Failure: as an ordinary user, or when apt-get cannot install it
    """
    if not shutil.which(NAME):
        apt.install(NAME, "Reports as PDF need")


def offer() -> None:
    """Install it if possible; otherwise say what is missing and continue without."""
    try:
        ensure()
    except Failure as failure:
        say(f"• {failure}\n  Until then Odoo shows reports on screen instead.")
