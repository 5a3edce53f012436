"""Faults in Python code, by the operators of mutmut; prints them as JSON.

`python python_faults.py FILE…`, in an environment that has mutmut. Its own runner is
not used: it leaves out constants, tables and whatever is decorated, of which these
modules consist for a third, and starts pytest anew for each fault.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import fault
import libcst as cst
from mutmut.mutation.mutators import mutation_operators, operator_string

# Not run, or written for readers.
SKIPPED = (cst.Annotation, cst.Import, cst.ImportFrom, cst.Decorator)
# The name of a type, not of a constant.
ALIAS = re.compile("_?[A-Z][a-z]")
TYPING = ("TypeVar", "Literal", "Generic")


class Mutations(cst.CSTVisitor):
    """Collects ``(node, replacement)`` over a whole module."""

    def __init__(self) -> None:
        self.found: list[tuple[cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Try every operator on a node; return whether to look into it."""
        if isinstance(node, SKIPPED) or is_text(node) or is_typing(node):
            return False
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                replacements = list(operator(node))
                # Case is folded nearly everywhere: another text is enough.
                last = 1 if operator is operator_string else None
                self.found += [(node, each) for each in replacements[:last]]
        return True


def is_text(node: cst.CSTNode) -> bool:
    """Return whether this is a docstring, a type, or what a module offers."""
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
    if isinstance(node, cst.Assign):
        target = node.targets[0].target
        return isinstance(target, cst.Name) and (
            target.value == "__all__" or bool(ALIAS.match(target.value))
        )
    return False


def is_typing(node: cst.CSTNode) -> bool:
    """Return whether this is about types, and does nothing."""
    called = getattr(node, "func", None) or (
        node.value if isinstance(node, cst.Subscript) else None
    )
    return isinstance(called, cst.Name) and called.value in (*TYPING, "cast")


def faults(path: Path) -> Iterator[fault.Fault]:
    """Yield every fault of a file, from its beginning to its end."""
    before = path.read_text()
    module = cst.parse_module(before)
    parts = [module.code_for_node(statement) for statement in module.body]
    # Comments at the top belong to no statement.
    head = before[: before.index(parts[0])]
    for place, statement in enumerate(module.body):
        statement.visit(mutations := Mutations())
        seen = {ast.dump(ast.parse(parts[place]))}
        for node, replacement in mutations.found:
            mutated = statement.deep_replace(node, replacement)
            part = module.code_for_node(mutated)
            try:
                tree = ast.dump(ast.parse(part))
            except SyntaxError:
                continue
            if tree not in seen:
                seen.add(tree)
                after = "".join((head, *parts[:place], part, *parts[place + 1 :]))
                name = str(path.relative_to(fault.ROOT))
                yield fault.between(name, before, after)


if __name__ == "__main__":
    files = [Path(name).resolve() for name in sys.argv[1:]]
    print(fault.dump(each for file in files for each in faults(file)))
