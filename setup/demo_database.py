"""Create the demo database, and update it when the addons' code changes."""

import addons
import database
import odoo_process
from odoo_source import Source
from workspace import Server

UPDATE = ("--stop-after-init", "--no-http", "--log-level=warn")


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
    with database.temporary(server, f"{name}_new") as unfinished:
        database.drop(server, unfinished)
        what = "Installing Odoo and the addons" + (" with demo data" if demo else "")
        arguments = ["-P", "-m", "installation", *(["--demo"] if demo else [])]
        odoo_process.odoo(
            what, arguments, variables(source, server, unfinished), strict=True
        )
        database.drop(server, name)
        database.rename(server, unfinished, name)
