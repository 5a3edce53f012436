"""The commands, run as a user runs them, in order: later tests find the database."""

import json
import os
import signal
import stat
import urllib.request
from datetime import date

import pytest

FIGURES = {
    "indicator": str,
    "date": str,
    "customers": int,
    "missing": int,
    "to_complete": int,
    "missing_rate": float | None,
}


def permissions(path):
    """Return the permission bits of a path and of every folder above it."""
    return {p: stat.S_IMODE(p.stat().st_mode) for p in (path, *path.parents)}


def demo_address(process):
    """Read the progress of a demo until it serves; return its address."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("• http://127.0.0.1:"):
            return line.split()[1]
    pytest.fail("the demo did not serve:\n" + "".join(lines))


def test_demo_prints_figures_as_json(closed, installed):
    before = permissions(closed.path)
    done = closed.run("demo", "--stop", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert "no_contact" in {row["indicator"] for row in rows}
    for row in rows:
        assert set(row) == set(FIGURES)
        for name, kind in FIGURES.items():
            assert isinstance(row[name], kind), (name, row)
        date.fromisoformat(row["date"])
        assert 0 <= row["to_complete"] <= row["missing"] <= row["customers"]
    assert permissions(closed.path) == before
    assert stat.S_IMODE(closed.path.parent.stat().st_mode) == 0o700
    assert not closed.wait_until_quiet()


def test_demo_keeps_its_database(closed, installed):
    done = closed.run("demo", "--stop")
    assert done.returncode == 0, done.stderr
    assert "Indicator" in done.stdout
    assert "Installing" not in done.stderr
    assert "Updating" not in done.stderr


def test_demo_updates_for_changed_code(closed, installed):
    assert closed.run("demo", "--stop").returncode == 0
    manifest = next(closed.path.glob("contact_kpi/__manifest__.py"))
    manifest.write_text(manifest.read_text() + "# changed\n")
    done = closed.run("demo", "--stop")
    assert done.returncode == 0, done.stderr
    assert "Updating" in done.stderr
    again = closed.run("demo", "--stop")
    assert "Updating" not in again.stderr


def test_demo_with_customers(closed, installed, tmp_path):
    file = tmp_path / "clientes.csv"
    file.write_text("Nome;Telefone;País\nA;não tem;Brasil\nB;(11) 5000-0123;BR\n")
    done = closed.run("demo", "--customers", str(file), "--stop", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["indicator"]: row for row in json.loads(done.stdout)}
    assert rows["no_contact"]["customers"] == 2
    assert rows["no_contact"]["missing"] == 1


def test_demo_tells_refused_customers(closed, installed, tmp_path):
    file = tmp_path / "clientes.csv"
    file.write_text(
        "Nome;Telefone;País;Cor\nA;não tem;Brasil;\n;1;;\nB;;Terra do Nunca;\n"
    )
    done = closed.run("demo", "--customers", str(file), "--stop", "--json")
    assert done.returncode == 2, done.stderr
    assert "2 loaded, 1 of them with remarks; 1 refused" in done.stderr
    assert "columns left aside: Cor" in done.stderr
    assert "✘ no name:\n    line 3\n" in done.stderr
    assert "País: unknown, left empty:\n    “Terra do Nunca”, line 4" in done.stderr
    assert json.loads(done.stdout)[0]["customers"] == 2


def test_demo_refuses_a_file_without_customers_at_once(closed, installed, tmp_path):
    file = tmp_path / "clientes.csv"
    file.write_text("Ana;(11) 90123-4567\nBia;(11) 90123-4568\n")
    done = closed.run("demo", "--customers", str(file), "--stop", "--json")
    assert done.returncode == 1
    assert "no column holds the customers' names" in done.stderr
    assert "2  (11) 90123-4567" in done.stderr
    assert "Installing" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_commands_at_once_and_ctrl_c(closed, deep, installed):
    process = closed.start("demo")
    address = demo_address(process)
    with urllib.request.urlopen(f"{address}/web/login", timeout=60) as page:
        assert page.status == 200

    # A second command of the same checkout, which must not take the server along.
    beside = closed.run("odoo", "--version")
    assert beside.returncode == 0, beside.stderr
    # Another checkout, with a server of its own.
    other = deep.run("odoo", "--version")
    assert other.returncode == 0, other.stderr
    # A copy made while the original was in use brings its server's address along.
    status = closed.path / ".odoo/postgres/data/postmaster.pid"
    assert not deep.wait_until_quiet()
    brought = deep.path / ".odoo/postgres/data/postmaster.pid"
    brought.write_bytes(status.read_bytes())
    other = deep.run("odoo", "--version")
    assert other.returncode == 0, other.stderr
    assert not deep.wait_until_quiet()
    assert not brought.exists(), "the copy stayed with the server of the original"
    # And one that is told to use a server that it does not start itself.
    port, host = status.read_text().splitlines()[3:5]
    where = ("--db-host", host, "--db-port", port)
    guest = deep.run("demo", "--stop", "--json", *where)
    assert guest.returncode == 0, guest.stderr
    with urllib.request.urlopen(f"{address}/web/login", timeout=60) as page:
        assert page.status == 200

    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert not closed.wait_until_quiet()
    assert not deep.wait_until_quiet()


def test_a_killed_command_leaves_nothing(closed, installed):
    process = closed.start("demo")
    demo_address(process)
    process.kill()
    process.wait()
    assert not closed.wait_until_quiet(20)
    done = closed.run("demo", "--stop")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_tests_leave_nothing(closed, installed, number, background):
    process = closed.start("test", "contact_kpi", background=background)
    for line in process.stderr:
        if "Installing" in line:
            break
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert not closed.wait_until_quiet()
    assert not list(closed.path.glob(".odoo/lock/database-*"))


@pytest.mark.parametrize("version", [None, "18, 0"])
def test_a_wrong_odoo_home_is_told_in_one_line(closed, tmp_path, version):
    if version:
        (tmp_path / "odoo").mkdir()
        release = tmp_path / "odoo" / "release.py"
        release.write_text(f"version_info = ({version}, 0, FINAL, 0, '')\n")
    done = closed.run("odoo", "--version", ODOO_HOME=str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"ODOO_HOME={tmp_path}" in done.stderr


def test_an_odoo_of_the_user(closed):
    own = (closed.path / ".odoo/debian/usr/lib/python3/dist-packages").resolve()
    if not own.is_dir():
        pytest.skip("this run uses an Odoo of its own already")
    done = closed.run("odoo", "--version", ODOO_HOME=str(own))
    assert done.returncode == 0, done.stderr
    assert "Odoo Server 19.0" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_the_server_of_root_belongs_to_nobody(closed):
    assert closed.run("odoo", "--version").returncode == 0
    data = closed.path / ".odoo/postgres/data"
    assert data.owner() == "nobody"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
