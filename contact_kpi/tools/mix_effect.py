# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Decomposition of a rate's change into mix and rate effects. No Odoo."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

Segment = TypeVar("Segment", bound=Hashable)


class Side(NamedTuple):
    """A segment at one date: its customers, and those of them with the gap."""

    customers: int
    missing: int


class Effect(NamedTuple):
    """What a segment contributes to the change of the whole rate, as fractions."""

    mix: float
    rate: float


NOBODY = Side(0, 0)


def decompose(
    before: Mapping[Segment, Side], after: Mapping[Segment, Side]
) -> dict[Segment, Effect] | None:
    """Split the change of a rate into mix and rate effects, segment by segment.

    The symmetric decomposition of Bennet: with the share ``w`` and the rate ``r``
    of each segment at both dates,

    - the rate effect is the change of ``r`` at the mean of both shares;
    - the mix effect is the change of ``w`` at the mean of both rates, measured
      from the mean of both whole rates: growing helps where the rate is below it.

    All effects add up to the change of the whole rate. Exchanging the dates only
    reverses their signs. A segment without customers at one of the dates has no rate
    there: its contribution is all mix.

    Source: T. L. Bennet, The Theory of Measurement of Changes in Cost of Living,
    Journal of the Royal Statistical Society 83 (1920), 455-462.

    :param before: ``{segment: Side}`` at the earlier date
    :param after: the same at the later date
    :return: ``{segment: Effect}``, for each segment of either date; None when one of
        the dates has no customers

    Nothing changes inside the segments, yet the rate rises from 20 to 25 %: it is mix.

    >>> before = {"SP": Side(100, 10), "RJ": Side(100, 30)}
    >>> after = {"SP": Side(50, 5), "RJ": Side(150, 45)}
    >>> for segment, effect in decompose(before, after).items():
    ...     print(f"{segment} {effect.mix:+.3f} {effect.rate:+.3f}")
    SP +0.031 +0.000
    RJ +0.019 +0.000
    >>> decompose({}, after) is None
    True
    """
    whole_before, whole_after = _whole(before), _whole(after)
    if not whole_before.customers or not whole_after.customers:
        return None
    middle = (_rate(whole_before) + _rate(whole_after)) / 2
    effects: dict[Segment, Effect] = {}
    for segment in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(segment, NOBODY), after.get(segment, NOBODY)
        old_share = old.customers / whole_before.customers
        new_share = new.customers / whole_after.customers
        if not old.customers and not new.customers:
            effects[segment] = Effect(0.0, 0.0)
            continue
        old_rate = _rate(old if old.customers else new)
        new_rate = _rate(new if new.customers else old)
        effects[segment] = Effect(
            mix=(new_share - old_share) * ((old_rate + new_rate) / 2 - middle),
            rate=(new_rate - old_rate) * (old_share + new_share) / 2,
        )
    return effects


def _whole(sides: Mapping[Segment, Side]) -> Side:
    return Side(
        sum(side.customers for side in sides.values()),
        sum(side.missing for side in sides.values()),
    )


def _rate(side: Side) -> float:
    return side.missing / side.customers
