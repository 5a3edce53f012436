# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much of a rate's change comes from the mix, how much from the rates. No Odoo."""

from typing import NamedTuple


class Side(NamedTuple):
    """A segment at one date: how many it has, and how many of them lack it."""

    customers: int
    missing: int


class Effect(NamedTuple):
    """What a segment contributes to the change of the whole rate, as fractions."""

    mix: float
    rate: float


NOBODY = Side(0, 0)


def decompose(before, after):
    """Split the change of a rate into mix and rate effects, segment by segment.

    The symmetric decomposition of Bennet: with the share ``w`` and the rate ``r``
    of each segment at both dates,

    - the rate effect is the change of ``r`` at the mean of both shares;
    - the mix effect is the change of ``w`` at the mean of both rates, measured
      from the mean of both whole rates: growing helps where the rate is below it.

    All effects add up to the change of the whole rate. Exchanging the dates
    changes their signs and nothing else. A segment that has nobody at one of the
    dates has no rate there to change: all that it contributes is mix.

    Source: T. L. Bennet, The Theory of Measurement of Changes in Cost of Living,
    Journal of the Royal Statistical Society 83 (1920), 455-462.

    :param before: ``{segment: Side}`` at the earlier date
    :param after: the same at the later date
    :return: ``{segment: Effect}``, for each segment of either date; None when
        nobody is there at one of the dates
    """
    whole_before, whole_after = _whole(before), _whole(after)
    if not whole_before.customers or not whole_after.customers:
        return None
    middle = (_rate(whole_before) + _rate(whole_after)) / 2
    effects = {}
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


def _whole(sides):
    return Side(
        sum(side.customers for side in sides.values()),
        sum(side.missing for side in sides.values()),
    )


def _rate(side):
    return side.missing / side.customers
