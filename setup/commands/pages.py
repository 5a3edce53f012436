"""`./setup/pages`: the addons' pages, from the fragments in their `readme/`."""

import os
import sys

import lint_tools
from workspace import SETUP, expected_failures


def main() -> None:
    """Run `addon_pages`, which needs packages of lint's; replaces the process."""
    with expected_failures():
        python = lint_tools.python_tools() / "python"
        script = str(SETUP / "addon_pages.py")
        os.execv(python, [str(python), "-P", script, *sys.argv[1:]])


if __name__ == "__main__":
    main()
