"""The engine on a recorded market, with fills by the local exchange, seen once a second.

Owns the charge and the loop; deterministic. Our own orders, where the recording knows of any, are taken out first.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import zstandard

from mmtui import __version__
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import Log, LogLevel
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.view import LogLine, SessionView, View
from mmtui.engine.state import EngineOptions
from mmtui.errors import ConfigError
from mmtui.journal.recording import read_recording
from mmtui.research.rehearsal.others import Others
from mmtui.research.simulation import ACCOUNT, SimulatedSession
from mmtui.runtime.logs.lines import Line
from mmtui.strategies.registry import BUILT_IN
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.recorded import RecordedMarket
from mmtui.venues.exchange.markets.recording_rows import recorded_coins

STEP_S = 1.0


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings, oldest first, and the settings to trade them with; ``coin`` empty is the first recorded."""

    paths: tuple[str, ...]
    settings: dict[str, Value]
    sources: dict[str, str]
    coin: str = ""
    balance_usd: float = 100_000.0


def play(charge: Charge, show: Callable[[bytes], None]) -> int:
    """Plays to the end of the recordings; ``show`` takes each picture as JSON. Returns how many there were."""
    with tempfile.TemporaryDirectory(prefix="mmtui-replay-") as folder:
        joined = Path(folder) / "market.jsonl.zst"
        last_ms = _join(charge, joined)
        session = _opened(charge, joined)
        scribe = _Scribe(charge, session)
        encode, count = msgspec.json.Encoder().encode, 0
        while session.now_ms < last_ms and session.finish is None:
            session.run(STEP_S)
            show(encode(scribe.view()))
            count += 1
        return count


def _join(charge: Charge, path: Path) -> int:
    """Writes the market without us; returns the time of its last message."""
    last_ms = 0

    def lines() -> Iterator[bytes]:
        nonlocal last_ms
        for name in charge.paths:
            for row in read_recording(Path(name)):
                last_ms = row.ts
                yield b'{"ts":%d,"msg":%b}\n' % (row.ts, row.msg)

    with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file, closefd=False) as out:
        for line in Others(8).lines(lines()):
            out.write(line)
    return last_ms


def _opened(charge: Charge, path: Path) -> SimulatedSession:
    coins = recorded_coins(path)
    coin = charge.coin or next(iter(coins))
    if coin not in coins:
        raise ConfigError(f"{coin} is not recorded here", remedy=f"choose one of: {', '.join(coins)}")
    listing = default_listing()
    if listing.instrument(coin) is None:
        listing = listing.with_instrument(coin, size_decimals=coins[coin])
    instrument = listing.instrument(coin)
    assert instrument is not None, "the coin was just listed"
    settings = Settings(charge.settings).with_values({"trading.asset": instrument.asset, "trading.dex": instrument.dex})
    if settings.text("strategy.strategy_type") not in BUILT_IN:
        raise ConfigError("only built-in strategies can be replayed", remedy=f"choose one of: {', '.join(BUILT_IN)}")
    market = RecordedMarket(instrument, path)
    exchange = Exchange(
        listing_for(listing, [instrument]), [market], balance_usd=charge.balance_usd, start_ms=_first_ms(path)
    )
    return SimulatedSession(
        exchange, coin, settings, options=EngineOptions(run=1, finish_on_kill=False, log_level=LogLevel.INFO)
    )


def _first_ms(path: Path) -> int:
    return next((row.ts for row in read_recording(path)), 0)


class _Scribe:
    """Makes the whole picture of a session that has no process around it."""

    def __init__(self, charge: Charge, session: SimulatedSession) -> None:
        self._session = session
        self._sources = charge.sources
        self._shown = 0
        self._view = _session_view(session.venue.instrument, session)

    def view(self) -> View:
        """The picture of now, with the log lines since the last one."""
        new = self._session.logs[self._shown :]
        engine = self._session.view
        lines = tuple(_line(log, self._shown + number + 1, engine.at) for number, log in enumerate(new))
        self._shown += len(new)
        return View(session=self._view, engine=engine, log=lines, sources=self._sources)


def _session_view(instrument: Instrument, session: SimulatedSession) -> SessionView:
    return SessionView(
        run_kind="REPLAY",
        network="recorded",
        account=ACCOUNT,
        coin=instrument.coin,
        asset=instrument.asset,
        dex=instrument.dex,
        strategy=session.engine.state.settings.text("strategy.strategy_type"),
        run_id="replayed",
        started_at=session.now_ms / 1000.0,
        price_decimals=instrument.price_decimals,
        size_decimals=instrument.size_decimals,
        collateral=instrument.collateral,
        version=__version__,
    )


def _line(log: Log, seq: int, at: float) -> LogLine:
    line = Line(at=at, level=log.level, target=log.target, message=log.message, code=log.code, fields=log.fields)
    return LogLine(seq=seq, at=at, level=log.level.name, text=line.text)
