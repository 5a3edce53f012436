"""Provide a fresh database with the addons installed, for the tests.

Three stages, each a copy of the one before, so that a run pays only for what changed:
base (Odoo's addons that ours depend on; minutes, once per version of Odoo), installed
(ours; seconds, once per change of their code), and the run's own.
"""

import hashlib
import os
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import addons
import database
import demo_database
import odoo_process
from addons import TEST_ADDONS, code_hash, folders_of_tests
from workspace import HOME, SETUP, exclusive

BASE_MODULES = ("sale_management", "repair", "spreadsheet_dashboard")
INSTALL = ("--stop-after-init", "--no-http", "--log-level=warn")


def prefix():
    """Return what the names of this checkout's databases begin with.

    Several checkouts may share a server, but not the folder of attachments.
    """
    return f"contact_kpi_{hashlib.sha256(os.fsencode(HOME)).hexdigest()[:6]}"


def variables(source, server, name):
    """Return the environment variables of an Odoo that finds the test addons, too."""
    extra = [TEST_ADDONS] if any(TEST_ADDONS.glob("*/__manifest__.py")) else []
    return odoo_process.variables(source, server, name, extra=extra, tools=True)


def stage(source, server, name, modules, what, template=None):
    """Install modules into a new database that appears only when it is complete.

    :raises workspace.Failure: also for a warning in the log
    """
    with database.temporary(server, f"{name}_new") as unfinished:
        database.drop(server, unfinished)
        if template:
            database.copy(server, template, unfinished)
        # The caller's PGDATABASE, or that of his server, names another database.
        environment = variables(source, server, unfinished) | {"PGDATABASE": unfinished}
        arguments = [*odoo_process.ENTRY, "-i", ",".join(modules), *INSTALL]
        odoo_process.odoo(what, arguments, environment, strict=True)
        database.drop(server, name)
        database.rename(server, unfinished, name)


def installed(source, server):
    """Return the name of the database with our addons, made anew where needed."""
    pins = (SETUP / "requirements.txt").read_text() + ",".join(BASE_MODULES)
    key = hashlib.sha256((source.version + pins).encode()).hexdigest()[:8]
    base = f"{prefix()}_base_{key}"
    folders = folders_of_tests()
    name = f"{prefix()}_with_{key}_{code_hash(folders)}"
    present = database.names(server, prefix())
    if base not in present:
        stage(
            source, server, base, BASE_MODULES, "Installing Odoo's addons for the tests"
        )
    if name not in present and folders:
        modules = [folder.name for folder in folders]
        stage(source, server, name, modules, f"Installing {', '.join(modules)}", base)
    for other in present:
        is_cache = other.startswith((f"{prefix()}_base_", f"{prefix()}_with_"))
        if is_cache and other not in (base, name):
            database.drop(server, other)
    return name if folders else base


@contextmanager
def fresh(source, server):
    """Yield the name of a database for one run of the tests; drop it at the end."""
    with exclusive("test-database.lock"):
        database.sweep(server)
        template = installed(source, server)
        run = database.temporary(server, f"{prefix()}_run_{os.getpid()}")
        name = run.__enter__()
        try:
            database.copy(server, template, name)
        except BaseException:
            run.__exit__(None, None, None)
            raise
    try:
        yield name
    finally:
        run.__exit__(None, None, None)


@contextmanager
def demo(source, server):
    """Yield the name of a copy of the demo database; drop it at the end.

    Made anew (half a minute) for changed code and every day: it tells of the year
    before today, the company's today.
    """
    code = code_hash(addons.folders())
    today = datetime.now(ZoneInfo("America/Sao_Paulo")).date()
    template = f"{prefix()}_demo_{code}_{today:%y%m%d}"
    with exclusive("test-database.lock"):
        database.sweep(server)
        present = database.names(server, f"{prefix()}_demo_")
        if template not in present:
            modules = ",".join(folder.name for folder in addons.folders())
            demo_database.create(source, server, template, modules, demo=True)
        for other in present:
            if other != template:
                database.drop(server, other)
        run = database.temporary(server, f"{prefix()}_shown_{os.getpid()}")
        name = run.__enter__()
        try:
            database.copy(server, template, name)
            database.set_comment(server, name, code)
        except BaseException:
            run.__exit__(None, None, None)
            raise
    try:
        yield name
    finally:
        run.__exit__(None, None, None)
