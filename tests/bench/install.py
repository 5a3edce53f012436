"""Measure what installing the addons costs, in CPU seconds.

Runs inside Odoo's process, started by `./setup/bench` with the names of the modules;
all that it does is loading and installing them, and it is kept. Prints the cost as
JSON.
"""

import json
import sys
import time
from dataclasses import asdict

from measure import Cost, cpu_of_connections

import odoo.modules.registry
from odoo.tools import config


def main(arguments):
    config.parse_config(["--no-http", "--log-level=warn"], setup_logging=True)
    (name,) = config["db_name"]
    start = time.perf_counter()
    registry = odoo.modules.registry.Registry.new(
        name, update_module=True, install_modules=arguments
    )
    cost = Cost(
        time.perf_counter() - start, time.process_time(), cpu_of_connections(registry)
    )
    json.dump(asdict(cost), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
