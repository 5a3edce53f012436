"""Each addon as a package, with what Odoo needs; packages pinned in two places."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import addons
import database
import environment
import log_check
import odoo_process
import odoo_source
import postgres
import pytest
import template_database
from PIL import Image
from workspace import exclusive

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


def pip(*arguments, python=sys.executable):
    """Run pip with what it says shown on failure."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Build each addon's wheel; return ``{name: file}``."""
    if not shutil.which("git"):
        pytest.skip("the build asks git for a version")
    folder = tmp_path_factory.mktemp("wheels")
    # Outside version control the build takes every file, those not yet added, too.
    leave_out = shutil.ignore_patterns("__pycache__")
    for addon in ADDONS:
        copy = shutil.copytree(addon, folder / "copy" / addon.name, ignore=leave_out)
        pip("wheel", "--no-deps", "--wheel-dir", folder, copy)
    return {
        addon.name: next(folder.glob(f"odoo_addon_{addon.name}-*.whl"))
        for addon in ADDONS
    }


@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_addon_as_a_package(addon, wheels, tmp_path):
    pip("install", "--no-deps", "--target", tmp_path / "site", wheels[addon.name])
    installed = tmp_path / "site" / "odoo" / "addons" / addon.name
    wanted = {
        file.relative_to(addon)
        for file in addon.rglob("*")
        if file.suffix in NEEDED and "__pycache__" not in file.parts
    }
    missing = {str(file) for file in wanted if not (installed / file).is_file()}
    assert not missing


def test_needs_what_it_imports(wheels):
    with zipfile.ZipFile(wheels["contact_kpi"]) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        metadata = wheel.read(name).decode()
    # Odoo itself does without it, and so does a machine with nothing but Odoo.
    assert "Requires-Dist: phonenumbers" in metadata
    # What the README says, for whoever looks at the package.
    assert "# Contact KPI\n" in metadata


FIGURES = """
import json
from odoo.addons import contact_kpi

people = env["res.partner"].create([
    {"name": "Ana Modelo", "customer_rank": 1, "phone": "(11) 3456-7890",
     "country_id": env.ref("base.br").id},
    {"name": "Bruno Modelo", "customer_rank": 1},
])
env.cr.flush()
gaps = env["contact.kpi.gap"].search([("closed_at", "=", False)])
print("\\n" + json.dumps({
    "from": contact_kpi.__file__,
    "open": sorted([gap.indicator_id.code, gap.partner_id.name] for gap in gaps),
    "dashboards": len(env.ref(
        "contact_kpi_spreadsheet.spreadsheet_dashboard_contacts", False) or []),
}))
"""


def test_wheels_in_an_existing_odoo(wheels, tmp_path):
    """An Odoo, its packages and a database; our wheels and nothing else of ours."""
    python = environment.make(tmp_path / "venv")
    site = next((tmp_path / "venv").glob("lib/python3*/site-packages"))
    (site / "odoo_needs.pth").write_text(sysconfig.get_path("purelib"))
    pip("install", "--no-deps", *wheels.values(), python=python)
    source = odoo_source.ensure()
    with postgres.server() as server:
        name = f"{template_database.prefix()}_wheels_{os.getpid()}"
        with database.temporary(server, name):
            with exclusive("test-database.lock"):
                template = template_database.with_odoo(source, server)
                database.copy(server, template, name)
            variables = odoo_process.variables(source, server, name)
            variables["PGDATABASE"] = name
            variables["ODOO_ADDONS_PATH"] = ",".join(map(str, source.addons))

            def odoo(*arguments, typed=""):
                done = subprocess.run(
                    [python, "-P", "-m", "odoo", *arguments],
                    env=variables, cwd=tmp_path, input=typed,
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
                assert done.returncode == 0, done.stderr
                assert not log_check.trouble(done.stderr.splitlines())
                return done.stdout

            # The third installs itself.
            ours = "contact_kpi,contact_kpi_mechanic"
            odoo("-i", ours, "--stop-after-init", "--no-http", "--log-level=warn")
            figures = json.loads(odoo("shell", typed=FIGURES).splitlines()[-1])
    assert figures.pop("from").startswith(str(site))
    assert figures == {
        "open": [
            ["no_contact", "Bruno Modelo"],
            ["no_mobile", "Ana Modelo"],
            ["no_mobile", "Bruno Modelo"],
        ],
        "dashboards": 1,
    }


@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_what_an_app_shows(addon):
    manifest = addons.manifest(addon)
    assert len(manifest["name"]) <= 25
    assert manifest["images"][0] == "static/description/banner.png"
    sizes = {"icon": (128, 128), "banner": (1120, 560)}
    for name, size in sizes.items():
        with Image.open(addon / "static" / "description" / f"{name}.png") as picture:
            assert picture.size == size
    assert all((addon / name).is_file() for name in manifest["images"])
    # No picture that no page shows, none that is not there.
    page = (addon / "static" / "description" / "index.html").read_text()
    shown = set(re.findall(r'src="([^"]+)"', page))
    kept = {file.name for file in (addon / "static" / "description").glob("*.png")}
    assert shown | {"icon.png", "banner.png"} == kept
    assert "<script" not in page
    # What is new in this version.
    assert f"<h3>{manifest['version']} (" in page
