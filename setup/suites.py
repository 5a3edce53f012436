"""The test suites, and which of them an invocation of pytest selects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workspace import ROOT, Failure

# Options of pytest whose value is a separate argument, which is then no path.
WITH_VALUE = {
    *("-k", "-m", "-p", "-c", "-o", "-W", "-r", "-n"),
    *("--tb", "--maxfail", "--durations", "--rootdir", "--basetemp", "--log-level"),
    *("--deselect", "--ignore", "--ignore-glob", "--odoo-log-level", "--odoo-extra"),
    *("--seed", "--python", "--postgresql"),
}


@dataclass(eq=False)
class Suite:
    """A set of tests that runs in a process of its own.

    ``odoo``: inside Odoo, on a database with the addons.
    """

    name: str
    folders: tuple[Path, ...]
    paths: list[str] = field(default_factory=list)
    odoo: bool = False


def suites(addons: Iterable[Path], bases: Iterable[Path] = ()) -> tuple[Suite, ...]:
    """Return all suites, longest first, so that parallel lanes end together.

    The pure tests need a process without Odoo, which monkey-patches libraries.

    :param bases: the folders among ``addons`` whose tests run in a database without
        the others
    """
    rest = tuple(folder for folder in addons if folder not in bases)
    return (
        *([Suite("base", tuple(bases), odoo=True)] if bases else []),
        Suite("browser", (ROOT / "tests" / "browser",)),
        Suite("setup", (ROOT / "tests" / "setup",)),
        Suite("odoo", rest, odoo=True),
        Suite("stress", (ROOT / "tests" / "stress",)),
        Suite("pure", (ROOT / "tests" / "pure",)),
    )


def select(
    arguments: Iterable[str], addons: Iterable[Path], bases: Iterable[Path] = ()
) -> tuple[list[Suite], list[str]]:
    """Return the suites to run with their paths, and the options common to all.

    :raises workspace.Failure: for a path that belongs to no suite
    """
    chosen, words = suites(addons, bases), iter(arguments)
    options: list[str] = []
    for word in words:
        name, mark, test = word.partition("::")
        if word in WITH_VALUE:
            options += [word, next(words, "")]
        elif not word.startswith("-") and (path := locate(name)):
            assign(path, mark + test, chosen)
        else:
            options.append(word)
    if not any(suite.paths for suite in chosen):
        for suite in chosen:
            suite.paths = [str(folder) for folder in suite.folders if folder.is_dir()]
    return [suite for suite in chosen if suite.paths], options


def locate(name: str) -> Path | None:
    """Resolve a path against the current folder, else against the checkout."""
    places = (Path(name).absolute(), ROOT / name)
    return next((place.resolve() for place in places if place.exists()), None)


def assign(path: Path, selector: str, chosen: Sequence[Suite]) -> None:
    """Add a path to the suites that contain it, or that it contains.

    :param selector: of tests in that file, such as `::test_x`
    :raises workspace.Failure: when there are none
    """
    found = False
    for suite in chosen:
        for folder in suite.folders:
            if path.is_relative_to(folder):
                suite.paths.append(f"{path}{selector}")
                found = True
            elif folder.is_relative_to(path) and folder.is_dir():
                suite.paths.append(str(folder))
                found = True
    if not found:
        raise Failure(f"No tests of this project in {path}.")
