"""Compute the indicators of a database and print them as JSON.

Runs inside Odoo's process, started by `./setup/demo`; environment variables name the
database and the server. `--customers FILE` loads customers first.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.tools import config


def configure() -> Registry:
    """Let Odoo read the environment variables; return their database's registry."""
    config.parse_config(["--no-http", "--log-level=warn"], setup_logging=True)
    (name,) = config["db_name"]
    return Registry(name)


@contextmanager
def environment(registry: Registry) -> Iterator[Environment]:
    """Yield an Odoo environment in a transaction of its own; commit on exit."""
    with registry.cursor() as cursor:
        yield Environment(cursor, SUPERUSER_ID, {})


def refresh(env: Environment) -> None:
    """Run to completion what the scheduled actions do in batches."""
    ruleset = env["contact.kpi.ruleset"]
    while ruleset._current().state != "done":
        classified = ruleset._latest().classified
        ruleset._cron_classify()
        if ruleset._latest().classified == classified:
            # A server on the same database is at work on all that remains.
            time.sleep(1)
    env["contact.kpi"]._cron_refresh()


def main(arguments: Sequence[str]) -> None:
    """Load customers if asked to, refresh, print the figures.

    Each in a transaction of its own: scheduled actions commit in another one, and
    neither would see what the other commits after its snapshot was taken.
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
