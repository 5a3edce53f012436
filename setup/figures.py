"""Compute the indicators of a database and print them as JSON.

Runs inside Odoo's process, started by `./setup/demo`; the database and the server come
by the environment variables. `--customers FILE` loads customers first.
"""

import json
import sys
from contextlib import contextmanager

import odoo.api
import odoo.modules.registry
from odoo.tools import config


@contextmanager
def environment():
    """Yield an Odoo environment on the database PGDATABASE; commit at the end."""
    config.parse_config(["--no-http", "--log-level=warn"], setup_logging=True)
    (name,) = config["db_name"]
    registry = odoo.modules.registry.Registry(name)
    with registry.cursor() as cursor:
        yield odoo.api.Environment(cursor, odoo.api.SUPERUSER_ID, {})


def refresh(env):
    """Run the scheduled refresh of the addon now, as an administrator would by hand."""
    external_ids = env["ir.model.data"].search(
        [
            ("model", "=", "ir.cron"),
            ("module", "=like", "contact_kpi%"),
            ("name", "like", "refresh"),
        ]
    )
    for action in env["ir.cron"].browse(external_ids.mapped("res_id")):
        action.method_direct_trigger()


def main(arguments):
    """Load customers if asked to, refresh, print the figures."""
    with environment() as env:
        if arguments[:1] == ["--customers"]:
            import customers  # noqa: PLC0415  needs Odoo

            customers.load(env, arguments[1])
        refresh(env)
        json.dump(env["contact.kpi"].figures(), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
