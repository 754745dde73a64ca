"""The recorded market without our own orders in it: what everybody else displayed.

Owns which of our orders rested when, by the recorded reports and pictures, and takes their sizes out of books and
touches. Without this a rehearsed quote would queue behind the ghost of the quote that was really there. A touch
that was all ours is left out, since what stood behind it was not displayed; the next book shows it.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from mmtui.domain.view import OrderRow

RESTING = frozenset({"Resting", "PartialFilled", "CancelPending"})
_CHANNEL = re.compile(rb'"channel":\s*"([^"]*)"')


class _Reported(msgspec.Struct):
    side: str
    limitPx: str  # noqa: N815 - the venue's spelling
    sz: str
    oid: int


class _Update(msgspec.Struct):
    order: _Reported
    status: str


class _Level(msgspec.Struct):
    px: str
    sz: str
    n: int = 0


class _Depth(msgspec.Struct):
    coin: str
    time: int
    levels: tuple[list[_Level], list[_Level]]


class _Touch(msgspec.Struct):
    coin: str
    time: int
    bbo: tuple[_Level | None, _Level | None]


class _Shown(msgspec.Struct):
    orders: tuple[OrderRow, ...] = ()


class _Held(msgspec.Struct):
    engine: _Shown


_UPDATES = msgspec.json.Decoder(list[_Update])
_DEPTH = msgspec.json.Decoder(_Depth)
_TOUCH = msgspec.json.Decoder(_Touch)
_PICTURE = msgspec.json.Decoder(_Held)


class _Message(msgspec.Struct):
    channel: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    ts: int
    msg: _Message


_LINE = msgspec.json.Decoder(_Line)


def _sides(book: _Depth) -> Iterator[tuple[int, list[_Level]]]:
    return enumerate(book.levels)


class Others:
    """Takes lines of a recording and gives back those of the market, without us."""

    def __init__(self, size_decimals: int) -> None:
        self._decimals = size_decimals
        self._own: dict[int, tuple[int, float, float]] = {}
        self._has_begun = False

    def lines(self, recorded: Iterable[bytes]) -> Iterator[bytes]:
        """The lines that a market is played from."""
        for line in recorded:
            found = _CHANNEL.search(line[:80])
            channel = found[1] if found else b""
            if channel in (b"trades", b"activeAssetCtx"):
                yield line
            elif channel in (b"l2Book", b"bbo"):
                kept = line if not self._own else self._without_us(line)
                if kept is not None:
                    yield kept
            elif channel == b"orderUpdates":
                self._note(_LINE.decode(line).msg.data)
            elif channel == b"mmtui.picture":
                self._see(_LINE.decode(line).msg.data)

    def _note(self, data: msgspec.Raw) -> None:
        for update in _UPDATES.decode(data):
            order = update.order
            if update.status == "open" and float(order.sz) > 0.0:
                self._own[order.oid] = (0 if order.side == "B" else 1, float(order.limitPx), float(order.sz))
            else:
                self._own.pop(order.oid, None)

    def _see(self, data: msgspec.Raw) -> None:
        """The first picture knows the orders that rested before the stretch began; reports tell of all later ones."""
        if self._has_begun:
            return
        self._has_begun = True
        rows = _PICTURE.decode(data).engine.orders
        self._own |= {
            row.oid: (0 if row.side == "BUY" else 1, row.price, row.size - row.filled)
            for row in rows
            if row.oid is not None and row.state in RESTING and row.size > row.filled
        }

    def _without_us(self, line: bytes) -> bytes | None:
        row = _LINE.decode(line)
        if row.msg.channel == "l2Book":
            book = _DEPTH.decode(row.msg.data)
            bids, asks = (
                [kept for level in levels if (kept := self._left(side, level))] for side, levels in _sides(book)
            )
            changed: _Depth | _Touch = msgspec.structs.replace(book, levels=(bids, asks))
        else:
            touch = _TOUCH.decode(row.msg.data)
            left = [level and self._left(side, level) for side, level in enumerate(touch.bbo)]
            if any(level and not kept for level, kept in zip(touch.bbo, left, strict=True)):
                return None
            changed = msgspec.structs.replace(touch, bbo=(left[0], left[1]))
        message = msgspec.json.encode({"channel": row.msg.channel, "data": changed})
        return b'{"ts":%d,"msg":%b}\n' % (row.ts, message)

    def _left(self, side: int, level: _Level) -> _Level | None:
        price = float(level.px)
        ours = sum(size for place, at, size in self._own.values() if place == side and at == price)
        if not ours:
            return level
        left = round(float(level.sz) - ours, self._decimals)
        return msgspec.structs.replace(level, sz=f"{left:.{self._decimals}f}") if left > 0.0 else None
