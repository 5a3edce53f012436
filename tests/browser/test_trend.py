"""The trend: graph, comparisons, pivot; and from a figure to what is behind it."""

from itertools import pairwise

import count
import pytest
from playwright.sync_api import expect
from test_overview import NAMES

WORDS = {
    "en_US": {
        "missing": "Missing",
        "change": "Change in Missing",
        "rate change": "Change in Rate (Points)",
        "last year": "Change on Last Year",
        "months": "Each month is compared with the end of the month before.",
        "dates": "{} is compared with {}.",
        "observed": "Observed since {}. Earlier figures are rebuilt from the history "
        "of the contacts.",
        "head": ["Customers", "Missing", "Missing Rate", "Change in Missing"]
        + ["Change in Rate (Points)"],
        "explain": "Explain This Number",
        "customers": "Customers",
    },
    "pt_BR": {
        "missing": "Faltando",
        "change": "Variação dos sem contato",
        "rate change": "Variação da taxa (p.p.)",
        "last year": "Variação sobre o ano passado",
        "months": "Cada mês é comparado com o fim do mês anterior.",
        "dates": "{} é comparado com {}.",
        "observed": "Observado desde {}. Os números anteriores foram reconstruídos a "
        "partir do histórico dos contatos.",
        "head": ["Clientes", "Faltando", "% faltando", "Variação dos sem contato"]
        + ["Variação da taxa (p.p.)"],
        "explain": "Explicar este número",
        "customers": "Clientes",
    },
}
LANGUAGES = pytest.mark.parametrize("language", list(WORDS))


def open_trend(somebody):
    """Open the trend by the button of the card."""
    somebody.open("contact-overview", "kanban")
    card = somebody.card(NAMES[somebody.language])
    card.locator("button[name=action_trend]").click()
    somebody.arrive("graph")


def notes(somebody):
    """Return the sentences above the figures."""
    return [
        somebody.read(note)
        for note in somebody.find(".o_contact_kpi_notes > div").all()
    ]


@LANGUAGES
def test_graph(demo, person, language):
    words, trend = WORDS[language], count.trend(demo)
    somebody = person(language=language)
    open_trend(somebody)
    observed = words["observed"].format(count.short(count.today(), language))
    expect(somebody.find(".o_contact_kpi_notes")).to_have_text(observed)
    chart = somebody.chart()
    somebody.shoot("trend-graph")
    assert chart["type"] == "line"
    assert chart["labels"] == [count.month(day, language) for day, *_ in trend]
    (series,) = chart["series"]
    assert series["label"] == words["missing"]
    assert series["data"] == [missing for *_, missing in trend]


def test_lines_and_axes_invent_nothing(person):
    somebody = person()
    open_trend(somebody)
    choose(somebody, "Declined")
    chart = somebody.chart()
    somebody.shoot("trend-declined")
    (series,) = chart["series"]
    # Few enough for halves on the axis, which nobody can decline by.
    assert 1 <= max(series["data"]) <= 5
    assert chart["ticks"] == [str(number) for number in range(len(chart["ticks"]))]
    heights = [height for _x, height in series["points"]]
    assert series["between"] == pytest.approx([sum(p) / 2 for p in pairwise(heights)])


@LANGUAGES
def test_comparison_in_the_graph(demo, person, language):
    words, trend = WORDS[language], count.trend(demo)
    somebody = person(language=language)
    open_trend(somebody)
    choose(somebody, words["change"])
    dates = [count.short(row[0], language) for row in (trend[-1], trend[-2])]
    expect(somebody.find(".o_contact_kpi_notes > div").first).to_have_text(
        words["months"]
    )
    assert notes(somebody)[1] == words["dates"].format(*dates)
    changes = [after[2] - before[2] for before, after in pairwise(trend)]
    (series,) = somebody.chart()["series"]
    somebody.shoot("trend-change")
    assert series["label"] == words["change"]
    # The first month has nothing before it: no point, not a point at 0.
    assert series["data"] == [None, *changes]

    choose(somebody, words["last year"])
    expect(somebody.find(".o_contact_kpi_notes")).not_to_contain_text(words["months"])
    (series,) = somebody.chart()["series"]
    somebody.shoot("trend-last-year")
    assert series["label"] == words["last year"]
    year = trend[-1][2] - trend[0][2]
    assert series["data"] == [None] * (len(trend) - 1) + [year]
    dates = [count.short(row[0], language) for row in (trend[-1], trend[0])]
    assert words["dates"].format(*dates) in notes(somebody)


def choose(somebody, measure):
    """Show another measure in the graph."""
    somebody.find(".o_graph_view button.btn-primary.dropdown-toggle").first.click()
    item = somebody.find(
        ".o-dropdown--menu .o_menu_item, .o-dropdown--menu .dropdown-item"
    )
    item.get_by_text(measure, exact=True).click()
    # The menu stays open for further choices.
    somebody.page.keyboard.press("Escape")
    somebody.page.wait_for_function(
        """label => [...document.querySelectorAll(".o_graph_renderer canvas")].some(
            (canvas) => Chart.getChart(canvas)?.data.datasets[0]?.label === label
        )""",
        arg=measure,
    )


@LANGUAGES
def test_pivot(demo, person, language):
    words, trend = WORDS[language], count.trend(demo)
    somebody = person(language=language, size=(1366, 900))
    open_trend(somebody)
    somebody.switch("pivot")
    expect(somebody.find(".o_contact_kpi_notes > div").first).to_have_text(
        words["months"]
    )
    somebody.shoot("trend-pivot")

    def cells(row, before):
        _day, customers, missing = row
        shown = [count.number(customers, language), count.number(missing, language)]
        shown.append(count.percent(missing / customers, language))
        if not before:
            return [*shown, "", ""]
        points = 100 * (missing / customers - before[2] / before[1])
        shown.append(count.number(missing - before[2], language))
        return [*shown, count.number(points, language, 2)]

    lines = [
        [count.month(row[0], language), *cells(row, before)]
        for before, row in zip([None, *trend], trend, strict=False)
    ]
    # The total is the last closing, not the sum of the months.
    total = ["Total", *cells(trend[-1], trend[-2])]
    table = somebody.table(".o_pivot table tr")
    assert table == [["", "Total"], words["head"], total, *lines]


@LANGUAGES
def test_list(demo, person, language):
    """Months closed like everywhere; below them the rows of their days."""
    trend = count.trend(demo)
    somebody = person(language=language)
    open_trend(somebody)
    somebody.switch("list")
    heads = somebody.find(".o_group_header")
    expect(heads).to_have_count(len(trend))
    shown = [list(filter(None, row)) for row in somebody.table(".o_group_header")]
    assert [row[-3:] for row in shown] == [
        [str(customers), str(missing), count.percent(missing / customers, language)]
        for _day, customers, missing in trend
    ]
    heads.last.click()
    expect(somebody.find(".o_data_row").first).to_be_visible()
    somebody.shoot("trend-list")
    assert somebody.cut_off() == []


@LANGUAGES
def test_from_a_point_to_its_customers(demo, person, language):
    trend = count.trend(demo)
    somebody = person(language=language)
    open_trend(somebody)
    place = len(trend) - 3
    day, customers, missing = trend[place]
    (series,) = somebody.chart()["series"]
    x, y = series["points"][place]
    canvas = somebody.find(".o_graph_canvas_container canvas")
    canvas.click(position={"x": x, "y": y})
    explain(somebody, demo, day, customers, missing)
    somebody.shoot("explanation-of-a-point")
    somebody.find(".modal-footer button[name=action_customers]").click()
    check_customers(somebody, demo, day)
    somebody.shoot("explanation-customers")


def test_from_a_cell_to_its_customers(demo, person):
    trend = count.trend(demo)
    admin = person()
    open_trend(admin)
    admin.switch("pivot")
    day, customers, missing = trend[-2]
    row = admin.find(".o_pivot tbody tr", has_text=count.month(day, "en_US"))
    row.locator(".o_pivot_cell_value").nth(1).click()
    explain(admin, demo, day, customers, missing)
    admin.find(".modal-footer button[name=action_customers]").click()
    check_customers(admin, demo, day)


def explain(somebody, demo, day, customers, missing):
    """Check what the dialog says of a closing."""
    language = somebody.language
    dialog = somebody.find(".modal")
    expect(dialog.locator(".modal-title")).to_have_text(WORDS[language]["explain"])
    shown = {
        name: somebody.read(dialog.locator(f".o_field_widget[name={name}]"))
        for name in ("title", "customers", "missing", "missing_rate")
    }
    assert shown == {
        "title": NAMES[language],
        "customers": str(customers),
        "missing": str(missing),
        "missing_rate": count.percent(missing / customers, language, trim=True),
    }
    date = count.short(day, language)
    assert date in somebody.read(dialog.locator("[name=as_of]"))
    # What became of them adds up to how many they were.
    behind = somebody.read(dialog.locator("[name=behind]"))
    ledger = [gap for gap in count.gaps(demo) if gap.is_open(day)]
    still = sum(gap.closed_on is None for gap in ledger)
    completed = sum(gap.reason == "completed" for gap in ledger)
    left = len(ledger) - still - completed
    for number in filter(None, (still, completed, left)):
        assert f": {number}." in behind, behind


def check_customers(somebody, demo, day):
    """Check that the list holds the customers whose gap was open on a day."""
    somebody.arrive("list")
    names = {
        name
        for (name,) in demo.rows(
            "SELECT name FROM res_partner WHERE id = ANY(%s)",
            [gap.partner for gap in count.gaps(demo) if gap.is_open(day)],
        )
    }
    shown = somebody.find(".o_data_row td[name=partner_id]").all_inner_texts()
    assert set(shown) == names
    assert len(shown) == sum(gap.is_open(day) for gap in count.gaps(demo))


@LANGUAGES
def test_explanation_of_the_card(demo, person, language):
    customers, lacking = count.missing(demo)
    somebody = person(language=language, size=(1366, 1000))
    somebody.open("contact-overview", "kanban")
    somebody.card(NAMES[language]).locator(".o_contact_kpi_explain").click()
    dialog = somebody.find(".modal")
    expect(dialog.locator(".modal-title")).to_have_text(WORDS[language]["explain"])
    figures = [
        somebody.read(dialog.locator(f".o_field_widget[name={name}]"))
        for name in ("missing", "customers", "missing_rate")
    ]
    somebody.shoot("explanation-of-the-card")
    rate = count.percent(len(lacking) / customers, language, trim=True)
    assert figures == [str(len(lacking)), str(customers), rate]
    dialog.locator(".modal-footer button[name=action_customers]").click()
    somebody.arrive("list")
    shown = somebody.find(".o_data_row td[name=partner_id]").all_inner_texts()
    assert set(shown) == lacking
