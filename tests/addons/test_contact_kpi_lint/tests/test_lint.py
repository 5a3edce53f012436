"""Odoo's addon `test_lint`, narrowed to the addons of this repository.

Its classes go through every addon on the path: Odoo's own 600 are none of our business
and take minutes. Those that compare the installed models do so for all of them.
"""

from pathlib import Path
from unittest.mock import patch

from odoo.modules import Manifest
from odoo.tests import tagged

from odoo.addons.test_lint.tests import (
    test_docstring,
    test_dunderinit,
    test_index,
    test_jstranslate,
    test_manifests,
    test_naming,
    test_onchange_domains,
    test_orm_import,
    test_override_signatures,
    test_pofile,
    test_routes,
    test_test_holes,
)

REPOSITORY = Path(__file__).resolve().parents[4]


def ours():
    """Return the manifests of this repository's addons."""
    return [
        manifest
        for manifest in Manifest.all_addon_manifests()
        if Path(manifest.path).is_relative_to(REPOSITORY)
        and ".odoo" not in Path(manifest.path).parts
    ]


class OurAddons:
    """Let a check that lists all addons see ours alone."""

    def setUp(self):
        super().setUp()
        manifests = ours()
        self.startPatcher(
            patch.object(Manifest, "all_addon_manifests", lambda: manifests)
        )


class OurNames(OurAddons):
    """The same for checks that list addons by name."""

    def setUp(self):
        names = [manifest.name for manifest in ours()]
        super().setUp()
        self.startPatcher(patch.object(test_pofile, "get_modules", lambda: names))


@tagged("post_install", "-at_install")
class TestManifests(OurAddons, test_manifests.ManifestLinter):
    """Keys and values of manifests."""


@tagged("post_install", "-at_install")
class TestDunderinit(OurAddons, test_dunderinit.TestDunderinit):
    """A package in every addon."""


@tagged("post_install", "-at_install")
class TestOrmImport(OurAddons, test_orm_import.TestDunderinit):
    """Nothing imported from inside the ORM."""


@tagged("post_install", "-at_install")
class TestHoles(OurAddons, test_test_holes.TestTestHoles):
    """Every module of tests imported, hence run."""


@tagged("post_install", "-at_install")
class TestOnchangeDomains(OurAddons, test_onchange_domains.TestOnchangeDomains):
    """No domain returned by an onchange."""


@tagged("post_install", "-at_install")
class TestJsTranslations(OurAddons, test_jstranslate.TestJsTranslations):
    """Terms in JavaScript as the exporter finds them."""


@tagged("post_install", "-at_install")
class TestPot(OurNames, test_pofile.PotLinter):
    """No term twice."""


@tagged("post_install", "-at_install")
class TestOverrides(test_override_signatures.TestLintOverrideSignatures):
    """Overrides that accept what the method they override accepts."""


@tagged("post_install", "-at_install")
class TestNaming(test_naming.TestNaming):
    """Public methods that can be called from outside."""


@tagged("post_install", "-at_install")
class TestIndex(test_index.TestIndex):
    """An index behind every one-to-many."""

    def setUp(self):
        super().setUp()
        # Of Odoo's Brazilian localisation, which is installed beside ours.
        known = test_index.BTREE_INDEX_IGNORE_FIELDS | {"l10n_br.zip.range.city_id"}
        self.startPatcher(patch.object(test_index, "BTREE_INDEX_IGNORE_FIELDS", known))


@tagged("post_install", "-at_install")
class TestRoutes(test_routes.RoutesLinter):
    """Routes declared whole."""


@tagged("post_install", "-at_install")
class TestDocstring(test_docstring.TestDocstring):
    """Docstrings that the documentation can render."""
