"""Levels that would meet the touch which the venue has just told us with a refusal are priced behind it.

The refusal is later than our own picture of the book. A level that is moved keeps its reasons: its
distance from the reference follows its price. Fault F23.
"""

import msgspec

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import BPS, Price
from mmtui.strategies.quote import Ladder, Level


def behind_touch(ladder: Ladder, instrument: Instrument, touch: tuple[Price, Price] | None) -> Ladder:
    """The ladder with every level at least one tick behind the touch (bid, ask); unchanged without one."""
    if touch is None:
        return ladder
    bid, ask = touch
    highest = instrument.step_away(Side.BUY, ask)
    lowest = instrument.step_away(Side.SELL, bid)
    if not (highest > 0 and lowest > 0):
        return ladder
    return msgspec.structs.replace(
        ladder,
        bids=tuple(_moved(level, instrument, min(level.price, highest)) for level in ladder.bids),
        asks=tuple(_moved(level, instrument, max(level.price, lowest)) for level in ladder.asks),
    )


def _moved(level: Level, instrument: Instrument, price: Price) -> Level:
    if price == level.price:
        return level
    away = int(level.side) * (1.0 - instrument.price_usd(price) / level.basis.reference) * BPS
    return msgspec.structs.replace(level, price=price, distance_bps=away)
