# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sheets of paper: whatever the tables, all rows are there, once, and have room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_kpi.tools import handout
from contact_kpi.tools.handout import Column, Row, Table

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
    sheets = handout.paginate(tables, opening)
    assert [sheet.number for sheet in sheets] == [*range(1, len(sheets) + 1)]
    assert {sheet.total for sheet in sheets} == {len(sheets)}
    # All rows of each table, in order, and no row twice.
    printed = {}
    for sheet in sheets:
        for part in sheet.parts:
            printed.setdefault(part.table.name, []).extend(map(id, part.rows))
            assert part.rows
    assert printed == {one.name: list(map(id, one.rows)) for one in tables if one.rows}
    for sheet in sheets:
        used = opening if sheet.number == 1 else handout.RUNNING_HEAD
        for part in sheet.parts:
            used += handout.TITLE + handout.head_height(part.table)
            used += sum(handout.row_height(row, part.table) for row in part.rows)
        assert used <= handout.HEIGHT - handout.FOOT + 1e-6
        for part in sheet.parts:
            assert part.rows[-1].kind != "group"


def test_shares_fill_the_width_and_leave_room_for_values():
    columns = [
        *COLUMNS,
        *(Column(f"n{i}", "Rate (Points)", "points") for i in range(4)),
    ]
    shares = Table("t", "t", columns, []).shares()
    assert sum(shares) == pytest.approx(100)
    for column, share in zip(columns, shares, strict=True):
        room = handout.WIDTH * share / 100 - handout.CELL_PADDING
        value = {"amount": "1.234.567,89", "int": "12.345", "points": "-100,0"}
        text = value.get(column.kind, "")
        assert handout.text_width(text) * handout.BOLD <= room + 0.01, column
        longest = max(column.label.split(), key=handout.text_width)
        assert handout.text_width(longest) <= room


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
    assert handout.line_count(text, width) == lines


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (0, "0-7"),
        (7, "0-7"),
        (8, "8-30"),
        (30, "8-30"),
        (31, "31-90"),
        (90, "31-90"),
        (91, "91-365"),
        (365, "91-365"),
        (366, "over"),
    ],
)
def test_age_classes(days, name):
    assert handout.age_class(days) == name
