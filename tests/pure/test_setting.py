# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which number applies, whatever stands in a system parameter."""

import pytest

from contact_kpi.tools.setting import Setting

PLAIN = Setting("plain", 5)
DAYS = Setting("days", 400, least=31, most=36500, unreadable=0)
LOOSE = Setting("loose", 5, 2, 100, negative=7, bounded=False)


@pytest.mark.parametrize(
    ("setting", "text", "number"),
    [
        (PLAIN, None, 5),
        (PLAIN, False, 5),
        (PLAIN, "x", 5),
        (PLAIN, "-1", 5),
        (PLAIN, "0", 0),
        (PLAIN, "1", 1),
        (PLAIN, "2147483647", 2147483647),
        (PLAIN, "2147483653", 2147483647),
        (DAYS, "x", 0),
        (DAYS, "-1", 0),
        (DAYS, "1", 31),
        (DAYS, "31", 31),
        (DAYS, "36501", 36500),
        (LOOSE, "-1", 7),
        (LOOSE, "0", 0),
        (LOOSE, "1", 1),
        (LOOSE, "101", 101),
        (LOOSE, "x", 5),
    ],
)
def test_chosen(setting, text, number):
    chosen = setting.chosen(text)
    assert (chosen, type(chosen)) == (number, int)


@pytest.mark.parametrize(
    ("setting", "allowed", "refused"),
    [
        (PLAIN, (0, 1, 2147483647), (-1, 2147483648)),
        (DAYS, (0, 31, 36500), (1, 30, 36501)),
        (LOOSE, (0, 2, 100), (1, 101)),
    ],
)
def test_allowed(setting, allowed, refused):
    assert all(map(setting.allowed, allowed))
    assert not any(map(setting.allowed, refused))
