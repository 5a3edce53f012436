"""Measure what creating and writing partners costs, in CPU seconds and queries.

Runs inside Odoo's process, started by `./setup/bench` on a database with the addons
and on one without. Counted is what happens until a commit, in this process and, where
it can be seen, in the database server. Nothing is kept.
"""

import json
import os
import sys
import time

from figures import configure, environment

import odoo.api

TICK = os.sysconf("SC_CLK_TCK")
WARM = 3
MANY = 50


def values(number):
    """Return what is typed for a new customer."""
    return {
        "name": f"New {number}",
        "customer_rank": 1,
        "phone": f"(11) 9{6000 + number % 4000}-{1000 + number % 9000}",
        "email": f"new{number}@mail.example",
    }


# What to measure: functions of the customers of the user, contacts, and a number that
# never comes twice.
OPERATIONS = {
    "create a customer": lambda heads, _contacts, n: heads.create(values(n)),
    "create 50 customers": lambda heads, _contacts, n: heads.create(
        [values(MANY * n + i) for i in range(MANY)]
    ),
    "write what no indicator reads": lambda heads, _contacts, n: heads[
        n % len(heads)
    ].write({"comment": str(n)}),
    "write a customer's phone": lambda heads, _contacts, n: heads[n % len(heads)].write(
        {"phone": values(n)["phone"]}
    ),
    "write a contact's phone": lambda _heads, contacts, n: contacts[
        n % len(contacts)
    ].write({"phone": values(n)["phone"]}),
    "write 50 customers' phones": lambda heads, _contacts, n: heads[:MANY].write(
        {"phone": values(n)["phone"]}
    ),
}


def server_cpu(cursor):
    """Return the CPU seconds of this connection's server process; 0 if it is remote."""
    cursor.execute("SELECT pg_backend_pid()")
    [(pid,)] = cursor.fetchall()
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(env, operation, times):
    """Return CPU seconds and queries of one transaction with this operation."""
    mine = [("user_id", "=", env.uid), ("customer_rank", ">", 0)]
    heads = env["res.partner"].search(mine, limit=MANY, order="id")
    below = [("parent_id", "!=", False)]
    contacts = env["res.partner"].search(below, limit=MANY, order="id")
    for number in range(WARM + times):
        if number == WARM:
            queries, server = env.cr.sql_log_count, server_cpu(env.cr)
            start = time.process_time()
        env.invalidate_all()
        operation(heads, contacts, number)
        env.cr.flush()  # with what waits for the commit
    cpu = time.process_time() - start
    queries = env.cr.sql_log_count - queries - 1
    cpu += server_cpu(env.cr) - server
    return {"cpu": cpu / times, "queries": queries / times}


def main(arguments):
    """Print ``{operation: {"cpu": seconds, "queries": number}}``."""
    times = int(arguments[0])
    registry = configure()
    with environment(registry) as env:
        user = env["res.users"].search([("login", "=", "person0")])
    result = {}
    for name, operation in OPERATIONS.items():
        with registry.cursor() as cursor:
            env = odoo.api.Environment(cursor, user.id, {})
            result[name] = measure(env, operation, times)
            cursor.rollback()
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
