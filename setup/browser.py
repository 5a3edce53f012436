"""Find the browser that the browser tests drive, and whether it can be sandboxed."""

import os
import shutil
import subprocess

import apt

# The executables that Odoo looks for.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def program() -> str | None:
    """Return the path of the browser, `None` without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def has_sandbox() -> bool:
    """Return whether Chromium's sandbox works here.

    It refuses to run as root. As an ordinary user it needs the kernel's user
    namespaces, which some containers withhold, or Debian's setuid helper.
    """
    if os.geteuid() == 0:
        return False
    if os.path.exists("/usr/lib/chromium/chrome-sandbox"):
        return True
    unshare = ["unshare", "--user", "--map-root-user", "true"]
    return not subprocess.run(unshare, capture_output=True, check=False).returncode


def ensure() -> None:
    """Ensure Chromium is installed: Odoo would silently skip its browser tests.

    :raises workspace.Failure: as an ordinary user, or when apt-get cannot install it
    """
    if program():
        return
    apt.install("chromium", "The browser tests need")
