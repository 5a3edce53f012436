"""Download packages from the machine's own Debian archive, without installing them.

Odoo 19 is packaged in Debian's suite "unstable". The address of the archive and the
key that signs it come from the machine's own apt sources; lists, cache and state are
private to the checkout; apt checks the signatures; packages are unpacked, never
installed. Works as an ordinary user.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from workspace import HOME, Failure, run, step

APT = HOME / "apt"
SUITE = "unstable"
OTHERWISE = (
    "Set ODOO_HOME to an Odoo 19 that you have (a clone of Odoo's public branch 19.0)."
)
# The path of Debian's main archive, as opposed to its security updates or another
# vendor's packages.
ARCHIVE_PATH = re.compile(r"/debian/?$")


def sources(folder: Path = Path("/etc/apt")) -> tuple[str, str]:
    """Return the URI and the signing key, if any, of the machine's Debian archive.

    Both formats of apt sources are read: stanzas (`.sources`) and lines (`.list`).

    :raises workspace.Failure: when no source of the machine is a Debian archive
    """
    for file in sorted(folder.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text()):
            fields = dict(
                re.findall(r"^(\S+):[ \t]*(.*(?:\n[ \t]+\S.*)*)$", stanza, re.MULTILINE)
            )
            for address in fields.get("URIs", "").split():
                if ARCHIVE_PATH.search(address):
                    return address, fields.get("Signed-By", "").strip()
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    for file in filter(Path.is_file, files):
        for line in file.read_text().splitlines():
            entry = re.match(
                r"deb\s+(?:\[(?P<options>.*?)\]\s+)?(?P<address>\S+)", line
            )
            if entry and ARCHIVE_PATH.search(entry["address"]):
                key = re.search(r"signed-by=(\S+)", entry["options"] or "")
                return entry["address"], key[1] if key else ""
    raise Failure(f"No Debian archive among this machine's apt sources. {OTHERWISE}")


def options() -> list[str]:
    """Return the options that give apt lists, cache and state of our own."""
    for folder in ("lists/partial", "cache/archives/partial", "etc"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    address, key = sources()
    stanza = f"Types: deb\nURIs: {address}\nSuites: {SUITE}\nComponents: main\n"
    if key:
        # An inline key continues on indented lines, as it was read.
        stanza += f"Signed-By: {key}\n"
    (APT / "etc/archive.sources").write_text(stanza)
    settings = {
        "Dir::Etc::sourcelist": APT / "etc/archive.sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": APT / "lists",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": APT / "cache",
        # As root, apt would drop to the user _apt, who may not enter this folder.
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    return [
        part for name, value in settings.items() for part in ("-o", f"{name}={value}")
    ]


def unpack(packages: Iterable[str], tree: Path) -> list[Path]:
    """Download Debian packages and unpack them into one tree; return the `.deb` files.

    Downloads one index of about 10 MB and the packages.

    :raises workspace.Failure: when the archive cannot be reached or lacks a package
    """
    folder = APT / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.deb"):
        stale.unlink()

    def apt_get(what: str, *arguments: str) -> None:
        command = ["apt-get", *options(), "-qq", *arguments]
        environment = os.environ | {"LC_ALL": "C"}
        run(command, what=what, hint=OTHERWISE, env=environment, cwd=folder)

    with step("Reading the index of the Debian archive"):
        apt_get("Reading the index of the Debian archive", "update", "--error-on=any")
    with step(f"Downloading {', '.join(packages)}"):
        apt_get("Downloading Debian packages", "download", *packages)
    files = sorted(folder.glob("*.deb"))
    with step("Unpacking"):
        for file in files:
            run(["dpkg-deb", "-x", file, tree], what=f"Unpacking {file.name}")
    return files
