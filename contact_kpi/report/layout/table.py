# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tables of a report as data, and the widths of their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .text import BOLD, text_width

ColumnKind = Literal[
    "text", "label", "date", "int", "days", "percent", "points", "amount"
]
RowKind = Literal["line", "group", "total"]
Value = str | float | date | None

WIDTH = 98.0  # of a sheet: A4 landscape at 8 points, without margins
CELL_PADDING = 0.8  # left and right, together
# Least width of a column's values; only text wraps.
WIDTHS: dict[ColumnKind, float] = {
    "text": 4,
    "label": 5.2,
    "date": 6.6,
    "int": 4.5,
    "days": 4.5,
    "percent": 4.5,
    "points": 4.5,
    "amount": 8.8,
}


@dataclass(frozen=True)
class Column:
    """A column, and how its values are formatted.

    Text columns wrap, and share by ``weight`` the width that the other kinds leave;
    those never wrap and are as wide as their longest value may be.
    """

    name: str
    label: str
    kind: ColumnKind = "text"
    weight: float = 1

    def width(self) -> float:
        """Return the least width: that of a value, and of the label's longest word."""
        words = [BOLD * text_width(word) for word in self.label.split()]
        return max([WIDTHS[self.kind], *words]) + CELL_PADDING


@dataclass
class Row:
    """Values by column name; a missing one is blank, which is not 0."""

    values: Mapping[str, Value]
    kind: RowKind = "line"
    level: int = 0


@dataclass
class Table:
    """Columns and rows under a title; ``name`` tells the document's tables apart."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    def shares(self) -> list[float]:
        """Return the width of each column, in percent of the table."""
        widths = [column.width() for column in self.columns]
        texts = sum(c.weight for c in self.columns if c.kind == "text")
        left = max(0, WIDTH - sum(widths))
        for index, column in enumerate(self.columns):
            if column.kind == "text":
                widths[index] += left * column.weight / texts
        total = sum(widths)
        return [100 * width / total for width in widths]
