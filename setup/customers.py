"""Load a file of customers into a fresh database, through Odoo's own import.

Runs inside Odoo's process. What cannot be loaded is said, never dropped or guessed at.
"""

from collections import Counter, defaultdict

import customers_file
from customers_lookup import Lookup
from workspace import Failure

BATCH = 1000
PASSES = 20
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}


def load(env, path):
    """Load what can be loaded.

    :param path: of the CSV file
    :return: why each of the other rows was not loaded, by line
    :raises workspace.Failure: when nothing can be read from the file at all
    """
    columns, rows = customers_file.read(path)
    lookup = Lookup(env, columns)
    lookup.settle_country(rows)
    for row in rows:
        lookup.check(row)
    parents = find_parents(env, columns, rows)
    spread(rows, parents, columns)
    ids = {}
    for level in levels(rows, parents):
        # Those whose parent the database itself has just refused.
        spread(level, parents, columns)
        good = [row for row in level if not row.problems]
        for start in range(0, len(good), BATCH):
            ids |= load_rows(env, good[start : start + BATCH], parents, ids)
    return [problem for row in rows for problem in row.problems]


def find_parents(env, columns, rows):
    """Return ``{line: parent}``: a row of the file, or the id of a record.

    A row may name a parent that comes later. Rows that are bad for other reasons are
    parents like others, so that their contacts are told which line to correct.
    """
    by_name, parents = defaultdict(list), {}
    for row in rows:
        if row.values["name"]:
            by_name[same(row.values["name"])].append(row)
    for row in rows:
        name = row.values.get("parent_id")
        if not name:
            continue
        found = by_name.get(same(name), [])
        known = (
            found or env["res.partner"].search([("name", "=ilike", escape(name))]).ids
        )
        if len(known) == 1:
            parents[row.line] = known[0]
        elif found:
            lines = ", ".join(str(other.line) for other in found)
            row.reject(columns["parent_id"], f"“{name}” is ambiguous: lines {lines}")
        else:
            what = "ambiguous: several contacts" if known else "unknown"
            row.reject(columns["parent_id"], f"“{name}” is {what}")
    reject_cycles(rows, parents, columns)
    return parents


def same(name):
    """Return what two names have in common that mean the same customer."""
    return " ".join(name.split()).casefold()


def escape(name):
    """Return a name as a pattern that matches just it."""
    return name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def reject_cycles(rows, parents, columns):
    """Reject the rows that are, in the end, their own parent."""
    settled = set()
    for row in rows:
        path, at = [], row
        while isinstance(at, customers_file.Row) and at.line not in settled:
            if at in path:
                for each in path[path.index(at) :]:
                    each.reject(columns["parent_id"], "is, in the end, its own parent")
                break
            path.append(at)
            at = parents.get(at.line)
        settled.update(each.line for each in path)


def spread(rows, parents, columns):
    """Reject the rows below rejected ones, at any depth."""
    for row in rows:
        path, at = [], row
        while isinstance(at, customers_file.Row) and not at.problems:
            path.append(at)
            at = parents.get(at.line)
        if isinstance(at, customers_file.Row):
            for child in reversed(path):
                above = parents[child.line].line
                child.reject(
                    columns["parent_id"], f"its parent, line {above}, was not loaded"
                )


def levels(rows, parents):
    """Yield the rows that can be loaded in groups, parents before their contacts."""
    depth = {}

    def depth_of(row):
        path = []
        while isinstance(row, customers_file.Row) and row.line not in depth:
            path.append(row)
            row = parents.get(row.line)
        above = depth[row.line] if isinstance(row, customers_file.Row) else -1
        for place, each in enumerate(reversed(path), above + 1):
            depth[each.line] = place

    groups = defaultdict(list)
    for row in rows:
        if not row.problems:
            depth_of(row)
            groups[depth[row.line]].append(row)
    for level in sorted(groups):
        yield groups[level]


def load_rows(env, rows, parents, ids):
    """Load rows all at once, or again without those that Odoo refuses.

    :return: ``{line: id of the record}``
    :raises workspace.Failure: when Odoo refuses without saying which
    """
    partner = env["res.partner"].with_context(**QUIET)
    for _pass in range(PASSES):
        rows = [row for row in rows if not row.problems]
        if not rows:
            return {}
        data = [record(row, parents, ids) for row in rows]
        fields = list(data[0])
        result = partner.load(fields, [list(each.values()) for each in data])
        if result["ids"]:
            return dict(zip((row.line for row in rows), result["ids"], strict=True))
        reject_refused(rows, result["messages"])
    raise Failure(f"Rows are still refused after {PASSES} passes; nothing was loaded.")


def reject_refused(rows, messages):
    """Reject the rows that Odoo's messages name."""
    texts = Counter(message["message"] for message in messages)
    first = messages[0] if messages else {"message": "without a word why"}
    if texts[first["message"]] > 1:
        # A refusal of the whole batch, put on its first row's account.
        messages = messages[1:]
    for message in messages:
        if "rows" in message:
            for place in range(message["rows"]["from"], message["rows"]["to"] + 1):
                rows[place].reject(message.get("field") or "row", message["message"])
    if not any(row.problems for row in rows):
        raise Failure(f"Odoo refuses the file: {first['message']}")


def record(row, parents, ids):
    """Return a row as Odoo's import takes it: texts, by path of field."""
    parent = parents.get(row.line)
    if isinstance(parent, customers_file.Row):
        parent = ids[parent.line]
    return {
        "name": row.values["name"],
        "phone": row.values.get("phone", ""),
        "email": row.values.get("email", ""),
        "city": row.values.get("city", ""),
        "is_company": "1" if row.values.get("is_company") else "0",
        "customer_rank": "1",
        "parent_id/.id": str(parent or ""),
        **{
            f"{name}/.id": str(row.values.get(name) or "")
            for name in ("country_id", "state_id", "industry_id", "user_id")
        },
    }
