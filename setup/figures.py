"""Compute the indicators of a database and print them as JSON.

Runs inside Odoo's process, started by `./setup/demo`; the database and the server come
by the environment variables. `--customers FILE` loads customers first.
"""

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import odoo.api
import odoo.modules.registry
from odoo.tools import config


def configure():
    """Let Odoo read the environment variables; return the database they name."""
    config.parse_config(["--no-http", "--log-level=warn"], setup_logging=True)
    (name,) = config["db_name"]
    return odoo.modules.registry.Registry(name)


@contextmanager
def environment(registry):
    """Yield an Odoo environment in a transaction of its own; commit at the end."""
    with registry.cursor() as cursor:
        yield odoo.api.Environment(cursor, odoo.api.SUPERUSER_ID, {})


def refresh(env):
    """Do now what the scheduled actions do in the background, batch by batch."""
    ruleset = env["contact.kpi.ruleset"]
    while ruleset._current().state != "done":
        ruleset._cron_classify()
    env["contact.kpi"]._cron_refresh()


def main(arguments):
    """Load customers if asked to, refresh, print the figures.

    Each in a transaction of its own: a scheduled action runs in another one, and
    neither would see what the other has not committed, or committed too late.
    """
    registry = configure()
    report, status = "", 0
    if arguments[:1] == ["--customers"]:
        import customers  # noqa: PLC0415  needs Odoo

        with environment(registry) as env:
            loaded = customers.load(env, Path(arguments[1]))
            report, status = loaded.text(), loaded.status
    with environment(registry) as env:
        refresh(env)
    with environment(registry) as env:
        figures = env["contact.kpi"].figures()
    json.dump({"figures": figures, "report": report, "status": status}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
