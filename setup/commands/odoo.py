"""`./setup/odoo`: Odoo's own command line in this environment."""

import os
import sys

import odoo_process
import odoo_source
import postgres
from workspace import expected_failures


def main() -> None:
    """Run Odoo, by default on the demo database (otherwise `-d`, or PGDATABASE).

    Replaces the process: signals and exit status are Odoo's own, and its lock on the
    embedded PostgreSQL is released when it ends.
    """
    with expected_failures():
        source = odoo_source.ensure()
        with postgres.server() as server:
            environment = odoo_process.variables(
                source, server, odoo_process.DEMO_DATABASE
            )
            command = [sys.executable, *odoo_process.ENTRY, *sys.argv[1:]]
            os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    main()
