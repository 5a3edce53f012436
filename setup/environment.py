"""Build the virtual environments, each once per list of pinned packages."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import archive
from workspace import HOME, SETUP, VENV, exclusive, run, step

STAMP = "contact_kpi.stamp"


def fingerprint(requirements):
    """Return what an environment depends on: the pins and the interpreter."""
    text = requirements.read_bytes() + sys.version.encode()
    return hashlib.sha256(text).hexdigest()


def ensure(folder=VENV, requirements=SETUP / "requirements.txt"):
    """Return the interpreter of an environment that holds exactly the pinned packages.

    Builds it when it is missing, was interrupted, or was built from other pins:
    about 30 seconds. Otherwise two small files are read.

    :raises workspace.Failure: when the packages cannot be had
    """
    python, stamp = folder / "bin" / "python", folder / STAMP
    wanted = fingerprint(requirements)
    if is_current(python, stamp, wanted):
        return python
    with exclusive(f"{folder.name}.lock"):
        if is_current(python, stamp, wanted):
            return python
        shutil.rmtree(folder, ignore_errors=True)
        with step(f"Installing the packages of {requirements.name}"):
            pip = make(folder)
            run(
                [
                    python,
                    *pip,
                    "install",
                    "--disable-pip-version-check",
                    "-r",
                    requirements,
                ],
                what="Installing Python packages",
                hint="Is the Python package index within reach? Then start again.",
            )
            # Odoo is not installed here but found by PYTHONPATH; see odoo_source.
            stamp.write_text(wanted)
    return python


def is_current(python, stamp, wanted):
    """Tell whether an environment is complete, current, and its Python still there."""
    return stamp.is_file() and stamp.read_text() == wanted and python.exists()


def make(folder):
    """Create an empty virtual environment; return the arguments that run pip in it.

    Debian keeps `ensurepip` in a package of its own that a bare machine lacks: pip then
    comes as a wheel from the Debian archive, which needs no rights.
    """
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError:
        bare = ["--without-pip"]
    else:
        bare = []
    command = [sys.executable, "-m", "venv", *bare, folder]
    run(command, what="Creating a virtual environment")
    if not bare:
        return ["-m", "pip"]
    tree = HOME / "pip"
    if not list(tree.rglob("pip-*.whl")):
        archive.unpack(["python3-pip-whl"], tree)
    wheel = next(tree.rglob("pip-*.whl"))
    return [Path(os.fspath(wheel)) / "pip"]
