"""Keep the embedded PostgreSQL running while a command uses it.

Called as `keeper.py USERS_LOCK DATA POSTGRES`. Every command holds a shared lock on
USERS_LOCK; the exclusive one is granted when the last has ended, even by SIGKILL.
Standard library only.
"""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import unprivileged

# The path of a Unix socket is at most 107 bytes, of which ".s.PGSQL.5432" takes 14.
SOCKET_PATH_LIMIT = 92
STOP_TIMEOUT = 30  # seconds


def socket_folder(data: Path) -> Path:
    """Return a private folder for the socket: beside the data, or a short path."""
    folder = data.parent / "socket"
    if len(os.fsencode(folder)) <= SOCKET_PATH_LIMIT:
        unprivileged.own(folder)
        return folder
    folder = Path(tempfile.mkdtemp(prefix="contact_kpi-"))
    unprivileged.own(folder)
    return folder


def keep(users: Path, data: Path, program: Path) -> int:
    """Run the server until nobody uses it; return its exit status."""
    folder = socket_folder(data)
    # If the keeper itself is killed, the kernel signals the server to stop.
    prefix = unprivileged.prefix(data, "--pdeathsig", "INT")
    server = subprocess.Popen([*prefix, program, "-D", data, "-k", folder], cwd="/")
    threading.Thread(target=stop_when_unused, args=(users, server), daemon=True).start()
    try:
        return server.wait()
    finally:
        if folder.parent != data.parent:
            folder.rmdir()


def stop_when_unused(users: Path, server: subprocess.Popen[bytes]) -> None:
    """Wait for the last user to end, then stop the server by a fast shutdown."""
    with open(users) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
