# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A report to hand over, as data: tables, and the sheets of paper that they fill.

No Odoo here. The sheets are made up before anything is printed, since the usual
printing program repeats no table heads, numbers no pages and cuts rows in two. All
lengths are in em of the report's one font size. Widths of texts are those of DejaVu
Sans, the widest of the fonts that a machine may choose: a row that turns out lower than
planned leaves white space, a higher one would be cut.
"""

import unicodedata
from dataclasses import dataclass, field

WIDTH, HEIGHT = 98.0, 65.0  # of a sheet: A4 across, 8 points, without margins
LINE = 1.25
PADDING = 0.48  # above and below the text of a row, together
CELL_PADDING = 0.8  # left and right
TITLE = 2.6  # of a table
RUNNING_HEAD = 2.4  # from the second sheet on
FOOT = 2.0
BOLD = 1.14
OTHER = 1.0  # width of a character of another script
WIDTHS = {
    "text": 4,
    "label": 5.2,
    "date": 6.6,
    "int": 4.5,
    "days": 4.5,
    "percent": 4.5,
    "points": 4.5,
    "amount": 8.8,
}
# Of the letters and signs that have the same width; accents change none.
CHARACTERS = {
    character: width / 100
    for width, characters in {
        28: "'ijl",
        30: "IJ",
        34: " ,./:;\\|",
        36: "f-",
        40: "()[]t!",
        42: "r",
        46: '"',
        50: "*_`",
        54: "sz?c",
        57: "LFk",
        60: "vxyP",
        63: "TYaoeESbdghnpqu",
        65: "$0123456789{}K",
        70: "AVBRXZC",
        75: "UHN",
        79: "DG&OQ",
        84: "w#+<=>^~",
        86: "M",
        97: "%m",
        100: "W@",
    }.items()
    for character in characters
}
CLASSES = ((7, "0-7"), (30, "8-30"), (90, "31-90"), (365, "91-365"))
OVER = "over"


@dataclass(frozen=True)
class Column:
    """A column, and how its values are shown.

    Texts are broken into lines and share, by their weights, the width that the other
    kinds leave; those are never broken, and as wide as their longest value may be.
    """

    name: str
    label: str
    kind: str = "text"
    weight: float = 1

    def width(self):
        """Least width: that of a value, and of the label's longest word."""
        words = [BOLD * text_width(word) for word in self.label.split()]
        return max([WIDTHS[self.kind], *words]) + CELL_PADDING


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
        widths = [column.width() for column in self.columns]
        texts = sum(c.weight for c in self.columns if c.kind == "text")
        left = max(0, WIDTH - sum(widths))
        for index, column in enumerate(self.columns):
            if column.kind == "text":
                widths[index] += left * column.weight / texts
        total = sum(widths)
        return [100 * width / total for width in widths]


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
    plain = unicodedata.normalize("NFD", text)
    return sum(
        CHARACTERS.get(character, OTHER)
        for character in plain
        if not unicodedata.combining(character)
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
        left -= needed + CHARACTERS[" "]
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
            # With the heads of the groups that begin here, and their first row.
            last = index
            while table.rows[last].kind == "group" and last + 1 < len(heights):
                last += 1
            needed = sum(heights[index : last + 1])
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
