"""Other people's addons that touch what ours touch: which, and what came of each.

Standard library only, but for fetching them. Versions are pinned in
`setup/requirements-oca.txt`.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import environment
import log_check
from neighbour_runs import Run
from workspace import HOME, SETUP, VENV, Argument, exclusive, run, step

PINS = SETUP / "requirements-oca.txt"
FOLDER = HOME / "oca"
# Addons that get along with one another, installed together. The first are those that
# change what a contact, a user or a save is; the second extend forms and add records.
GROUPS = {
    "contacts": (
        *("partner_mobile", "partner_phone_secondary", "partner_firstname"),
        *("auditlog", "base_user_role", "queue_job", "mail_tracking"),
        *("partner_deduplicate_acl", "partner_deduplicate_filter"),
    ),
    "records": (
        *("base_location", "base_partner_sequence", "base_repair_config"),
        *("base_tier_validation", "crm_phonecall", "mail_activity_team"),
        *("mail_optional_autofollow", "partner_address_street3"),
        *("partner_affiliate", "partner_category_security", "partner_company_type"),
        *("partner_contact_access_link", "partner_contact_birthdate"),
        *("partner_contact_department", "partner_contact_gender"),
        *("partner_contact_job_position", "partner_contact_personal_information_page"),
        *("partner_email_check", "partner_identification"),
        *("partner_industry_secondary", "partner_manual_rank"),
        *("partner_multi_relation", "partner_pricelist_search", "partner_priority"),
        *("partner_ref_unique", "partner_stage", "partner_tier_validation"),
        *("partner_vat_unique", "sale_partner_incoterm"),
    ),
}
# Addons that cannot be installed here, and why.
LEFT_OUT = {
    "base_search_fuzzy": "needs pg_trgm, which the embedded PostgreSQL lacks",
    "l10n_br_base": "extends a list of contacts that Debian's 19.0 has not",
}
WELL, UNTRIED = "ok", "-"
GOOD = ("passed", "skipped")


@dataclass
class Row:
    """One addon: its version, and what came of it.

    ``ours_last`` and ``theirs_last`` are the two orders of installation; ``law`` is
    law 1 after edits through this addon, "-" where it has no edits of its own.
    ``wrong`` is what is wrong that is not without us, if anything.
    """

    group: str
    addon: str
    version: str
    ours_last: str = UNTRIED
    theirs_last: str = UNTRIED
    views: str = UNTRIED
    law: str = UNTRIED
    tests: str = UNTRIED
    wrong: str = ""


def pins(text: str) -> dict[str, str]:
    """Return the pinned versions by name of the addon."""
    return dict(re.findall(r"^odoo-addon-(\w+)==(\S+)$", text, re.MULTILINE))


def ensure(folder: Path = FOLDER) -> Path:
    """Return the folder with the pinned addons, in `odoo/addons`, and their packages.

    Fetches them when the pins have changed: some 20 seconds.

    :raises workspace.Failure: when they cannot be fetched
    """
    stamp, wanted = folder / environment.STAMP, environment.fingerprint(PINS)
    with exclusive(f"{folder.name}.lock"):
        if not stamp.is_file() or stamp.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            with step(f"Fetching the addons of {PINS.name}"):
                pip: list[Argument] = [VENV / "bin" / "python", "-m", "pip"]
                pip += ["--disable-pip-version-check", "install", "--no-deps"]
                run(
                    [*pip, "--target", folder, "-r", PINS],
                    what="Fetching other people's addons",
                    hint="Is the Python package index within reach? Then start again.",
                )
            stamp.write_text(wanted)
    return folder


def failed(runs: Iterable[Run], plain: Run, part: str) -> str:
    """Return the tests of a file that fail with our addons and not without them.

    :param runs: with our addons
    :param plain: without
    :param part: the file's module, such as ``test_views``
    :return: their names, empty when all is well
    """
    found = {
        test: None
        for run in runs
        for test, outcome in ended(run).items()
        if f".{part}." in test
        and outcome not in GOOD
        and ended(plain).get(test, "passed") == "passed"
    }
    return ", ".join("." + test.rpartition(".")[2] for test in found)


def law(addon: str, runs: Iterable[Run]) -> str:
    """Return what came of an addon's own edits, `test_<addon>`, in several runs."""
    outcomes = {
        outcome
        for run in runs
        for test, outcome in ended(run).items()
        if test.endswith(f".test_{addon}")
    }
    if bad := outcomes - {"passed"}:
        return min(bad)
    return WELL if outcomes else UNTRIED


def own_tests(run: Run) -> tuple[str, str]:
    """Return how many of our own tests ended well, and the names of the others."""
    outcomes = ended(run)
    bad = [test for test, outcome in outcomes.items() if outcome not in GOOD]
    names = ", ".join("." + test.rpartition(".")[2] for test in bad)
    return f"{len(outcomes) - len(bad)} of {len(outcomes)}", names


def warned(lines: Iterable[str]) -> set[str]:
    """Return the warnings of a log, but for known ones, without what varies in them."""
    heads = filter(None, map(log_check.HEAD.match, lines))
    return {
        re.sub(r"\d+", "0", head["message"])
        for head in heads
        if head["level"] == "WARNING" and not log_check.is_allowed(head["message"])
    }


def ended(run: Run) -> dict[str, str]:
    """Return how each test ended, without the blocks whose queries were counted."""
    return {
        test: str(outcome) for (test, block), (outcome, _b) in run.items() if not block
    }


def rows(group: str) -> list[Row]:
    """Return the rows of a group's addons, before anything was tried."""
    versions = pins(PINS.read_text())
    return [Row(group, addon, versions[addon]) for addon in GROUPS[group]]
