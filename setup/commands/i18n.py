"""`./setup/i18n`: the addons' terms and their translations, in step with the code."""

import difflib
import sys
from pathlib import Path

import addons
import click
import odoo_process
import odoo_source
import polib
import postgres
import template_database
from workspace import HOME, ROOT, expected_failures, say

EXPORTED = HOME / "i18n"
# Differ at every export.
DATED = ("POT-Creation-Date", "PO-Revision-Date")


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail on any difference.")
def main(check):
    """Write `i18n/<addon>.pot` anew, merge the `.po` files; translations are kept."""
    with expected_failures():
        trouble = []
        for folder, exported in export():
            template = polib.pofile(str(exported))
            for name in DATED:
                template.metadata.pop(name, None)
            handle = verify if check else write
            trouble += handle(folder, template)
    for line in trouble:
        say(f"✘ {line}")
    sys.exit(bool(trouble))


def export():
    """Yield each addon's folder and its terms, as exported by Odoo itself."""
    EXPORTED.mkdir(parents=True, exist_ok=True)
    source = odoo_source.ensure()
    with postgres.server() as server, template_database.fresh(source, server) as name:
        environment = template_database.variables(source, server, name)
        environment["PGDATABASE"] = name
        for folder in addons.folders():
            target = EXPORTED / f"{folder.name}.pot"
            arguments = ["i18n", "export", "-d", name, "-o", target, folder.name]
            what = f"Exporting the terms of {folder.name}"
            odoo_process.odoo(what, [*odoo_process.ENTRY, *arguments], environment)
            yield folder, target


def files(folder):
    """Return the template of an addon and its translations."""
    template = folder / "i18n" / f"{folder.name}.pot"
    return template, sorted(template.parent.glob("*.po"))


def write(folder, template):
    """Write the template and bring the translations up to date with it."""
    target, translations = files(folder)
    target.parent.mkdir(exist_ok=True)
    save(template, target)
    for file in translations:
        translation = polib.pofile(str(file))
        translation.merge(template)
        # A term that is gone would only ever be read by people.
        for entry in translation.obsolete_entries():
            translation.remove(entry)
        save(translation, file)
    return []


def save(catalogue, file):
    """Write a catalogue if it has changed."""
    text = str(catalogue)
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)
        say(f"  {file.relative_to(ROOT)} written")


def verify(folder, template):
    """Return what is out of step: the template, missing or doubtful translations."""
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


def gaps(file: Path, template):
    """Return the terms that a translation lacks, doubts or has too many of."""
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
