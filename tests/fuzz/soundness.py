"""What no parser may let through, whatever it read: a number that is not one, or that cannot be what it says."""

import math
from collections.abc import Iterable

import msgspec

from mmtui.domain.book import AssetContext, Book, Touch, Trade
from mmtui.domain.events import Fill, FundingPayment, OrderReport, Outcome
from mmtui.domain.parameters import PARAMETERS, Settings

PRICE_MAX = 1e15


def sound(value: object) -> None:
    """Asserts it of a domain value and of everything inside it."""
    match value:
        case bool() | None | str() | bytes():
            return
        case float():
            assert math.isfinite(value)
        case int():
            assert abs(value) < 2**80
        case Book():
            for prices, sizes in ((value.bid_prices, value.bid_sizes), (value.ask_prices, value.ask_sizes)):
                assert len(prices) == len(sizes)
                assert all(0.0 < price < PRICE_MAX for price in prices)
                assert all(0.0 <= size < PRICE_MAX for size in sizes)
        case Touch():
            assert all(0.0 < x < PRICE_MAX for x in (value.bid, value.ask))
            assert all(0.0 <= x < PRICE_MAX for x in (value.bid_size, value.ask_size))
        case Trade():
            assert 0.0 < value.price < PRICE_MAX
            assert 0.0 < value.size < PRICE_MAX
        case AssetContext():
            for field in value.__struct_fields__:
                sound(getattr(value, field))
            assert value.mark > 0.0
        case Fill():
            assert value.price > 0
            assert value.size > 0
        case OrderReport():
            assert value.price > 0
            assert value.size >= 0
            assert 0 <= value.filled <= value.size
        case FundingPayment():
            assert math.isfinite(value.rate)
        case Outcome():
            assert value.filled is None or value.filled >= 0
        case Settings():
            settings_sound(value)
        case msgspec.Struct():
            for field in value.__struct_fields__:
                sound(getattr(value, field))
        case dict():
            for inner in value.values():
                sound(inner)
        case Iterable():
            for inner in value:
                sound(inner)


def settings_sound(settings: Settings) -> None:
    """Every setting is of its kind and within its bounds."""
    for row in PARAMETERS:
        value = settings.value(row.key)
        if row.secret:
            assert value is None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            assert row.low <= value <= row.high
