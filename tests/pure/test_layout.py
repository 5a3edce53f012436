# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sheets of paper: whatever the tables, all rows are there, once, and have room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_kpi.report.layout import Column, Row, Table, paginate, sheet
from contact_kpi.report.layout.table import CELL_PADDING, WIDTH
from contact_kpi.report.layout.text import BOLD, line_count, text_width

NAMES = (
    "Ana",
    "Construtora e Incorporadora São Sebastião do Paraíso & Filhos LTDA ME",
    "W" * 150,
    "Maria das Graças " * 6,
)
GROUP = st.tuples(st.sampled_from(NAMES), st.just("group"))
LINE = st.tuples(st.sampled_from(NAMES), st.sampled_from(["line", "total"]))
# As reports have them: at most two groups begin at once, and none is empty.
BLOCK = st.tuples(st.lists(GROUP, max_size=2), st.lists(LINE, min_size=1, max_size=9))
ROWS = st.lists(BLOCK, max_size=9).map(
    lambda blocks: [row for heads, lines in blocks for row in heads + lines]
)
COLUMNS = [
    Column("name", "Customer", "text", 3),
    Column("city", "City"),
    Column("days", "Days", "int"),
    Column("stake", "Value at Stake (R$)", "amount"),
]


def table(rows, name="customers"):
    return Table(
        name, name, COLUMNS, [Row({"name": text}, kind) for text, kind in rows]
    )


@given(st.lists(ROWS, max_size=3), st.floats(5, 30))
def test_every_row_is_on_one_sheet_and_has_room(lists, opening):
    tables = [table(rows, str(index)) for index, rows in enumerate(lists)]
    sheets = paginate(tables, opening)
    assert [page.number for page in sheets] == [*range(1, len(sheets) + 1)]
    assert {page.total for page in sheets} == {len(sheets)}
    # All rows of each table, in order, and no row twice.
    printed = {}
    for page in sheets:
        for part in page.parts:
            printed.setdefault(part.table.name, []).extend(map(id, part.rows))
            assert part.rows
    assert printed == {one.name: list(map(id, one.rows)) for one in tables if one.rows}
    for page in sheets:
        used = opening if page.number == 1 else sheet.RUNNING_HEAD
        for part in page.parts:
            used += sheet.TITLE + sheet.head_height(part.table)
            used += sum(sheet.row_height(row, part.table) for row in part.rows)
        assert used <= sheet.HEIGHT - sheet.FOOT + 1e-6
        for part in page.parts:
            assert part.rows[-1].kind != "group"


def test_shares_fill_the_width_and_leave_room_for_values():
    columns = [
        *COLUMNS,
        *(Column(f"n{i}", "Rate (Points)", "points") for i in range(4)),
    ]
    shares = Table("t", "t", columns, []).shares()
    assert sum(shares) == pytest.approx(100)
    for column, share in zip(columns, shares, strict=True):
        room = WIDTH * share / 100 - CELL_PADDING
        value = {"amount": "1.234.567,89", "int": "12.345", "points": "-100,0"}
        text = value.get(column.kind, "")
        assert text_width(text) * BOLD <= room + 0.01, column
        longest = max(column.label.split(), key=text_width)
        assert text_width(longest) <= room


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("Ana", 10, 1),
        ("São São", 5, 1),
        ("São São", 4, 2),
        ("aaaa aaaa aaaa", 6, 2),
        ("a" * 30, 6, 4),
        ("Ana " + "a" * 30, 6, 5),
    ],
)
def test_lines_of_a_text(text, width, lines):
    assert line_count(text, width) == lines
