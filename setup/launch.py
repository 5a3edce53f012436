"""First stage of every command: from any Python 3.11 to the project's environment.

Standard library only. Replaces its own process, so that signals and exit status are
those of the command itself.
"""

import os
import sys
from typing import NoReturn


def launch(command: str) -> NoReturn:
    """Run `commands.<command>` in the virtual environment; does not return.

    Costs about 30 seconds the first time and a few milliseconds afterwards.
    """
    if sys.version_info < (3, 11):  # noqa: UP036  nothing has checked it before
        sys.exit(f"✘ Python 3.11 or newer is needed, this is {sys.version.split()[0]}.")
    # Not at the top: these modules do not even compile in an older Python.
    import environment  # noqa: PLC0415
    from workspace import SETUP, expected_failures  # noqa: PLC0415

    with expected_failures():
        python = environment.ensure()
    # Neither the caller's PYTHONPATH nor (-P) the current folder: a module there could
    # shadow one of ours.
    variables = os.environ | {"PYTHONPATH": str(SETUP)}
    arguments = [str(python), "-P", "-m", f"commands.{command}", *sys.argv[1:]]
    os.execve(python, arguments, variables)
