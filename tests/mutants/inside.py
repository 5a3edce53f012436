"""Plugin of pytest inside Odoo: puts faults into SQL, one after the other.

The registry is loaded once. A fault replaces the code of one method, the tests that
enter it are run, the fastest class first, until one fails, and it is taken out again;
each class of tests rolls back what it has written. Which class enters which method is
learnt by running each once, and kept with the hash of the code.
"""

import ast
import builtins
import gc
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol
from fault import ROOT, Fault, load
from sql_faults import texts

# File, qualified name.
Method = tuple[str, str]


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def compiled(file: str, tree: ast.Module | str) -> dict[str, CodeType]:
    """Return the code of each method of a file by its qualified name."""
    # A property's getter and setter have one name.
    found = {}
    for code in codes(compile(tree, str(ROOT / file), "exec")):
        found.setdefault(code.co_qualname, code)
    return found


def living() -> dict[Method, FunctionType]:
    """Return the functions that have been defined in our files."""
    found = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            code = each.__code__
            if code.co_filename.startswith(f"{ROOT}/contact_kpi"):
                file = str(Path(code.co_filename).relative_to(ROOT))
                found.setdefault((file, code.co_qualname), each)
    return found


def method_at(fault: Fault) -> str:
    """Return the qualified name of the method that a fault is in."""
    tree = ast.parse((ROOT / fault.file).read_text())
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            for node in owner.body:
                if isinstance(node, ast.FunctionDef) and (
                    node.lineno <= fault.line <= node.end_lineno
                ):
                    return f"{owner.name}.{node.name}"
    raise ValueError(fault)


def watch(functions: dict[Method, FunctionType]) -> set[Method]:
    """Let the methods that write SQL note in the returned set that they are entered."""
    entered: set[Method] = set()
    # Their globals are those of their modules.
    builtins.note_entered = entered.add
    for file in {file for file, _name in functions}:
        tree = ast.parse((ROOT / file).read_text())
        watched = {
            f"{owner.name}.{method.name}": method
            for owner in tree.body
            if isinstance(owner, ast.ClassDef)
            for method in owner.body
            if isinstance(method, ast.FunctionDef) and any(texts(method))
        }
        for name, method in watched.items():
            (call,) = ast.parse(f"note_entered({(file, name)!r})").body
            method.body.insert(0, call)
        for name, code in compiled(file, tree).items():
            if name in watched and (file, name) in functions:
                functions[file, name].__code__ = code
    return entered


def run(items: Collection[pytest.Item]) -> str:
    """Run the tests of one class; return the name of the first that fails, if any."""
    following = [*items[1:], None]
    for item, after in zip(items, following, strict=True):
        reports = runtestprotocol(item, log=False, nextitem=after)
        failed = [report for report in reports if report.failed]
        if failed:
            item.session._setupstate.teardown_exact(None)
            lines = str(failed[0].longrepr).strip().splitlines()
            return f"{item.nodeid}: {lines[-1] if lines else ''}"
    return ""


def learnt(classes: dict[str, list[pytest.Item]]) -> dict[str, dict]:
    """Return seconds and entered methods of each class, from the file if it has it."""
    file = Path(os.environ["LEARNT"])
    known = json.loads(file.read_text()) if file.exists() else {}
    functions = living()
    kept = {method: function.__code__ for method, function in functions.items()}
    entered = watch(functions)
    for name, items in classes.items():
        if name in known:
            continue
        entered.clear()
        start = time.monotonic()
        failed = run(items)
        known[name] = {
            "seconds": time.monotonic() - start,
            "failed": failed,
            "entered": sorted(entered),
        }
        print(f"{known[name]['seconds']:6.1f} s {name} {failed}", flush=True)
        file.write_text(json.dumps(known))
    for method, code in kept.items():
        functions[method].__code__ = code
    return known


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests for each fault instead of once; write what each has met."""
    classes = {
        name: list(items)
        for name, items in groupby(
            session.items, lambda item: item.nodeid.rpartition("::")[0]
        )
    }
    known = learnt(classes)
    by_method = defaultdict(list)
    for name in sorted(classes, key=lambda name: known[name]["seconds"]):
        if not known[name]["failed"]:
            for file, method in known[name]["entered"]:
                by_method[file, method].append(name)
    functions = living()
    # Who has noticed a fault in a file before comes first.
    noticed: dict[str, Counter] = defaultdict(Counter)
    with open(os.environ["OUTCOMES"], "w") as outcomes:
        for fault in load(Path(os.environ["FAULTS"]).read_text()):
            method = method_at(fault)
            function = functions[fault.file, method]
            kept = function.__code__
            function.__code__ = compiled(fault.file, fault.source())[method]
            start = time.monotonic()
            met, patience = "", float(os.environ["PATIENCE"])
            before = noticed[fault.file]
            for name in sorted(by_method[fault.file, method], key=lambda n: -before[n]):
                patience -= known[name]["seconds"]
                if patience < 0 or (met := run(classes[name])):
                    before[name] += bool(met)
                    break
            function.__code__ = kept
            print(json.dumps(met), file=outcomes, flush=True)
            print(
                f"{time.monotonic() - start:6.1f} s {fault.file}:{fault.line} {met}",
                flush=True,
            )
    return True
