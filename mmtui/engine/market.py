"""What the market looks like now, and whether it may be decided on.

Refused books never move the time of the last good one. After a start or a gap the third
consistent picture in a row is the first usable one; a jump is believed when it repeats.
"""

from mmtui.domain.book import AssetContext, Book, BookRefusal, Touch, book_refusal, touch_refusal

CONFIRMATIONS = 3
JUMP_FRACTION_MAX = 0.05
FUTURE_MS_MAX = 2_000


class Market:
    """Owner of the book, the touch, the context and their ages."""

    __slots__ = (
        "_candidate_count",
        "_candidate_mid",
        "_last_book_ms",
        "_last_touch_ms",
        "book",
        "context",
        "good_at",
        "last_refusal",
        "refused",
        "touch",
        "trade_at",
    )

    def __init__(self) -> None:
        self.book: Book | None = None
        self.touch: Touch | None = None
        self.context: AssetContext | None = None
        self.good_at: float | None = None
        self.trade_at: float | None = None
        self.refused = 0
        self.last_refusal: BookRefusal | None = None
        self._candidate_mid = 0.0
        self._candidate_count = 0
        self._last_book_ms = 0
        self._last_touch_ms = 0

    def take_book(self, now: float, book: Book) -> bool:
        """Takes a full book if it passes the gate."""
        refusal = book_refusal(book) or self._time_refusal(now, book.venue_time_ms, self._last_book_ms)
        if refusal is None:
            refusal = self._move_refusal(book.mid)
        if refusal is not None:
            return self._refuse(refusal)
        self._last_book_ms = book.venue_time_ms
        self.book = book
        self._accept(now, book.touch)
        return True

    def take_touch(self, now: float, touch: Touch) -> bool:
        """Takes a best bid and ask if they pass the gate."""
        refusal = touch_refusal(touch) or self._time_refusal(now, touch.venue_time_ms, self._last_touch_ms)
        if refusal is None:
            refusal = self._move_refusal(touch.mid)
        if refusal is not None:
            return self._refuse(refusal)
        self._last_touch_ms = touch.venue_time_ms
        self._accept(now, touch)
        return True

    def distrust(self) -> None:
        """After a gap: the picture must be confirmed again before it is used."""
        self._candidate_count = 0
        self._candidate_mid = 0.0
        self._last_book_ms = 0
        self._last_touch_ms = 0

    @property
    def is_confirmed(self) -> bool:
        """Whether enough consistent pictures came in a row."""
        return self._candidate_count >= CONFIRMATIONS

    def age(self, now: float) -> float | None:
        """Seconds since the last good picture was received."""
        return None if self.good_at is None else max(0.0, now - self.good_at)

    def venue_age(self, now: float) -> float | None:
        """Seconds since the last good picture by the exchange's clock."""
        return None if self.touch is None else now - self.touch.venue_time_ms / 1000.0

    def references(self) -> tuple[float, ...]:
        """The known ones of mid, mark and oracle, USD."""
        if self.touch is None:
            return ()
        if self.context is None:
            return (self.touch.mid,)
        return (self.touch.mid, self.context.mark, self.context.oracle)

    def _accept(self, now: float, touch: Touch) -> None:
        mid = touch.mid
        consistent = self._candidate_mid > 0.0 and abs(mid / self._candidate_mid - 1.0) <= JUMP_FRACTION_MAX
        self._candidate_count = min(self._candidate_count + 1, CONFIRMATIONS) if consistent else 1
        self._candidate_mid = mid
        self.last_refusal = None
        if self.touch is None or touch.venue_time_ms >= self.touch.venue_time_ms:
            self.touch = touch
        self.good_at = now

    def _move_refusal(self, mid: float) -> BookRefusal | None:
        context = self.context
        if context is not None and context.oracle > 0.0 and abs(mid / context.oracle - 1.0) > JUMP_FRACTION_MAX:
            return BookRefusal.OFF_REFERENCE
        if not self.is_confirmed or abs(mid / self._candidate_mid - 1.0) <= JUMP_FRACTION_MAX:
            return None
        self._candidate_count = 0
        self._candidate_mid = mid
        return BookRefusal.JUMP

    def _time_refusal(self, now: float, venue_time_ms: int, last_ms: int) -> BookRefusal | None:
        if venue_time_ms < last_ms:
            return BookRefusal.OLD
        return BookRefusal.FUTURE if venue_time_ms > now * 1000.0 + FUTURE_MS_MAX else None

    def _refuse(self, refusal: BookRefusal) -> bool:
        self.refused += 1
        self.last_refusal = refusal
        return False
