"""`./setup/i18n`: the addons' terms and translations, kept in sync with the code."""

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

import addons
import click
import odoo_process
import odoo_source
import polib
import postgres
import template_database
from workspace import HOME, ROOT, Argument, expected_failures, say

EXPORTED = HOME / "i18n"
# Differ at every export.
DATED = ("POT-Creation-Date", "PO-Revision-Date")


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail on any difference.")
def main(check: bool) -> None:
    """Export `i18n/<addon>.pot`, merge it into the `.po` files."""
    with expected_failures():
        trouble: list[str] = []
        for folder, exported in export():
            template = polib.pofile(str(exported))
            for name in DATED:
                template.metadata.pop(name, None)
            if check:
                trouble += verify(folder, template)
            else:
                write(folder, template)
    for line in trouble:
        say(f"✘ {line}")
    sys.exit(bool(trouble))


def export() -> Iterator[tuple[Path, Path]]:
    """Yield each addon's folder and the `.pot` file that Odoo itself exports."""
    EXPORTED.mkdir(parents=True, exist_ok=True)
    source = odoo_source.ensure()
    with postgres.server() as server, template_database.fresh(source, server) as name:
        environment = template_database.variables(source, server, name)
        environment["PGDATABASE"] = name
        for folder in addons.folders():
            target = EXPORTED / f"{folder.name}.pot"
            arguments: list[Argument] = [*odoo_process.ENTRY, "i18n", "export"]
            arguments += ["-d", name, "-o", target, folder.name]
            what = f"Exporting the terms of {folder.name}"
            odoo_process.odoo(what, arguments, environment)
            yield folder, target


def files(folder: Path) -> tuple[Path, list[Path]]:
    """Return the `.pot` file of an addon and its `.po` files."""
    template = folder / "i18n" / f"{folder.name}.pot"
    return template, sorted(template.parent.glob("*.po"))


def write(folder: Path, template: polib.POFile) -> None:
    """Write the template and merge it into the translations."""
    target, translations = files(folder)
    target.parent.mkdir(exist_ok=True)
    save(template, target)
    for file in translations:
        translation = polib.pofile(str(file))
        translation.merge(template)
        # Odoo never reads obsolete entries.
        for entry in translation.obsolete_entries():
            translation.remove(entry)
        save(translation, file)


def save(catalogue: polib.POFile, file: Path) -> None:
    """Write a catalogue if it has changed."""
    text = str(catalogue)
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)
        say(f"  {file.relative_to(ROOT)} written")


def verify(folder: Path, template: polib.POFile) -> Iterator[str]:
    """Yield what is out of sync: the template, missing or fuzzy translations."""
    target, translations = files(folder)
    present = target.read_text() if target.is_file() else ""
    if present != (wanted := str(template)):
        names = (str(target.relative_to(ROOT)), "from the code")
        difference = difflib.unified_diff(
            present.splitlines(), wanted.splitlines(), *names, n=0, lineterm=""
        )
        yield "\n".join(list(difference)[:40]) + "\n  ./setup/i18n writes it anew"
    for file in translations:
        yield from gaps(file, template)


def gaps(file: Path, template: polib.POFile) -> Iterator[str]:
    """Yield the terms that a translation lacks, leaves empty or marks as fuzzy."""
    translation = polib.pofile(str(file))
    wanted = {(entry.msgctxt, entry.msgid) for entry in template}
    present = {(entry.msgctxt, entry.msgid) for entry in translation}
    name = file.relative_to(ROOT)
    for _context, term in sorted(wanted - present, key=str):
        yield f"{name}: not there: {term!r}"
    for entry in [*translation.untranslated_entries(), *translation.fuzzy_entries()]:
        yield f"{name}: not translated: {entry.msgid!r}"


if __name__ == "__main__":
    main()
