"""What the venue lets one address and one IP send, and how much of it is left.

Owns two kinds of bookkeeping: sliding windows per IP (REST weight, WebSocket messages, new
connections) and the request budget of an address. Pure: time is an argument, in seconds of any
monotonic clock. Never refuses a cancel while the venue itself would take it. Source:
hyperliquid-protocol.md 12; invariants I14, I27.
"""

from collections import deque

REST_WEIGHT_PER_MINUTE = 1200
MESSAGES_PER_MINUTE = 2000
CONNECTIONS_PER_MINUTE = 30
POSTS_IN_FLIGHT_MAX = 100
THROTTLED_INTERVAL_S = 10.0
EXPIRED_COST = 5
CANCEL_EXTRA = 100_000
GROWTH_SHARE = 0.1

_INFO_WEIGHTS = {
    "l2Book": 2,
    "allMids": 2,
    "clearinghouseState": 2,
    "orderStatus": 2,
    "spotClearinghouseState": 2,
    "exchangeStatus": 2,
    "userRole": 60,
}
_INFO_WEIGHT_OTHER = 20
_ITEMS_PER_WEIGHT = {
    **dict.fromkeys(
        (
            "recentTrades",
            "historicalOrders",
            "userFills",
            "userFillsByTime",
            "fundingHistory",
            "userFunding",
            "userNonFundingLedgerUpdates",
            "userTwapSliceFills",
            "userTwapSliceFillsByTime",
            "twapHistory",
            "delegatorHistory",
            "delegatorRewards",
            "validatorStats",
        ),
        20,
    ),
    "candleSnapshot": 60,
}


def info_weight(kind: str) -> int:
    """REST weight of an info request of type ``kind``, before its answer is known."""
    return _INFO_WEIGHTS.get(kind, _INFO_WEIGHT_OTHER)


def answer_weight(kind: str, items: int) -> int:
    """Additional REST weight of an answer of ``items`` elements."""
    per_weight = _ITEMS_PER_WEIGHT.get(kind)
    return items // per_weight if per_weight else 0


def action_weight(batch_length: int) -> int:
    """REST weight of an exchange action over a batch of ``batch_length``."""
    return 1 + batch_length // 40


class SlidingWindow:
    """A sum over the last ``period_s`` that must stay at or below ``limit``."""

    __slots__ = ("_entries", "_row_s", "_used", "limit", "period_s")

    def __init__(self, limit: int, period_s: float = 60.0) -> None:
        self.limit = limit
        self.period_s = period_s
        self._row_s = period_s / 600
        self._entries: deque[tuple[float, int]] = deque()
        self._used = 0

    def used(self, now_s: float) -> int:
        """Weight charged within the window that ends at ``now_s``."""
        # A row is as old as its first charge; it stays until its last one is out of the window.
        horizon = now_s - self.period_s - self._row_s
        while self._entries and self._entries[0][0] <= horizon:
            self._used -= self._entries.popleft()[1]
        return self._used

    def fits(self, now_s: float, weight: int = 1, *, reserve: int = 0) -> bool:
        """Whether ``weight`` more would leave ``reserve`` unspent."""
        return self.used(now_s) + weight + reserve <= self.limit

    def charge(self, now_s: float, weight: int = 1) -> None:
        """Counts ``weight``; entries of one moment share a row, so the window stays small."""
        self.used(now_s)
        if weight <= 0:
            return
        if self._entries and now_s - self._entries[-1][0] < self._row_s:
            at, before = self._entries.pop()
            self._entries.append((at, before + weight))
        else:
            self._entries.append((now_s, weight))
        self._used += weight

    def refund(self, weight: int) -> None:
        """Takes back what was charged and never left this machine, newest first."""
        while weight > 0 and self._entries:
            at, charged = self._entries.pop()
            taken = min(charged, weight)
            weight -= taken
            self._used -= taken
            if charged > taken:
                self._entries.append((at, charged - taken))

    def exhaust(self, now_s: float) -> None:
        """The venue says the window is full: believe it."""
        self.charge(now_s, max(0, self.limit - self.used(now_s)))

    def wait_s(self, now_s: float, weight: int = 1) -> float:
        """Seconds until ``weight`` fits; 0 when it fits now, the whole period when it never does."""
        excess = self.used(now_s) + weight - self.limit
        if excess <= 0:
            return 0.0
        for at, charged in self._entries:
            excess -= charged
            if excess <= 0:
                return max(0.0, at + self.period_s + self._row_s - now_s)
        return self.period_s + self._row_s


class SocketLimits:
    """What all WebSockets of one IP share: new connections and messages sent."""

    __slots__ = ("connections", "messages")

    def __init__(self) -> None:
        self.connections = SlidingWindow(CONNECTIONS_PER_MINUTE)
        self.messages = SlidingWindow(MESSAGES_PER_MINUTE)


class AddressBudget:
    """Actions left to one account: the venue's last statement, corrected by our own counting.

    A batch of n counts n. Cancels have a larger limit, so that an exhausted account can still pull
    its orders. Traded volume buys one action per USD.
    """

    __slots__ = ("_cap", "_earned_usd", "_throttled_until_s", "_used", "is_known")

    def __init__(self) -> None:
        self._cap = 0
        self._used = 0
        self._earned_usd = 0.0
        self._throttled_until_s = 0.0
        self.is_known = False

    @property
    def cap(self) -> int:
        """Actions allowed since inception."""
        return self._cap + int(self._earned_usd)

    @property
    def used(self) -> int:
        """Actions sent since inception."""
        return self._used

    @property
    def left(self) -> int:
        """Actions that may still be sent; 0 when exhausted or not known yet."""
        return max(0, self.cap - self._used)

    @property
    def cancels_left(self) -> int:
        """Cancels that may still be sent."""
        return max(0, min(self.cap + CANCEL_EXTRA, 2 * self.cap) - self._used)

    def state(self, cap: int, used: int) -> None:
        """Takes the venue's own figures (``userRateLimit``)."""
        self._cap = cap
        self._used = used
        self._earned_usd = 0.0
        self.is_known = True

    def spend(self, count: int) -> None:
        """Counts ``count`` entries sent, whether or not they succeeded."""
        self._used += count

    def earn(self, notional_usd: float) -> None:
        """Counts a fill of ``notional_usd``; nonsense earns nothing."""
        if 0.0 < notional_usd < 1e12:
            self._earned_usd += notional_usd

    def refuse(self, now_s: float) -> None:
        """The venue said the budget is exceeded: one action in ten seconds from now on."""
        self._cap = min(self._cap, self._used)
        self._earned_usd = 0.0
        self._throttled_until_s = now_s + THROTTLED_INTERVAL_S

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next placing action is worth sending."""
        return max(0.0, self._throttled_until_s - now_s)
