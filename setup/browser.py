"""Make sure of the browser that Odoo's browser tests drive."""

import os
import shutil

from workspace import Failure, run, step

# The names by which Odoo looks for it.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def ensure():
    """Install Chromium as root when it is missing: Odoo would skip its tests silently.

    :raises workspace.Failure: as an ordinary user, or when apt-get cannot install it
    """
    if any(map(shutil.which, NAMES)):
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    if os.geteuid() != 0:
        raise Failure(
            f"The browser tests need Chromium: run as root: {' '.join(install)}"
        )
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with step("Installing Chromium on this machine with apt-get"):
        run(
            ["apt-get", "-qq", "update"],
            what="Updating the package lists",
            env=environment,
        )
        run(install, what="Installing Chromium", env=environment)
