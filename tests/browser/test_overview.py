"""The cards, and what a salesperson does from there."""

import re

import count
import pytest
from people import plain
from playwright.sync_api import expect

NAMES = {"en_US": "Customers without contact", "pt_BR": "Clientes sem contato"}
PHONE = "(11) 96123-4567"
CARDS = {
    "en_US": (
        "Customers without contact {missing} {rate} of {customers} customers "
        "{change} ({points} points) since {since} "
        "{change_year} ({points_year} points) since {since_year} "
        "Target: at most 5% {refusals}"
        "Customers as of TIME To Complete ({to_complete}){mine} "
        "Trend Follow-up Impact"
    ),
    "pt_BR": (
        "Clientes sem contato {missing} {rate} de {customers} clientes "
        "{change} ({points} p.p.) desde {since} "
        "{change_year} ({points_year} p.p.) desde {since_year} "
        "Meta: no máximo 5% {refusals}"
        "Clientes em TIME A completar ({to_complete}){mine} "
        "Tendência Acompanhamento Impacto"
    ),
}
TIMES = {"en_US": r"\w{3} \d+, \d+:\d\d [AP]M", "pt_BR": r"\d+ de \w{3}\., \d\d:\d\d"}
REFUSALS = {
    "en_US": ("Declined: {} ", "Refused to be contacted: {} "),
    "pt_BR": ("Não quiseram informar: {} ", "Não querem ser contatados: {} "),
}
MINE = {"en_US": " Mine ({})", "pt_BR": " Meus ({})"}


def words(card, language):
    """Return the words on a card, with any time of evaluation as TIME."""
    inner = card.evaluate(
        """card => {
            const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
            const words = [];
            while (walker.nextNode()) { words.push(walker.currentNode.textContent); }
            return words.map((word) => word.trim()).filter(Boolean).join(" ");
        }"""
    )
    inner = re.sub(r"\( (\d+) \)", r"(\1)", plain(inner))
    return re.sub(TIMES[language], "TIME", inner)


def signed(value, language, digits=0):
    text = count.number(value, language, digits)
    return text if text.startswith("-") else f"+{text}"


def expected(demo, language, login="admin"):
    """Return what the card must say to the administrator."""
    trend = count.trend(demo)
    day, _customers, _missing = trend[-1]
    customers, lacking = count.missing(demo)
    before = next(row for row in reversed(trend) if row[0] < day.replace(day=1))
    last_year = trend[0]
    assert (last_year[0].year, last_year[0].month) == (day.year - 1, day.month)
    declined, refused = demo.rows(
        """
        SELECT count(*) FILTER (WHERE declined),
               count(*) FILTER (WHERE NOT declined AND consent = 'refused')
          FROM (SELECT p.contact_kpi_consent AS consent, EXISTS (
                       SELECT FROM contact_kpi_decline d WHERE d.gap_id = g.id
                          AND d.ended_on IS NULL
                          AND (d.review_on IS NULL OR d.review_on > %s)
                       ) AS declined
                  FROM contact_kpi_gap g JOIN res_partner p ON p.id = g.partner_id
                 WHERE g.closed_at IS NULL AND g.indicator_id = (
                       SELECT id FROM contact_kpi WHERE code = 'no_contact')) AS gap
        """,
        count.today(),
    )[0]
    refusals = zip(REFUSALS[language], (declined, refused), strict=True)
    admin = count.user(demo, login)
    mine = demo.value(
        """
        SELECT count(*) FROM contact_kpi_gap g JOIN res_partner p ON p.id = g.partner_id
         WHERE g.closed_at IS NULL AND p.user_id = %s AND NOT EXISTS (
               SELECT FROM contact_kpi_decline d WHERE d.gap_id = g.id
                  AND d.ended_on IS NULL
                  AND (d.review_on IS NULL OR d.review_on > %s))
           AND g.indicator_id = (SELECT id FROM contact_kpi WHERE code = 'no_contact')
        """,
        admin,
        count.today(),
    )

    def points(row):
        return 100 * (len(lacking) / customers - row[2] / row[1])

    return CARDS[language].format(
        missing=len(lacking),
        rate=count.percent(len(lacking) / customers, language, trim=True),
        customers=customers,
        change=signed(len(lacking) - before[2], language),
        points=signed(points(before), language, 1),
        since=count.short(before[0], language),
        change_year=signed(len(lacking) - last_year[2], language),
        points_year=signed(points(last_year), language, 1),
        since_year=count.short(last_year[0], language),
        to_complete=len(lacking) - declined,
        refusals="".join(text.format(n) for text, n in refusals if n),
        mine=MINE[language].format(mine) if mine else "",
    )


@pytest.mark.parametrize(
    ("width", "language"),
    [(390, "pt_BR"), (1366, "en_US"), (1366, "pt_BR"), (1920, "en_US")],
)
def test_card(demo, person, language, width):
    somebody = person(language=language, size=(width, 800))
    somebody.open("contact-overview", "kanban")
    card = somebody.card(NAMES[language])
    chart = somebody.chart(card.locator(".o_dashboard_graph canvas"))
    somebody.shoot(f"overview-{width}")
    assert words(card, language) == expected(demo, language)
    # The sparkline: the month ends of a year.
    (series,) = chart["series"]
    trend = [missing for _day, _customers, missing in count.trend(demo)][-12:]
    assert series["data"] == trend
    # As high as they are many: nothing looks like none.
    heights = [chart["zero"] - height for _x, height in series["points"]]
    tallest = max(trend)
    shares = [missing / tallest for missing in trend]
    assert [h / max(heights) for h in heights] == pytest.approx(shares, abs=0.01)
    # Nothing runs out of the card, nor the card out of the screen.
    assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_salesperson_completes_a_customer(demo, person):
    """Card, list, a phone typed: the customer leaves, the card falls by one."""
    seller = count.user(demo, "ana.exemplo")
    _customers, lacking = count.missing(demo, seller, None)
    ana = person("ana.exemplo", "pt_BR")
    ana.open("contact-overview", "kanban")
    card = ana.card(NAMES["pt_BR"])
    number = card.locator(".o_contact_kpi_missing .display-4")
    assert ana.read(number) == str(len(lacking))
    ana.shoot("seller-overview")
    number.click()
    ana.arrive("list")
    rows = ana.find(".o_data_row")
    expect(rows).to_have_count(len(lacking))
    names = rows.locator("td[name=partner_id]").all_inner_texts()
    assert set(names) == lacking
    ana.shoot("seller-list")

    # One of Brazil: the number typed is none in the countries of Odoo's own customers.
    brazil = (
        "SELECT p.name FROM res_partner p JOIN res_country c ON c.id = p.country_id"
    )
    brazilian = {name for (name,) in demo.rows(f"{brazil} WHERE c.code = 'BR'")}
    chosen = next(name for name in names if name in brazilian)
    row = ana.find(".o_data_row", has_text=chosen)
    row.locator("td[name=phone]").click()
    field = ana.find(".o_selected_row td[name=phone] input")
    field.fill(PHONE)
    ana.shoot("seller-typing")
    field.press("Enter")
    expect(row).to_have_count(0)
    expect(rows).to_have_count(len(lacking) - 1)
    ana.shoot("seller-left")
    ana.find(".o_form_button_cancel, .o_list_button_discard").first.click()
    ana.find(".o_back_button, .breadcrumb-item a").first.click()
    expect(number).to_have_text(str(len(lacking) - 1))
    ana.shoot("seller-overview-after")

    assert count.missing(demo, seller, None)[1] == lacking - {chosen}
    closed = demo.rows(
        """
        SELECT g.close_reason, u.login FROM contact_kpi_gap g
          JOIN res_partner p ON p.id = g.partner_id
          JOIN res_users u ON u.id = g.closed_by_id
         WHERE p.name = %s AND p.phone = %s
        """,
        chosen,
        PHONE,
    )
    assert ("completed", "ana.exemplo") in closed
    # The administrator's card has heard of it, too.
    admin = person()
    admin.open("contact-overview", "kanban")
    card = admin.card(NAMES["en_US"])
    # Odoo shows what the browser remembers until the server has answered.
    now = str(len(count.missing(demo)[1]))
    expect(card.locator(".o_contact_kpi_missing .display-4")).to_have_text(now)
    assert words(card, "en_US") == expected(demo, "en_US")


def test_export_of_the_list(demo, person, tmp_path):
    """What is on the list can be had as a spreadsheet, row by row."""
    import openpyxl  # noqa: PLC0415

    _customers, lacking = count.missing(demo)
    admin = person()
    admin.open("contact-overview", "kanban")
    admin.card(NAMES["en_US"]).locator(".o_contact_kpi_missing").click()
    admin.arrive("list")
    admin.find(".o_cp_action_menus .dropdown-toggle").first.click()
    with admin.page.expect_download() as download:
        admin.find(".o-dropdown--menu .o_export_all_menu").click()
    download.value.save_as(tmp_path / "list.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").active
    head, *rows = sheet.iter_rows(values_only=True)
    assert head[:3] == ("Customer", "Phone", "Email")
    assert {row[0] for row in rows} == lacking
