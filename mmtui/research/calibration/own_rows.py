"""Own fills of a recording made by this program: resting orders of ours that were filled.

Owns nothing but their reading. A recording of public data holds none. Fills that a subscription repeats from the
past, and those in which we were the taker, are left out.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmtui.domain.instrument import Side
from mmtui.venues.exchange.markets.recording_rows import numbered_lines
from mmtui.venues.exchange.markets.recording_wire import ROW

PRICE_USD_MAX = 1e12


class OwnRow(msgspec.Struct, frozen=True, gc=False):
    """A fill of a resting order of ours; ``ts_ms`` is when it was received."""

    ts_ms: int
    venue_time_ms: int
    side: Side
    price: float
    size: float


class _WireFill(msgspec.Struct):
    coin: str
    px: str
    sz: str
    side: str
    time: int
    crossed: bool = False


class _WireFills(msgspec.Struct, rename="camel"):
    fills: list[_WireFill]
    is_snapshot: bool = False


_FILLS = msgspec.json.Decoder(_WireFills)


def own_rows(path: Path, coin: str) -> Iterator[OwnRow]:
    """Fills in file order; a message that is none is passed over, lines that cannot be read are left to the reader."""
    for _, line in numbered_lines(path):
        if b'"userFills"' not in line:
            continue
        try:
            row = ROW.decode(line)
            told = _FILLS.decode(row.msg.data) if row.msg.channel == "userFills" else None
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
        if told is None or told.is_snapshot:
            continue
        for fill in told.fills:
            known = _row(row.ts, fill) if fill.coin == coin and not fill.crossed else None
            if known is not None:
                yield known


def _row(ts_ms: int, fill: _WireFill) -> OwnRow | None:
    try:
        price, size = float(fill.px), float(fill.sz)
    except ValueError:
        return None
    if not (0.0 < price <= PRICE_USD_MAX and 0.0 < size <= PRICE_USD_MAX and fill.side in ("A", "B")):
        return None
    return OwnRow(ts_ms, fill.time, Side.BUY if fill.side == "B" else Side.SELL, price, size)
