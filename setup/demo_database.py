"""Make the demo database, keep it, and bring it up to date with the addons' code."""

import addons
import database
import odoo_process

UPDATE = ("--stop-after-init", "--no-http", "--log-level=warn")


def variables(source, server, name):
    """Return the environment variables for this database and no other."""
    environment = odoo_process.variables(source, server, name, tools=True)
    return environment | {"PGDATABASE": name}


def ensure(source, server, name, *, fresh=False, demo=True):
    """Make the database if it is missing (a minute), update it for changed code.

    The hash of the code is kept as the comment of the database.

    :param fresh: make it anew even if it exists
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


def create(source, server, name, demo):
    """Make a Brazilian company's database, which gets its name when it is complete."""
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
