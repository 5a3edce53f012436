"""Two days side by side: the table, and where the change comes from."""

from collections import defaultdict

import count
import pytest
from people import LANGUAGES
from playwright.sync_api import expect

WORDS = {
    "en_US": {
        "kinds": {True: "Companies", False: "Persons"},
        "chosen": "A chosen day",
        "summary": "From {} to {} the missing rate went from {}% to {}%: {} points. "
        "{} points come from the mix of customers, {} from the rates inside the "
        "segments.",
    },
    "pt_BR": {
        "kinds": {True: "Empresas", False: "Pessoas"},
        "chosen": "Um dia escolhido",
        "summary": "De {} a {} a taxa foi de {}% para {}%: {} p.p. Da composição dos "
        "clientes vêm {} p.p.; das taxas dentro dos segmentos, {}.",
    },
}
FACTS = f"""
    SELECT date, is_company, sum(customers - unclassified), sum(missing)
      FROM {count.FACTS}
     WHERE indicator_id = (SELECT id FROM contact_kpi WHERE code = 'no_contact')
     GROUP BY 1, 2
"""


def signed(points, language):
    text = count.number(points, language, 2)
    return text if text.startswith("-") else f"+{text}"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_two_days(demo, carla, language):
    """A sales administrator compares this month with the one before, then a day."""
    words = WORDS[language]
    days = defaultdict(dict)
    for day, kind, customers, missing in demo.rows(FACTS):
        days[day][kind] = (int(customers), int(missing))
    later = max(days)
    earlier = max(day for day in days if day < later.replace(day=1))
    somebody = carla(language)
    somebody.open("action-contact_kpi.contact_kpi_comparison_action", "form")
    check(somebody, words, days, earlier, later)
    somebody.shoot("comparison")
    assert somebody.cut_off() == []

    chosen = sorted(days)[len(days) // 2]
    somebody.find(
        ".o_field_widget[name=baseline] label", has_text=words["chosen"]
    ).click()
    field = somebody.find(".o_field_widget[name=baseline_until]")
    field.locator("input, button").first.click()
    field.locator("input").fill(count.short(chosen, language))
    field.locator("input").press("Enter")
    sentence = somebody.find(".o_field_widget[name=summary]")
    expect(sentence).to_contain_text(count.short(chosen, language))
    check(somebody, words, days, chosen, later)
    somebody.shoot("comparison-chosen-day")


def check(somebody, words, days, earlier, later):
    """Check the table and the sentence above it against the facts of both days."""
    language = somebody.language
    before, after = days[earlier], days[later]
    whole = [sum(figures[0] for figures in side.values()) for side in (before, after)]
    lacking = [sum(figures[1] for figures in side.values()) for side in (before, after)]
    rates = [
        missing / customers for missing, customers in zip(lacking, whole, strict=True)
    ]
    lines, effects = {}, [0.0, 0.0]
    for kind in {**before, **after}:
        old, new = before.get(kind), after.get(kind)
        assert old, "a segment of one day only: work it by hand here"
        assert new, "a segment of one day only: work it by hand here"
        shares = old[0] / whole[0], new[0] / whole[1]
        own = old[1] / old[0], new[1] / new[0]
        # Bennet: what each change explains, at the mean of the other. Against the
        # mean of both days' wholes, so that the shares' changes add up by themselves.
        level = sum(rates) / 2
        mix = 100 * (shares[1] - shares[0]) * ((own[0] + own[1]) / 2 - level)
        rate = 100 * (own[1] - own[0]) * (shares[0] + shares[1]) / 2
        effects = [effects[0] + mix, effects[1] + rate]
        lines[words["kinds"][kind]] = [
            *(str(old[0]), str(old[1]), count.percent(own[0], language)),
            *(str(new[0]), str(new[1]), count.percent(own[1], language)),
            count.number(mix, language, 2),
            count.number(rate, language, 2),
        ]
    table = somebody.table(".o_field_widget[name=line_ids] .o_data_row")
    assert {row[0]: row[1:9] for row in table} == lines
    total = 100 * (rates[1] - rates[0])
    assert sum(effects) == pytest.approx(total)
    summary = words["summary"].format(
        *(count.short(day, language) for day in (earlier, later)),
        *(count.number(100 * rate, language, 2) for rate in rates),
        *(signed(points, language) for points in (total, *effects)),
    )
    assert somebody.read(".o_field_widget[name=summary]") == summary
