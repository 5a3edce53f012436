"""The follow-up: a balance that adds up before the reader, and who is behind it."""

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect
from test_overview import NAMES

WORDS = {
    "en_US": {
        "head": ["Opening", "Opened", "Completed", "Left", "Closing"],
    },
    "pt_BR": {
        "head": ["Saldo inicial", "Novas", "Completado", "Saíram", "Saldo final"],
    },
}


def open_follow_up(somebody):
    """Open the follow-up by the button of the card."""
    somebody.open("contact-overview", "kanban")
    card = somebody.card(NAMES[somebody.language])
    card.locator("button[name=action_follow_up]").click()
    somebody.arrive("pivot")


def months(demo):
    """Return the balance of the last twelve months."""
    first = count.today().replace(day=1)
    first = first.replace(year=first.year - 1, month=first.month % 12 + 1)
    if first.month == 1:
        first = first.replace(year=first.year + 1)
    return count.balance(demo, first)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_balance(demo, person, language):
    rows = months(demo)
    for _month, opening, opened, completed, left, closing in rows:
        assert opening + opened - completed - left == closing
    somebody = person(language=language, size=(1366, 900))
    open_follow_up(somebody)
    somebody.shoot("follow-up-pivot")
    assert somebody.cut_off() == []
    table = somebody.table(".o_pivot table tr")
    assert table[1] == WORDS[language]["head"]
    shown = {row[0]: row[1:] for row in table[2:]}
    for month, *figures in rows:
        assert shown[count.month(month, language)] == list(map(str, figures))
    # Over the year: the first opening, what came and went, the last closing.
    whole = [rows[0][1], *(sum(row[n] for row in rows) for n in (2, 3, 4)), rows[-1][5]]
    assert shown["Total"] == list(map(str, whole))

    somebody.switch("graph")
    (series,) = somebody.chart()["series"]
    somebody.shoot("follow-up-graph")
    done = {count.month(row[0], language): row[3] for row in rows}
    labels = somebody.chart()["labels"]
    assert dict(zip(labels, series["data"], strict=True)) == {
        label: done[label] for label in labels
    }
    assert sum(series["data"]) == whole[2]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_customers_behind_a_cell(demo, person, language):
    rows = months(demo)
    month, opening, opened, *_rest = rows[-2]
    somebody = person(language=language)
    open_follow_up(somebody)
    line = somebody.find(".o_pivot tbody tr", has_text=count.month(month, language))
    line.locator(".o_pivot_cell_value").first.click()
    somebody.arrive("list")
    somebody.shoot("follow-up-list")
    # Those of a month: there when it began, or since.
    expect(somebody.find(".o_data_row")).to_have_count(opening + opened)
    end = count.month_end(month)
    touched = {
        gap.partner
        for gap in count.gaps(demo)
        if gap.opened_on <= end and (not gap.closed_on or gap.closed_on >= month)
    }
    names = demo.rows("SELECT name FROM res_partner WHERE id = ANY(%s)", list(touched))
    shown = somebody.find(".o_data_row td[name=partner_id]").all_inner_texts()
    assert set(filter(None, shown)) == {name for (name,) in names}
    assert somebody.cut_off() == []
