"""Which lines of Odoo's log are a failure: warnings and worse, but for known ones.

Standard library only: the tests' plugin uses it inside Odoo's process.
"""

import re
from collections.abc import Collection, Iterable

# Pattern of the message, and why it is harmless here. Keep it short and precise.
ALLOWED = {
    r"CREATE EXTENSION IF NOT EXISTS pg_trgm|Unable to create PostgreSQL extensions": (
        "the embedded PostgreSQL has no pg_trgm; Odoo then makes no trigram index"
    ),
    r"web_export_xlsx> called ignoring args \{'token'\}": (
        "Odoo's own client sends with each download an argument its server ignores"
    ),
    r'bad query: b.\s*UPDATE "discuss_channel_member"': (
        "two pages of one user fetch a chat concurrently; Odoo's server retries"
    ),
}
HEAD = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ \d+ (?P<level>[A-Z]+) \S+ \S+: (?P<message>.*)"
)
SERIOUS = ("WARNING", "ERROR", "CRITICAL")


def is_allowed(message: str, expected: Collection[str] = ()) -> bool:
    """Return whether a warning is a known one.

    :param expected: further patterns, of warnings that a test provokes
    """
    return any(re.search(pattern, message) for pattern in (*ALLOWED, *expected))


def trouble(lines: Iterable[str], expected: Collection[str] = ()) -> list[str]:
    """Return the failures among the lines of a log, with their tracebacks.

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
