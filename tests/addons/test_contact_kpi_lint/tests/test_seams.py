# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where Odoo may move: its private hooks that the addons lean on, from `seams.txt`.

A new version of Odoo fails here first, with one list of what has gone or changed. The
list is complete by itself: what is overridden is read from the registry, and what is
called from the source.
"""

import ast
import importlib
import inspect
from pathlib import Path

from odoo.tests import TransactionCase, tagged

HERE = Path(__file__).resolve()
REPOSITORY = HERE.parents[4]
# Public, but no part of the ORM that Odoo documents.
CLIENTS = {"default_get", "fields_get", "web_read", "web_read_group"}
# Attributes that everybody leans on, and a method of Python's own.
KNOWN = {"_", "_fields", "_ids", "_origin", "_rec_names_search", "_replace", "_table"}
KNOWN |= {"_order_groupby", "_modules"}  # of a query, of a field: no methods


def seams():
    """``{"overridden" or "called": {owner: {method: signature}}}``."""
    found = {}
    for line in (HERE.parent / "seams.txt").read_text().splitlines():
        if line.startswith("# "):
            owners = found.setdefault(line[2:], {})
        elif line:
            owner, _space, method = line.partition(" ")
            name, bracket, rest = method.partition("(")
            owners.setdefault(owner, {})[name] = bracket + rest
    return found


def signature(method):
    """Its parameters, as text, without the types."""
    found = inspect.signature(getattr(method, "__func__", method))
    bare = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return str(found.replace(parameters=bare, return_annotation=found.empty))


def is_ours(kind):
    return ".contact_kpi" in kind.__module__


def sources():
    """Syntax trees of the addons, less their tests."""
    for manifest in REPOSITORY.glob("contact_kpi*/__manifest__.py"):
        for path in manifest.parent.rglob("*.py"):
            if "tests" not in path.parts:
                yield ast.parse(path.read_text())


@tagged("post_install", "-at_install")
class TestSeams(TransactionCase):
    maxDiff = None

    def test_overridden_hooks_are_as_they_were(self):
        found = {}
        for model in self.registry.models.values():
            for place, kind in enumerate(model.__mro__):
                if not is_ours(kind):
                    continue
                for name in vars(kind):
                    if name.startswith("__") or not (name[0] == "_" or name in CLIENTS):
                        continue
                    theirs = (
                        each
                        for each in model.__mro__[place + 1 :]
                        if name in vars(each) and not is_ours(each)
                    )
                    owner = next(theirs, object)
                    method = vars(owner).get(name)
                    if callable(getattr(method, "__func__", method)):
                        owner = f"{owner.__module__}.{owner.__name__}"
                        found.setdefault(owner, {})[name] = signature(method)
        self.assertEqual(found, seams()["overridden"])

    def test_called_hooks_are_as_they_were(self):
        listed, found = seams()["called"], {}
        for owner, methods in listed.items():
            module, _dot, kind = owner.rpartition(".")
            kind = getattr(importlib.import_module(module), kind)
            found[owner] = {
                name: signature(vars(kind)[name]) if name in vars(kind) else "gone"
                for name in methods
            }
        self.assertEqual(found, listed)

    def test_no_other_private_method_is_called(self):
        called, ours = set(), set()
        for tree in sources():
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
                    (ours if isinstance(node.ctx, ast.Store) else called).add(node.attr)
                elif isinstance(node, ast.FunctionDef):
                    ours.add(node.name)
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    targets = getattr(node, "targets", None) or [node.target]
                    ours |= {t.id for t in targets if isinstance(t, ast.Name)}
        called = {name for name in called if not name.startswith("__")}
        listed = {name for methods in seams()["called"].values() for name in methods}
        self.assertEqual(called - ours - KNOWN, listed)
