# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mix and rate effects: a table worked by hand, and a second definition as the oracle.

The oracle changes one thing at a time, the shares first or the rates first, and
takes the mean of both orders, in exact fractions.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_kpi.tools.mix_effect import Side, decompose

SIDE = st.integers(0, 40).flatmap(
    lambda customers: st.builds(Side, st.just(customers), st.integers(0, customers))
)
SIDES = st.dictionaries(st.sampled_from("abcde"), SIDE)


def whole(sides):
    customers = sum(side.customers for side in sides.values())
    return customers, sum(side.missing for side in sides.values())


def one_at_a_time(before, after):
    """The mix and the rate effect of all segments, as exact fractions."""
    (n_before, _), (n_after, _) = whole(before), whole(after)
    shares, rates = [], []
    for segment in before.keys() | after.keys():
        old, new = before.get(segment), after.get(segment)
        known = [s for s in (old, new) if s and s.customers]
        if known:
            shares.append(
                [
                    Fraction(side.customers if side else 0, n)
                    for side, n in ((old, n_before), (new, n_after))
                ]
            )
            rates.append(
                [Fraction(s.missing, s.customers) for s in (known[0], known[-1])]
            )

    def total(share_at, rate_at):
        pairs = zip(shares, rates, strict=True)
        return sum(w[share_at] * r[rate_at] for w, r in pairs)

    mix = (total(1, 0) - total(0, 0) + total(1, 1) - total(0, 1)) / 2
    rate = (total(0, 1) - total(0, 0) + total(1, 1) - total(1, 0)) / 2
    return mix, rate


def test_worked_by_hand():
    # The whole goes from 20 % (20 of 100) to 26 % (39 of 150).
    before = {"company": Side(80, 8), "person": Side(20, 12)}
    after = {"company": Side(90, 9), "person": Side(60, 30)}
    effects = decompose(before, after)
    # Companies keep their 10 %, but fall from 80 % to 60 % of all, and lie below the
    # mean of 20 % and 26 %: -0.2 * (0.10 - 0.23). Persons double their share to 40 %
    # at a mean rate of 55 %, while their rate falls by a tenth at a mean share of 30 %.
    assert effects["company"] == pytest.approx((0.026, 0))
    assert effects["person"] == pytest.approx((0.064, -0.03))
    assert sum(sum(effect) for effect in effects.values()) == pytest.approx(0.06)


def test_who_came_or_went_is_mix():
    effects = decompose(
        {"stayed": Side(10, 5), "went": Side(10, 0)},
        {"stayed": Side(10, 5), "came": Side(30, 30)},
    )
    assert [key for key, effect in effects.items() if effect.rate] == []
    assert sum(effect.mix for effect in effects.values()) == pytest.approx(
        35 / 40 - 5 / 20
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, {}), ({"a": Side(0, 0)}, {"a": Side(1, 1)}), ({"a": Side(1, 1)}, {})],
)
def test_nobody_at_one_of_the_dates(before, after):
    assert decompose(before, after) is None


@given(SIDES, SIDES)
def test_as_changing_one_thing_at_a_time(before, after):
    effects = decompose(before, after)
    (n_before, m_before), (n_after, m_after) = whole(before), whole(after)
    if not n_before or not n_after:
        assert effects is None
        return
    mix, rate = one_at_a_time(before, after)
    assert effects.keys() == before.keys() | after.keys()
    assert sum(e.mix for e in effects.values()) == pytest.approx(float(mix), abs=1e-9)
    assert sum(e.rate for e in effects.values()) == pytest.approx(float(rate), abs=1e-9)
    change = Fraction(m_after, n_after) - Fraction(m_before, n_before)
    assert mix + rate == change
    for segment, effect in effects.items():
        sides = before.get(segment), after.get(segment)
        if not all(side and side.customers for side in sides):
            assert effect.rate == 0
        backwards = decompose(after, before)[segment]
        assert backwards == pytest.approx((-effect.mix, -effect.rate), abs=1e-9)


def test_a_segment_without_anybody_contributes_nothing():
    before = {"a": Side(2, 1), "empty": Side(0, 0)}
    assert decompose(before, {"a": Side(2, 2), "empty": Side(0, 0)}) == {
        "a": (0.0, 0.5),
        "empty": (0.0, 0.0),
    }
