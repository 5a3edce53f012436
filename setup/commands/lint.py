"""`./setup/lint`: the style of the code, the addons and their translations."""

import subprocess
import sys

import addons
import click
import lint_tools
from workspace import ROOT, expected_failures, say

FORMATTED = ("xml", "js", "css", "scss")
GENERATED = ("static/description", ".odoo/", "static/lib")


@click.command()
@click.option("--fix", is_flag=True, help="Mend what the tools can mend.")
def main(fix):
    """Run every tool, even after one has found something; fail if any has."""
    with expected_failures():
        failed = [name for name, command in commands(fix) if not passes(name, command)]
    if failed:
        say(f"✘ {', '.join(failed)}")
        sys.exit(1)
    say("lint: all well")


def passes(name, command):
    """Run a tool with its output shown; tell whether it is content."""
    say(f"• {name}")
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, check=False).returncode == 0


def commands(fix):
    """Yield the tools: ruff for Python, two for Odoo, one for other formats."""
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
    if folders:
        yield "pylint-odoo", [tools / "pylint", f"--rcfile={ROOT}/.pylintrc", *folders]
        manifests = [folder / "__manifest__.py" for folder in folders]
        mend = ["--fix"] if fix else []
        yield "odoo-module", [tools / "oca-checks-odoo-module", *mend, *manifests]
    if translations := sorted(ROOT.glob("*/i18n/*.po*")):
        yield "odoo-po", [tools / "oca-checks-po", *translations]
    files = [file for ending in FORMATTED for file in ROOT.glob(f"*/**/*.{ending}")]
    if files := [file for file in files if not any(g in str(file) for g in GENERATED)]:
        mode = "--write" if fix else "--check"
        yield "prettier", [*lint_tools.prettier(), "--log-level=warn", mode, *files]


if __name__ == "__main__":
    main()
