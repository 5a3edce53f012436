"""Plugin of pytest: puts faults into the modules of tools/, one after the other.

What pytest has collected is run once, to learn which test enters which function; then
for each fault, the fastest tests first, until one fails. Each time is a fork: nothing
is collected twice, and no cache of the code under test is warm. In it, all modules of
tools/ are imported anew, and the tests executed again into their own namespaces. Tests
by Hypothesis try few examples, always the same.
"""

import ast
import gc
import importlib
import importlib.abc
import json
import os
import resource
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType

import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from fault import ROOT, Fault, load

EXAMPLES = 40
# Processor seconds of all tests, at most; beyond what a fault's tests have taken, those
# after which it has made an endless loop.
WHOLE, PATIENCE = 600, 2
# They compare speed, and the source with a list; what takes long is tried for two
# countries, not for six.
LEFT_OUT = {
    "test_the_quick_way_is_worth_it",
    "test_every_reader_of_texts_is_known_here",
    *(f"test_the_quick_way_agrees[{region}]" for region in ("PT", "AR", "DE", "MX")),
}

# File and first line of a function.
Function = tuple[str, int]


def in_fork(work: Callable[[], object], patience: int) -> object:
    """Return what ``work`` returns in a fork, as JSON.

    :param patience: processor seconds, after which it is killed, and None returned
    """
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            gc.disable()
            resource.setrlimit(resource.RLIMIT_CPU, (patience, patience))
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1):
                os.dup2(null, descriptor)
            with os.fdopen(writing, "w") as pipe:
                json.dump(work(), pipe)
        except BaseException:  # noqa: BLE001  the parent goes on
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _child, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) > 0:
        raise RuntimeError("a fork has failed")
    return json.loads(answer) if answer else None


def passes(item: pytest.Item) -> bool:
    """Run one test; return whether it passes."""
    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


class Faulty(SourceFileLoader, importlib.abc.MetaPathFinder):
    """Finds one module, with a fault in its source."""

    def __init__(self, fault: Fault) -> None:
        name = fault.file.removesuffix(".py").replace("/", ".")
        super().__init__(name, str(ROOT / fault.file))
        self.fault = fault

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        """Find the module itself, and no other."""
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path)
        assert isinstance(spec, ModuleSpec)
        spec.loader = self
        return spec

    def get_code(self, fullname: str) -> CodeType:
        """Compile what is no file."""
        return compile(self.fault.source(), self.path, "exec")


def put_in(fault: Fault) -> None:
    """Let the modules of tools/ be imported anew, with the fault."""
    for name in list(sys.modules):
        addon, dot, _module = name.partition(".tools")
        if dot and addon.startswith("contact_kpi"):
            vars(sys.modules[addon]).pop("tools", None)
            del sys.modules[name]
    sys.meta_path.insert(0, Faulty(fault))


def outcome(fault: Fault, items: Collection[pytest.Item]) -> str:
    """Return the name of the first test that fails with the fault, if any."""
    put_in(fault)
    anew = set()
    for item in items:
        if item.module not in anew:
            anew.add(item.module)
            try:
                importlib.reload(item.module)
            except Exception as error:  # noqa: BLE001  whatever the fault does
                return f"import: {error!r}"
        if not passes(item):
            return item.nodeid
    return ""


def entered(items: Collection[pytest.Item]) -> Iterator[tuple[float, list[Function]]]:
    """Run tests; yield the seconds of each, and the functions that it enters."""
    prefixes = [f"{path}/" for path in ROOT.glob("*/tools")]
    caches = [
        value
        for name, module in list(sys.modules.items())
        if ".tools." in name
        for value in vars(module).values()
        if hasattr(value, "cache_clear")
    ]
    for item in items:
        found: set[Function] = set()

        def note(frame: FrameType, event: str, _argument: object) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename.startswith(tuple(prefixes)):
                found.add((code.co_filename, code.co_firstlineno))  # noqa: B023

        for cache in caches:
            cache.cache_clear()
        start = time.process_time()
        sys.setprofile(note)
        well = passes(item)
        sys.setprofile(None)
        assert well, item.nodeid
        yield time.process_time() - start, sorted(found)


def importers(file: str) -> set[str]:
    """Return this file of a tools/ and those that import it, directly or not."""
    uses = {
        str(path.relative_to(ROOT)): {
            f"{path.parent.relative_to(ROOT)}/{name}.py"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.level
            for name in [node.module or "", *(alias.name for alias in node.names)]
        }
        for path in (ROOT / file).parent.glob("*.py")
    }
    found = {file}
    while more := {user for user, used in uses.items() if used & found} - found:
        found |= more
    return found


def function_at(fault: Fault) -> Function | None:
    """Return the function or method that a fault is in, None for the module itself."""
    tree = ast.parse((ROOT / fault.file).read_text())
    bodies = [tree.body, *(n.body for n in tree.body if isinstance(n, ast.ClassDef))]
    for node in (node for body in bodies for node in body):
        if isinstance(node, ast.FunctionDef):
            first = min(n.lineno for n in (node, *node.decorator_list))
            # Parameters and decorators are evaluated by the module.
            if node.body[0].lineno <= fault.line <= (node.end_lineno or 0):
                return str(ROOT / fault.file), first
    return None


def few_examples(item: pytest.Item) -> None:
    """Let a test by Hypothesis be fast, and the same each time."""
    test = getattr(item, "obj", None)
    if hasattr(test, "_hypothesis_internal_use_settings"):
        # A test that has settings refuses others by the decorator.
        test._hypothesis_internal_use_settings = hypothesis.settings(
            test._hypothesis_internal_use_settings,
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests for each fault instead of once; write what each has met."""
    items = [item for item in session.items if item.name not in LEFT_OUT]
    for item in items:
        few_examples(item)
    costs = in_fork(lambda: list(entered(items)), WHOLE)
    assert costs, "a test fails without any fault"
    seconds = {
        item: cost for item, (cost, _functions) in zip(items, costs, strict=True)
    }
    by_function, by_file = defaultdict(set), defaultdict(set)
    for item, (_cost, functions) in zip(items, costs, strict=True):
        for file, line in functions:
            by_function[file, line].add(item)
            by_file[str(Path(file).relative_to(ROOT))].add(item)
    noticed: dict[object, Counter] = defaultdict(Counter)
    # What a fork never touches, it need not copy.
    gc.collect()
    gc.freeze()
    with open(os.environ["OUTCOMES"], "w") as outcomes:
        for fault in load(Path(os.environ["FAULTS"]).read_text()):
            place = function_at(fault)
            tests = by_function[place] or {
                item for file in importers(fault.file) for item in by_file[file]
            }
            # Who has noticed another fault there comes first.
            before = noticed[place or fault.file]
            tests = sorted(tests, key=lambda i: (-before[i.nodeid], seconds[i]))
            patience = PATIENCE + int(sum(map(seconds.get, tests)))
            met = in_fork(lambda f=fault, t=tests: outcome(f, t), patience)
            before[met] += 1
            line = json.dumps("endless" if met is None else met)
            print(line, file=outcomes, flush=True)
    return True
