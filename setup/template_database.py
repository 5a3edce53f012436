"""Template databases with the addons installed, which each test run copies.

They are staged, each a copy of the one before, so that a run pays only for what has
changed: Odoo's addons that ours depend on (minutes, once per version of Odoo), those of
ours that others build on (seconds, once per change of their code), and the rest of ours
on top of these, as when they are installed later.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import addons
import database
import demo_database
import odoo_process
from addons import TEST_ADDONS, bases, code_hash, folders_of_tests
from database import prefix
from odoo_process import LOG_ADDONS
from odoo_source import Source
from workspace import SETUP, Server, exclusive

BASE_MODULES = ("sale_management", "repair", "spreadsheet_dashboard")
INSTALL = ("--stop-after-init", "--no-http", "--log-level=warn", LOG_ADDONS)


def variables(source: Source, server: Server, name: str) -> dict[str, str]:
    """Return Odoo's environment variables, with the test addons on its path."""
    extra = [TEST_ADDONS] if any(TEST_ADDONS.glob("*/__manifest__.py")) else []
    return odoo_process.variables(source, server, name, extra=extra, tools=True)


def stage(
    source: Source,
    server: Server,
    name: str,
    modules: Sequence[str],
    what: str,
    template: str | None = None,
) -> None:
    """Install modules into a new database, renamed to ``name`` once complete.

    :param what: is being done, for messages
    :param template: the database to copy, else an empty one
    :raises workspace.Failure: also for a warning in the log
    """
    with database.building(server, name, template) as unfinished:
        # The caller's own PGDATABASE would take precedence.
        environment = variables(source, server, unfinished) | {"PGDATABASE": unfinished}
        arguments = [*odoo_process.ENTRY, "-i", ",".join(modules), *INSTALL]
        odoo_process.odoo(what, arguments, environment, strict=True)


def with_odoo(source: Source, server: Server) -> str:
    """Return the template with Odoo's addons alone, creating it if it is missing."""
    pins = (SETUP / "requirements.txt").read_text() + ",".join(BASE_MODULES)
    key = hashlib.sha256((source.version + pins).encode()).hexdigest()[:8]
    name = f"{prefix()}_base_{key}"
    if name not in database.names(server, name):
        what = "Installing Odoo's addons for the tests"
        stage(source, server, name, BASE_MODULES, what)
    return name


def installed(source: Source, server: Server, alone: bool = False) -> str:
    """Return the template with our addons, creating missing stages, dropping old ones.

    :param alone: with only those of ours that others build on
    """
    names = [with_odoo(source, server)]
    key = names[0].rpartition("_")[2]
    present = database.names(server, prefix())
    stages = [folders for folders in (bases(), folders_of_tests()) if folders]
    for folders in stages:
        name = f"{prefix()}_with_{key}_{code_hash(folders)}"
        if name not in present and not (alone and folders is not stages[0]):
            modules = [folder.name for folder in folders]
            what = f"Installing {', '.join(modules)}"
            stage(source, server, name, modules, what, names[-1])
        names.append(name)
    for other in present:
        is_cache = other.startswith((f"{prefix()}_base_", f"{prefix()}_with_"))
        if is_cache and other not in names:
            database.drop(server, other)
    return names[1] if alone else names[-1]


@contextmanager
def fresh(source: Source, server: Server, alone: bool = False) -> Iterator[str]:
    """Yield the name of a copy of the template for one test run; drop it on exit.

    :param alone: without the addons that build on others of ours
    """
    with exclusive("test-database.lock"):
        database.sweep(server)
        template = installed(source, server, alone)
        # One process may use both kinds concurrently.
        kind = "alone" if alone else "run"
        run = database.temporary(server, f"{prefix()}_{kind}_{os.getpid()}")
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
def demo(source: Source, server: Server) -> Iterator[str]:
    """Yield the name of a copy of the demo database; drop it on exit.

    Its template is recreated (half a minute) for changed code and every day: demo data
    covers the year up to today, in the company's time zone.
    """
    code = code_hash(addons.folders())
    today = datetime.now(ZoneInfo("America/Sao_Paulo")).date()
    template = f"{prefix()}_demo_{code}_{today:%y%m%d}"
    with exclusive("test-database.lock"):
        database.sweep(server)
        present = database.names(server, f"{prefix()}_demo_")
        if template not in present:
            demo_database.create(source, server, template, demo=True)
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
