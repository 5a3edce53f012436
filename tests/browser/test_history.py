"""Configuration > Contact Indicators: where the past comes from, and the runs."""

from datetime import timedelta

import count
import pytest
from people import LANGUAGES
from test_overview import NAMES

KPI = "(SELECT id FROM contact_kpi WHERE code = 'no_contact')"
HEADS = {
    "en_US": ["Indicator", "Status", "Progress", "Rebuilt Since", "Observed Since"]
    + ["Customers Looked At", "Gaps Rebuilt", "Unknown Customers"],
    "pt_BR": ["Indicador", "Status", "Progresso", "Reconstruído desde"]
    + ["Observado desde", "Clientes analisados", "Reconstruídas"]
    + ["Clientes desconhecidos"],
}
STATES = {
    "en_US": {"done": "Final", "provisional": "Provisional"},
    "pt_BR": {"done": "Definitivo", "provisional": "Provisório"},
}
DONE = {"en_US": "Done", "pt_BR": "Concluído"}


def words(cells):
    return [word for word in cells if word]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_history(demo, carla, language):
    """The demo has written its past itself: nothing was left to be rebuilt."""
    somebody = carla(language)
    somebody.open("action-contact_kpi.contact_kpi_history_action", "list")
    somebody.shoot("history-list")
    assert somebody.cut_off() == []
    (head,) = somebody.table("thead tr")
    (row,) = [row for row in somebody.table(".o_data_row") if NAMES[language] in row]
    assert words(head) == HEADS[language]
    observed = demo.value(
        f"""
        SELECT min(evaluated_at) FROM contact_kpi_run
         WHERE indicator_id = {KPI} AND origin = 'observed'
        """
    )
    since = count.short(count.here(observed).date(), language)
    assert words(row)[:3] == [NAMES[language], DONE[language], "100%"]
    assert words(row)[3].startswith(since)
    assert words(row)[4:7] == ["0", "0", "0"]
    named = somebody.find(".o_data_row", has_text=NAMES[language])
    named.locator("td[name=indicator_id]").click()
    somebody.arrive("form")
    somebody.shoot("history-form")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_runs(demo, carla, language):
    """The log that an administrator reads: a line per day, with its figures."""
    ledger = count.gaps(demo)
    facts = {}
    for day, _user, customers, _missing in demo.rows(count.SNAPSHOTS, "no_contact"):
        facts[day] = facts.get(day, 0) + customers
    expected = []
    today = count.today()
    for day in (today - timedelta(age) for age in range(1, 30)):
        missing = sum(gap.is_open(day) for gap in ledger)
        closed = [gap.reason for gap in ledger if gap.closed_on == day]
        expected.append(
            [
                count.short(day, language),
                NAMES[language],
                STATES[language]["done"],
                str(facts[day]),
                str(missing),
                count.percent(missing / facts[day], language),
                str(sum(gap.opened_on == day for gap in ledger)),
                str(closed.count("completed")),
                str(len(closed) - closed.count("completed")),
            ]
        )
    somebody = carla(language)
    somebody.open("action-contact_kpi.contact_kpi_run_action", "list")
    somebody.shoot("runs")
    assert somebody.cut_off() == []
    rows = [words(row) for row in somebody.table(".o_data_row")]
    rows = [row for row in rows if NAMES[language] in row]
    assert rows[0][2] == STATES[language]["provisional"]
    assert [row[:9] for row in rows[1:30]] == expected
