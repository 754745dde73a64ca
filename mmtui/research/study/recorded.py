"""One contender on one recording, through the engine and the local exchange, with everything worth telling of it.

The recording's prints and books are the market; own orders wait in its queues and change nothing in it. Owns
what is a fault of such a session, so that a study cannot pass over one.
"""

from collections import Counter
from pathlib import Path

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.parameters import Value
from mmtui.domain.pnl import Attribution
from mmtui.domain.queue_view import QueueView
from mmtui.domain.records import FillBooked
from mmtui.domain.view import EngineView, Mode
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import START_MS, SimulatedSession
from mmtui.research.study.after_fills import HORIZONS_S, Struck, Worth, struck, worth
from mmtui.research.study.clamps import ClampTimes
from mmtui.research.study.contenders import contender_settings
from mmtui.research.study.ranges import OWN_FILLS, Range, Watched, percentile
from mmtui.research.study.trial import STEP_S, Samples, exact_attribution, requests_of
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.recorded import RecordedMarket
from mmtui.venues.exchange.markets.recording_rows import recorded_coins

VIEW_STEPS = 20
SETTLE_S = 5.0


class Play(msgspec.Struct, frozen=True):
    """One recording to play with one contender; ``span_s`` is how long the recording lasts."""

    contender: str
    path: Path
    span_s: float
    common: dict[str, Value] = {}
    is_quoting_due: bool = True


class Moment(msgspec.Struct, frozen=True):
    """The picture in numbers, for a chart. Spreads bps, money USD, inventory as a share of the limit."""

    at_s: float
    mid: float
    sigma: float
    kappa_bid: float
    kappa_ask: float
    market_bps: float | None
    quoted_bps: float | None
    inventory: float
    total: float
    spread_capture: float
    adverse: float
    inventory_usd: float
    fees: float


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a play. Spreads are (median, 95th percentile) over time in bps; ``modes`` shares of time."""

    name: str
    contender: str
    common: dict[str, Value]
    coin: str
    span_s: float
    warm_after_s: float | None
    ranges: tuple[Range, ...]
    clamps: dict[str, float]
    market_bps: tuple[float, float]
    quoted_bps: tuple[float, float] | None
    uptime: float
    modes: dict[str, float]
    ended_in: str
    fills: int
    volume_usd: float
    requests: int
    worths: tuple[Worth, ...]
    pnl: Attribution
    queue: QueueView
    faults: tuple[str, ...]
    moments: tuple[Moment, ...]


def open_recording(play: Play) -> SimulatedSession:
    """A session on the recording's first coin; raises ConfigError for a file that cannot be played."""
    coin, size_decimals = next(iter(recorded_coins(play.path).items()))
    listing = default_listing()
    if listing.instrument(coin) is None:
        listing = listing.with_instrument(coin, size_decimals=size_decimals)
    instrument = listing.instrument(coin)
    assert instrument is not None, "the coin was just listed"
    exchange = Exchange(listing_for(listing, [instrument]), [RecordedMarket(instrument, play.path)], start_ms=START_MS)
    options = EngineOptions(run=1, log_level=LogLevel.ERROR)
    return SimulatedSession(exchange, coin, contender_settings(play.contender, coin, play.common), options=options)


def run_play(play: Play) -> Played:
    """Plays the recording once; raises InvariantError where the causes of the P&L do not sum to it."""
    session = open_recording(play)
    film = _Film(session)
    for number in range(round(play.span_s / STEP_S)):
        session.run(STEP_S)
        film.step(number)
    return film.summary(play)


class _Film:
    """Everything noted while a session runs."""

    def __init__(self, session: SimulatedSession) -> None:
        self._session = session
        self._samples = Samples(session)
        self._watched = Watched()
        self._clamps = ClampTimes()
        self._modes: Counter[str] = Counter()
        self._moments: list[Moment] = []
        self._warm_after_s: float | None = None

    def step(self, number: int) -> None:
        self._samples.step(number)
        if number % VIEW_STEPS:
            return
        view = self._session.view
        self._modes[view.mode.value] += 1
        if self._warm_after_s is None and all(seen >= needed for _, seen, needed in view.warmup.parts):
            self._warm_after_s = self._elapsed_s
        if not view.estimates:
            return
        self._watched.see(view.estimates)
        self._clamps.see(view)
        self._moments.append(_moment(view, self._elapsed_s))

    @property
    def _elapsed_s(self) -> float:
        return (self._session.now_ms - START_MS) / 1000.0

    def summary(self, play: Play) -> Played:
        session, path = self._session, self._samples.path
        state = session.engine.state
        now = session.now_ms / 1000.0
        hits = struck((row for row in session.rows if isinstance(row, FillBooked)), path, state.instrument)
        judged = [worth(hits, path, now, horizon_s) for horizon_s in HORIZONS_S]
        view = session.view
        counted = max(1, sum(self._modes.values()))
        quoted = sorted(one.quoted_bps for one in self._moments if one.quoted_bps is not None)
        market = sorted(one.market_bps for one in self._moments if one.market_bps is not None)
        return Played(
            name=play.path.name.removesuffix(".jsonl.gz"),
            contender=play.contender,
            common=play.common,
            coin=state.instrument.coin,
            span_s=play.span_s,
            warm_after_s=self._warm_after_s,
            ranges=self._watched.ranges(),
            clamps=self._clamps.shares(),
            market_bps=(percentile(market, 0.5), percentile(market, 0.95)),
            quoted_bps=(percentile(quoted, 0.5), percentile(quoted, 0.95)) if quoted else None,
            uptime=view.quote_uptime,
            modes={mode: count / counted for mode, count in self._modes.items()},
            ended_in=f"KILLED ({session.latches[0].reason})" if session.latches else view.mode.value,
            fills=len(hits),
            volume_usd=state.tape.turnover / 1e6,
            requests=requests_of(session.sends),
            worths=tuple(one for one in judged if one is not None),
            pnl=exact_attribution(session),
            queue=view.queue,
            faults=tuple(self._faults(play, hits, now)),
            moments=tuple(self._moments),
        )

    def _faults(self, play: Play, hits: list[Struck], now: float) -> list[str]:
        sides = dict(zip(OWN_FILLS, (Side.BUY, Side.SELL), strict=True))
        horizon_s = self._session.engine.state.settings.number("estimators.adverse_horizon_s") + SETTLE_S
        taught = {
            name: sum(hit.side is side and hit.at + horizon_s < now for hit in hits) for name, side in sides.items()
        }
        if self._session.latches:
            # A kill ends all learning; that it was due is the tests' business, that it happened is told.
            return [f"{name} was not a number" for name in self._watched.broken]
        found = self._watched.faults(taught)
        if self._warm_after_s is None:
            found.append("warm-up never ended")
        if play.is_quoting_due and Mode.QUOTING.value not in self._modes:
            found.append("the gate stayed closed: it never quoted")
        return found


def _moment(view: EngineView, at_s: float) -> Moment:
    named = {row.name: row.value for row in view.estimates}
    pnl = view.pnl
    return Moment(
        at_s=at_s,
        mid=view.ladder.mid or 0.0,
        sigma=named["sigma"],
        kappa_bid=named["kappa_bid"],
        kappa_ask=named["kappa_ask"],
        market_bps=view.ladder.spread_bps,
        quoted_bps=view.ladder.quoted_spread_bps,
        inventory=view.position.utilisation * (1.0 if view.position.size >= 0.0 else -1.0),
        total=pnl.total,
        spread_capture=pnl.spread_capture,
        adverse=pnl.adverse_selection,
        inventory_usd=pnl.inventory,
        fees=pnl.fees,
    )
