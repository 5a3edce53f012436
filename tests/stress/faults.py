"""Let the N-th statement of a transaction fail, as a server fails it.

The statement is never sent: in its place the server is asked for an error, or another
connection ends the backend first. Commits count, too.
"""

import re
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

import psycopg2
from database import PARAMETERS

from odoo.sql_db import Cursor, PsycoConnection

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'brought about' USING ERRCODE = '{}'; END $$"
# A statement cancelled, as by a timeout; two who wrote the same; a connection cut.
CANCELLED, SERIALIZATION, KILLED = "57014", "40001", "killed"
ERRORS = (CANCELLED, SERIALIZATION)
COMMIT = "COMMIT"
# What may meet somebody who wrote the same; what only signals to other processes not.
CHANGES = re.compile(r"(?!.*orm_signaling)\W*(INSERT|UPDATE|DELETE|WITH)\b")


class Faults:
    """Counts the statements of a database's connections, and fails one of them."""

    def __init__(self, name, at=0, kind=None, kill=None):
        """
        :param at: which statement fails, the first is 1; none: only count
        :param kill: a function that ends a backend and returns when it has ended
        """
        self.name = name
        self.at = at
        self.kind = kind
        self.kill = kill
        self.count = 0
        self.statement = None

    def is_due(self, connection, statement):
        """Count a statement; tell whether it is the one that fails."""
        if connection.info.dbname != self.name:
            return False
        self.count += 1
        if self.count != self.at:
            return False
        code = getattr(statement, "code", str(statement))
        self.statement = " ".join(code.split())[:200]
        if self.kind == SERIALIZATION and not CHANGES.match(self.statement):
            self.kind = CANCELLED
        if self.kind == KILLED:
            self.kill(connection.get_backend_pid())
        return self.kind != KILLED

    @contextmanager
    def active(self):
        """Count, and fail, what this process sends meanwhile."""
        execute, commit = Cursor.execute, PsycoConnection.commit

        def counted_execute(cursor, query, params=None, log_exceptions=True):
            if self.is_due(cursor.connection, query):
                query, params = RAISE.format(self.kind), None
            return execute(cursor, query, params, log_exceptions)

        def counted_commit(connection):
            if self.is_due(connection, COMMIT):
                with connection.cursor() as cursor:
                    cursor.execute(RAISE.format(self.kind))
            return commit(connection)

        # Odoo waits a random while before it tries again.
        waiting = patch("odoo.service.model.time.sleep")
        with (
            patch.object(Cursor, "execute", counted_execute),
            patch.object(PsycoConnection, "commit", counted_commit, create=True),
            waiting if self.at else nullcontext(),
        ):
            yield


def killer(server):
    """Return a function that ends a backend of a server, given its PG* variables."""
    where = {PARAMETERS[key]: server[key] for key in PARAMETERS if key in server}
    connection = psycopg2.connect(dbname="postgres", **where)
    connection.autocommit = True

    def kill(pid):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    return kill
