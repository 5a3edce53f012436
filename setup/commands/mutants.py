"""`./setup/mutants`: faults put into the code, and how many the tests notice."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

import addons
import click
import environment
import fault as faults
import odoo_process
import odoo_source
import postgres
import sql_faults
import suites
import template_database
from fault import Fault
from workspace import HOME, ROOT, SETUP, Argument, Failure, expected_failures, say, step

FOLDER = ROOT / "tests" / "mutants"
RESULTS = HOME / "mutants"
# Percent of the faults that the tests must notice.
LEAST = 90
OPTIONS = ("-q", "-s", "-p", "no:cacheprovider", f"-c{ROOT / 'pytest.ini'}")


@click.group()
def main() -> None:
    """Put faults into the code, one at a time, and run the tests that enter it.

    Fails where they notice less than 90 % of them.
    """


@main.command()
@click.argument("modules", nargs=-1)
@click.option("--show", is_flag=True, help="Print the faults that nothing noticed.")
def python(modules: tuple[str, ...], show: bool) -> None:
    """Put mutmut's faults into the modules of tools/, or some, such as `period`."""
    with expected_failures():
        files = [
            file
            for file in sorted(ROOT.glob("*/tools/*.py"))
            if (file.stem in modules if modules else file.stem != "__init__")
        ]
        if not files:
            raise Failure(f"There is no module {', '.join(modules)} in tools/.")
        with step(f"Making faults in {len(files)} modules"):
            interpreter = environment.ensure(
                HOME / "mutmut", SETUP / "requirements-mutants.txt"
            )
            made = subprocess.run(
                [interpreter, FOLDER / "python_faults.py", *files],
                env=os.environ | {"PYTHONPATH": str(SETUP)},
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
        chosen = faults.unknown(faults.load(made))
        with step(f"Trying {len(chosen)} faults"):
            tests = sorted((ROOT / "tests" / "pure").glob("test_*.py"))
            variables = {"PYTHONPATH": os.pathsep.join(map(str, (SETUP, FOLDER)))}
            met = outcomes(
                "pure", chosen, ["-p", "no:odoo", *map(str, tests)], variables
            )
    report(list(zip(chosen, met, strict=True)), show)


@main.command()
@click.option("--seed", default=1, help="Which faults.", show_default=True)
@click.option("--count", default=100, help="How many.", show_default=True)
@click.option("--show", is_flag=True, help="Print the faults that nothing noticed.")
@click.option("--patience", default=600, help="Seconds of tests for each fault.")
@click.argument("tests", nargs=-1)
def sql(
    seed: int, count: int, show: bool, patience: int, tests: tuple[str, ...]
) -> None:
    """Put seeded faults into the SQL of the addons' models; TESTS are all by default.

    The first time, each class of tests is run once to learn what it enters.
    """
    os.environ["PATIENCE"] = str(patience)
    with expected_failures():
        folders = addons.folders()
        files = [file for each in folders for file in each.glob("models/**/*.py")]
        made = faults.unknown(sql_faults.seeded(files, seed, count))
        found: list[tuple[Fault, str]] = []
        chosen, _options = suites.select(tests, folders, addons.bases())
        for suite in chosen:
            if not suite.odoo:
                continue
            homes = {folder.name for folder in suite.folders}
            own = [each for each in made if each.file.partition("/")[0] in homes]
            with step(f"Trying {len(own)} faults in {', '.join(sorted(homes))}"):
                found += zip(own, inside(own, suite), strict=True)
    report(found, show)


def inside(chosen: Sequence[Fault], suite: suites.Suite) -> list[str]:
    """Return what each fault has met in a suite that runs inside Odoo."""
    source = odoo_source.ensure()
    with ExitStack() as stack:
        server = stack.enter_context(postgres.server())
        alone = suite.name == "base"
        name = stack.enter_context(template_database.fresh(source, server, alone))
        variables = template_database.variables(source, server, name)
        learnt = RESULTS / f"{suite.name}-{addons.code_hash(addons.folders())}.json"
        variables |= {
            "PGDATABASE": name,
            "LEARNT": str(learnt),
            "PYTHONPATH": os.pathsep.join((variables["PYTHONPATH"], str(FOLDER))),
        }
        arguments = ["--odoo-log-level=critical", *suite.paths]
        return outcomes("inside", chosen, arguments, variables)


def outcomes(
    plugin: str,
    chosen: Sequence[Fault],
    arguments: Iterable[str],
    extra: dict[str, str],
) -> list[str]:
    """Run pytest with a plugin that tries faults; return what has noticed each.

    :raises workspace.Failure: when it has not tried them all
    """
    RESULTS.mkdir(exist_ok=True)
    given, result = RESULTS / f"{plugin}-faults.json", RESULTS / f"{plugin}.jsonl"
    given.write_text(faults.dump(chosen))
    result.unlink(missing_ok=True)
    variables = os.environ | extra | {"FAULTS": str(given), "OUTCOMES": str(result)}
    command: list[Argument] = ["-P", "-m", "pytest", *OPTIONS, "-p", plugin, *arguments]
    log = RESULTS / f"{plugin}.log"
    with (
        log.open("w") as output,
        odoo_process.running(
            command, variables, cwd=ROOT, stdout=output, stderr=output
        ) as process,
    ):
        process.wait()
    met = [json.loads(line) for line in result.open()] if result.exists() else []
    if len(met) != len(chosen):
        raise Failure(f"{len(met)} of {len(chosen)} faults were tried, see {log}")
    return met


def report(found: Sequence[tuple[Fault, str]], show: bool) -> None:
    """Print a table by file, and what has survived; exit where that is too much."""
    made = Counter(fault.file for fault, _met in found)
    survived = Counter(fault.file for fault, met in found if not met)
    rows = [(file, made[file], survived[file]) for file in sorted(made)]
    rows.append(("all", made.total(), survived.total()))
    width = max(len(row[0]) for row in rows)
    print(f"{'Module':{width}}  Faults  Noticed  Survived  Score")
    for file, all_, left in rows:
        score = 100 * (all_ - left) / all_ if all_ else 100
        print(f"{file:{width}}  {all_:6}  {all_ - left:7}  {left:8}  {score:4.1f}%")
    if show:
        for fault, met in found:
            if not met:
                print(fault.diff())
    if 100 * survived.total() > (100 - LEAST) * made.total():
        say(f"✘ less than {LEAST} % noticed")
        sys.exit(1)


if __name__ == "__main__":
    main()
