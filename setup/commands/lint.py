"""`./setup/lint`: style and types of the code, the addons and their translations."""

import subprocess
import sys
from collections.abc import Iterator, Sequence

import addons
import click
import lint_tools
from workspace import ROOT, SETUP, Argument, expected_failures, say

FORMATTED = ("xml", "js", "css", "scss")
GENERATED = ("static/description", ".odoo/", "static/lib")


@click.command()
@click.option("--fix", is_flag=True, help="Fix what the tools can fix.")
def main(fix: bool) -> None:
    """Run every tool, even after one has found something; fail if any has."""
    with expected_failures():
        failed = [name for name, command in commands(fix) if not passes(name, command)]
    if failed:
        say(f"✘ {', '.join(failed)}")
        sys.exit(1)
    say("lint: all well")


def passes(name: str, command: Sequence[Argument]) -> bool:
    """Run a tool with its output shown; return whether it found nothing."""
    say(f"• {name}")
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def commands(fix: bool) -> Iterator[tuple[str, list[Argument]]]:
    """Yield names and command lines of the tools: for Python, Odoo, other formats."""
    tools = lint_tools.python_tools()
    folders = addons.folders_of_tests()
    yield (
        "ruff check",
        [
            tools / "ruff",
            "check",
            "--output-format=concise",
            *(["--fix"] if fix else []),
            ROOT,
        ],
    )
    yield "ruff format", [tools / "ruff", "format", *([] if fix else ["--check"]), ROOT]
    # It resolves imports in its own environment, where their packages are pinned, too.
    yield "mypy", [tools / "mypy", f"--config-file={ROOT / 'mypy.ini'}"]
    if folders:
        yield "pylint-odoo", [tools / "pylint", f"--rcfile={ROOT}/.pylintrc", *folders]
        manifests = [folder / "__manifest__.py" for folder in folders]
        mend = ["--fix"] if fix else []
        yield "odoo-module", [tools / "oca-checks-odoo-module", *mend, *manifests]
    if translations := sorted(ROOT.glob("*/i18n/*.po*")):
        yield "odoo-po", [tools / "oca-checks-po", *translations]
    pages = SETUP / "addon_pages.py"
    yield "pages", [tools / "python", "-P", pages, *([] if fix else ["--check"])]
    files = [file for ending in FORMATTED for file in ROOT.glob(f"*/**/*.{ending}")]
    if files := [file for file in files if not any(g in str(file) for g in GENERATED)]:
        mode = "--write" if fix else "--check"
        yield "prettier", [*lint_tools.prettier(), "--log-level=warn", mode, *files]


if __name__ == "__main__":
    main()
