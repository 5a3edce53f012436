"""Make the database of a Brazilian company, with the addons in it.

Runs inside Odoo's process, started by `demo_database`; the name of the database and the
server come by the environment variables. `--demo` loads the addons' demo data and no
one else's: those of Odoo's own addons tell of an American company in dollars.
"""

import sys

import addons

import odoo.api
from odoo.modules.registry import Registry
from odoo.service.db import exp_create_database
from odoo.tools import config

# What a Brazilian sales desk has beside what the addons need.
BESIDE = ("l10n_br", "crm")
# A reader switches in the preferences. Odoo activates the first one alone otherwise:
# English is not there anyway.
OPTIONS = ("--no-http", "--log-level=warn", "--load-language=en_US,pt_BR")
# Invented, down to the number of the branch: no company has that many.
COMPANY = {
    "name": "Comercial Exemplo Ltda.",
    "vat": "91.000.000/9001-30",
    "street": "Rua Fictícia, 100",
    "city": "São Paulo",
    "zip": "01000-000",
}


def main(arguments):
    """Create the database, Odoo's addons in it, and then ours.

    Errors of the first step are in the log alone.
    """
    config.parse_config([*OPTIONS], setup_logging=True)
    config["list_db"] = True  # as `odoo db` does, by which this could be done, too
    (name,) = config["db_name"]
    # Accounting, once installed, finds a company in Brazil, and takes the localisation,
    # the chart of accounts and the currency from that.
    exp_create_database(name, demo=False, lang="en_US", country_code="BR")
    install(name, [*addons.foundations(), *BESIDE])
    ours = [folder.name for folder in addons.folders()]
    if arguments != ["--demo"]:
        install(name, ours)
        return
    with Registry(name).cursor() as cursor:
        company = odoo.api.Environment(cursor, odoo.api.SUPERUSER_ID, {}).company
        company.write({**COMPANY, "state_id": company.env.ref("base.state_br_sp").id})
        # Who looks at the demo gets Odoo's digest mail.
        company.env.ref("base.user_admin").email = "admin@comercial.example.com"
        # An addon gets its demo data where all that it needs have theirs.
        cursor.execute("UPDATE ir_module_module SET demo = (state = 'installed')")
    install(name, ours)
    with Registry(name).cursor() as cursor:
        # An update of these must not load what was left out.
        cursor.execute(
            "UPDATE ir_module_module SET demo = FALSE WHERE name != ALL(%s)", [ours]
        )


def install(name, modules):
    """Install modules in a registry of their own, as a command of Odoo does."""
    Registry.new(name, update_module=True, install_modules=modules)


if __name__ == "__main__":
    main(sys.argv[1:])
