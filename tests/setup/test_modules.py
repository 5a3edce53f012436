"""The parts of the commands that decide something by themselves."""

import addons
import archive
import log_check
import odoo_source
import printer
import pytest
import suites
import workspace

STANZA = """\
Types: deb
URIs: https://mirror.invalid/debian-security
Suites: stable-security
Components: main

Types: deb
# a comment
URIs: https://mirror.invalid/debian
Suites: stable stable-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""
LINES = """\
# deb https://mirror.invalid/off/debian stable main
deb https://vendor.invalid/apt stable main
deb [arch=amd64 signed-by=/keys/a.gpg] https://mirror.invalid/debian/ stable main
"""


@pytest.fixture
def apt(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_sources_as_stanzas(apt):
    (apt / "sources.list.d/debian.sources").write_text(STANZA)
    address, key = archive.sources(apt)
    assert address == "https://mirror.invalid/debian"
    assert key.splitlines()[0] == "-----BEGIN PGP PUBLIC KEY BLOCK-----"
    assert key.splitlines()[-1] == " abc"


def test_sources_as_lines(apt):
    (apt / "sources.list").write_text(LINES)
    assert archive.sources(apt) == ("https://mirror.invalid/debian/", "/keys/a.gpg")


def test_no_debian_archive(apt):
    with pytest.raises(workspace.Failure, match="Set ODOO_HOME"):
        archive.sources(apt)


def test_trouble_in_a_log():
    head = "2026-01-31 10:00:00,000 7"
    lines = [
        f"{head} INFO db odoo.modules: fine",
        f"{head} WARNING db odoo.fields: not fine",
        "  File somewhere",
        f"{head} INFO db odoo.modules: fine again",
        f"{head} ERROR ? odoo.sql_db: CREATE EXTENSION IF NOT EXISTS pg_trgm",
    ]
    assert log_check.trouble(lines) == lines[1:3]


def test_selection_of_suites():
    here = __file__
    chosen, options = suites.select([f"{here}::test_x", "-k", "tests", "-x"], [])
    assert options == ["-k", "tests", "-x"]
    assert [(suite.name, suite.paths) for suite in chosen] == [
        ("setup", [f"{here}::test_x"])
    ]


def test_selection_of_everything():
    chosen, options = suites.select(["-q"], [workspace.ROOT / "setup"])
    assert [suite.name for suite in chosen] == [
        "browser",
        "setup",
        "odoo",
        "stress",
        "pure",
    ]
    assert options == ["-q"]


def test_selection_of_addons_that_work_alone():
    setup, tests = workspace.ROOT / "setup", workspace.ROOT / "tests"
    chosen, _options = suites.select([], [setup, tests], [setup])
    folders = {suite.name: suite.folders for suite in chosen}
    assert (folders["base"], folders["odoo"]) == ((setup,), (tests,))
    chosen, _options = suites.select(["setup"], [setup, tests], [setup])
    assert [suite.name for suite in chosen] == ["base"]


def test_addons_that_others_build_on():
    assert [folder.name for folder in addons.bases()] == ["contact_kpi"]


def test_bases_name_nobody_that_builds_on_them():
    others = {folder.name for folder in addons.folders()} - {"contact_kpi"}
    for file in (workspace.ROOT / "contact_kpi").rglob("*.*"):
        if file.suffix in (".py", ".xml", ".csv", ".js", ".md", ".po", ".pot"):
            found = {name for name in others if name in file.read_text()}
            assert not found, file


def test_selection_of_nothing(tmp_path):
    with pytest.raises(workspace.Failure, match="No tests"):
        suites.select([str(tmp_path)], [])


@pytest.mark.parametrize(
    ("version_info", "found"),
    [
        ("18, 0", "18.0"),
        ("'saas~19', 1", "saas~19.1"),
        ('"saas~18", 4', "saas~18.4"),
        ("19, 1", "19.1"),
    ],
)
def test_an_odoo_of_another_version_is_told_which_it_is(tmp_path, version_info, found):
    (tmp_path / "odoo").mkdir()
    release = tmp_path / "odoo" / "release.py"
    release.write_text(f"version_info = ({version_info}, 0, FINAL, 0, '')\n")
    with pytest.raises(workspace.Failure) as failure:
        odoo_source.own(tmp_path)
    told = f"ODOO_HOME={tmp_path} is Odoo {found}: 19.0 is needed."
    assert str(failure.value) == told


@pytest.mark.parametrize("names", [(), (printer.NAME,)])
def test_an_ordinary_user_is_told_how_to_get_pdf(monkeypatch, capsys, names):
    monkeypatch.setattr("shutil.which", lambda name: name in names)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    printer.offer()
    told = capsys.readouterr().err
    if names:
        assert not told
    else:
        assert "run as root: apt-get install --yes" in told
        assert "wkhtmltopdf\n  Until then Odoo shows reports on screen" in told
