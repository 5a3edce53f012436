"""The workshop: somebody of the counter asks for mobiles, and reads what it brings."""

from collections import Counter, defaultdict

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_dashboard import CELLS, cells
from test_dashboard import NAMES as DASHBOARDS
from test_trend import notes

DIEGO = "diego.exemplo"
CARD = ".o_contact_kpi_missing .display-4"
WORDS = {
    "en_US": {
        "card": "Customers without a mobile",
        "mobiles": "Mobiles",
        "menus": [
            "Repairs We Cannot Message About",
            "Customers without a Mobile",
            "Customers We May Message",
            "Contact Overview",
            "Trend",
            "Follow-up",
            "Impact of Missing Mobiles",
            "Capture Rate",
        ],
        "badge": "No mobile",
        "landline": "“{}” is a landline: it takes no messages.",
        "service": "Service Type",
        "date": "Date",
        "month": "Month",
        "none": "None",
        "sides": {"missing": "Missing", "informed": "On File"},
        "cancelled": "Cancelled: {} of {} with “Missing”, {} of {} with “On File”.",
        "captured": "Obtained from {} of {} customers by the confirmation of their "
        "first repair; {} not confirmed yet, 0 unknown.",
    },
    "pt_BR": {
        "card": "Clientes sem celular",
        "mobiles": "Celulares",
        "menus": [
            "Reparos sem como avisar",
            "Clientes sem celular",
            "Clientes que podem receber mensagem",
            "Painel de contatos",
            "Tendência",
            "Acompanhamento",
            "Impacto da falta de celular",
            "Taxa de captação",
        ],
        "badge": "Sem celular",
        "landline": "“{}” é telefone fixo: não recebe mensagens.",
        "service": "Tipo de serviço",
        "date": "Data",
        "month": "Mês",
        "none": "Nenhum",
        "sides": {"missing": "Faltando", "informed": "Informado"},
        "cancelled": "Cancelados: {} de {} com “Faltando”, {} de {} com “Informado”.",
        "captured": "Obtido de {} de {} clientes até a confirmação do primeiro reparo; "
        "{} ainda não confirmados, 0 desconhecidos.",
    },
}
BOTH = pytest.mark.parametrize("language", list(LANGUAGES))
LANDLINE = "(11) 5000-0123"
MOBILES = {"en_US": "(11) 96123-4567", "pt_BR": "(11) 96123-4568"}
REPAIRS = """
    SELECT r.id, r.name, contact.commercial_partner_id, r.state, r.create_date,
           r.confirmed_at, u.login
      FROM repair_order r JOIN res_partner contact ON contact.id = r.partner_id
      LEFT JOIN res_users u ON u.id = r.user_id
     WHERE r.company_id = 1
     ORDER BY r.create_date, r.id
"""
DECLINED = """
    SELECT g.partner_id FROM contact_kpi_gap g JOIN contact_kpi_decline d
        ON d.gap_id = g.id
     WHERE g.closed_at IS NULL
       AND g.indicator_id = (SELECT id FROM contact_kpi WHERE code = 'no_mobile')
"""


def to_ask(demo):
    """Return the open repairs whose customer has no mobile and may be asked."""
    lacking = count.without_mobile(demo)[1]
    declined = {number for (number,) in demo.rows(DECLINED)}
    return {
        name
        for _id, name, customer, state, *_rest in demo.rows(REPAIRS)
        if state not in ("done", "cancel") and customer in lacking.keys() - declined
    }


def lacked(demo):
    """Return the repairs with the gap that was open when each was taken, or None."""
    ledger = defaultdict(list)
    for gap in count.gaps(demo, "no_mobile"):
        ledger[gap.partner].append(gap)
    for repair in demo.rows(REPAIRS):
        _id, _name, customer, _state, made, *_rest = repair
        yield (
            repair,
            next(
                (
                    gap
                    for gap in ledger[customer]
                    if gap.opened_at <= made
                    and (not gap.closed_at or made < gap.closed_at)
                ),
                None,
            ),
        )


def open_menu(card):
    """Open the menu at the corner of a card, which shows under the mouse."""
    card.hover()
    card.locator(".o_dropdown_kanban button").click()


@BOTH
def test_menus_and_card(demo, person, language):
    """Who works at the counter has one card, and a menu for everything about it."""
    words = WORDS[language]
    diego = person(DIEGO, language)
    diego.open("contact-overview", "kanban")
    cards = diego.find(".o_kanban_record:not(.o_kanban_ghost)")
    expect(cards).to_have_count(1)
    patrons, lacking = count.without_mobile(demo)
    shown = diego.read(cards)
    rate = count.percent(len(lacking) / len(patrons), language, trim=True)
    assert words["card"] in shown
    assert f"{rate}" in shown
    assert f"{len(patrons)} " in shown
    assert diego.read(cards.locator(CARD)) == str(len(lacking))
    series = diego.chart(cards.locator(".o_dashboard_graph canvas"))["series"][0]
    trend = count.trend(demo, "no_mobile")
    assert series["data"] == [missing for _day, _customers, missing in trend][-12:]
    open_menu(cards)
    expect(diego.find(".o-dropdown--menu")).to_contain_text(words["menus"][-1])
    diego.shoot("workshop-overview")
    diego.page.keyboard.press("Escape")

    diego.open("repairs-without-mobile", "list")
    diego.find(".o_menu_sections button", has_text=words["mobiles"]).click()
    entries = diego.find(".o-dropdown--menu .dropdown-item")
    expect(entries).to_have_text(words["menus"])
    diego.shoot("workshop-menu")
    for place, view in ((4, "graph"), (5, "pivot"), (6, "graph"), (7, "graph")):
        if place > 4:
            diego.find(".o_menu_sections button", has_text=words["mobiles"]).click()
        entries.nth(place).click()
        diego.arrive(view)
        expect(diego.find(".o_last_breadcrumb_item").first).to_be_visible()


@BOTH
def test_counter(demo, person, language):
    """A repair that nobody can be messaged about; the mobile is asked for and typed."""
    words, expected = WORDS[language], to_ask(demo)
    assert len(expected) > 2
    before = len(count.without_mobile(demo)[1])
    diego = person(DIEGO, language)
    diego.open("repairs-without-mobile", "list")
    rows = diego.find(".o_data_row")
    expect(rows).to_have_count(len(expected))
    names = rows.locator("td[name=name]").all_inner_texts()
    assert set(names) == expected
    diego.shoot("workshop-repairs")
    diego.switch("kanban")
    badges = diego.find(".o_kanban_record .badge", has_text=words["badge"])
    expect(badges).to_have_count(len(expected))
    diego.shoot("workshop-kanban")
    diego.switch("list")

    chosen = names[0]
    rows.filter(has_text=chosen).locator("td[name=name]").click()
    banner = diego.find(".o_contact_kpi_banner")
    field = banner.locator("[name=contact_kpi_phone] input")
    field.fill(LANDLINE)
    field.press("Tab")
    expect(banner).to_contain_text(words["landline"].format(LANDLINE))
    diego.shoot("workshop-landline")
    field.fill(MOBILES[language])
    field.press("Tab")
    expect(banner.locator(".text-danger")).to_have_count(0)
    diego.find(".o_form_button_save").click()
    expect(banner).to_have_count(0)
    diego.shoot("workshop-mobile")
    diego.find(".o_back_button, .breadcrumb-item a").first.click()
    diego.arrive("list")
    expect(rows.filter(has_text=chosen)).to_have_count(0)
    assert to_ask(demo) < expected
    assert chosen not in to_ask(demo)
    diego.open("contact-overview", "kanban")
    expect(diego.card(words["card"]).locator(CARD)).to_have_text(str(before - 1))
    ((reason, login),) = demo.rows(
        """
        SELECT g.close_reason, u.login FROM contact_kpi_gap g
          JOIN repair_order r ON r.name = %s
          JOIN res_partner contact ON contact.id = r.partner_id
          JOIN res_users u ON u.id = g.closed_by_id
         WHERE g.partner_id = contact.commercial_partner_id AND g.indicator_id = (
               SELECT id FROM contact_kpi WHERE code = 'no_mobile')
         ORDER BY g.closed_at DESC LIMIT 1
        """,
        chosen,
    )
    assert (reason, login) == ("completed", DIEGO)


@BOTH
def test_trend_by_service_type(demo, person, language):
    words = WORDS[language]
    diego = person(DIEGO, language)
    diego.open("contact-overview", "kanban")
    diego.card(words["card"]).locator("button[name=action_trend]").click()
    diego.arrive("graph")
    diego.find(".o_searchview_dropdown_toggler").click()
    grouping = diego.find(".o_group_by_menu")
    grouping.locator(".o_accordion_toggle", has_text=words["date"]).click()
    grouping.locator(".o_item_option", has_text=words["month"]).click()
    grouping.locator("span.o_menu_item", has_text=words["service"]).click()
    diego.page.keyboard.press("Escape")
    expect(diego.find(".o_searchview_facet", has_text=words["service"])).to_be_visible()
    diego.page.wait_for_function(
        """() => [...document.querySelectorAll(".o_graph_renderer canvas")].some(
            (canvas) => Chart.getChart(canvas)?.data.datasets.length > 2
        )"""
    )
    chart = diego.chart()
    diego.shoot("workshop-trend")
    last = count.trend(demo, "no_mobile")[-2][0]
    figures = dict(
        demo.rows(
            f"""
            SELECT coalesce(t.name ->> %s, t.name ->> 'en_US', %s), sum(s.missing)::int
              FROM {count.FACTS}
              LEFT JOIN mechanic_service_type t ON t.id = s.service_type_id
             WHERE s.date = %s AND s.indicator_id = (
                   SELECT id FROM contact_kpi WHERE code = 'no_mobile')
             GROUP BY 1
            """,
            language,
            words["none"],
            last,
        )
    )
    place = chart["labels"].index(count.month(last, language))
    shown = {each["label"]: each["data"][place] for each in chart["series"]}
    assert {name: missing for name, missing in shown.items() if missing} == {
        name: missing for name, missing in figures.items() if missing
    }


@BOTH
def test_impact_on_repairs(demo, person, language):
    words = WORDS[language]
    taken, cancelled = Counter(), Counter()
    for (_id, _name, _customer, state, *_rest), gap in lacked(demo):
        side = "missing" if gap else "informed"
        taken[side] += 1
        cancelled[side] += state == "cancel"
    assert min(taken.values()) >= 30
    diego = person(DIEGO, language)
    diego.open("contact-overview", "kanban")
    diego.card(words["card"]).locator("button[name=action_impact]").click()
    diego.arrive("graph")
    expect(diego.find(".o_contact_kpi_notes > div").first).to_be_visible()
    diego.shoot("workshop-impact")
    counts = [each[side] for side in words["sides"] for each in (cancelled, taken)]
    assert notes(diego)[0] == words["cancelled"].format(*counts)
    diego.switch("pivot")
    diego.shoot("workshop-impact-pivot")
    assert diego.cut_off() == []
    shown = {row[0]: row[1:] for row in diego.table(".o_pivot table tr")[2:]}
    for side, label in words["sides"].items():
        assert shown[label][0] == count.number(taken[side], language)
        assert shown[label][4] == count.percent(cancelled[side] / taken[side], language)


@BOTH
def test_capture_rate(demo, person, language):
    words = WORDS[language]
    first, asked, captured, pending = {}, Counter(), Counter(), 0
    for repair, gap in lacked(demo):
        _id, _name, customer, state, _made, confirmed, login = repair
        if state == "cancel" or customer in first:
            continue
        first[customer] = repair
        if gap and not confirmed:
            pending += 1
        elif gap:
            asked[login] += 1
            captured[login] += bool(gap.closed_at and gap.closed_at <= confirmed)
    diego = person(DIEGO, language)
    diego.open("contact-overview", "kanban")
    open_menu(diego.card(words["card"]))
    diego.find(".o-dropdown--menu a", has_text=words["menus"][-1]).click()
    diego.arrive("graph")
    expect(diego.find(".o_contact_kpi_notes > div").first).to_be_visible()
    (series,) = diego.chart()["series"]
    diego.shoot("workshop-capture")
    assert notes(diego)[0] == words["captured"].format(
        sum(captured.values()), sum(asked.values()), pending
    )
    people = dict(
        demo.rows(
            "SELECT p.name, u.login FROM res_users u"
            " JOIN res_partner p ON p.id = u.partner_id"
        )
    )
    shown = dict(zip(diego.chart()["labels"], series["data"], strict=True))
    assert {people[name]: rate for name, rate in shown.items()} == {
        login: pytest.approx(captured[login] / asked[login]) for login in asked
    }


def test_dashboard(demo, person):
    """It begins with the only indicator that the counter sees."""
    diego = person(DIEGO, "pt_BR", size=(1500, 1300))
    diego.page.goto("/odoo/dashboards")
    diego.find(".o_search_panel li", has_text=DASHBOARDS["pt_BR"]).last.click()
    expect(diego.find(".o-figure canvas")).to_have_count(7)
    diego.page.wait_for_function(
        f"names => ({CELLS})(names)?.every(value => typeof value === 'number')",
        arg=["Data!B2", "B23"],
    )
    diego.shoot("workshop-dashboard")
    missing = count.trend(demo, "no_mobile")[-1][2]
    # No error where a salesperson has a link to a menu of Sales.
    title = "Por estado, no fim do período"
    assert cells(diego, "Data!B2", "A21") == [missing, title]


def test_guided_tour(demo, person):
    """From this indicator's card, through its list, to the first mobile obtained."""
    before = len(count.without_mobile(demo)[1])
    diego = person(DIEGO, "en_US")
    diego.open("contact-overview", "kanban")
    card = diego.card(WORDS["en_US"]["card"])
    open_menu(card)
    diego.find(".o-dropdown--menu a", has_text="Guided Tour").click()
    pointer = diego.find(".o_tour_pointer")
    expect(pointer).to_have_count(1)
    diego.shoot("workshop-tour")
    card.locator("button[name=action_to_complete]").click()
    diego.arrive("list")
    expect(pointer).to_have_count(1)
    rows = diego.find(".o_data_row")
    listed = rows.count()
    rows.locator("td[name=phone]").first.click()
    field = diego.find(".o_selected_row td[name=phone] input")
    # One of Brazil wherever the customer is: the first may be one of Odoo's own.
    field.fill("+55 11 96123-4569")
    diego.find(".o_list_button_save").first.click()
    expect(diego.find(".o_reward")).to_be_visible()
    diego.shoot("workshop-tour-done")
    expect(rows).to_have_count(listed - 1)
    assert len(count.without_mobile(demo)[1]) == before - 1
