"""When enough was seen to quote.

Owns the counts. Market data alone satisfies them: nothing here waits for own fills, which would
need quotes, which would wait for this. Counts only grow, so warm-up ends.
Source: models.md 0.2 rule 7, rulings 10.
"""

import msgspec

from mmtui.domain.parameters import Settings


class Seen(msgspec.Struct, frozen=True, gc=False):
    """Volume ticks, full books, microprice observations and trades: seen or needed."""

    ticks: int = 0
    books: int = 0
    observations: int = 0
    trades: int = 0


class WarmupStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far warm-up is.

    ``is_complete`` when every count is reached; ``timed_out`` when it took too long. ``ready``
    when complete, or timed out under ``warmup_on_timeout = "quote"`` with the needed books seen;
    the quotes are then made from priors.
    """

    seen: Seen
    needed: Seen
    fraction: float
    elapsed_s: float
    timed_out: bool
    is_complete: bool
    ready: bool


class Warmup:
    """Counts what was seen since the first market event."""

    __slots__ = ("_memo", "_needed", "_quotes_on_timeout", "_started_at", "_timeout_s", "books", "ticks", "trades")

    def __init__(self, settings: Settings) -> None:
        self._started_at: float | None = None
        self.ticks = 0
        self.books = 0
        self.trades = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; what was seen stays seen."""
        self._needed = Seen(
            ticks=settings.count("strategy.warmup_ticks"),
            books=settings.count("strategy.warmup_books"),
            observations=settings.count("strategy.warmup_microprice"),
            trades=settings.count("strategy.min_trades"),
        )
        self._timeout_s = settings.number("strategy.warmup_timeout_s")
        self._quotes_on_timeout = settings.text("strategy.warmup_on_timeout") == "quote"
        self._memo: tuple[tuple[float | None, ...], WarmupStatus] | None = None

    def start(self, now: float) -> None:
        """Note the first market event; later calls change nothing."""
        if self._started_at is None:
            self._started_at = now

    def is_ready(self, now: float, observations: int) -> bool:
        """Whether ``status`` says ready, without making it."""
        needed, books = self._needed, self.books
        if (
            self.ticks >= needed.ticks
            and books >= needed.books
            and observations >= needed.observations
            and self.trades >= needed.trades
        ):
            return True
        return self._may_guess(now)

    def status(self, now: float, observations: int) -> WarmupStatus:
        """Progress at ``now``; ``observations`` are the microprice's."""
        # Asked several times at each event, by the mode and by the cycle.
        key = (now, observations, self.ticks, self.books, self.trades, self._started_at)
        if self._memo is None or self._memo[0] != key:
            self._memo = (key, self._status(now, observations))
        return self._memo[1]

    def _status(self, now: float, observations: int) -> WarmupStatus:
        seen = Seen(self.ticks, self.books, observations, self.trades)
        elapsed_s = 0.0 if self._started_at is None else max(now - self._started_at, 0.0)
        timed_out = self._started_at is not None and elapsed_s >= self._timeout_s
        fraction = _fraction(seen, self._needed)
        is_complete = fraction >= 1.0
        return WarmupStatus(
            seen=seen,
            needed=self._needed,
            fraction=fraction,
            elapsed_s=elapsed_s,
            timed_out=timed_out,
            is_complete=is_complete,
            ready=is_complete or self._may_guess(now),
        )

    def _may_guess(self, now: float) -> bool:
        """Whether the time given to warm up is over and quoting on priors is allowed then."""
        started_at = self._started_at
        if started_at is None or not self._quotes_on_timeout or self.books < self._needed.books:
            return False
        return max(now - started_at, 0.0) >= self._timeout_s


def _fraction(seen: Seen, needed: Seen) -> float:
    pairs = (
        (seen.ticks, needed.ticks),
        (seen.books, needed.books),
        (seen.observations, needed.observations),
        (seen.trades, needed.trades),
    )
    least = 1.0
    for have, need in pairs:
        if have < need:
            least = min(least, have / need)
    return least
