"""Find the browser that the browser tests drive, and how it may be started here."""

import os
import shutil
import subprocess

import apt

# The names by which Odoo looks for it.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def program():
    """Return the path of the browser, or nothing when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def has_sandbox():
    """Tell whether the browser can shut itself in, which needs a right of the machine.

    Chromium refuses to do so as root. As an ordinary user it needs the namespaces of
    the kernel, which some containers withhold, or Debian's helper that has the right.
    """
    if os.geteuid() == 0:
        return False
    if os.path.exists("/usr/lib/chromium/chrome-sandbox"):
        return True
    unshare = ["unshare", "--user", "--map-root-user", "true"]
    return not subprocess.run(unshare, capture_output=True, check=False).returncode


def ensure():
    """Install Chromium as root when it is missing: Odoo would skip its tests silently.

    :raises workspace.Failure: as an ordinary user, or when apt-get cannot install it
    """
    if program():
        return
    apt.install("chromium", "The browser tests need")
