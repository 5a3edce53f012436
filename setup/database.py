"""Create, copy, rename and drop databases together with their filestores."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from odoo_process import DATA
from psycopg2 import sql
from psycopg2.extensions import make_dsn
from workspace import HOME, LOCKS, Failure, Server

# libpq's connection parameters by environment variable.
PARAMETERS = {
    "PGHOST": "host",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
}


def prefix() -> str:
    """Return the prefix of this checkout's database names.

    Several checkouts may share a server, but not a filestore.
    """
    return f"contact_kpi_{hashlib.sha256(os.fsencode(HOME)).hexdigest()[:6]}"


def execute(
    server: Server,
    statement: str | sql.Composable,
    values: Sequence[object] = (),
    *,
    database: str = "postgres",
) -> list[tuple[Any, ...]]:
    """Run one statement in autocommit mode; return its rows, if it has any.

    :raises workspace.Failure: when the server cannot be reached or refuses
    """
    where = {
        PARAMETERS[name]: value for name, value in server.items() if name in PARAMETERS
    }
    dsn = make_dsn(dbname=database, **where)
    try:
        with closing(psycopg2.connect(dsn)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
    except psycopg2.Error as error:
        raise Failure(f"The database server says: {str(error).strip()}") from None


def names(server: Server, prefix: str = "") -> list[str]:
    """Return the names of the databases that begin with a prefix, sorted."""
    statement = (
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1"
    )
    return [name for (name,) in execute(server, statement, [prefix])]


def comment(server: Server, name: str) -> str | None:
    """Return the comment of a database."""
    comment_of = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
    statement = f"{comment_of} WHERE datname = %s"
    text: str | None = execute(server, statement, [name])[0][0]
    return text


def set_comment(server: Server, name: str, text: str) -> None:
    """Set the comment of a database; a rename keeps it, a copy does not."""
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
    execute(server, statement.format(sql.Identifier(name), sql.Literal(text)))


def filestore(name: str) -> Path:
    """Return the folder of a database's attachments."""
    return DATA / "filestore" / name


def copy(server: Server, template: str, name: str) -> None:
    """Copy a database that nobody is connected to: about a second for a plain Odoo.

    Attachments are hard links: the filestore is content-addressed, so that Odoo never
    modifies a file in place.
    """
    identifiers = sql.Identifier(name), sql.Identifier(template)
    execute(server, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*identifiers))
    shutil.rmtree(filestore(name), ignore_errors=True)
    if filestore(template).is_dir():
        shutil.copytree(filestore(template), filestore(name), copy_function=os.link)


def rename(server: Server, old: str, new: str) -> None:
    """Give a complete database its final name."""
    identifiers = sql.Identifier(old), sql.Identifier(new)
    shutil.rmtree(filestore(new), ignore_errors=True)
    if filestore(old).is_dir():
        filestore(old).rename(filestore(new))
    execute(server, sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*identifiers))


def drop(server: Server, name: str) -> None:
    """Drop a database and its filestore if it exists, closing its connections."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    execute(server, statement.format(sql.Identifier(name)))
    shutil.rmtree(filestore(name), ignore_errors=True)


@contextmanager
def temporary(server: Server, name: str) -> Iterator[str]:
    """Reserve a name for a database that is dropped on exit.

    The name stays locked meanwhile, so that `sweep` can tell a killed command's
    databases from those in use.
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


@contextmanager
def building(server: Server, name: str, template: str | None = None) -> Iterator[str]:
    """Yield the name of a database to fill, which gets its own once that is complete.

    :param template: the database to copy, else the caller creates it
    """
    with temporary(server, f"{name}_new") as unfinished:
        drop(server, unfinished)
        if template:
            copy(server, template, unfinished)
        yield unfinished
        drop(server, name)
        rename(server, unfinished, name)


def sweep(server: Server) -> None:
    """Drop the temporary databases of commands that were killed."""
    for lock in LOCKS.glob("database-*"):
        with lock.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            drop(server, lock.name.removeprefix("database-"))
            lock.unlink(missing_ok=True)
