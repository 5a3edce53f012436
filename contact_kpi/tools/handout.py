# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A report to hand over, as data: tables, and the sheets of paper that they fill.

No Odoo here. The sheets are made up before anything is printed, since the usual
printing program repeats no table heads, numbers no pages and cuts rows in two. All
lengths are in em of the report's one font size. Widths of texts are taken generously:
a row that turns out lower than planned leaves white space, a higher one would be cut.
"""

from dataclasses import dataclass, field

WIDTH, HEIGHT = 98.0, 65.0  # of a sheet: A4 across, 8 points, without margins
LINE = 1.25
PADDING = 0.45  # above and below the text of a row, together
CELL_PADDING = 0.8  # left and right
TITLE = 2.6  # of a table
RUNNING_HEAD = 2.4  # from the second sheet on
FOOT = 2.0
BOLD = 1.1
NARROW, WIDE = frozenset(" .,:;'|!()[]/-fijlrtI"), frozenset("mwMW@%&")
CLASSES = ((7, "0-7"), (30, "8-30"), (90, "31-90"), (365, "91-365"))
OVER = "over"


@dataclass(frozen=True)
class Column:
    """A column; its kind says how values are shown, its weight how wide it is."""

    name: str
    label: str
    kind: str = "text"
    weight: float = 8


@dataclass
class Row:
    """Values by the names of the columns; others are empty, which is not 0."""

    values: dict
    kind: str = "line"  # or "group", "total"
    level: int = 0


@dataclass
class Table:
    name: str
    title: str
    columns: list
    rows: list

    def shares(self):
        """Width of each column, in percent."""
        total = sum(column.weight for column in self.columns)
        return [100 * column.weight / total for column in self.columns]


@dataclass
class Part:
    """The rows of a table that are on one sheet."""

    table: Table
    rows: list
    continued: bool = False


@dataclass
class Sheet:
    number: int
    total: int = 0
    parts: list = field(default_factory=list)


def age_class(days):
    """The class of an age in days: `0-7`, `8-30`, `31-90`, `91-365` or `over`."""
    return next((name for limit, name in CLASSES if days <= limit), OVER)


def text_width(text):
    """About how wide a text is, rather too much."""
    return sum(
        0.42
        if char in NARROW
        else 1.0
        if char in WIDE
        else 0.76
        if char.isupper() or ord(char) > 0x2000
        else 0.64
        for char in text
    )


def line_count(text, width):
    """Lines that a text takes in a column, broken at spaces and in long words."""
    lines, left = 1, width
    for word in text.split():
        needed = text_width(word)
        if needed > left and left < width:
            lines, left = lines + 1, width
        while needed > width:
            lines, needed = lines + 1, needed - width
        left -= needed + 0.42
    return lines


def row_height(row, table):
    """Height of a row: that of its highest text."""
    wide = BOLD if row.kind != "line" else 1
    lines = 1
    for column, share in zip(table.columns, table.shares(), strict=True):
        text = row.values.get(column.name)
        if column.kind == "text" and text:
            indent = row.level if column is table.columns[0] else 0
            width = (WIDTH * share / 100 - CELL_PADDING - indent) / wide
            lines = max(lines, line_count(text, width))
    return LINE * lines + PADDING


def head_height(table):
    """Height of the column labels."""
    lines = max(
        line_count(column.label, (WIDTH * share / 100 - CELL_PADDING) / BOLD)
        for column, share in zip(table.columns, table.shares(), strict=True)
    )
    return LINE * lines + PADDING


def paragraph_height(text, width=WIDTH):
    return LINE * line_count(text, width)


def paginate(tables, opening):
    """Make up the sheets; every row is on exactly one, a group never last on it.

    :param opening: height of what stands above the tables on the first sheet
    """
    sheets = [Sheet(1)]
    left = HEIGHT - FOOT - opening
    for table in tables:
        head, part = head_height(table), None
        heights = [row_height(row, table) for row in table.rows]
        for index, row in enumerate(table.rows):
            follows = row.kind == "group" and index + 1 < len(heights)
            needed = heights[index] + (heights[index + 1] if follows else 0)
            if part is None:
                needed += TITLE + head
            # What is higher than a sheet gets one of its own.
            if needed > left and (sheets[-1].parts or sheets[-1].number == 1):
                sheets.append(Sheet(len(sheets) + 1))
                left = HEIGHT - FOOT - RUNNING_HEAD
                part = None
            if part is None:
                part = Part(table, [], continued=index > 0)
                sheets[-1].parts.append(part)
                left -= TITLE + head
            part.rows.append(row)
            left -= heights[index]
    for sheet in sheets:
        sheet.total = len(sheets)
    return sheets
