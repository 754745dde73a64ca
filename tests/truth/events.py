"""What the markets of known truth are made of: domain events in order of time, and the panel that takes them."""

import functools
import math
from collections.abc import Iterable

import msgspec

from mmtui.domain.book import AssetContext, Book, Touch, Trade
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.domain.parameters.schema import Value
from mmtui.estimators.adverse.own_fills import OwnFill
from mmtui.estimators.memory import PanelMemory
from mmtui.estimators.panel import EstimatorPanel

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
DEFAULTS = Settings.defaults()
START_S = 1_700_000_000.0
PRICE = 100_000.0
HALF_TICK_USD = 0.5
WINDOW_S = 300.0
LEVELS = 5


Event = tuple[float, Book | Touch | Trade | AssetContext | OwnFill]


def panel(**changes: Value) -> EstimatorPanel:
    """The program's own estimators with some settings changed, ``__`` standing for the dot."""
    return EstimatorPanel(DEFAULTS.with_values({key.replace("__", "."): value for key, value in changes.items()}), BTC)


@functools.cache
def steady_clock(rate: float) -> PanelMemory:
    """What a panel remembers whose volume clock has seen ``rate`` trades a second for its whole window."""
    quiet, fresh = EstimatorPanel(DEFAULTS, BTC), EstimatorPanel(DEFAULTS, BTC)
    feed(quiet, [touch(START_S - WINDOW_S - 1.0)])
    steps = range(int(-WINDOW_S * rate), 0)
    feed(quiet, (trade(START_S + step / rate, step, Side.BUY, 0.0) for step in steps))
    feed(fresh, [touch(START_S - WINDOW_S)])
    learned, blank = quiet.memory(), fresh.memory()
    assert learned is not None
    assert blank is not None
    return msgspec.structs.replace(blank, at=learned.at, clock=learned.clock)


def with_steady_clock(estimators: EstimatorPanel, *, rate: float = 10.0) -> EstimatorPanel:
    """The panel with a volume clock that is used to ``rate`` trades a second, and nothing else learned."""
    assert estimators.recall(steady_clock(rate))
    return estimators


def feed(estimators: EstimatorPanel, events: Iterable[Event]) -> float:
    """Let the panel take everything; returns the time of the last event."""
    at = START_S
    for at, event in events:
        if isinstance(event, Trade):
            estimators.on_trade(at, event)
        elif isinstance(event, Touch):
            estimators.on_touch(at, event)
        elif isinstance(event, Book):
            estimators.on_book(at, event)
        elif isinstance(event, AssetContext):
            estimators.on_context(at, event)
        else:
            estimators.on_fill(at, event)
    return at


def touch(at: float, log_mid: float = 0.0) -> Event:
    """Best bid and ask one tick apart around ``PRICE`` times e to ``log_mid``."""
    mid = PRICE * math.exp(log_mid)
    return at, Touch(venue_ms(at), mid - HALF_TICK_USD, 1.0, mid + HALF_TICK_USD, 1.0)


def book(at: float, log_mid: float, imbalance: float) -> Event:
    """A book whose every level has ``imbalance`` more or less on the bid."""
    mid = PRICE * math.exp(log_mid)
    bids = tuple(mid - HALF_TICK_USD - level for level in range(LEVELS))
    asks = tuple(mid + HALF_TICK_USD + level for level in range(LEVELS))
    return at, Book(venue_ms(at), bids, (1.0 + imbalance,) * LEVELS, asks, (1.0 - imbalance,) * LEVELS)


def trade(at: float, tid: int, side: Side, log_price: float, size: float = 1.0, order: str = "") -> Event:
    """A public print at ``PRICE`` times e to ``log_price``."""
    return at, Trade(venue_ms(at), side, PRICE * math.exp(log_price), size, tid, order)


def venue_ms(at: float) -> int:
    return round(at * 1000.0)
