"""How much the line to the terminal takes: bytes sent, what still travels, and whether the next frame may go. Pure.

A terminal at the far end of a slow connection hides behind buffers that swallow seconds of frames. So
frames carry a question that every terminal answers (a status report); the answer proves that all before
it has been drawn, and tells how fast the line is. No more travels than the line takes in a moment; the
frame that goes next shows the latest picture. A terminal that never answers is held to the budget of
bytes alone.
"""

BURST_S = 2.0
WINDOW_S = 1.0
MEAN_S = 60.0
QUEUE_S = 0.3
FIRST_BYTES = 12 * 1024
LEAST_BYTES = 3 * 1024
PROBE_BYTES = 512
RETRY_S, RETRY_MAX_S = 4.0, 32.0
DRIFT = 0.02
SLOWER = 0.3


class Line:
    """The account of one terminal line; every time is a parameter, in monotonic seconds."""

    __slots__ = (
        "_answered_at", "_asked_at", "_asked_total", "_awaited", "_best_s", "_budget", "_drawn_total", "_filled_at",
        "_is_full", "_left", "_mean", "_rate", "_retry_s", "_rolled_at", "_rolled_total", "_total", "delay_s",
        "kib_s", "skipped",
    )  # fmt: skip

    def __init__(self, budget_kib_s: float, now: float) -> None:
        self._budget = budget_kib_s * 1024.0
        self._left = self._budget * BURST_S
        self._filled_at = self._rolled_at = self._answered_at = now
        self._mean: float | None = None
        self._total = self._rolled_total = self._drawn_total = self._asked_total = 0
        self._asked_at: float | None = None
        self._awaited = 0
        self._is_full = False
        self._rate: float | None = None
        self._best_s = 0.0
        self._retry_s = RETRY_S
        self.delay_s: float | None = None
        self.kib_s = 0.0
        self.skipped = 0

    @property
    def mean_kib_s(self) -> float:
        """KiB a second over about the last minute."""
        return (self._mean or 0.0) / 1024.0

    def sent(self, count: int, now: float) -> None:
        """Bytes went to the terminal."""
        self._roll(now)
        self._total += count
        self._left -= count

    def wants_probe(self) -> bool:
        """Whether the next bytes should carry the question."""
        return self._asked_at is None and self._total - self._asked_total >= PROBE_BYTES

    def probed(self, now: float) -> None:
        """The question went out."""
        self._asked_at, self._asked_total = now, self._total
        self._awaited += 1

    def answered(self, now: float) -> None:
        """The terminal has drawn everything up to a question; only the last one counts."""
        if not self._awaited:
            return
        self._awaited -= 1
        if self._awaited or self._asked_at is None:
            return
        self._learn(max(now - self._asked_at, 0.0), now)
        self._drawn_total, self._answered_at = self._asked_total, now
        self._asked_at, self._is_full, self._retry_s = None, False, RETRY_S

    def _learn(self, delay_s: float, now: float) -> None:
        """How long a free line takes, and how many bytes a second pass."""
        rate = (self._asked_total - self._drawn_total) / max(now - self._answered_at, delay_s / 2.0, 1e-4)
        if self.delay_s is None or self._rate is None:
            self._best_s, self._rate = delay_s, rate
        else:
            upwards = 0.0 if self._is_full else DRIFT
            self._best_s = min(self._best_s + upwards * max(delay_s - self._best_s, 0.0), delay_s)
            self._rate = max(rate, self._rate + (SLOWER if self._is_full else DRIFT) * (rate - self._rate))
        self.delay_s = delay_s

    def may_draw(self, now: float) -> bool:
        """Whether another frame may go out; counts the frames held back."""
        self._roll(now)
        self._left = min(self._left + self._budget * max(now - self._filled_at, 0.0), self._budget * BURST_S)
        self._filled_at = now
        if self._left < 0.0 or self._travels_enough(now):
            self.skipped += 1
            return False
        return True

    def _travels_enough(self, now: float) -> bool:
        """Whether as much is on its way as the line takes in a moment.

        An answer may be lost with the terminal that owed it, so after a while another question goes out.
        """
        if self._rate is None:
            most = float(FIRST_BYTES)
        else:
            most = max(self._rate * (self._best_s + QUEUE_S), LEAST_BYTES)
        if self._asked_at is None or self._total - self._drawn_total < most:
            return False
        self._is_full = True
        if now - self._asked_at > self._retry_s:
            self._asked_at, self._retry_s = None, min(self._retry_s * 2.0, RETRY_MAX_S)
            self._awaited, self._drawn_total, self._answered_at = 0, self._total, now
            self._asked_total = self._total - PROBE_BYTES
            return False
        return True

    def _roll(self, now: float) -> None:
        """Close the second that is over."""
        elapsed_s = now - self._rolled_at
        if elapsed_s < WINDOW_S:
            return
        rate = (self._total - self._rolled_total) / elapsed_s
        mean = rate if self._mean is None else self._mean
        self._mean = mean + (rate - mean) * min(elapsed_s / MEAN_S, 1.0)
        self.kib_s, self._rolled_at, self._rolled_total = rate / 1024.0, now, self._total
