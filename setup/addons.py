"""The addons of this repository, what they depend on, and a hash of their code."""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workspace import ROOT

TEST_ADDONS = ROOT / "tests" / "addons"
# Folders whose changes do not affect what an installation leaves in the database.
NOT_INSTALLED = {"tests", "__pycache__", "readme", "description"}


def folders() -> list[Path]:
    """Return the folders of the addons that are the product."""
    return sorted(manifest.parent for manifest in ROOT.glob("*/__manifest__.py"))


def folders_of_tests() -> list[Path]:
    """Return the folders of all addons, including those made for the tests."""
    return folders() + sorted(
        file.parent for file in TEST_ADDONS.glob("*/__manifest__.py")
    )


def bases() -> list[Path]:
    """Return the folders of our addons that others of ours depend on.

    Only those that depend on none of ours themselves: they must work on their own, and
    are tested in a database without the others.
    """
    depends = {folder: needs(folder) for folder in folders()}
    names = {folder.name for folder in depends}
    needed = {name for words in depends.values() for name in words}
    return [
        folder
        for folder, words in depends.items()
        if folder.name in needed and names.isdisjoint(words)
    ]


def foundations() -> list[str]:
    """Return the names of Odoo's addons that ours depend on."""
    ours = {folder.name for folder in folders()}
    return sorted({name for folder in folders() for name in needs(folder)} - ours)


def needs(folder: Path) -> list[str]:
    """Return the dependencies that an addon's manifest declares."""
    return list(manifest(folder)["depends"])


def manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an addon."""
    text = (folder / "__manifest__.py").read_text()
    declared: dict[str, Any] = ast.literal_eval(text)
    return declared


def code_hash(addons: Iterable[Path]) -> str:
    """Return a short hash of all files that an installation of addons may read.

    :param addons: their folders
    """
    digest = hashlib.sha256()
    for folder in addons:
        for file in sorted(folder.rglob("*")):
            inside = file.relative_to(folder)
            if file.is_file() and not NOT_INSTALLED.intersection(inside.parts):
                digest.update(
                    f"{folder.name}/{inside}\0".encode() + file.read_bytes() + b"\0"
                )
    return digest.hexdigest()[:12]
