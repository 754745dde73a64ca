"""Rows of a recording, one at a time: ``{"ts": local ms, "msg": venue message}`` in JSON lines.

Owns the file and its decoding (plain, ``.gz`` or ``.zst``); holds one row at a time in memory. Rows of
other coins and channels are passed over. A row that cannot be read is refused with its line number.
"""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import msgspec
import zstandard

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size, UnitError, parse_units
from mmtui.errors import ConfigError
from mmtui.venues.exchange.markets.recording_wire import (
    BOOK,
    COIN,
    CONTEXT,
    ROW,
    TOUCH,
    TRADES,
    Message,
    Row,
    WireFigures,
    WireLevel,
    WireTrade,
)

KNOWN_SIZE_DECIMALS = {"BTC": 5, "ETH": 4, "SOL": 2, "HYPE": 2, "WLFI": 0, "kPEPE": 0}
"""Size decimals of coins whose recorded sizes may all happen to be coarser."""

SURVEY_ROWS = 5_000
TEXTS_REMEMBERED = 50_000
UNITS_MAX = 2**63
_REMEDY = 'give a file of {"ts":…,"msg":{"channel":…,"data":…}} lines, or cut the damaged line out'

LevelRow: TypeAlias = tuple[Price, Size]


class QuoteRow(msgspec.Struct, frozen=True, gc=False):
    """A displayed book, best first; ``is_touch`` when only the best level of each side is known."""

    ts_ms: int
    venue_time_ms: int
    bids: list[LevelRow]
    asks: list[LevelRow]
    is_touch: bool

    @property
    def lag_ms(self) -> int:
        """How much later than the exchange's time the row was received."""
        return max(0, self.ts_ms - self.venue_time_ms)

    @property
    def is_crossed(self) -> bool:
        """Whether bid and ask meet; such a book cannot rest in a matching book."""
        return bool(self.bids) and bool(self.asks) and self.bids[0][0] >= self.asks[0][0]


class PrintRow(msgspec.Struct, frozen=True, gc=False):
    """One recorded trade; ``key`` is the venue's transaction hash, empty when it was not recorded."""

    ts_ms: int
    venue_time_ms: int
    side: Side
    price: Price
    size: Size
    tid: int
    key: str

    @property
    def lag_ms(self) -> int:
        """How much later than the exchange's time the row was received."""
        return max(0, self.ts_ms - self.venue_time_ms)


class ContextRow(msgspec.Struct, frozen=True, gc=False):
    """Recorded mark, oracle, funding and open interest."""

    ts_ms: int
    context: AssetContext


RecordedRow: TypeAlias = QuoteRow | PrintRow | ContextRow


class _Texts(dict[str, int]):
    """Units of each number text met; most texts of a snapshot were in the one before."""

    __slots__ = ("_decimals",)

    def __init__(self, decimals: int) -> None:
        super().__init__()
        self._decimals = decimals

    def __missing__(self, text: str) -> int:
        units = parse_units(text, self._decimals)
        if not 0 < units < UNITS_MAX:
            raise ValueError(f"a price or size is {text}")
        if len(self) >= TEXTS_REMEMBERED:
            self.clear()
        self[text] = units
        return units


class RecordingReader:
    """Reads the rows of one coin, from the beginning each time it is iterated."""

    __slots__ = ("_instrument", "_prices", "_sizes", "path")

    def __init__(self, path: Path, instrument: Instrument) -> None:
        self.path = path
        self._instrument = instrument
        self._prices = _Texts(instrument.price_decimals)
        self._sizes = _Texts(instrument.size_decimals)

    @property
    def coin(self) -> str:
        """The coin read."""
        return self._instrument.coin

    def __iter__(self) -> Iterator[RecordedRow]:
        """Rows in file order; raises ConfigError at the first unreadable one."""
        for number, line in numbered_lines(self.path):
            try:
                rows = self._rows(ROW.decode(line))
            except (msgspec.DecodeError, UnitError, ValueError, RecursionError) as error:
                raise _unreadable(self.path, number, str(error)) from error
            yield from rows

    def _rows(self, row: Row) -> list[RecordedRow]:
        channel, data = row.msg.channel, row.msg.data
        if channel == "trades":
            coin = self._instrument.coin
            return [self._print(row.ts, trade) for trade in TRADES.decode(data) if trade.coin == coin]
        if channel not in ("bbo", "l2Book", "activeAssetCtx"):
            return []
        if COIN.decode(data).coin != self._instrument.coin:
            return []
        if channel == "bbo":
            touch = TOUCH.decode(data)
            bid, ask = touch.bbo
            return [
                QuoteRow(
                    row.ts, touch.time, self._levels([bid] if bid else []), self._levels([ask] if ask else []), True
                )
            ]
        if channel == "l2Book":
            book = BOOK.decode(data)
            bids, asks = book.levels
            return [QuoteRow(row.ts, book.time, self._levels(bids), self._levels(asks), False)]
        return [ContextRow(row.ts, _context(CONTEXT.decode(data).ctx))]

    def _levels(self, levels: list[WireLevel]) -> list[LevelRow]:
        prices, sizes = self._prices, self._sizes
        return [(prices[level.px], sizes[level.sz]) for level in levels]

    def _print(self, ts_ms: int, trade: WireTrade) -> PrintRow:
        if trade.side not in ("A", "B"):
            raise ValueError(f"side is {trade.side!r}, not A or B")
        side = Side.BUY if trade.side == "B" else Side.SELL
        price, size = self._prices[trade.px], self._sizes[trade.sz]
        return PrintRow(ts_ms, trade.time, side, price, size, trade.tid, trade.hash)


def recorded_coins(path: Path) -> dict[str, int]:
    """Coins of a recording and the size decimals of each.

    Known coins come from a table, others from the finest size in the whole file. When every coin
    of the first SURVEY_ROWS rows is known the rest of the file is not read. Raises ConfigError.
    """
    found: dict[str, int] = {}
    for number, line in numbered_lines(path):
        if number > SURVEY_ROWS and found and all(_known(coin) is not None for coin in found):
            break
        try:
            for coin, decimals in _sizes(ROW.decode(line).msg):
                found[coin] = max(found.get(coin, 0), decimals)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise _unreadable(path, number, str(error)) from error
    if not found:
        raise ConfigError(f"{path.name} holds no book, bbo or trades", remedy=_REMEDY)
    return {coin: finest if (known := _known(coin)) is None else known for coin, finest in found.items()}


def _known(coin: str) -> int | None:
    return KNOWN_SIZE_DECIMALS.get(coin.rpartition(":")[2])


def _sizes(message: Message) -> Iterator[tuple[str, int]]:
    """Coin and number of decimals of each size in a message."""
    if message.channel == "trades":
        for trade in TRADES.decode(message.data):
            yield trade.coin, _decimals(trade.sz)
    elif message.channel == "l2Book":
        book = BOOK.decode(message.data)
        for side in book.levels:
            yield book.coin, max((_decimals(level.sz) for level in side), default=0)
    elif message.channel == "bbo":
        touch = TOUCH.decode(message.data)
        for level in touch.bbo:
            yield touch.coin, _decimals(level.sz) if level else 0


def _decimals(text: str) -> int:
    return len(text.partition(".")[2].rstrip("0"))


def _context(figures: WireFigures) -> AssetContext:
    mark, oracle = float(figures.markPx), float(figures.oraclePx)
    funding, interest = float(figures.funding), float(figures.openInterest)
    if not (0.0 < mark < 1e12 and 0.0 < oracle < 1e12 and -1.0 < funding < 1.0 and 0.0 <= interest < 1e15):
        raise ValueError("a mark, oracle, funding or open interest is out of range")
    return AssetContext(mark, oracle, funding, interest)


def _unreadable(path: Path, number: int, why: str) -> ConfigError:
    return ConfigError(f"{path.name} line {number} is not a recorded message: {why}", remedy=_REMEDY)


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered non-empty lines; a file that cannot be opened or decompressed raises ConfigError."""
    number = 0
    try:
        with contextlib.ExitStack() as stack:
            for line in _open(path, stack):
                number += 1
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ConfigError(
            f"{path.name} cannot be read after line {number}: {error}", remedy="check the path and the file"
        ) from error


def _open(path: Path, stack: contextlib.ExitStack) -> BinaryIO:
    raw = stack.enter_context(path.open("rb"))
    if path.suffix == ".gz":
        return cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=raw)))  # GzipFile is not typed as BinaryIO
    if path.suffix == ".zst":
        reader = stack.enter_context(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
        return cast(BinaryIO, stack.enter_context(io.BufferedReader(cast(io.RawIOBase, reader))))
    return raw
