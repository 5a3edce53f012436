"""Decide which lines of Odoo's log are trouble: every warning and worse, but a few.

Standard library only: the tests' plugin uses it inside Odoo's process.
"""

import re

# Pattern of the message, and why it is nobody's fault here. Keep it short and precise.
ALLOWED = {
    r"CREATE EXTENSION IF NOT EXISTS pg_trgm|Unable to create PostgreSQL extensions": (
        "the embedded PostgreSQL has no pg_trgm; Odoo then makes no trigram index"
    ),
    r"web_export_xlsx> called ignoring args \{'token'\}": (
        "Odoo's own client sends with each download a word that its server ignores"
    ),
    r'bad query: b.\s*UPDATE "discuss_channel_member"': (
        "two pages of one user fetch a chat at once; Odoo's server tries again"
    ),
}
HEAD = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ \d+ (?P<level>[A-Z]+) \S+ \S+: (?P<message>.*)"
)
SERIOUS = ("WARNING", "ERROR", "CRITICAL")


def is_allowed(message, expected=()):
    """Tell whether a warning is one of the few known ones.

    :param expected: patterns of others, which a test has brought about
    """
    return any(re.search(pattern, message) for pattern in (*ALLOWED, *expected))


def trouble(lines, expected=()):
    """Return the lines of a log file that are trouble, with what follows them.

    :param expected: see :func:`is_allowed`
    """
    found, within = [], False
    for line in lines:
        if head := HEAD.match(line):
            within = head["level"] in SERIOUS and not is_allowed(
                head["message"], expected
            )
        if within:
            found.append(line)
    return found
