"""Market data in the venue's shapes: books, touches, trades, contexts.

Owns the decimal texts of prices, sizes and rates. Integers carry at least one fractional digit, as
the venue's do; nothing here is ever NaN or an exponent. Source: hyperliquid-protocol.md 1, 10, 11.2.
"""

import math

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size, UsdMicro, format_venue
from mmtui.venues.exchange.matching import MatchingBook
from mmtui.venues.exchange.records import MarketContext, PublicTrade

LEVELS = 20
FAST_LEVELS = 5
ALL_LEVELS = 1_000_000
RATE_DECIMALS = 10
BACKGROUND_ADDRESS = "0x" + "0" * 40

Row = dict[str, object]
_NO_CONTEXT: Row = {
    "funding": "0.0",
    "openInterest": "0.0",
    "prevDayPx": "0.0",
    "dayNtlVlm": "0.0",
    "premium": None,
    "oraclePx": "0.0",
    "markPx": "0.0",
    "midPx": None,
    "impactPxs": None,
    "dayBaseVlm": "0.0",
}
BookRow = tuple[Price, Size, int]


def decimal_text(value: float, decimals: int) -> str:
    """A finite float as plain decimal text with at most ``decimals`` digits and at least one."""
    if not math.isfinite(value):
        raise ValueError(f"no decimal text for {value}")
    text = f"{value:.{max(1, decimals)}f}".rstrip("0")
    text = text + "0" if text.endswith(".") else text
    return "0.0" if text == "-0.0" else text


def money(amount_micro: UsdMicro) -> str:
    """Micro-units of collateral as text."""
    return format_venue(amount_micro, 6)


def level(instrument: Instrument, row: BookRow) -> Row:
    """One book level."""
    return {
        "px": format_venue(row[0], instrument.price_decimals),
        "sz": format_venue(row[1], instrument.size_decimals),
        "n": row[2],
    }


def book(
    instrument: Instrument,
    source: MatchingBook,
    time_ms: int,
    *,
    depth: int = LEVELS,
    figures: int | None = None,
    mantissa: int | None = None,
) -> Row:
    """A book snapshot; with ``figures`` its levels are merged to that many significant figures."""
    bids = source.levels(Side.BUY, depth if figures is None else ALL_LEVELS)
    asks = source.levels(Side.SELL, depth if figures is None else ALL_LEVELS)
    spread = format_venue(asks[0][0] - bids[0][0], instrument.price_decimals) if bids and asks else "0.0"
    if figures is not None:
        bids = _merged(bids, figures, mantissa or 1, up=False)[:depth]
        asks = _merged(asks, figures, mantissa or 1, up=True)[:depth]
    levels = [[level(instrument, row) for row in rows] for rows in (bids, asks)]
    snapshot: Row = {"coin": instrument.coin, "time": time_ms, "levels": levels}
    return snapshot if figures is None else snapshot | {"spread": spread}


def touch(instrument: Instrument, source: MatchingBook, time_ms: int) -> Row:
    """The best bid and ask, each null when its side is empty."""
    rows = [source.levels(side, 1) for side in (Side.BUY, Side.SELL)]
    best = [level(instrument, side[0]) if side else None for side in rows]
    return {"coin": instrument.coin, "time": time_ms, "bbo": best}


def mid(instrument: Instrument, source: MatchingBook, last: Price | None) -> str | None:
    """Mean of the best prices, the last trade's price when a side is empty, or None."""
    bid, ask = source.best(Side.BUY), source.best(Side.SELL)
    if bid is None or ask is None:
        return None if last is None else format_venue(last, instrument.price_decimals)
    return format_venue((bid + ask) * 5, instrument.price_decimals + 1)


def trade(instrument: Instrument, row: PublicTrade) -> Row:
    """One public print; background traders share one address."""
    return {
        "coin": row.coin,
        "side": row.side.wire,
        "px": format_venue(row.price, instrument.price_decimals),
        "sz": format_venue(row.size, instrument.size_decimals),
        "time": row.time_ms,
        "hash": row.hash,
        "tid": row.tid,
        "users": [row.buyer or BACKGROUND_ADDRESS, row.seller or BACKGROUND_ADDRESS],
    }


def context(instrument: Instrument, row: MarketContext | None) -> Row:
    """The slow facts of a contract; zeros and nulls for one that does not trade."""
    if row is None:
        return dict(_NO_CONTEXT)
    places = instrument.price_decimals + 1
    impacts = [_price_text(price, places) for price in (row.impact_bid, row.impact_ask)]
    return {
        "funding": decimal_text(row.funding_rate, RATE_DECIMALS),
        "openInterest": format_venue(row.open_interest, instrument.size_decimals),
        "prevDayPx": decimal_text(row.previous_day_price, places),
        "dayNtlVlm": money(row.day_notional_micro),
        "premium": _price_text(row.premium, RATE_DECIMALS),
        "oraclePx": decimal_text(row.oracle, places),
        "markPx": decimal_text(row.mark, places),
        "midPx": _price_text(row.mid, places),
        "impactPxs": None if None in impacts else impacts,
        "dayBaseVlm": format_venue(row.day_size, instrument.size_decimals),
    }


def _price_text(value: float | None, decimals: int) -> str | None:
    return None if value is None else decimal_text(value, decimals)


def _merged(rows: list[BookRow], figures: int, mantissa: int, *, up: bool) -> list[BookRow]:
    merged: list[BookRow] = []
    for price, size, count in rows:
        step = int(max(1, 10 ** (len(str(price)) - figures) * mantissa)) if len(str(price)) > figures else 1
        bucket = price + -price % step if up else price - price % step
        if merged and merged[-1][0] == bucket:
            last = merged[-1]
            merged[-1] = (bucket, last[1] + size, last[2] + count)
        else:
            merged.append((bucket, size, count))
    return merged
