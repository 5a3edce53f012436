"""Start Odoo's programs: their environment variables, their output, their end."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress

import addons
import log_check
import psutil
from workspace import HOME, LOGS, ROOT, SETUP, Failure, say

DEMO_DATABASE = "contact_kpi_demo"
DATA = HOME / "data"
# Inherited by everything a command starts, browsers included: how it finds them again.
MARK = "CONTACT_KPI_RUN"
ENTRY = ("-P", "-m", "odoo")


def free_port():
    """Return a port of this machine that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def variables(source, server, database, *, extra=(), tools=False):
    """Return the environment variables that make Odoo run `source` on `database`.

    What the caller has set himself (ODOO_… or PGDATABASE) wins, and Odoo's own command
    line wins over both.

    :param server: the PG* variables of the database server
    :param extra: further folders of addons
    :param tools: also find the modules of this folder
    """
    folders = [*source.addons, *extra, *([ROOT] if addons.folders() else [])]
    configuration = HOME / "odoo.conf"
    if not configuration.exists():
        # Keeps Odoo from reading the user's ~/.odoorc; for the options of a developer.
        configuration.write_text("[options]\n")
    DATA.mkdir(exist_ok=True)
    path = [source.path, *([SETUP] if tools else [])]
    ours = {
        "PGDATABASE": database,
        "ODOO_RC": configuration,
        "ODOO_ADDONS_PATH": ",".join(map(str, folders)),
        "ODOO_DATA_DIR": DATA,
        "ODOO_HTTP_INTERFACE": "127.0.0.1",
        "ODOO_HTTP_PORT": free_port(),
        "ODOO_GEVENT_PORT": free_port(),
    }
    given = os.environ | server
    joined = {name: str(value) for name, value in ours.items()} | given
    return joined | {"PYTHONPATH": os.pathsep.join(map(str, path))}


@contextmanager
def running(arguments, environment, **options):
    """Start this Python with arguments; at the end, leave nothing of it behind.

    The child has a session of its own: Ctrl-C reaches this command alone, which then
    asks the child to stop. If this command is killed, the kernel stops the child.
    """
    mark = uuid.uuid4().hex
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, *arguments]
    process = subprocess.Popen(
        [os.fspath(part) for part in command],
        env=environment | {MARK: mark},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )
    try:
        yield process
    finally:
        stop(process, mark)


def stop(process, mark):
    """Ask a child to stop, insist after a while, and end what it started itself."""
    with suppress(ProcessLookupError):
        for patience, ask in ((15, process.terminate), (5, process.kill)):
            if process.poll() is None:
                ask()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(patience)
    left = [child for child in psutil.process_iter() if is_marked(child, mark)]
    for child in left:
        with suppress(psutil.Error):
            child.terminate()
    for child in psutil.wait_procs(left, timeout=3)[1]:
        with suppress(psutil.Error):
            child.kill()


def is_marked(process, mark):
    """Tell whether a process was started, directly or not, under this mark."""
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False


def odoo(what, arguments, environment, *, strict=False):
    """Run Odoo, or a module that uses it, to its end; return its standard output.

    The log goes to a file, which is kept when something goes wrong.

    :param what: says in a message what was done, and names the log
    :param strict: let a warning in the log be a failure, too
    :raises workspace.Failure: with the lines that say why
    """
    LOGS.mkdir(exist_ok=True)
    log = LOGS / (re.sub(r"\W+", "-", what.lower()).strip("-") + f"-{os.getpid()}.log")
    start = time.monotonic()
    say(f"• {what} …")
    with log.open("w") as output, tempfile.TemporaryFile("w+") as result:
        with running(arguments, environment, stdout=result, stderr=output) as process:
            status = process.wait()
        result.seek(0)
        answer = result.read()
    lines = log.read_text(errors="replace").splitlines()
    trouble = log_check.trouble(lines)
    if status or (strict and trouble):
        shown = "\n    ".join((trouble or lines)[-20:])
        raise Failure(f"{what} failed (exit status {status}), see {log}:\n    {shown}")
    log.unlink()
    say(f"  done in {time.monotonic() - start:.1f} s")
    return answer
