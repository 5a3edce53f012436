"""The same figures by other versions of Python and PostgreSQL, those that are named."""

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import odoo_process
import pytest
import unprivileged

from conftest import copy, finish

PASSWORD = "a password, not the user's name"
USER = "somebody"


def figures(done):
    """Return what a demo has printed, by indicator."""
    assert done.returncode == 0, done.stderr
    rows = {row["indicator"]: row for row in json.loads(done.stdout)}
    assert rows["no_contact"]["missing"]
    return rows


@pytest.fixture
def usual(closed, installed):
    """The figures by the versions that everybody has."""
    return figures(closed.run("demo", "--stop", "--json"))


@pytest.fixture
def fetched():
    """A copy that builds an environment of its own."""
    folder = Path(tempfile.mkdtemp(prefix="version-", dir="/tmp"))
    checkout = copy(folder / "checkout", shared=("debian",))
    yield checkout
    finish(checkout, folder)


def test_another_python(usual, fetched, python):
    command = [python, fetched.path / "setup" / "demo", "--stop", "--json"]
    environment = fetched.variables()
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert figures(done) == usual
    running = fetched.path / ".odoo/venv/bin/python"
    version = [running, "-c", "import sys; print(sys.version)"]
    asked = [python, *version[1:]]
    assert subprocess.check_output(version) == subprocess.check_output(asked)


def test_another_postgresql(usual, closed, postgresql, tmp_path):
    with served(Path(postgresql), tmp_path / "data") as port:
        where = ("--db-host", "127.0.0.1", "--db-port", str(port), "--db-user", USER)
        demo = ("demo", "--stop", "--json", *where)
        assert figures(closed.run(*demo, PGPASSWORD=PASSWORD)) == usual
        refused = closed.run(*demo, PGPASSWORD="another")
        assert refused.returncode == 1
        assert "password authentication failed" in refused.stderr
        assert "Traceback" not in refused.stderr


@contextmanager
def served(programs, data):
    """Start a server that asks for a password, over TCP only; yield its port."""
    unprivileged.own(data)
    secret = data.parent / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    prefix = unprivileged.prefix(data)
    options = ("--auth=scram-sha-256", "--pwfile", secret, "-U", USER, "-E", "UTF8")
    initdb = [*prefix, programs / "initdb", "-D", data, "--locale=C.UTF-8", *options]
    quiet = {"cwd": "/", "stdout": subprocess.DEVNULL}
    subprocess.run(initdb, check=True, **quiet)
    port = odoo_process.free_port()
    settings = ("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
    command = [programs / "postgres", "-D", data, "-p", str(port), *settings]
    with subprocess.Popen(
        [*prefix, *command], stderr=subprocess.PIPE, **quiet
    ) as server:
        os.set_blocking(server.stderr.fileno(), True)
        for line in server.stderr:
            if b"ready to accept connections" in line:
                break
        try:
            yield port
        finally:
            server.terminate()
