"""`./setup/odoo`: Odoo's own command line in this environment."""

import os
import sys

import odoo_process
import odoo_source
import postgres
from workspace import expected_failures


def main():
    """Become Odoo, on the demo database unless told otherwise (`-d`, or PGDATABASE).

    The process is replaced: Odoo itself gets the signals and gives the exit status, and
    its share of the embedded PostgreSQL ends with it.
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
