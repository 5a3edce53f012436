"""Run Odoo's processes: their environment variables, their log, their termination."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import addons
import log_check
import psutil
from odoo_source import Source
from workspace import HOME, LOGS, ROOT, SETUP, Argument, Failure, Server, say

DEMO_DATABASE = "contact_kpi_demo"
DATA = HOME / "data"
# Environment variable that all descendants inherit, browsers included: finds leftovers.
MARK = "CONTACT_KPI_RUN"
ENTRY = ("-P", "-m", "odoo")
# Lets Odoo's log tell the addon that it installs, as `show_addons` reads it.
LOG_ADDONS = "--log-handler=odoo.modules.loading:INFO"
LOADING = re.compile(r"Loading module (\S+ \(\d+/\d+\))")


def free_port() -> int:
    """Return a TCP port of this machine that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def variables(
    source: Source,
    server: Server,
    database: str,
    *,
    extra: Iterable[Path] = (),
    tools: bool = False,
) -> dict[str, str]:
    """Return the environment variables that make Odoo run `source` on `database`.

    The caller's own ODOO_… and PGDATABASE take precedence, and Odoo's command line over
    both.

    :param extra: further folders of addons
    :param tools: put this folder on PYTHONPATH, too
    """
    folders = [*source.addons, *extra, *([ROOT] if addons.folders() else [])]
    configuration = HOME / "odoo.conf"
    if not configuration.exists():
        # Keeps Odoo from reading the user's ~/.odoorc; developers may add options.
        configuration.write_text("[options]\n")
    DATA.mkdir(exist_ok=True)
    path = [source.path, *source.packages, *([SETUP] if tools else [])]
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
def running(
    arguments: Sequence[Argument],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdout: IO[str] | int | None = None,
    stderr: IO[str] | int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Start this Python with arguments; on exit, terminate it and its descendants.

    The child has a session of its own: Ctrl-C reaches this command alone, which then
    terminates the child. If this command is killed, the kernel terminates the child.
    """
    mark = uuid.uuid4().hex
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, *arguments]
    process = subprocess.Popen(
        [os.fspath(part) for part in command],
        env={**environment, MARK: mark},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process, mark)


def show_addons(process: subprocess.Popen[str], log: Path) -> None:
    """Show on the terminal, in one line, which addon a process is installing."""
    with log.open(errors="replace") as lines:
        while process.poll() is None:
            if loading := LOADING.findall(lines.read()):
                print(f"\r\033[K  {loading[-1]}", end="", file=sys.stderr, flush=True)
            time.sleep(0.2)
    print("\r\033[K", end="", file=sys.stderr, flush=True)


def stop(process: subprocess.Popen[str], mark: str) -> None:
    """Terminate a child, kill it after 15 seconds; the same for its descendants."""
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


def is_marked(process: psutil.Process, mark: str) -> bool:
    """Return whether a process has inherited this mark."""
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False


def odoo(
    what: str,
    arguments: Sequence[Argument],
    environment: Mapping[str, str],
    *,
    strict: bool = False,
) -> str:
    """Run Odoo, or a module that uses it, to its end; return its standard output.

    The log goes to a file, which is kept on failure.

    :param what: is being done, for messages and the name of the log
    :param strict: fail on a warning in the log, too
    :raises workspace.Failure: with the log's last errors
    """
    LOGS.mkdir(exist_ok=True)
    log = LOGS / (re.sub(r"\W+", "-", what.lower()).strip("-") + f"-{os.getpid()}.log")
    start = time.monotonic()
    say(f"• {what} …")
    with log.open("w") as output, tempfile.TemporaryFile("w+") as result:
        with running(arguments, environment, stdout=result, stderr=output) as process:
            if sys.stderr.isatty():
                show_addons(process, log)
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
