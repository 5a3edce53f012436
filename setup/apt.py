"""Install system packages with apt-get, as root only."""

import os
import shlex

from workspace import Failure, run, step


def install(package: str, purpose: str) -> None:
    """Install a package with apt-get.

    :param purpose: what needs it, as the beginning of a sentence
    :raises workspace.Failure: as an ordinary user, or when apt-get cannot
    """
    command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    if os.geteuid() != 0:
        raise Failure(f"{purpose} {package}: run as root: {shlex.join(command)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing {package} on this machine with apt-get"):
        run(
            ["apt-get", "-qq", "update"],
            what="Updating the package lists",
            env=environment,
        )
        run(command, what=f"Installing {package}", env=environment)
