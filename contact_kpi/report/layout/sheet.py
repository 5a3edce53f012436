# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Pagination: which rows of which tables go on which sheet of paper."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .table import CELL_PADDING, WIDTH, Row, Table
from .text import BOLD, line_count

HEIGHT = 65.0  # of a sheet, see table.WIDTH
LINE = 1.25
PADDING = 0.48  # above and below the text of a row, together
TITLE = 2.6  # of a table
RUNNING_HEAD = 2.4  # from the second sheet on
FOOT = 2.0


@dataclass
class Part:
    """The rows of a table that are on one sheet."""

    table: Table
    rows: list[Row]
    continued: bool = False


@dataclass
class Sheet:
    """One page: its number, from 1, of how many, and the tables on it."""

    number: int
    total: int = 0
    parts: list[Part] = field(default_factory=list)


def row_height(row: Row, table: Table) -> float:
    """Return the height of a row: that of its tallest text."""
    wide = BOLD if row.kind != "line" else 1
    lines = 1
    for column, share in zip(table.columns, table.shares(), strict=True):
        text = row.values.get(column.name)
        if column.kind == "text" and isinstance(text, str) and text:
            indent = row.level if column is table.columns[0] else 0
            width = (WIDTH * share / 100 - CELL_PADDING - indent) / wide
            lines = max(lines, line_count(text, width))
    return LINE * lines + PADDING


def head_height(table: Table) -> float:
    """Return the height of the column labels."""
    lines = max(
        line_count(column.label, (WIDTH * share / 100 - CELL_PADDING) / BOLD)
        for column, share in zip(table.columns, table.shares(), strict=True)
    )
    return LINE * lines + PADDING


def paragraph_height(text: str, width: float = WIDTH) -> float:
    """Return the height of a text that wraps at a width."""
    return LINE * line_count(text, width)


def paginate(tables: Iterable[Table], opening: float) -> list[Sheet]:
    """Distribute the rows over sheets, each row on exactly one, in order.

    A group row stays with the row that follows it, however many groups begin there.

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
