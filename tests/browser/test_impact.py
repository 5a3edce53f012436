"""The impact on sales: two kinds of orders side by side."""

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_overview import NAMES
from test_trend import notes

WORDS = {
    "en_US": {
        "sides": {"missing": "Missing", "informed": "On File"},
        "rate": "Confirmation Rate",
        "confirmed": "Confirmed: {} of {} with “Missing”, {} of {} with “On File”.",
    },
    "pt_BR": {
        "sides": {"missing": "Faltando", "informed": "Informado"},
        "rate": "Taxa de confirmação",
        "confirmed": "Confirmados: {} de {} com “Faltando”, {} de {} com “Informado”.",
    },
}


def open_impact(somebody):
    """Open the impact by the button of the card."""
    somebody.open("contact-overview", "kanban")
    card = somebody.card(NAMES[somebody.language])
    card.locator("button[name=action_impact]").click()
    somebody.arrive("graph")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_sides(demo, person, language):
    words, sides = WORDS[language], count.impact(demo)
    missing, informed = sides["missing"], sides["informed"]
    somebody = person(language=language)
    open_impact(somebody)
    counts = (missing.confirmed, missing.orders, informed.confirmed, informed.orders)
    expect(somebody.find(".o_contact_kpi_notes > div").first).to_be_visible()
    chart = somebody.chart()
    somebody.shoot("impact-graph")
    assert words["confirmed"].format(*counts) in notes(somebody)
    (series,) = chart["series"]
    assert series["label"] == words["rate"]
    assert dict(zip(chart["labels"], series["data"], strict=True)) == {
        words["sides"][name]: pytest.approx(side.confirmed / side.orders)
        for name, side in sides.items()
    }

    somebody.switch("pivot")
    somebody.shoot("impact-pivot")
    assert somebody.cut_off() == []
    shown = {row[0]: row[1:] for row in somebody.table(".o_pivot table tr")[2:]}
    for name, side in sides.items():
        assert shown[words["sides"][name]] == [
            count.number(side.orders, language),
            count.number(side.confirmed, language),
            count.percent(side.confirmed / side.orders, language),
            count.number(side.days, language, 1),
            f"R$ {count.number(side.amount, language, 2)}",
        ]
    total = [missing.orders + informed.orders, missing.confirmed + informed.confirmed]
    assert shown["Total"][:3] == [
        *(count.number(figure, language) for figure in total),
        count.percent(total[1] / total[0], language),
    ]

    somebody.switch("list")
    somebody.shoot("impact-list")
    assert somebody.cut_off() == []
    assert somebody.read(".o_pager_limit") == str(total[0])


def test_orders_behind_a_bar(demo, person):
    side = count.impact(demo)["missing"]
    admin = person()
    open_impact(admin)
    chart = admin.chart()
    place = chart["labels"].index("Missing")
    x, y = chart["series"][0]["points"][place]
    canvas = admin.find(".o_graph_canvas_container canvas")
    canvas.click(position={"x": x, "y": y + 20})
    admin.arrive("list")
    admin.shoot("impact-orders")
    assert admin.find(".o_data_row").count() == min(side.orders, 80)
