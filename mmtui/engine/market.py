"""What the market looks like now, and whether it may be decided on.

Only usable pictures move anything: refused ones never move the time of the last good one, and after
a start or a gap the third consistent picture in a row is the first usable one; many more are needed
while there is no fresh mark and oracle to hold them against. A jump is believed when it repeats. Mark and
oracle that are no longer told neither open the gate nor shut it.
"""

from mmtui.domain.book import PRICE_USD_MAX, AssetContext, Book, BookRefusal, Touch, book_refusal, touch_refusal
from mmtui.domain.units import Price

CONFIRMATIONS = 3
CONFIRMATIONS_ALONE = 20
JUMP_FRACTION_MAX = 0.05
FUTURE_MS_MAX = 2_000
AHEAD_NEEDED = 3
CONTEXT_LIFE_S = 15.0
HINT_LIFE_S = 1.0


class Market:
    """Owner of the book, the touch, the context and their ages; ``price_unit`` is the smallest price."""

    __slots__ = (
        "_ahead_count",
        "_ahead_ms",
        "_ahead_s",
        "_asleep_s",
        "_candidate_count",
        "_candidate_mid",
        "_hint",
        "_hint_at",
        "_is_context_old",
        "_last_book_ms",
        "_last_touch_ms",
        "_price_unit",
        "book",
        "book_at",
        "context",
        "context_at",
        "diverged_since",
        "good_at",
        "last_refusal",
        "refused",
        "touch",
        "trade_at",
    )

    def __init__(self, price_unit: float = 0.0) -> None:
        self._price_unit = price_unit
        self.book: Book | None = None
        self.touch: Touch | None = None
        self.context: AssetContext | None = None
        self.context_at: float | None = None
        self.book_at: float | None = None
        self.diverged_since: float | None = None
        self.good_at: float | None = None
        self.trade_at: float | None = None
        self.refused = 0
        self.last_refusal: BookRefusal | None = None
        self._ahead_count = 0
        self._ahead_ms = 0
        self._ahead_s = 0.0
        self._asleep_s = 0.0
        self._candidate_mid = 0.0
        self._candidate_count = 0
        self._last_book_ms = 0
        self._last_touch_ms = 0
        self._hint: tuple[Price, Price] | None = None
        self._hint_at = 0.0
        self._is_context_old = False

    def take_book(self, now: float, book: Book) -> bool:
        """Takes a full book if it passes the gate; returns whether it may be used."""
        refusal = book_refusal(book) or self._time_refusal(now, book.venue_time_ms, self._last_book_ms)
        if refusal is None:
            refusal = self._move_refusal(book.mid, book.bid_prices[0])
        if refusal is not None:
            return self._refuse(refusal)
        self._last_book_ms = book.venue_time_ms
        is_usable = self._accept(now, book.touch)
        if is_usable:
            self.book, self.book_at = book, now
        return is_usable

    def take_touch(self, now: float, touch: Touch) -> bool:
        """Takes a best bid and ask if they pass the gate; returns whether they may be used."""
        refusal = touch_refusal(touch) or self._time_refusal(now, touch.venue_time_ms, self._last_touch_ms)
        if refusal is None:
            refusal = self._move_refusal(touch.mid, touch.bid)
        if refusal is not None:
            return self._refuse(refusal)
        self._last_touch_ms = touch.venue_time_ms
        return self._accept(now, touch)

    def take_context(self, now: float, context: AssetContext) -> bool:
        """Takes mark, oracle and the other slow facts if both are prices; returns whether they are."""
        if not (0.0 < context.mark <= PRICE_USD_MAX and 0.0 < context.oracle <= PRICE_USD_MAX):
            return False
        self.context, self.context_at, self._is_context_old = context, now, False
        return True

    def take_hint(self, now: float, touch: tuple[Price, Price]) -> None:
        """Takes the touch that the venue quoted with a refusal: later than our picture, for a moment."""
        self._hint, self._hint_at = touch, now

    def hint(self, now: float) -> tuple[Price, Price] | None:
        """The touch of the last such refusal while it may still be later than our picture."""
        return self._hint if self._hint is not None and now - self._hint_at <= HINT_LIFE_S else None

    def pass_time(self, now: float) -> None:
        """Ages mark and oracle."""
        age = self.context_age(now)
        self._is_context_old = age is not None and age > CONTEXT_LIFE_S

    def distrust(self) -> None:
        """After a gap: the picture must be confirmed again before it is used."""
        self._candidate_count = 0
        self._candidate_mid = 0.0
        self._last_book_ms = 0
        self._last_touch_ms = 0

    @property
    def is_confirmed(self) -> bool:
        """Whether enough consistent pictures came in a row."""
        return self._candidate_count >= (CONFIRMATIONS if self.fresh_context is not None else CONFIRMATIONS_ALONE)

    @property
    def fresh_context(self) -> AssetContext | None:
        """Mark and oracle while they are still told."""
        return None if self._is_context_old else self.context

    @property
    def ahead_s(self) -> float:
        """How far the venue's pictures were ahead of our clock when they last were too far; 0 when they are not."""
        return self._ahead_s if self._ahead_count >= AHEAD_NEEDED else 0.0

    def context_age(self, now: float) -> float | None:
        """Seconds since mark and oracle were last told."""
        return None if self.context_at is None else max(0.0, now - self.context_at)

    def divergence(self) -> float:
        """How far the mid is from the farther one of mark and oracle, as a fraction; 0 while one is unknown."""
        context, touch = self.fresh_context, self.touch
        if context is None or touch is None:
            return 0.0
        return max(abs(touch.mid / context.oracle - 1.0), abs(touch.mid / context.mark - 1.0))

    def venue_ms(self, now: float) -> int:
        """The exchange's time by our clock, or by its own pictures when those keep being ahead of it."""
        ours = int(now * 1000.0)
        return max(ours, self._ahead_ms) if self._ahead_count >= AHEAD_NEEDED else ours

    def age(self, now: float) -> float | None:
        """Seconds since the last good picture was received."""
        return None if self.good_at is None else max(0.0, now - self.good_at)

    def slept(self, seconds: float) -> None:
        """Notes time in which the process did not run and could hear nothing."""
        self._asleep_s += seconds

    def silence_s(self, now: float) -> float | None:
        """Seconds without a good picture in which the process ran; None before the first one."""
        age = self.age(now)
        return None if age is None else max(0.0, age - self._asleep_s)

    def venue_age(self, now: float) -> float | None:
        """Seconds since the last good picture by the exchange's clock."""
        return None if self.touch is None else now - self.touch.venue_time_ms / 1000.0

    @property
    def late_s(self) -> float | None:
        """How old by the exchange's clock the last good picture was when it came: its way, or our clock ahead."""
        if self.touch is None or self.good_at is None:
            return None
        return self.good_at - self.touch.venue_time_ms / 1000.0

    def references(self) -> tuple[float, ...]:
        """The known ones of mid, mark and oracle, USD."""
        if self.touch is None:
            return ()
        context = self.fresh_context
        return (self.touch.mid,) if context is None else (self.touch.mid, context.mark, context.oracle)

    def _accept(self, now: float, touch: Touch) -> bool:
        mid = touch.mid
        consistent = self._candidate_mid > 0.0 and abs(mid / self._candidate_mid - 1.0) <= JUMP_FRACTION_MAX
        self._candidate_count = min(self._candidate_count + 1, CONFIRMATIONS_ALONE) if consistent else 1
        self._candidate_mid = mid
        self._ahead_count = 0
        self.last_refusal = None
        if not self.is_confirmed:
            return False
        if self.touch is None or touch.venue_time_ms >= self.touch.venue_time_ms:
            self.touch = touch
        self.good_at, self._asleep_s = now, 0.0
        return True

    def _move_refusal(self, mid: float, bid: float) -> BookRefusal | None:
        if bid < self._price_unit:
            return BookRefusal.NOT_FINITE
        context = self.fresh_context
        if context is not None and abs(mid / context.oracle - 1.0) > JUMP_FRACTION_MAX:
            return BookRefusal.OFF_REFERENCE
        if not self.is_confirmed or abs(mid / self._candidate_mid - 1.0) <= JUMP_FRACTION_MAX:
            return None
        self._candidate_count = 0
        self._candidate_mid = mid
        return BookRefusal.JUMP

    def _time_refusal(self, now: float, venue_time_ms: int, last_ms: int) -> BookRefusal | None:
        if venue_time_ms < last_ms:
            return BookRefusal.OLD
        if venue_time_ms <= now * 1000.0 + FUTURE_MS_MAX:
            return None
        self._ahead_count += 1
        self._ahead_ms = venue_time_ms
        self._ahead_s = venue_time_ms / 1000.0 - now
        return BookRefusal.FUTURE

    def _refuse(self, refusal: BookRefusal) -> bool:
        self.refused += 1
        self.last_refusal = refusal
        return False
