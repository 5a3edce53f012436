"""Each addon as a package, with what Odoo needs; packages pinned in two places."""

import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

# The linter of translations needs an older one.
APART = {"click"}
ADDONS = sorted(file.parent for file in ROOT.glob("*/__manifest__.py"))
NEEDED = (".py", ".xml", ".csv", ".json", ".pot", ".po", ".js", ".scss", ".png", ".svg")


def pins(name):
    """Return the packages of a file and their versions."""
    lines = (ROOT / "setup" / name).read_text().split()
    return dict(line.split("==") for line in lines)


def test_types_are_checked_against_the_versions_that_run():
    running, linting = pins("requirements.txt"), pins("requirements-lint.txt")
    shared = running.keys() & linting.keys() - APART
    assert {"babel", "phonenumbers", "python-calamine"} <= shared
    differing = {name for name in shared if running[name] != linting[name]}
    assert not differing


def pip(*arguments):
    """Run pip with what it says shown on failure."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("git"), reason="the build asks git for a version")
@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_addon_as_a_package(addon, tmp_path):
    # Outside version control the build takes every file, those not yet added, too.
    leave_out = shutil.ignore_patterns("__pycache__")
    copy = shutil.copytree(addon, tmp_path / "copy" / addon.name, ignore=leave_out)
    pip("wheel", "--no-deps", "--wheel-dir", tmp_path, copy)
    (wheel,) = tmp_path.glob("*.whl")
    pip("install", "--no-deps", "--target", tmp_path / "site", wheel)
    installed = tmp_path / "site" / "odoo" / "addons" / addon.name
    wanted = {
        file.relative_to(addon)
        for file in addon.rglob("*")
        if file.suffix in NEEDED and "__pycache__" not in file.parts
    }
    missing = {str(file) for file in wanted if not (installed / file).is_file()}
    assert not missing
