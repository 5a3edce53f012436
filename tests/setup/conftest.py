"""Real checkouts to try the commands in: copies of this one, downloads shared."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ("venv", "debian")
sys.path.insert(0, str(ROOT / "setup"))


@dataclass
class Checkout:
    """A copy of the repository and the means to run its commands."""

    path: Path

    def variables(self, **changes):
        """Return a caller's environment: without a server or an Odoo of his own."""
        ours = ("PG", "ODOO_", "PYTHON")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        # Where the test runner's own temporary folder is does not matter to a user.
        kept.pop("TMPDIR", None)
        return kept | changes

    def run(self, command, *arguments, typed="", timeout=900, **changes):
        """Run a command of the copy to its end, from another folder."""
        return subprocess.run(
            [self.path / "setup" / command, *arguments],
            cwd="/",
            env=self.variables(**changes),
            input=typed,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, command, *arguments, background=False):
        """Start a command of the copy; its progress can be read from `stderr`.

        :param background: as a script does, by which Ctrl-C is ignored at first
        """
        ignoring = ("sh", "-c", """trap "" INT; exec "$0" "$@" """)
        return subprocess.Popen(
            [
                *(ignoring if background else ()),
                self.path / "setup" / command,
                *arguments,
            ],
            cwd="/",
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def processes(self):
        """Return the processes that have to do with the copy."""
        return [process for process in psutil.process_iter() if self.concerns(process)]

    def concerns(self, process):
        """Tell whether a process names the copy in its command or works in it."""
        try:
            words = [*process.cmdline(), process.cwd()]
        except (psutil.Error, OSError):
            return False
        return any(str(self.path) in word for word in words)

    def wait_until_quiet(self, seconds=10):
        """Return what is still running after a while; nothing is what should be."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left


def pytest_addoption(parser):
    """Let whoever runs the tests name versions to try beside the usual ones."""
    group = parser.getgroup("contact_kpi")
    what = "also give the figures with this Python; may be repeated"
    group.addoption("--python", action="append", default=[], help=what)
    what = "also give them on a server of this PostgreSQL, a folder of programs"
    group.addoption("--postgresql", action="append", default=[], help=what)


def pytest_generate_tests(metafunc):
    """Repeat a test for each version that is named."""
    for name in ("python", "postgresql"):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, metafunc.config.getoption(name))


def pytest_collection_modifyitems(config, items):
    """Leave out, without calling it skipped, what no version is named for."""
    unasked = [item for item in items if "NOTSET" in item.nodeid]
    config.hook.pytest_deselected(items=unasked)
    items[:] = [item for item in items if item not in unasked]


def copy(target, shared=SHARED):
    """Copy the files of this checkout, changed and new ones included.

    :param shared: folders of downloads that the copy need not fetch
    """
    leave_out = shutil.ignore_patterns(".odoo", ".git", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, target, ignore=leave_out, symlinks=True)
    (target / ".odoo").mkdir()
    for name in shared:
        if (ROOT / ".odoo" / name).exists():
            (target / ".odoo" / name).symlink_to(ROOT / ".odoo" / name)
    return Checkout(target)


@pytest.fixture(scope="session")
def closed():
    """A copy below a folder that nobody else may enter."""
    folder = Path(tempfile.mkdtemp(prefix="closed-", dir="/tmp"))
    checkout = copy(folder / "checkout")
    yield checkout
    finish(checkout, folder)


@pytest.fixture(scope="session")
def deep():
    """A copy whose path is too long for the address of a socket."""
    folder = Path(tempfile.mkdtemp(prefix="deep-", dir="/tmp"))
    checkout = copy(folder / ("long-name-" * 8) / "checkout")
    yield checkout
    finish(checkout, folder)


def finish(checkout, folder):
    """Remove a copy, and what a failed test may have left running in it."""
    for process in checkout.wait_until_quiet(5):
        process.send_signal(signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def installed():
    """Skip where there is no addon to install."""
    if not any(ROOT.glob("*/__manifest__.py")):
        pytest.skip("no addon in this checkout yet")
