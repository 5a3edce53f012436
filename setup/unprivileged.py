"""Run PostgreSQL's programs as a user they accept, without widening any permission.

PostgreSQL refuses to run as root: it then runs as `nobody`, who exists everywhere.
Where the checkout lies in a folder that only root may enter, that one process is given
the capability to traverse it; no permission outside the ignored folder changes.
An ordinary user runs it as himself. Standard library only.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from workspace import Argument, Failure

USER = "nobody"
# Least privilege first: containers often lack the first but have the second.
CAPABILITIES = ("dac_read_search", "dac_override")


def is_needed() -> bool:
    """Return whether the server must run as another user."""
    return os.geteuid() == 0


def account() -> pwd.struct_passwd:
    """Return the passwd entry of the user that the server runs as, for root."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise Failure(
            f"PostgreSQL must not run as root, and there is no user {USER}."
        ) from None


def own(folder: Path) -> None:
    """Create a folder that only the server's user (and root) may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if is_needed():
        os.chown(folder, account().pw_uid, account().pw_gid)


def open_programs(tree: Path) -> None:
    """Make the programs executable by everybody, whatever umask unpacked them."""
    if not is_needed():
        return
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            shared = 0o055 if mode & 0o100 or path.is_dir() else 0o044
            path.chmod(mode | shared)


def prefix(folder: Path, *options: str) -> list[str]:
    """Return the `setpriv` command line to prepend to a command that uses `folder`.

    :param options: further options of `setpriv`
    :raises workspace.Failure: when the server's user cannot be let into the folder
    """
    if not shutil.which("setpriv"):
        raise Failure("setpriv is missing: install the package util-linux.")
    if not is_needed():
        return ["setpriv", *options, "--"] if options else []
    user = account()
    switch = [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
    ]
    for capability in (None, *CAPABILITIES):
        extra = [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
        # Without this bit access(2), by which PostgreSQL finds its own programs,
        # ignores the capabilities of a user other than root.
        extra.append("--securebits=+no_setuid_fixup")
        words = [*switch, *(extra if capability else ())]
        if can_enter(words, folder):
            return [*words, *options, "--"]
    raise Failure(
        f"PostgreSQL runs as {USER}, who may not enter {folder.parent}, and this"
        " machine does not let root grant that. Move the checkout where everybody may"
        " pass, or run as an ordinary user."
    )


def can_enter(words: Sequence[str], folder: Argument) -> bool:
    """Return whether a command with this prefix can list the folder."""
    test = subprocess.run(
        [*words, "--", "ls", folder], capture_output=True, cwd="/", check=False
    )
    return test.returncode == 0
