"""A fault put into one file, and the list of those that no test can tell.

Standard library only: plugins of pytest use it in other environments.
"""

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = ROOT / "tests" / "mutants" / "equivalent.txt"


class Fault(NamedTuple):
    """Lines of a file, from ``line`` on, counted from 1, that are replaced."""

    #: Relative to the checkout.
    file: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def name(self) -> str:
        """Line and file excepted, what makes it this fault; survives moved lines."""
        changed = [
            text.strip()
            for text in difflib.ndiff(self.old, self.new)
            if text[:1] in "+-"
        ]
        return " ".join(" ".join(changed).split())

    def source(self) -> str:
        """Return the text of the file with the fault."""
        lines = (ROOT / self.file).read_text().splitlines(keepends=True)
        start = self.line - 1
        lines[start : start + len(self.old)] = self.new
        return "".join(lines)

    def diff(self) -> str:
        """Return the fault as a unified diff."""
        before = (ROOT / self.file).read_text().splitlines(keepends=True)
        after = self.source().splitlines(keepends=True)
        return "".join(difflib.unified_diff(before, after, self.file, self.file, n=1))


def between(file: str, before: str, after: str) -> Fault:
    """Return the fault that makes the text ``after`` of the file's text ``before``."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    start = end = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    changed = old[start : len(old) - end], new[start : len(new) - end]
    return Fault(file, start + 1, tuple(changed[0]), tuple(changed[1]))


def dump(faults: Iterable[Fault]) -> str:
    """Return faults as JSON."""
    return json.dumps([fault._asdict() for fault in faults])


def load(text: str) -> list[Fault]:
    """Return the faults that :func:`dump` has written."""
    return [
        Fault(row["file"], row["line"], tuple(row["old"]), tuple(row["new"]))
        for row in json.loads(text)
    ]


def equivalent() -> set[tuple[str, str]]:
    """Return file and name of the faults that change nothing anybody can see.

    In the list, a file is a line of its own; a fault follows its reason, a comment.
    """
    found, file = set(), ""
    for line in EQUIVALENT.read_text().splitlines():
        if line.startswith(("- ", "+ ")):
            found.add((file, line))
        elif line and not line.startswith("#"):
            file = line
    return found


def unknown(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults that are not in the list."""
    known = equivalent()
    return [fault for fault in faults if (fault.file, fault.name) not in known]
