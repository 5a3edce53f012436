# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Age classes include their upper bound."""

import pytest

from contact_kpi.tools.age_class import age_class


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (0, "0-7"),
        (7, "0-7"),
        (8, "8-30"),
        (30, "8-30"),
        (31, "31-90"),
        (90, "31-90"),
        (91, "91-365"),
        (365, "91-365"),
        (366, "over"),
    ],
)
def test_age_classes(days, name):
    assert age_class(days) == name
