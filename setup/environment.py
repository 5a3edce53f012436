"""Build the virtual environments, each once per list of pinned packages."""

import hashlib
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import archive
from workspace import HOME, SETUP, VENV, Argument, exclusive, run, step

STAMP = "contact_kpi.stamp"


def fingerprint(requirements: Path) -> str:
    """Return a hash of what an environment depends on: the pins and the interpreter."""
    text = requirements.read_bytes() + sys.version.encode()
    return hashlib.sha256(text).hexdigest()


def ensure(
    folder: Path = VENV, requirements: Path = SETUP / "requirements.txt"
) -> Path:
    """Return the interpreter of an environment that holds exactly the pinned packages.

    Builds it when it is missing, incomplete, or built from other pins: about 30
    seconds. Otherwise two small files are read.

    :raises workspace.Failure: when the packages cannot be installed
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
            make(folder)
            pip: list[Argument] = [python, "-m", "pip", "--disable-pip-version-check"]
            run(
                [*pip, "install", "-r", requirements],
                what="Installing Python packages",
                hint="Is the Python package index within reach? Then start again.",
            )
            # Odoo is not installed here but found by PYTHONPATH; see odoo_source.
            stamp.write_text(wanted)
    return python


def is_current(python: Path, stamp: Path, wanted: str) -> bool:
    """Return whether an environment is complete, current, and its Python exists."""
    return stamp.is_file() and stamp.read_text() == wanted and python.exists()


def make(folder: Path) -> Path:
    """Create a virtual environment with nothing but pip; return its interpreter.

    Debian ships `ensurepip` in a separate package that a minimal machine lacks: pip
    then comes as a wheel from the Debian archive, which needs no root.
    """
    has_pip = find_spec("ensurepip") is not None
    command = [sys.executable, "-m", "venv", *([] if has_pip else ["--without-pip"])]
    run([*command, folder], what="Creating a virtual environment")
    python = folder / "bin" / "python"
    if not has_pip:
        tree = HOME / "pip"
        if not list(tree.rglob("pip-*.whl")):
            archive.unpack(["python3-pip-whl"], tree)
        wheel = next(tree.rglob("pip-*.whl"))
        pip = [python, wheel / "pip"]
        run([*pip, "install", "--no-index", wheel], what="Installing pip")
    return python
