"""Which aggressive orders look like liquidations: the public tape does not say.

Owns the signs and what they weigh. An order is unusually large and sweeps levels; open interest falls;
the mark leaves the oracle or runs; one side's orders arrive in a burst: those are proxies. Two of them make
an order liquidation-like by half, three fully. Signs with a direction count for orders in that direction
only. That the exchange itself sent an order is true of slices of large orders too and adds only to a
sweep. A liquidator's trade, and a liquidation that hit our own quote, are certain. Never sums severity.
Source: models.md 8.3.
"""

import math
from bisect import bisect_left, insort
from collections import deque

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.estimators.cascades.hawkes import BRANCHING, Excitation
from mmtui.estimators.ewma import LN2, ClockEwma, EventEwma

ORDERS_REMEMBERED = 255
ORDERS_WARM = 50
LARGE_MEDIANS = 20.0
LARGE_USD = 50_000.0
SWEPT_LEVELS = 3
SWEEP_S = 0.1

CONTEXT_WINDOW_S = 10.0
CONTEXT_LIFE_S = 10.0
CONTEXT_GAP_S = 20.0
CONTEXT_WARM_S = 60.0
USUAL_HALF_LIFE_S = 1800.0
INTEREST_DROP_MEANS = 5.0
INTEREST_DROP_MIN = 5e-4
INTEREST_HALF_LIFE_S = 300.0

MARK_OFF_ORACLE_BPS = 20.0
MARK_MOVE_SIGMAS = 4.0
MARK_MOVE_MIN_BPS = 30.0

BURST_RATIO = 4.0
BURST_FLOW = 0.7
BURST_DECAY_RATE = 0.1
BURST_BASE_HALF_LIFE_S = 3600.0
BURST_BASE_RATE_MIN = 0.1
BURST_WARM_S = 60.0
BURST_WARM_ORDERS = 100
MARK_CAP = 10.0
MEAN_HALF_LIFE_ORDERS = 500.0


SWEEP, INTEREST, MARK, BURST, SYSTEM, LIQUIDATOR, OUR_QUOTE = (1 << place for place in range(7))
CERTAIN = LIQUIDATOR | OUR_QUOTE
WORDS = (
    "proxy: large sweep",
    "proxy: open interest",
    "proxy: mark off its oracle",
    "proxy: one-sided burst",
    "proxy: sent by the exchange",
    "a liquidator's trade",
    "a liquidation hit our quote",
)


def weight_of(signs: int) -> float:
    """How much of a liquidation an order with these signs (a sum of the constants above) counts as."""
    if signs & CERTAIN:
        return 1.0
    count = signs.bit_count()
    if count < 2:
        return 0.0
    return 0.5 if count == 2 else 1.0


def causes(signs: int) -> tuple[str, ...]:
    """The signs in words; each that is no more than a guess says so."""
    return tuple(word for place, word in enumerate(WORDS) if signs >> place & 1)


class OrderSizes:
    """Rolling median notional of the last aggressive orders."""

    __slots__ = ("_arrival", "_sorted")

    def __init__(self) -> None:
        self._arrival: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, notional_usd: float) -> None:
        """Count a finished order."""
        self._arrival.append(notional_usd)
        insort(self._sorted, notional_usd)
        if len(self._arrival) > ORDERS_REMEMBERED:
            del self._sorted[bisect_left(self._sorted, self._arrival.popleft())]

    @property
    def large(self) -> float:
        """Notional (USD) above which an order is unusually large; infinite while too few were seen."""
        if len(self._sorted) < ORDERS_WARM:
            return math.inf
        return max(LARGE_MEDIANS * self._sorted[len(self._sorted) // 2], LARGE_USD)


class OrderBursts:
    """Rate of all aggressive orders against its own running mean, as a self-exciting process."""

    __slots__ = ("_base", "_mean_usd", "_short", "_slow_rate", "_started_at", "decay_rate", "orders")

    def __init__(self, base_half_life_s: float = BURST_BASE_HALF_LIFE_S) -> None:
        self.decay_rate = BURST_DECAY_RATE
        self._slow_rate = LN2 / base_half_life_s
        self.orders = 0
        self._short = Excitation()
        self._base = Excitation()
        self._mean_usd = EventEwma(MEAN_HALF_LIFE_ORDERS)
        self._started_at: float | None = None

    def mark(self, notional_usd: float) -> float:
        """Size of an order in mean orders, capped."""
        return min(notional_usd / self._mean_usd.mean(notional_usd), MARK_CAP)

    def grow(self, at: float, mark: float) -> None:
        """Take an order, or the part by which one has grown."""
        if self._started_at is None:
            self._started_at = at
        self._short.add(at, mark, self.decay_rate)

    def finish(self, at: float, notional_usd: float, mark: float) -> None:
        """Count a finished order towards the running means."""
        self.orders += 1
        self._base.add(at, mark, self._slow_rate)
        self._mean_usd.add(notional_usd)

    @property
    def mean_usd(self) -> float:
        """Mean notional of an order; 0 while none was seen."""
        return self._mean_usd.mean()

    def ratio(self, now: float) -> float:
        """Present intensity over its running mean: 1 on average, 1 while too little was seen."""
        if self._started_at is None or not now - self._started_at >= BURST_WARM_S:
            return 1.0
        slow = self._slow_rate
        seen = -math.expm1(-slow * (now - self._started_at))
        base = max(self._base.value(now, slow) * slow / seen, BURST_BASE_RATE_MIN)
        present = self.decay_rate * self._short.value(now, self.decay_rate)
        return 1.0 - BRANCHING + BRANCHING * present / base


class ContextSigns:
    """What the contract's slow facts say: interest being closed, and which way the mark is forced."""

    __slots__ = (
        "_at",
        "_first_at",
        "_history",
        "_is_closing",
        "_is_down",
        "_is_up",
        "_mean_basis",
        "_mean_change",
        "_mean_sigma",
    )

    def __init__(self) -> None:
        self._history: deque[tuple[float, float, float, float]] = deque()
        self._mean_change = ClockEwma(INTEREST_HALF_LIFE_S)
        self._mean_basis = ClockEwma(USUAL_HALF_LIFE_S)
        self._mean_sigma = ClockEwma(USUAL_HALF_LIFE_S)
        self._first_at: float | None = None
        self._at = -math.inf
        self._is_closing = self._is_down = self._is_up = False

    def on_context(self, at: float, context: AssetContext, sigma: float, own: float) -> None:
        """Take mark, oracle and open interest; a context that is not positive and finite is ignored.

        ``own`` is the size of our own position, base units: on a small market our closing must not
        look like everybody's.
        """
        mark, oracle, interest = context.mark, context.oracle, context.open_interest
        if not (0.0 < mark < math.inf and 0.0 < oracle < math.inf and 0.0 <= interest < math.inf):
            return
        if at - self._at > CONTEXT_GAP_S:
            self._history.clear()
        if self._first_at is None:
            self._first_at = at
        history = self._history
        history.append((at, mark, interest, own))
        while len(history) > 1 and at - history[1][0] >= CONTEXT_WINDOW_S:
            history.popleft()
        self._at = at
        _, old_mark, old_interest, old_own = history[0]
        is_warm = at - self._first_at >= CONTEXT_WARM_S
        self._is_closing = self._closing(at, old_interest, interest + max(0.0, old_own - own)) and is_warm
        # A cascade lifts sigma too, and must not hide behind it.
        self._mean_sigma.add(at, sigma)
        bound = max(MARK_MOVE_SIGMAS * self._mean_sigma.mean() * math.sqrt(CONTEXT_WINDOW_S), MARK_MOVE_MIN_BPS / BPS)
        # A contract may trade off its oracle for days: what is usual for it is no sign.
        move, basis = mark / old_mark - 1.0, mark / oracle - 1.0
        usual = self._mean_basis.mean()
        self._mean_basis.add(at, basis)
        off = MARK_OFF_ORACLE_BPS / BPS if is_warm else math.inf
        self._is_down = move < -bound or basis < min(usual, 0.0) - off
        self._is_up = move > bound or basis > max(usual, 0.0) + off

    def signs(self, at: float, aggressor: Side) -> int:
        """Which of the two signs hold for an order of this side; 0 without a recent context."""
        if not at - self._at <= CONTEXT_LIFE_S:
            return 0
        is_forced = self._is_down if aggressor is Side.SELL else self._is_up
        return self._is_closing * INTEREST + is_forced * MARK

    def _closing(self, at: float, old: float, now: float) -> bool:
        drop, mean = old - now, self._mean_change.mean()
        self._mean_change.add(at, abs(drop))
        return drop > max(INTEREST_DROP_MEANS * mean, INTEREST_DROP_MIN * old)
