"""Create, copy, rename and drop databases together with Odoo's files of them."""

import fcntl
import os
import shutil
from contextlib import closing, contextmanager

import psycopg2
from odoo_process import DATA
from psycopg2 import sql
from workspace import LOCKS, Failure

PARAMETERS = {
    "PGHOST": "host",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
}


def execute(server, statement, values=(), *, database="postgres"):
    """Run one statement outside any transaction; return its rows, if it has any.

    :raises workspace.Failure: when the server cannot be reached or refuses
    """
    where = {
        PARAMETERS[name]: value for name, value in server.items() if name in PARAMETERS
    }
    try:
        with closing(psycopg2.connect(dbname=database, **where)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
    except psycopg2.Error as error:
        raise Failure(f"The database server says: {str(error).strip()}") from None


def names(server, prefix=""):
    """Return the names of the databases that begin with a prefix."""
    statement = (
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1"
    )
    return [name for (name,) in execute(server, statement, [prefix])]


def comment(server, name):
    """Return the comment of a database."""
    comment_of = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
    statement = f"{comment_of} WHERE datname = %s"
    return execute(server, statement, [name])[0][0]


def set_comment(server, name, text):
    """Keep a note with a database; it goes where the database goes."""
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
    execute(server, statement.format(sql.Identifier(name), sql.Literal(text)))


def filestore(name):
    """Return the folder in which Odoo keeps the attachments of a database."""
    return DATA / "filestore" / name


def copy(server, template, name):
    """Copy a database that nobody is connected to: about a second for a plain Odoo.

    Attachments are linked, not copied: Odoo never changes such a file, it is named
    after its content.
    """
    identifiers = sql.Identifier(name), sql.Identifier(template)
    execute(server, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*identifiers))
    shutil.rmtree(filestore(name), ignore_errors=True)
    if filestore(template).is_dir():
        shutil.copytree(filestore(template), filestore(name), copy_function=os.link)


def rename(server, old, new):
    """Give a database its final name: it exists under it only when it is complete."""
    identifiers = sql.Identifier(old), sql.Identifier(new)
    shutil.rmtree(filestore(new), ignore_errors=True)
    if filestore(old).is_dir():
        filestore(old).rename(filestore(new))
    execute(server, sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*identifiers))


def drop(server, name):
    """Drop a database, connections and attachments included, if it exists."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    execute(server, statement.format(sql.Identifier(name)))
    shutil.rmtree(filestore(name), ignore_errors=True)


@contextmanager
def temporary(server, name):
    """Reserve a name for a database that is dropped at the end.

    The name stays locked meanwhile: by that `sweep` knows what a killed command left.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    lock = LOCKS / f"database-{name}"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield name
        finally:
            drop(server, name)
            lock.unlink()


def sweep(server):
    """Drop the temporary databases of commands that were killed."""
    for lock in LOCKS.glob("database-*"):
        with lock.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            drop(server, lock.name.removeprefix("database-"))
            lock.unlink(missing_ok=True)
