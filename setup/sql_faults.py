"""Seeded faults in SQL: small changes inside the texts of `SQL(…)` in methods."""

import ast
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import fault

# What only the installation runs, for which no test can be repeated here.
INSTALLATION = {"init", "_auto_init", "_init_column", "_register_hook"}
SWAPPED = (
    ("<=", "<"),
    (">=", ">"),
    ("!=", "="),
    ("AND", "OR"),
    ("MIN", "MAX"),
    ("LEFT JOIN", "JOIN"),
    ("IS NULL", "IS NOT NULL"),
    ("UNION ALL", "UNION"),
    ("LEAST", "GREATEST"),
    ("TRUE", "FALSE"),
    ("'infinity'", "'-infinity'"),
    ("+ 1", "- 1"),
    ("+", "-"),
    ("opened_at", "closed_at"),
    ("opened_on", "closed_on"),
    ("since", "until"),
    ("first_day", "last_day"),
    ("missing", "declined"),
)
DROPPED = ("DISTINCT", "NOT")
WORD = r"(?<![\w.%(':-]){}(?![\w(:']|\)s)"
SIGN = r"(?<=\s){}(?=\s)"


def pattern(token: str) -> re.Pattern[str]:
    """Return what matches a token that stands alone."""
    shape = WORD if token[0].isalpha() else SIGN
    if token in ("MIN", "MAX", "LEAST", "GREATEST"):
        return re.compile(rf"\b{token}(?=\()")
    if token == "JOIN":
        return re.compile(r"(?<!LEFT )(?<!CROSS )\bJOIN\b(?! LATERAL)")
    if token.startswith("'"):
        return re.compile(re.escape(token))
    if token[0].islower():
        # A column may follow its table.
        return re.compile(rf"(?<![\w%(']){token}(?![\w(']|\)s)")
    if token == "UNION":
        return re.compile(r"\bUNION\b(?! ALL)")
    return re.compile(shape.format(re.escape(token)))


SWAPS = [(pattern(one), two) for pair in SWAPPED for one, two in (pair, pair[::-1])] + [
    (re.compile(rf"\b{token} (?!FROM|NULL)"), "") for token in DROPPED
]
# A term of a condition on a line of its own, without a placeholder by position.
TERM = re.compile(r"^(?P<indent> *)AND (?P<term>[^\n]*)$", re.MULTILINE)
DEFAULT = re.compile(r"(COALESCE\([\w.]+, )(\d+)\)")


def variants(text: str) -> Iterator[str]:
    """Yield an SQL text with one fault in it."""
    for token, other in SWAPS:
        for found in token.finditer(text):
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            # A comment; an assignment, whose sign is no comparison.
            if "--" in line or (found[0] == "=" and re.search(r"\bSET\b", text)):
                continue
            yield text[: found.start()] + other + text[found.end() :]
    for found in TERM.finditer(text):
        term = found["term"]
        if term.count("(") == term.count(")") and not re.search(r"%s", term):
            yield text[: found.start()] + found["indent"] + text[found.end() :]
    for found in DEFAULT.finditer(text):
        yield text[: found.start(2)] + str(int(found[2]) + 1) + text[found.end(2) :]


def methods(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the methods of a module's classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and each.name not in INSTALLATION:
                    yield each


def texts(method: ast.FunctionDef) -> Iterator[ast.Constant]:
    """Yield the texts that a method hands to `SQL(…)`."""
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "SQL":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first


def of_method(file: str, source: str, method: ast.FunctionDef) -> list[fault.Fault]:
    """Return every fault in the SQL of a method."""
    raw, starts = source.encode(), [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node in texts(method):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        for variant in variants(raw[begin:end].decode()):
            after = (raw[:begin] + variant.encode() + raw[end:]).decode()
            found.append(fault.between(file, source, after))
    return found


def seeded(files: Iterable[Path], seed: int, count: int) -> list[fault.Fault]:
    """Return ``count`` faults, at most one a method while there are others."""
    draw = random.Random(seed)
    by_method = []
    for path in sorted(files):
        source = path.read_text()
        for method in methods(ast.parse(source)):
            faults = of_method(str(path.relative_to(fault.ROOT)), source, method)
            if faults:
                by_method.append(draw.sample(faults, len(faults)))
    draw.shuffle(by_method)
    chosen: list[fault.Fault] = []
    while len(chosen) < count and any(by_method):
        for faults in by_method:
            if faults and len(chosen) < count:
                chosen.append(faults.pop())
    return chosen
