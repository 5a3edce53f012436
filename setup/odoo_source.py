"""Find Odoo 19: the user's own (ODOO_HOME), or Debian's package, unpacked here."""

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import archive
from workspace import HOME, Failure, exclusive, say

SERIES = "19.0"
TREE = HOME / "debian"
STAMP = TREE / "contact_kpi.stamp"
# The package this project was tested with. A newer 19.0 is accepted, with a note.
TESTED_VERSION = "19.0.0+dfsg-1"
TESTED_SHA256 = "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf"
# Odoo, and the targets of its links into ../../../share.
PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
)
# Links that dangle even so, as the archive's packages have moved on. Harmless: the web
# client loads its icons from regular files (.woff, .woff2) beside them.
KNOWN_DANGLING = {
    "FontAwesome.otf",
    "Inconsolata.otf",
    "fontawesome-webfont.eot",
    "fontawesome-webfont.ttf",
    "fontawesome-webfont.woff",
    "fontawesome-webfont.woff2",
}
# Debian removes this file (prebuilt, without source) but mail's manifest still names
# it: the browser reports an error on every page, which fails every browser test. Only
# the blurring of video backgrounds needs it.
REMOVED_BY_DEBIAN = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclass(frozen=True)
class Source:
    """An Odoo to run: its place on PYTHONPATH, its addons' folders, its version.

    ``packages`` are further folders on PYTHONPATH, which its addons need.
    """

    path: Path
    addons: tuple[Path, ...]
    version: str
    packages: tuple[Path, ...] = ()


def ensure() -> Source:
    """Return the Odoo to use, fetching Debian's package the first time (about 130 MB).

    :raises workspace.Failure: when ODOO_HOME is no Odoo 19.0, or the download fails
    """
    if home := os.environ.get("ODOO_HOME"):
        return own(Path(home).expanduser().resolve())
    if not STAMP.is_file():
        with exclusive("debian.lock"):
            if not STAMP.is_file():
                fetch()
    path = TREE / "usr/lib/python3/dist-packages"
    return Source(path, (path / "odoo/addons",), STAMP.read_text().strip())


def own(home: Path) -> Source:
    """Return the Odoo in a folder of the user: a clone, or site-packages with `odoo`.

    :raises workspace.Failure: when it holds no Odoo, or one of another series
    """
    release = home / "odoo" / "release.py"
    # Between two major versions the first part is a string: ('saas~19', 1, ...).
    found = re.search(
        r"^version_info\s*=\s*\(\s*['\"]?([\w~]+)['\"]?,\s*(\d+)",
        release.read_text() if release.is_file() else "",
        re.MULTILINE,
    )
    if not found:
        raise Failure(
            f"ODOO_HOME={home} holds no Odoo: expected the folder that contains"
            " odoo/release.py, such as a clone of Odoo's public branch 19.0."
        )
    if (series := f"{found[1]}.{found[2]}") != SERIES:
        raise Failure(f"ODOO_HOME={home} is Odoo {series}: {SERIES} is needed.")
    folders = (home / "addons", home / "odoo" / "addons")
    return Source(
        home, tuple(filter(Path.is_dir, folders)), f"{series} of ODOO_HOME={home}"
    )


def fetch() -> None:
    """Download and unpack Debian's package, and replace the file it removed.

    :raises workspace.Failure: when the archive has another series or is unreachable
    """
    shutil.rmtree(TREE, ignore_errors=True)
    files = archive.unpack(PACKAGES, TREE)
    package = next(file for file in files if file.name.startswith("odoo-19_"))
    version = package.name.split("_")[1]
    with package.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if not version.startswith(SERIES):
        raise Failure(
            f"The archive has Odoo {version}, {SERIES} is needed. {archive.OTHERWISE}"
        )
    if (version, digest) != (TESTED_VERSION, TESTED_SHA256):
        say(f"  note: Odoo {version} is not the tested {TESTED_VERSION}")
    addons = TREE / "usr/lib/python3/dist-packages/odoo/addons"
    if not (stand_in := addons / REMOVED_BY_DEBIAN).exists():
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text(
            "// Left out of Debian's package; see setup/odoo_source.py.\n"
        )
    links = (path for path in addons.rglob("*") if path.is_symlink())
    dangling = {link.name for link in links if not link.exists()} - KNOWN_DANGLING
    if dangling:
        say(f"  note: Odoo links to missing files: {', '.join(sorted(dangling))}")
    for file in files:
        file.unlink()
    STAMP.write_text(f"{version} {digest}\n")
