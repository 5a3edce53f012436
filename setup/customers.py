"""Load a file of customers into a fresh database, through Odoo's own import.

Runs inside Odoo's process. A row is refused when it has no name or Odoo refuses it;
other values that cannot be loaded are left empty. Both are reported.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice, zip_longest
from pathlib import Path

from customers_file import CustomerFile, Reason, Row
from customers_lookup import Lookup

from odoo.api import Environment
from odoo.models import BaseModel

BATCH = 1000
SHOWN = 20  # texts of one reason, and lines of one text
LOADED, NOTHING, SOME_REFUSED = 0, 1, 2  # exit status
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    # An invalid tax ID must not cost the customer.
    "no_vat_validation": True,
}
TEXTS = (
    *("name", "vat", "ref", "street", "street2", "city", "zip"),
    *("website", "function", "company_name", "comment"),
)
RELATIONS = ("parent_id", "country_id", "state_id", "industry_id", "user_id")
# A further phone or e-mail gets a contact of its own, so that Odoo can use it.
OTHERS = ("type", "phone", "email", "country_id/.id")


def load(env: Environment, path: Path) -> "Report":
    """Load what can be loaded, in batches; names and line numbers stay in memory.

    :raises workspace.Failure: when nothing can be read from the file at all
    """
    file = CustomerFile(path)
    lookup, families = Lookup(env, file.columns), Families(env, file.columns)
    texts = Counter[str]()
    for row in file.rows():
        families.note(row)
        texts[row.values.get("country_id", "")] += 1
    lookup.settle_country(texts)
    report = Report(file, lookup.company.country_id.name)
    partner = env["res.partner"].with_context(**QUIET)
    rows: Iterable[Row] = map(lookup.resolve, file.rows())
    next_statistics = 0
    while True:
        before = len(families.ids)
        waiting: list[Row] = []
        ready = families.ready(rows, waiting)
        while batch := list(islice(ready, BATCH)):
            load_rows(partner, [row for row in batch if not row.refused], families.ids)
            families.ids |= {row.line: None for row in batch if row.refused}
            report.add(batch)
            env.flush_all()
            env.invalidate_all()
            if report.counts["loaded"] > next_statistics:
                tell_planner(env)
                next_statistics = 2 * report.counts["loaded"]
        if not waiting:
            tell_planner(env)
            return report
        if len(families.ids) == before:
            families.open_circle(waiting)
        rows = waiting


def tell_planner(env: Environment) -> None:
    """Update the planner's statistics, which autovacuum cannot do before the commit.

    Plans made for empty tables would get slower with every batch.
    """
    env.cr.execute("ANALYZE res_partner, contact_kpi_gap")


class Families:
    """Finds the parent of each row: a row of the file, or a partner already there.

    :param columns: headers by field
    """

    def __init__(self, env: Environment, columns: Mapping[str, str]) -> None:
        self.columns = columns
        # Lines of the file, and ids of partners, by the names that rows give.
        self.lines: defaultdict[str, list[int]] = defaultdict(list)
        self.known: defaultdict[str, list[int]] = defaultdict(list)
        for partner in env["res.partner"].search([("name", "!=", False)]):
            self.known[same(partner.name)].append(partner.id)
        # By line, None where the row was refused.
        self.ids: dict[int, int | None] = {}

    def note(self, row: Row) -> None:
        """Index a row by the names by which others may refer to it."""
        for text in {same(row.values.get(name, "")) for name in ("name", "key")} - {""}:
            self.lines[text].append(row.line)

    def ready(self, rows: Iterable[Row], waiting: list[Row]) -> Iterator[Row]:
        """Yield rows whose parent is loaded or refused; append the others to a list."""
        for row in rows:
            if self.awaited(row):
                waiting.append(row)
            else:
                yield row

    def awaited(self, row: Row) -> int | None:
        """Settle the parent of a row, unless that is a row still to be loaded.

        :return: the line of that row; None once the parent is settled, or left out with
            a remark
        """
        values = row.values
        company, comma, name = values.pop("display", "").rpartition(", ")
        if comma and not values.get("parent_id") and same(company) in self.lines:
            values |= {"parent_id": company, "name": name}  # as Odoo shows a contact
        parent = values.get("parent_id", "")
        text = same(parent or values.get("company_name", ""))
        lines = self.lines.get(text, [])
        if not text or (not parent and row.line in lines):
            return None
        if len(lines) == 1 and lines[0] not in self.ids:
            return lines[0]
        known: Sequence[int | None] = [self.ids.get(line) for line in lines]
        known = known or self.known.get(text, ())
        if len(known) == 1 and known[0]:
            row.ids["parent_id"] = known[0]
        elif parent:
            unknown = "not loaded" if known else "unknown"
            self.leave(row, "ambiguous" if len(known) > 1 else unknown)
        return None

    def leave(self, row: Row, why: str) -> None:
        """Keep only the name of a row's parent, with a remark."""
        text = row.values.pop("parent_id", "") or row.values["company_name"]
        row.values["company_name"] = text
        label = self.columns.get("parent_id") or self.columns.get("company_name")
        label = label or self.columns["display"]
        row.remark(f"{label}: {why}, left without", text)

    def open_circle(self, waiting: Sequence[Row]) -> None:
        """Break a cycle of parents, by removing the parent of one of its rows."""
        by_line: dict[int | None, Row] = {row.line: row for row in waiting}
        seen: set[int] = set()
        row = waiting[0]
        while row.line not in seen:
            seen.add(row.line)
            row = by_line[self.awaited(row)]
        self.leave(row, "in the end its own parent")
        row.values["company_name"] = ""


def same(name: str) -> str:
    """Return a name without regard to case and white space, to compare it."""
    return " ".join(name.split()).casefold()


def load_rows(
    partner: BaseModel, rows: Sequence[Row], ids: dict[int, int | None]
) -> None:
    """Load rows in one call, bisecting down to those that Odoo refuses.

    :param ids: updated with the id of the record by line
    """
    if not rows:
        return
    result = partner.load(*matrix(rows))
    if result["ids"]:
        ids.update(zip((row.line for row in rows), result["ids"], strict=True))
    elif len(rows) > 1:
        half = len(rows) // 2
        load_rows(partner, rows[:half], ids)
        load_rows(partner, rows[half:], ids)
    else:
        text = next((each["message"] for each in result["messages"]), "")
        # Of an unforeseen error Odoo passes on Python's own message.
        rows[0].refused = Reason("Odoo refuses it", "" if "<class" in text else text)


def matrix(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Return fields and lines for Odoo's import.

    The first phone and e-mail are the customer's, each further pair is a line below
    with a contact of its own.
    """
    texts = [name for name in TEXTS if any(row.values.get(name) for row in rows)]
    ids = [name for name in RELATIONS if any(row.ids.get(name) for row in rows)]
    fields = ["customer_rank", "is_company", "phone", "email", *texts]
    fields += [f"{name}/.id" for name in ids] + [f"child_ids/{name}" for name in OTHERS]
    data = []
    for row in rows:
        pairs = zip_longest(row.phones, row.emails, fillvalue="")
        first, *others = list(pairs) or [("", "")]
        own = ["1", "1" if row.is_company else "0", *first]
        own += [row.values.get(name, "") for name in texts]
        own += [str(row.ids.get(name, "")) for name in ids]
        country = str(row.ids.get("country_id", ""))
        below = [["other", *other, country] for other in others] or [[""] * len(OTHERS)]
        data.append(own + below[0])
        data += [[""] * len(own) + each for each in below[1:]]
    return fields, data


class Report:
    """What was loaded, what was not, and why.

    :param country: name of the country by whose plan numbers without one are read
    """

    def __init__(self, file: CustomerFile, country: str) -> None:
        self.file, self.country = file, country
        self.counts = Counter[str]()
        # Lines by detail, by whether they are refused, and why.
        self.lines: defaultdict[tuple[bool, str], defaultdict[str, list[int]]]
        self.lines = defaultdict(lambda: defaultdict(list))

    def add(self, rows: Iterable[Row]) -> None:
        """Add the outcome of rows."""
        for row in rows:
            kinds = ["refused" if row.refused else "loaded"]
            kinds += ["remarked"] if row.remarks and not row.refused else []
            self.counts.update(kinds)
            for reason, text in [row.refused] if row.refused else set(row.remarks):
                self.lines[bool(row.refused), reason][text].append(row.line)

    @property
    def status(self) -> int:
        """Return the exit status."""
        if not self.counts["loaded"]:
            return NOTHING
        return SOME_REFUSED if self.counts["refused"] else LOADED

    def text(self) -> str:
        """Return a summary by reason, then the rows."""
        counts = self.counts
        remarked = f"{counts['remarked']} of them with remarks"
        summary = [
            f"{self.file.name}, {self.file.how}:",
            f"  {counts['loaded']} loaded, {remarked}; {counts['refused']} refused",
            f"  numbers without a country are read as of {self.country}",
        ]
        if self.file.aside:
            summary.append(f"  columns left aside: {', '.join(self.file.aside)}")
        details = []
        for refused, reason in sorted(self.lines, key=lambda each: not each[0]):
            texts = self.lines[refused, reason]
            sign, kind = ("✘", "refused") if refused else ("•", "remark")
            count = len(set[int]().union(*texts.values()))
            summary.append(f"  {sign} {kind}: {reason}: {count}")
            details.append(f"{sign} {reason}:")
            for text, places in islice(texts.items(), SHOWN):
                quoted = f"“{text}”, " if text else ""
                details.append(f"    {quoted}{spans(places)}")
            if len(texts) > SHOWN:
                details.append(f"    … and {len(texts) - SHOWN} more")
        return "\n".join(summary + details)


def spans(lines: Collection[int]) -> str:
    """Return line numbers with their ranges: “lines 3, 5–9”."""
    groups = groupby(enumerate(sorted(lines)), lambda each: each[1] - each[0])
    runs = [[line for _place, line in run] for _key, run in groups]
    texts = [f"{run[0]}–{run[-1]}" if run[1:] else str(run[0]) for run in runs[:SHOWN]]
    more = f" … ({len(lines)} in all)" if len(runs) > SHOWN else ""
    return f"line{'s' * (len(lines) > 1)} {', '.join(texts)}{more}"
