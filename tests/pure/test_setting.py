# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which number applies, whatever stands in a system parameter."""

import pytest

from contact_kpi.tools.setting import Setting

SETTINGS = {
    "plain": Setting("plain", 5),
    "days": Setting("days", 400, least=31, most=36500, unreadable=0),
    "loose": Setting("loose", 5, 2, 100, negative=7, bounded=False),
}


@pytest.mark.parametrize(
    ("setting", "text", "number"),
    [
        ("plain", None, 5),
        ("plain", False, 5),
        ("plain", "x", 5),
        ("plain", "-1", 5),
        ("plain", "0", 0),
        ("plain", "1", 1),
        ("plain", "2147483647", 2147483647),
        ("plain", "2147483653", 2147483647),
        ("days", "x", 0),
        ("days", "-1", 0),
        ("days", "1", 31),
        ("days", "31", 31),
        ("days", "36501", 36500),
        ("loose", "-1", 7),
        ("loose", "0", 0),
        ("loose", "1", 1),
        ("loose", "101", 101),
        ("loose", "x", 5),
    ],
)
def test_chosen(setting, text, number):
    chosen = SETTINGS[setting].chosen(text)
    assert (chosen, type(chosen)) == (number, int)


@pytest.mark.parametrize(
    ("setting", "allowed", "refused"),
    [
        ("plain", (0, 1, 2147483647), (-1, 2147483648)),
        ("days", (0, 31, 36500), (1, 30, 36501)),
        ("loose", (0, 2, 100), (1, 101)),
    ],
)
def test_allowed(setting, allowed, refused):
    assert all(map(SETTINGS[setting].allowed, allowed))
    assert not any(map(SETTINGS[setting].allowed, refused))
