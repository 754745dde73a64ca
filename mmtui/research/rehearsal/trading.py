"""One rehearsal: the engine trades a recorded stretch against the local exchange, and what came of it in figures.

Both runs of a comparison are this function with other changes: same market without us, same starting inventory,
same learned estimators, same latency; until the stretch begins the engine looks and does not quote. Deterministic.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from mmtui.domain.commands import CommandStatus, SetParameters, Verb
from mmtui.domain.consultations import RehearsedRow
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import LogLevel
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.records import FillBooked
from mmtui.domain.view import PnlView
from mmtui.engine.state import EngineOptions
from mmtui.errors import ConfigError
from mmtui.estimators.memory import PanelMemory
from mmtui.research.simulation import ACCOUNT, SimulatedSession
from mmtui.research.study.trial import requests_of
from mmtui.strategies.registry import BUILT_IN
from mmtui.venues.exchange.direct import Latency
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.recorded import RecordedMarket

STEP_S = 1.0
MARGIN_USD = 1_000.0
CHANGE_ID = "rehearsal"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What both runs share. ``market`` is a recording without our own orders; ``position`` in base units.

    ``lead_s`` of the recording pass before the stretch of ``span_s``; ``round_trip_ms`` is that of an order.
    """

    market: str
    instrument: Instrument
    settings: dict[str, Value]
    start_ms: int
    lead_s: float
    span_s: float
    position: float = 0.0
    equity_usd: float = 100_000.0
    round_trip_ms: float = 120.0
    panel: PanelMemory | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one run over the stretch; money USD, sizes base units, None where there is nothing to divide by.

    ``stood_idle`` is why, where it did not quote for half of the time or more.
    """

    fills: int
    volume_usd: float
    pnl: PnlView
    spread_bps: float | None
    both_sides: float
    inventory_deviation: float
    position_max: float
    adverse_bps: float | None
    requests: int
    stood_idle: str = ""


def trade(setting: Setting, changes: dict[str, Value], passed: Callable[[float], None]) -> Figures:
    """Trades the stretch; ``passed`` hears of the seconds played. Raises ConfigError for changes that are refused."""
    session = _opened(setting)
    session.act(Verb.PAUSE)
    _play(session, setting.lead_s, passed)
    if changes:
        session.command(SetParameters(id=CHANGE_ID, by=CHANGE_ID, changes=changes))
        answer = next((one for one in session.answers if one.id == CHANGE_ID), None)
        if answer is not None and answer.status is CommandStatus.REFUSED:
            raise ConfigError(f"the engine refuses this: {answer.text}")
    session.act(Verb.RESUME)
    film = _Film(session, setting.instrument)
    for second in range(round(setting.span_s / STEP_S)):
        session.run(STEP_S)
        film.look()
        passed(setting.lead_s + second + 1.0)
    return film.figures()


def _opened(setting: Setting) -> SimulatedSession:
    instrument = setting.instrument
    settings = Settings(setting.settings)
    strategy = settings.text("strategy.strategy_type")
    if strategy not in BUILT_IN:
        raise ConfigError(f"only built-in strategies can be rehearsed, not {strategy}")
    listing = listing_for(default_listing(), [instrument]).with_terms(instrument)
    market = RecordedMarket(instrument, Path(setting.market))
    exchange = Exchange(listing, [market], balance_usd=max(setting.equity_usd, MARGIN_USD), start_ms=setting.start_ms)
    if setting.position:
        exchange.grant(ACCOUNT, instrument.coin, round(setting.position * instrument.size_scale))
    one_way_ms = max(1, round(setting.round_trip_ms / 2))
    return SimulatedSession(
        exchange,
        instrument.coin,
        settings,
        latency=Latency(uplink_ms=one_way_ms, downlink_ms=one_way_ms),
        options=EngineOptions(run=1, log_level=LogLevel.ERROR, panel=setting.panel),
    )


def _play(session: SimulatedSession, seconds: float, passed: Callable[[float], None]) -> None:
    for second in range(round(seconds / STEP_S)):
        session.run(STEP_S)
        passed(second + 1.0)


class _Film:
    """Everything noted from the moment the stretch begins."""

    def __init__(self, session: SimulatedSession, instrument: Instrument) -> None:
        self._session = session
        self._scale = instrument.size_scale
        self._price_scale = instrument.price_scale
        self._before = session.view.pnl
        self._rows = len(session.rows)
        self._sends = len(session.sends)
        self._spreads: list[float] = []
        self._positions: list[float] = [session.view.position.size]
        self._both = 0
        self._idle: Counter[str] = Counter()

    def look(self) -> None:
        """One second more."""
        view = self._session.view
        if view.ladder.quoted_spread_bps is not None:
            self._spreads.append(view.ladder.quoted_spread_bps)
        self._both += bool(view.bids_quoted and view.asks_quoted)
        self._positions.append(view.position.size)
        if not view.bids_quoted and not view.asks_quoted:
            self._idle[f"{view.mode.value} {view.mode_reason or ', '.join(view.why_no_quotes[:1])}".strip()] += 1

    def figures(self) -> Figures:
        """The sums."""
        session = self._session
        fills = [row for row in session.rows[self._rows :] if isinstance(row, FillBooked) and not row.is_recovered]
        volume = sum(fill.price * fill.size for fill in fills) / (self._price_scale * self._scale)
        pnl = _change(self._before, session.view.pnl)
        seconds = max(1, len(self._positions) - 1)
        return Figures(
            fills=len(fills),
            volume_usd=volume,
            pnl=pnl,
            spread_bps=sum(self._spreads) / len(self._spreads) if self._spreads else None,
            both_sides=self._both / seconds,
            inventory_deviation=(sum(size**2 for size in self._positions) / len(self._positions)) ** 0.5,
            position_max=max(abs(size) for size in self._positions),
            adverse_bps=-1e4 * pnl.adverse_selection / volume if volume else None,
            requests=requests_of(session.sends[self._sends :]),
            stood_idle=self._idle.most_common(1)[0][0] if 2 * self._idle.total() >= seconds else "",
        )


def _change(before: PnlView, after: PnlView) -> PnlView:
    names = ("total", "spread_capture", "adverse_selection", "inventory", "fees", "funding")
    return PnlView(**{name: getattr(after, name) - getattr(before, name) for name in names})


def rows(now: Figures, then: Figures) -> tuple[RehearsedRow, ...]:
    """Both runs side by side, in the order people read them."""

    def row(name: str, unit: str, of: Callable[[Figures], float | None]) -> RehearsedRow:
        return RehearsedRow(name=name, unit=unit, now=of(now), then=of(then))

    return (
        row("P&L", "USD", lambda run: run.pnl.total),
        row("spread captured", "USD", lambda run: run.pnl.spread_capture),
        row("adverse selection", "USD", lambda run: run.pnl.adverse_selection),
        row("inventory", "USD", lambda run: run.pnl.inventory),
        row("fees", "USD", lambda run: run.pnl.fees),
        row("funding", "USD", lambda run: run.pnl.funding),
        row("fills", "", lambda run: float(run.fills)),
        row("volume", "USD", lambda run: run.volume_usd),
        row("adverse per fill", "bps", lambda run: run.adverse_bps),
        row("quoted spread", "bps", lambda run: run.spread_bps),
        row("both sides quoted", "%", lambda run: 100.0 * run.both_sides),
        row("inventory, root mean square", "base units", lambda run: run.inventory_deviation),
        row("largest position", "base units", lambda run: run.position_max),
        row("requests", "", lambda run: float(run.requests)),
    )
