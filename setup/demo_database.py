"""Make the demo database, keep it, and bring it up to date with the addons' code."""

import addons
import database
import odoo_process

INSTALL = ("--stop-after-init", "--no-http", "--log-level=warn")
# A reader switches in the preferences. Odoo activates the first one alone otherwise:
# English is not there anyway.
LANGUAGES = ("--load-language", "en_US,pt_BR")


def variables(source, server, name):
    """Return the environment variables for this database and no other."""
    environment = odoo_process.variables(source, server, name, tools=True)
    return environment | {"PGDATABASE": name}


def ensure(source, server, name, *, fresh=False, demo=True):
    """Make the database if it is missing (half a minute), update it for changed code.

    The hash of the code is kept as the comment of the database.

    :param fresh: make it anew even if it exists
    :param demo: with demo data
    :raises workspace.Failure: when an addon cannot be installed
    """
    modules = ",".join(folder.name for folder in addons.folders())
    current = addons.code_hash(addons.folders())
    if fresh or name not in database.names(server, name):
        create(source, server, name, modules, demo)
    elif database.comment(server, name) != current:
        arguments = [*odoo_process.ENTRY, "-i", modules, "-u", modules, *INSTALL]
        arguments += ["--with-demo"] if demo else []
        environment = variables(source, server, name)
        odoo_process.odoo("Updating the addons in the database", arguments, environment)
    else:
        return
    database.set_comment(server, name, current)


def create(source, server, name, modules, demo):
    """Install the addons in a new database, which gets its name when it is complete."""
    database.sweep(server)
    with database.temporary(server, f"{name}_new") as unfinished:
        database.drop(server, unfinished)
        what = "Installing Odoo and the addons" + (" with demo data" if demo else "")
        arguments = [*odoo_process.ENTRY, "-i", modules, *INSTALL, *LANGUAGES]
        arguments += ["--with-demo"] if demo else []
        odoo_process.odoo(
            what, arguments, variables(source, server, unfinished), strict=True
        )
        database.drop(server, name)
        database.rename(server, unfinished, name)
