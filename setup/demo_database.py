"""Create the demo database, and update it when the addons' code changes."""

import hashlib

import addons
import database
import odoo_process
from odoo_process import LOG_ADDONS
from odoo_source import Source
from workspace import SETUP, Server, exclusive

INSTALLATION = SETUP / "installation.py"
UPDATE = ("--stop-after-init", "--no-http", "--log-level=warn", LOG_ADDONS)


def variables(source: Source, server: Server, name: str) -> dict[str, str]:
    """Return Odoo's environment variables for this database, whatever PGDATABASE is."""
    environment = odoo_process.variables(source, server, name, tools=True)
    return environment | {"PGDATABASE": name}


def ensure(
    source: Source,
    server: Server,
    name: str,
    *,
    fresh: bool = False,
    demo: bool = True,
) -> None:
    """Create the database if it is missing (a minute), update it for changed code.

    The hash of the code is kept as the comment of the database.

    :param fresh: recreate it even if it exists
    :param demo: with demo data
    :raises workspace.Failure: when an addon cannot be installed
    """
    current = addons.code_hash(addons.folders())
    if fresh or name not in database.names(server, name):
        create(source, server, name, demo)
    elif database.comment(server, name) != current:
        modules = ",".join(folder.name for folder in addons.folders())
        arguments = [*odoo_process.ENTRY, "-i", modules, "-u", modules, *UPDATE]
        environment = variables(source, server, name)
        odoo_process.odoo("Updating the addons in the database", arguments, environment)
    else:
        return
    database.set_comment(server, name, current)


def create(source: Source, server: Server, name: str, demo: bool) -> None:
    """Create a Brazilian company's database, renamed to ``name`` once complete.

    :raises workspace.Failure: also for a warning in the log
    """
    database.sweep(server)
    template = foundation(source, server)
    with database.building(server, name, template) as unfinished:
        what = "Installing the addons" + (" with demo data" if demo else "")
        step = "demo" if demo else "ours"
        install(what, step, source, server, unfinished)


def foundation(source: Source, server: Server) -> str:
    """Return the database with Odoo's addons that all others begin as a copy of.

    Created once for a version of Odoo and a list of addons: most of a minute.
    """
    words = f"{source.version} {addons.foundations()} {INSTALLATION.read_text()}"
    start = f"{database.prefix()}_foundation_"
    name = start + hashlib.sha256(words.encode()).hexdigest()[:8]
    with exclusive("foundation.lock"):
        present = database.names(server, start)
        if name not in present:
            with database.building(server, name) as unfinished:
                what = "Installing Odoo's addons"
                install(what, "foundation", source, server, unfinished)
        for other in present:
            if other != name:
                database.drop(server, other)
    return name


def install(what: str, step: str, source: Source, server: Server, name: str) -> None:
    """Run a step of `installation` on a database.

    :param what: is being done, for messages
    """
    arguments = ("-P", "-m", "installation", step)
    environment = variables(source, server, name)
    odoo_process.odoo(what, arguments, environment, strict=True)
