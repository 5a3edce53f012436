"""The rooms of the models: which may use which, by imports and by ``env[...]``."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "contact_kpi" / "models"
# Each may use those after it, and the tools; all but the engine may open a wizard.
# Settings may use all.
ROOMS = ["sales", "people", "past", "figures", "engine"]


def trees():
    """Yield ``(room, file, syntax tree)``."""
    for room in ROOMS:
        for path in sorted((MODELS / room).glob("*.py")):
            yield room, path.stem, ast.parse(path.read_text())


def assigned(tree, name):
    """Values of an attribute of the classes of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.Assign) and each.targets[0].id == name:
                    yield ast.literal_eval(each.value)


def homes():
    """``{model: room}`` of the models that are defined here."""
    found = {
        name: room for room, _file, tree in trees() for name in assigned(tree, "_name")
    }
    for folder in ("wizard", "report"):
        for path in (ROOT / "contact_kpi" / folder).glob("*.py"):
            tree = ast.parse(path.read_text())
            found |= dict.fromkeys(assigned(tree, "_name"), folder)
    # Odoo's own, that one room alone is about.
    return found | {"mail.activity": "people", "res.partner": "engine"}


def uses(tree, known):
    """Yield the rooms that a file names, with what it names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            module = node.module or ""
            if node.level == 2 and module:
                yield module.partition(".")[0], module
            if node.level > 2:
                yield module.partition(".")[0], module
        # A model is named where it is read, pointed at or inherited from.
        if isinstance(node, ast.Constant) and node.value in known:
            yield known[node.value], node.value


def test_each_room_uses_only_those_below():
    known = homes()
    wrong = []
    for room, file, tree in trees():
        below = {*ROOMS[ROOMS.index(room) :], "tools"}
        if room != "engine":
            below.add("wizard")
        wrong += [
            f"{room}/{file} uses {used} ({what})"
            for used, what in uses(tree, known)
            if used not in below
        ]
    assert wrong == []


def test_every_file_is_in_a_room():
    flat = {path.name for path in MODELS.glob("*.py")}
    assert flat == {"__init__.py", "res_config_settings.py"}
    folders = {path.name for path in MODELS.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {*ROOMS}


def test_tools_and_layout_know_no_odoo():
    addon = ROOT / "contact_kpi"
    for path in (*addon.glob("tools/*.py"), *addon.glob("report/layout/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [
                    getattr(node, "module", None) or "",
                    *(n.name for n in node.names),
                ]
                assert not any(n.split(".")[0] == "odoo" for n in names), path.name
