"""Paths of the checkout, progress messages, locks, and expected failures.

Standard library only: the commands use this before anything is installed.
"""

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / "setup"
# Everything downloaded or generated lives here, out of version control.
HOME = ROOT / ".odoo"
VENV = HOME / "venv"
LOGS = HOME / "log"
LOCKS = HOME / "lock"

# An argument of a command line.
Argument = str | os.PathLike[str]
# PG* variables that lead a client to a database server.
Server = Mapping[str, str]


class Failure(Exception):
    """An expected error; its message says what failed, why, and what to do."""


def say(text: str) -> None:
    """Print progress on standard error; standard output is for results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step that takes more than a second, and say how long it took."""
    say(f"• {title} …")
    start = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - start:.1f} s")


@contextmanager
def expected_failures() -> Iterator[None]:
    """Exit with one message, without traceback, on a `Failure` or Ctrl-C.

    A kill ends a command in the same order. In the background, too: a script's shell
    starts what it runs there with Ctrl-C ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    except Failure as failure:
        say(f"✘ {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Hold a lock of this checkout, which concurrent commands wait for."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with open(LOCKS / name, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  waiting for another command of this checkout ({name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def run(
    command: Sequence[Argument],
    *,
    what: str,
    hint: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Argument | None = None,
) -> str:
    """Run a program without showing its output; return its standard output.

    :raises Failure: with the last lines of its output, when it is missing or fails
    """
    words = [os.fspath(part) for part in command]
    try:
        done = subprocess.run(
            words,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        message = f"{what}: {error.filename} is not installed"
        raise Failure(f"{message}. {hint}".rstrip(". ") + ".") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-8:]
        lines = "\n    ".join(last or [f"exit status {done.returncode}"])
        message = f"{what} failed ({shlex.join(words[:2])} …):\n    {lines}"
        raise Failure(f"{message}\n  {hint}".rstrip())
    return done.stdout
