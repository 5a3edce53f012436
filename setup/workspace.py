"""Where things are, how progress is told, how an expected failure ends a command.

Standard library only: the commands use this before anything is installed.
"""

import fcntl
import os
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / "setup"
# Everything downloaded or generated lives here, out of version control.
HOME = ROOT / ".odoo"
VENV = HOME / "venv"
LOGS = HOME / "log"
LOCKS = HOME / "lock"


class Failure(Exception):
    """Something that can be expected to go wrong: what failed, why, what to do."""


def say(text):
    """Tell progress; standard output belongs to results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title):
    """Announce a step that takes more than a second, and tell how long it took."""
    say(f"• {title} …")
    start = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - start:.1f} s")


@contextmanager
def expected_failures():
    """End the command with one message for a `Failure`, quietly for Ctrl-C."""
    try:
        yield
    except Failure as failure:
        say(f"✘ {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)


@contextmanager
def exclusive(name):
    """Hold a lock of this checkout; commands started at once wait for each other."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with open(LOCKS / name, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  waiting for another command of this checkout ({name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def run(command, *, what, hint="", **options):
    """Run a program quietly; return its standard output.

    :raises Failure: with the last lines it wrote, when it is missing or fails
    """
    command = [os.fspath(part) for part in command]
    options.setdefault("stdin", subprocess.DEVNULL)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **options,
        )
    except FileNotFoundError as error:
        message = f"{what}: {error.filename} is not installed"
        raise Failure(f"{message}. {hint}".rstrip(". ") + ".") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-8:]
        lines = "\n    ".join(last or [f"exit status {done.returncode}"])
        message = f"{what} failed ({shlex.join(command[:2])} …):\n    {lines}"
        raise Failure(f"{message}\n  {hint}".rstrip())
    return done.stdout
