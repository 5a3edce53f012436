"""Load a file of customers into a fresh database, through Odoo's own import.

Runs inside Odoo's process. A row is refused when it has no name or Odoo refuses it;
what else cannot be taken over is left empty. Both are said.
"""

from collections import Counter, defaultdict
from itertools import groupby, islice, zip_longest

from customers_file import CustomerFile
from customers_lookup import Lookup

BATCH = 1000
SHOWN = 20  # texts of one reason, and lines of one text
LOADED, NOTHING, SOME_REFUSED = 0, 1, 2  # exit status
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    # A wrong tax ID is no reason to count one customer less.
    "no_vat_validation": True,
}
TEXTS = (
    *("name", "vat", "ref", "street", "street2", "city", "zip"),
    *("website", "function", "company_name", "comment"),
)
RELATIONS = ("parent_id", "country_id", "state_id", "industry_id", "user_id")
# A further phone or e-mail: of its own, so that Odoo can call it and write to it.
OTHERS = ("type", "phone", "email", "country_id/.id")


def load(env, path):
    """Load what can be loaded; memory holds a batch, and names and numbers of lines.

    :param path: of the file
    :return: the report
    :raises workspace.Failure: when nothing can be read from the file at all
    """
    file = CustomerFile(path)
    lookup, families = Lookup(env, file.columns), Families(env, file.columns)
    texts = Counter()
    for row in file.rows():
        families.note(row)
        texts[row.values.get("country_id", "")] += 1
    lookup.settle_country(texts)
    report = Report(file, lookup.company.country_id.name)
    partner = env["res.partner"].with_context(**QUIET)
    rows, next_statistics = map(lookup.resolve, file.rows()), 0
    while True:
        waiting, before = [], len(families.ids)
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


def tell_planner(env):
    """Let PostgreSQL count rows: before the commit, nobody else can.

    Planned for empty tables, what every batch asks costs more with each.
    """
    env.cr.execute("ANALYZE res_partner, contact_kpi_gap")


class Families:
    """Tells which row of the file, or contact known before, a row belongs to."""

    def __init__(self, env, columns):
        self.columns = columns
        self.lines, self.known = defaultdict(list), defaultdict(list)
        for partner in env["res.partner"].search([("name", "!=", False)]):
            self.known[same(partner.name)].append(partner.id)
        self.ids = {}  # by line, None where the row was refused

    def note(self, row):
        """Keep by which names others may call a row."""
        for text in {same(row.values.get(name, "")) for name in ("name", "key")} - {""}:
            self.lines[text].append(row.line)

    def ready(self, rows, waiting):
        """Yield rows whose parent is loaded or refused; let the others wait."""
        for row in rows:
            if self.awaited(row):
                waiting.append(row)
            else:
                yield row

    def awaited(self, row):
        """Find the parent of a row; return the line that has to be loaded first."""
        values = row.values
        company, comma, name = values.pop("display", "").rpartition(", ")
        if comma and not values.get("parent_id") and same(company) in self.lines:
            values |= {"parent_id": company, "name": name}  # as Odoo shows a contact
        told = values.get("parent_id", "")
        text = same(told or values.get("company_name", ""))
        lines = self.lines.get(text, ())
        if not text or (not told and row.line in lines):
            return None
        if len(lines) == 1 and lines[0] not in self.ids:
            return lines[0]
        known = [self.ids.get(line) for line in lines] or self.known.get(text, ())
        if len(known) == 1 and known[0]:
            values["parent_id"] = known[0]
        elif told:
            unknown = "not loaded" if known else "unknown"
            self.leave(row, "ambiguous" if len(known) > 1 else unknown)
        return None

    def leave(self, row, why):
        """Load a row without its parent, whose name it keeps, and say so."""
        text = row.values.pop("parent_id", "") or row.values["company_name"]
        row.values["company_name"] = text
        label = self.columns.get("parent_id") or self.columns.get("company_name")
        label = label or self.columns["display"]
        row.remark(f"{label}: {why}, left without", text)

    def open_circle(self, waiting):
        """Take its parent from one of the rows that wait for each other."""
        by_line, seen = {row.line: row for row in waiting}, set()
        row = waiting[0]
        while row.line not in seen:
            seen.add(row.line)
            row = by_line[self.awaited(row)]
        self.leave(row, "in the end its own parent")
        row.values["company_name"] = ""


def same(name):
    """Return what two names have in common that mean the same customer."""
    return " ".join(str(name).split()).casefold()


def load_rows(partner, rows, ids):
    """Load rows at once, or in halves, down to those that Odoo refuses.

    :param ids: gets the id of the record by line
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
        # Odoo passes on what Python says about what it did not foresee.
        rows[0].refused = ("Odoo refuses it", "" if "<class" in text else text)


def matrix(rows):
    """Return fields and lines for Odoo's import; contacts after the first go below."""
    texts = [name for name in TEXTS if any(row.values.get(name) for row in rows)]
    ids = [name for name in RELATIONS if any(row.values.get(name) for row in rows)]
    fields = ["customer_rank", "is_company", "phone", "email", *texts]
    fields += [f"{name}/.id" for name in ids] + [f"child_ids/{name}" for name in OTHERS]
    data = []
    for row in rows:
        get = row.values.get
        pairs = zip_longest(get("phone"), get("email"), fillvalue="")
        first, *others = list(pairs) or [("", "")]
        own = ["1", "1" if get("is_company") else "0", *first]
        own += [get(name) or "" for name in texts]
        own += [str(get(name) or "") for name in ids]
        country = str(get("country_id") or "")
        below = [["other", *other, country] for other in others] or [[""] * len(OTHERS)]
        data.append(own + below[0])
        data += [[""] * len(own) + each for each in below[1:]]
    return fields, data


class Report:
    """What was loaded, what was not, and why.

    :param country: name of the country whose numbers those without a country are
    """

    def __init__(self, file, country):
        self.file, self.country = file, country
        self.counts = Counter()
        self.lines = defaultdict(lambda: defaultdict(list))

    def add(self, rows):
        """Take over what became of rows."""
        for row in rows:
            kinds = ["refused" if row.refused else "loaded"]
            kinds += ["remarked"] if row.remarks and not row.refused else []
            self.counts.update(kinds)
            for reason, text in {row.refused} - {()} or set(row.remarks):
                self.lines[bool(row.refused), reason][text].append(row.line)

    @property
    def status(self):
        """Return the exit status."""
        if not self.counts["loaded"]:
            return NOTHING
        return SOME_REFUSED if self.counts["refused"] else LOADED

    def text(self):
        """Return a summary by reason, then the rows."""
        counts = self.counts
        told = f"{counts['remarked']} of them with remarks"
        summary = [
            f"{self.file.name}, {self.file.how}:",
            f"  {counts['loaded']} loaded, {told}; {counts['refused']} refused",
            f"  numbers without a country are read as of {self.country}",
        ]
        if self.file.aside:
            summary.append(f"  columns left aside: {', '.join(self.file.aside)}")
        details = []
        for refused, reason in sorted(self.lines, key=lambda each: not each[0]):
            texts = self.lines[refused, reason]
            sign, kind = ("✘", "refused") if refused else ("•", "remark")
            count = len(set().union(*texts.values()))
            summary.append(f"  {sign} {kind}: {reason}: {count}")
            details.append(f"{sign} {reason}:")
            for text, places in islice(texts.items(), SHOWN):
                quoted = f"“{text}”, " if text else ""
                details.append(f"    {quoted}{spans(places)}")
            if len(texts) > SHOWN:
                details.append(f"    … and {len(texts) - SHOWN} more")
        return "\n".join(summary + details)


def spans(lines):
    """Return line numbers as people write them: “lines 3, 5–9”."""
    groups = groupby(enumerate(sorted(lines)), lambda each: each[1] - each[0])
    runs = [[line for _place, line in run] for _key, run in groups]
    texts = [f"{run[0]}–{run[-1]}" if run[1:] else str(run[0]) for run in runs[:SHOWN]]
    more = f" … ({len(lines)} in all)" if len(runs) > SHOWN else ""
    return f"line{'s' * (len(lines) > 1)} {', '.join(texts)}{more}"
