# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The order of an aspect's answers decides, not that of the alphabet."""

import pytest

from contact_kpi.tools.aspect import Aspect

SIZE = Aspect("size", "phone", "own", "family", ("tall", "mid", "low"), str)


@pytest.mark.parametrize(
    ("contacts", "best", "rank"),
    [
        ([], None, 0),
        (["tall"], "tall", 1),
        (["low"], "low", 3),
        (["low", "tall"], "tall", 1),
        (["low", "mid", "low"], "mid", 2),
    ],
)
def test_best_and_rank(contacts, best, rank):
    assert (SIZE.best(contacts), SIZE.rank(contacts)) == (best, rank)


@pytest.mark.parametrize(
    ("answers", "best"),
    [
        ([], None),
        ([None, "huge"], None),
        (["low", None, "tall"], "tall"),
        (iter(["low", "huge", "mid"]), "mid"),
    ],
)
def test_best_of_stored_answers(answers, best):
    assert SIZE.best_of(answers) == best


def test_a_version_changes_the_signature():
    assert SIZE.version == ""
    assert SIZE.signature == "size"
    assert SIZE._replace(version="2").signature == "size:2"
