"""Adverse selection of fills one second on: models.md 7.1."""

import math
from functools import cache

from mmtui.domain.instrument import Side
from mmtui.estimators.adverse.markouts import Markouts
from mmtui.estimators.ewma import EventEwma
from tests.checks.printed import BPS, printed
from tests.checks.values import CheckValue

MIDS = (
    (0.0, 100.00), (0.6, 99.99), (1.0, 100.02), (1.7, 100.00), (2.0, 100.05), (2.9, 100.07), (4.0, 99.97),
    (4.5, 99.99), (5.2, 100.03), (7.0, 100.01), (7.8, 99.98), (9.0, 100.02),
)  # fmt: skip
FILLS = ((0.0, Side.BUY), (1.0, Side.BUY), (2.0, Side.SELL), (4.0, Side.SELL), (7.0, Side.BUY))
FIGURES = ("-2.000000000", "-2.999400120", "1.999000500", "2.000600180", "2.999700030")
ALPHA = 0.1
HORIZON_S = 1.0


@cache
def _cost_bps(place: int) -> float:
    at, side = FILLS[place]
    markouts = Markouts()
    for time, mid in MIDS:
        markouts.observe(time, mid)
        if time == at:
            markouts.on_fill(at, side, 1.0, price=mid, mid=mid, level=None)
    return markouts.reading(side, HORIZON_S).adverse * BPS


def _mean_bps(side: Side) -> float:
    mean = EventEwma(-1.0 / math.log2(1.0 - ALPHA))
    for place, (_, filled) in enumerate(FILLS):
        if filled is side:
            mean.add(_cost_bps(place))
    return mean.mean()


CHECKS: tuple[CheckValue, ...] = (
    *(
        printed("7.1", f"fill at {at:g} s, {side.name.lower()}, bps", figure, lambda place=place: _cost_bps(place))
        for place, ((at, side), figure) in enumerate(zip(FILLS, FIGURES, strict=True))
    ),
    printed("7.1", "mean of the buys, bps", "-0.486996339", lambda: _mean_bps(Side.BUY)),
    printed("7.1", "mean of the sells, bps", "1.999842437", lambda: _mean_bps(Side.SELL)),
)
