"""Steps to the database of a Brazilian company, with the addons installed.

Runs inside Odoo's process, started by `demo_database`; environment variables name the
database and the server, the argument the step. The demo data are those of our addons
only: those of Odoo's own addons are about an American company, in dollars.
"""

import sys
from collections.abc import Sequence

import addons
import odoo_process

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.service.db import exp_create_database
from odoo.tools import config

# What a Brazilian sales desk has besides the addons' dependencies.
BESIDE = ("l10n_br", "crm")
# A reader switches in the preferences. Odoo activates the first one alone otherwise:
# English is not there anyway.
LANGUAGES = "--load-language=en_US,pt_BR"
OPTIONS = ("--no-http", "--log-level=warn", odoo_process.LOG_ADDONS, LANGUAGES)
OURS = [folder.name for folder in addons.folders()]
# Fictitious: no company has branch numbers that high in its CNPJ.
COMPANY = {
    "name": "Comercial Exemplo Ltda.",
    "vat": "91.000.000/9001-30",
    "street": "Rua Fictícia, 100",
    "city": "São Paulo",
    "zip": "01000-000",
}


def foundation(name: str) -> None:
    """Create a database and install Odoo's addons in it; errors are only logged."""
    config["list_db"] = True  # `exp_create_database` needs it; `odoo db` sets it, too
    # When accounting is installed, it derives localisation, chart of accounts and
    # currency from the company's country.
    exp_create_database(name, demo=False, lang="en_US", country_code="BR")
    install(name, [*addons.foundations(), *BESIDE])


def ours(name: str) -> None:
    """Install our addons in a copy of the foundation, which gets an identity."""
    with Registry(name).cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        env["ir.config_parameter"].init(force=True)
    install(name, OURS)


def demo(name: str) -> None:
    """Do the same for the company of the demo, with our demo data."""
    with Registry(name).cursor() as cursor:
        company = Environment(cursor, SUPERUSER_ID, {}).company
        company.write({**COMPANY, "state_id": company.env.ref("base.state_br_sp").id})
        # The demo's user receives Odoo's digest mail.
        company.env.ref("base.user_admin").email = "admin@comercial.example.com"
        # Odoo loads an addon's demo data only if its dependencies have theirs.
        cursor.execute("UPDATE ir_module_module SET demo = (state = 'installed')")
    ours(name)
    with Registry(name).cursor() as cursor:
        # Otherwise an update would load the demo data that were left out.
        cursor.execute(
            "UPDATE ir_module_module SET demo = FALSE WHERE name != ALL(%s)", [OURS]
        )


def install(name: str, modules: Sequence[str]) -> None:
    """Install modules in a new registry, as Odoo's command line does."""
    Registry.new(name, update_module=True, install_modules=modules)


if __name__ == "__main__":
    steps = {"foundation": foundation, "ours": ours, "demo": demo}
    config.parse_config([*OPTIONS], setup_logging=True)
    steps[sys.argv[1]](config["db_name"][0])
