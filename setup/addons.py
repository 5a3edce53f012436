"""Know the addons of this repository and whether their code has changed."""

import ast
import hashlib

from workspace import ROOT

TEST_ADDONS = ROOT / "tests" / "addons"
# Whatever can change without changing what an installation leaves in the database.
NOT_INSTALLED = {"tests", "__pycache__", "readme"}


def folders():
    """Return the folders of the addons that are the product."""
    return sorted(manifest.parent for manifest in ROOT.glob("*/__manifest__.py"))


def folders_of_tests():
    """Return the folders of all addons, those made for the tests included."""
    return folders() + sorted(
        file.parent for file in TEST_ADDONS.glob("*/__manifest__.py")
    )


def bases():
    """Return the folders of those addons that others build on and that need none.

    They are to work by themselves, and so are tested in a database of their own.
    """
    depends = {folder: needs(folder) for folder in folders()}
    names = {folder.name for folder in depends}
    needed = {name for words in depends.values() for name in words}
    return [
        folder
        for folder, words in depends.items()
        if folder.name in needed and names.isdisjoint(words)
    ]


def foundations():
    """Return the names of the addons that ours need and that are not ours."""
    ours = {folder.name for folder in folders()}
    return sorted({name for folder in folders() for name in needs(folder)} - ours)


def needs(folder):
    """Return the names of the addons that an addon declares to need."""
    return ast.literal_eval((folder / "__manifest__.py").read_text())["depends"]


def code_hash(addons):
    """Return a short hash of all files that an installation of addons may read."""
    digest = hashlib.sha256()
    for folder in addons:
        for file in sorted(folder.rglob("*")):
            inside = file.relative_to(folder)
            if file.is_file() and not NOT_INSTALLED.intersection(inside.parts):
                digest.update(
                    f"{folder.name}/{inside}\0".encode() + file.read_bytes() + b"\0"
                )
    return digest.hexdigest()[:12]
