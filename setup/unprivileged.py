"""Run PostgreSQL's programs as a user they accept, without opening anybody's folders.

PostgreSQL refuses to run as root: it then runs as `nobody`, who exists everywhere.
Where the checkout lies in a folder that only root may enter, that one process is given
the capability to pass through it; no permission outside the ignored folder changes.
An ordinary user runs it as himself. Standard library only.
"""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from workspace import Failure

USER = "nobody"
# The first only reads and passes; containers often lack it but have the second.
CAPABILITIES = ("dac_read_search", "dac_override")


def is_needed():
    """Tell whether another user has to be taken."""
    return os.geteuid() == 0


def account():
    """Return the entry of the user that runs the server."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise Failure(
            f"PostgreSQL must not run as root, and there is no user {USER}."
        ) from None


def own(folder):
    """Make a folder that only the server's user (and root) may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if is_needed():
        os.chown(folder, account().pw_uid, account().pw_gid)


def open_programs(tree):
    """Let everybody run the programs: a strict umask would have kept them shut."""
    if not is_needed():
        return
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            shared = 0o055 if mode & 0o100 or path.is_dir() else 0o044
            path.chmod(mode | shared)


def prefix(folder, *options):
    """Return the words to put before a command that works in `folder`.

    :param options: further options of `setpriv`
    :raises workspace.Failure: when no allowed way leads into the folder
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
        # Without this bit access(2), by which PostgreSQL looks for its own programs,
        # ignores the capabilities of anybody but root.
        extra.append("--securebits=+no_setuid_fixup")
        words = [*switch, *(extra if capability else ())]
        if can_enter(words, folder):
            return [*words, *options, "--"]
    raise Failure(
        f"PostgreSQL runs as {USER}, who may not enter {Path(folder).parent}, and this"
        " machine does not let root grant that. Move the checkout where everybody may"
        " pass, or run as an ordinary user."
    )


def can_enter(words, folder):
    """Try whether a command with this prefix reaches the folder."""
    test = subprocess.run(
        [*words, "--", "ls", folder], capture_output=True, cwd="/", check=False
    )
    return test.returncode == 0
