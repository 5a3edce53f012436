"""Write each addon's README.md and static/description/index.html, as OCA arranges them.

Both come from the fragments in the addon's `readme/` and from its manifest. Runs with
the packages that lint pins, started by `./setup/pages` and `./setup/lint`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import addons
import click
from markdown_it import MarkdownIt
from workspace import ROOT, SETUP, expected_failures, run, say

# Fragments in the order of the page, and their headings.
SECTIONS = {
    "CONTEXT": "Context",
    "INSTALL": "Installation",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "DATA_PROTECTION": "Data Protection",
    "HISTORY": "Changelog",
}
CREDITS = """### Authors

- {author}

### Maintainers

This addon is maintained by its contributors. License: {license}."""
WRITTEN = "<!-- Written by ./setup/pages from readme/: change it there. -->"
HEADING = re.compile(r"^(#+ )", re.MULTILINE)
FRAGMENT_PICTURES = "../static/description/"


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail on any difference.")
def main(check: bool) -> None:
    """Write the pages, and the changelog of a version that has none yet."""
    with expected_failures():
        trouble: list[str] = []
        for folder in addons.folders():
            if not check:
                release(folder)
            trouble += unreleased(folder)
            for file, text in pages(folder).items():
                if file.is_file() and file.read_text() == text:
                    continue
                if check:
                    trouble.append(f"{file.relative_to(ROOT)}: ./setup/pages writes it")
                else:
                    file.write_text(text)
                    say(f"  {file.relative_to(ROOT)} written")
    for line in trouble:
        say(f"✘ {line}")
    sys.exit(bool(trouble))


def release(folder: Path) -> None:
    """Put the news fragments into the changelog if it lacks the manifest's version.

    :raises workspace.Failure: when towncrier fails
    """
    if any(unreleased(folder)) and list(news(folder)):
        program = Path(sys.executable).with_name("towncrier")
        options = ["--yes", f"--version={version(folder)}", f"--dir={folder}"]
        config = f"--config={SETUP / 'towncrier.toml'}"
        run([program, "build", config, *options], what="Writing the changelog")


def unreleased(folder: Path) -> Iterator[str]:
    """Yield what to do about a version that the changelog does not have."""
    history = folder / "readme" / "HISTORY.md"
    text = history.read_text() if history.is_file() else ""
    if f"\n## {version(folder)} (" not in f"\n{text}":
        yield (
            f"{folder.name}: its changelog has no {version(folder)}. Say what is new in"
            " readme/newsfragments/+<word>.feature.md or .bugfix.md, then ./setup/pages"
        )


def news(folder: Path) -> Iterator[Path]:
    """Yield the fragments that wait for the next version."""
    yield from (folder / "readme" / "newsfragments").glob("*.md")


def version(folder: Path) -> str:
    """Return the version in the manifest."""
    return str(addons.manifest(folder)["version"])


def pages(folder: Path) -> dict[Path, str]:
    """Return the pages of an addon by file."""
    manifest = addons.manifest(folder)
    title, *sections = parts(folder, manifest)
    contents = "\n".join(f"- [{name}](#{slug(name)})" for name, _text in sections)
    described = folder / "static" / "description"
    return {
        folder / "README.md": readme([title, ("", contents), *sections]),
        described / "index.html": index([title, ("", contents), *sections]),
    }


def parts(folder: Path, manifest: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield headings and texts, the first of them the addon's name and description."""
    yield str(manifest["name"]), fragment(folder, "DESCRIPTION")
    for name, heading in SECTIONS.items():
        if text := fragment(folder, name):
            yield heading, text
    yield "Credits", CREDITS.format(**manifest)


def fragment(folder: Path, name: str) -> str:
    """Return a fragment, headings one level further down; empty if there is none."""
    file = folder / "readme" / f"{name}.md"
    if not file.is_file():
        return ""
    return HEADING.sub(r"#\1", file.read_text()).strip()


def slug(heading: str) -> str:
    """Return the anchor that forges give a heading."""
    return heading.lower().replace(" ", "-")


def readme(sections: list[tuple[str, str]]) -> str:
    """Return the page for a forge."""
    (title, description), *rest = sections
    blocks = [WRITTEN, f"# {title}", description]
    for heading, text in rest:
        blocks += [f"## {heading}" if heading else "**Table of contents**", text]
    text = "\n\n".join(blocks) + "\n"
    return text.replace(FRAGMENT_PICTURES, "static/description/")


def index(sections: list[tuple[str, str]]) -> str:
    """Return the page that Odoo shows: sections of plain HTML, without scripts."""
    renderer = MarkdownIt("commonmark").enable("table")
    blocks = [WRITTEN]
    for place, (heading, text) in enumerate(sections):
        level = "h2" if place else "h1"
        title = f'<{level} id="{slug(heading)}">{heading}</{level}>\n'
        title *= bool(heading)
        body = renderer.render(text.replace(FRAGMENT_PICTURES, ""))
        body = body.replace("<table>", '<table class="table table-sm">')
        body = body.replace("<img ", '<img class="img img-fluid" ')
        blocks.append(f'<section class="oe_container">\n{title}{body}</section>')
    return "\n".join(blocks) + "\n"


if __name__ == "__main__":
    main()
