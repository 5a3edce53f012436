"""The spreadsheet dashboard: what its charts draw and its cells say."""

from datetime import timedelta

import count
import pytest
from playwright.sync_api import expect

NAMES = {"en_US": "Customer Contacts", "pt_BR": "Contatos dos clientes"}
HEADS = {
    "en_US": {"State": "A22", "Completed by": "A36", "Still missing": "E50"},
    "pt_BR": {"Estado": "A22", "Completado por": "A36", "Ainda faltando": "E50"},
}
# Cells are drawn on a canvas: the spreadsheet itself knows what they say.
CELLS = """names => {
    const nodes = [odoo.__WOWL_DEBUG__.root.__owl__];
    while (nodes.length) {
        const node = nodes.pop();
        const model = node.component.props && node.component.props.model;
        if (model && model.getters && model.getters.getEvaluatedCell) {
            const sheets = model.getters.getSheetIds();
            return names.map((name) => {
                const [cell, sheet] = name.split("!").reverse();
                return model.getters.getEvaluatedCell({
                    sheetId: sheets[sheet ? 1 : 0],
                    col: cell.charCodeAt(0) - 65,
                    row: parseInt(cell.slice(1)) - 1,
                }).value;
            });
        }
        nodes.push(...Object.values(node.children));
    }
}"""


def cells(somebody, *names):
    """Return what cells say; those of the second sheet by a name with its mark."""
    return somebody.page.evaluate(CELLS, list(names))


@pytest.mark.parametrize("language", list(NAMES))
def test_dashboard(demo, person, language):
    somebody = person(language=language, size=(1500, 1300))
    somebody.page.goto("/odoo/dashboards")
    somebody.find(".o_search_panel li", has_text=NAMES[language]).last.click()
    canvases = somebody.find(".o-figure canvas")
    expect(canvases).to_have_count(7)  # five cards and two charts
    somebody.page.wait_for_function(
        f"names => ({CELLS})(names)?.every(value => typeof value === 'number')",
        arg=["Data!B2", "Data!C2", "Data!B5", "Data!C5", "B23", "B37", "B51"],
    )
    somebody.shoot("dashboard")

    drawn = [somebody.chart(canvases.nth(index)) for index in (5, 6)]
    trend = count.trend(demo)[-12:]
    first = trend[0][0].replace(day=1)
    balance = count.balance(demo, first)
    months = [count.month(day, language) for day, *_ in trend]
    for chart, figures in zip(
        drawn,
        ([row[2] for row in trend], [row[3] for row in balance]),
        strict=True,
    ):
        (series,) = chart["series"]
        assert chart["labels"] == months
        assert series["data"] == figures

    # The cards: now, and at the end of the 90 days before these 90.
    start = count.today() - timedelta(days=89)
    ledger = count.gaps(demo)

    def missing(day):
        return sum(gap.is_open(day) for gap in ledger)

    def completed(first, last):
        return sum(
            gap.reason == "completed" and first <= gap.closed_on <= last
            for gap in ledger
        )

    before = start - timedelta(days=1)
    assert cells(somebody, "Data!B2", "Data!C2", "Data!B5", "Data!C5") == [
        trend[-1][2],
        missing(before),
        completed(start, count.today()),
        completed(start - timedelta(days=90), before),
    ]
    customers = trend[-1][1]
    assert cells(somebody, "Data!B3") == [pytest.approx(trend[-1][2] / customers)]
    # The newest month first; the whole of it lies in the period.
    assert cells(somebody, "B51", "C51", "D51", "E51") == [
        balance[-1][index] for index in (2, 3, 4, 5)
    ]
    heads = HEADS[language]
    assert cells(somebody, *heads.values()) == list(heads)
    # Salespeople add up to the whole.
    people = cells(somebody, *(f"G{row}" for row in range(23, 33)))
    assert sum(value or 0 for value in people) == trend[-1][2]
