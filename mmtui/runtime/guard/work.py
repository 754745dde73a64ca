"""When a guard acts, and when its work is done: cancel until nothing of ours rests, then keep looking.

Owns the decisions of the guard process and no input or output: the exchange, the engine's pipe and the
clock are given. Orders that were on their way when the engine ended can arrive until their expiry, so
the guard watches that long before it believes an empty list. Answers M8, F63, F70, I20.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from mmtui.runtime.guard.messages import Alive, Beat, Charge, FromGuard, Goodbye, Ready, ToGuard, Troubled, Worked

CLEAN_LOOKS = 2
PAUSE_S = 0.3
WATCH_PAUSE_S = 2.0
BACK_OFF_MAX_S = 10.0
STUCK_PAUSE_MAX_S = 60.0
DOUBLINGS_MAX = 8
EXPIRY_SLACK_S = 2.0
REPORT_AFTER_S = 600.0
SILENT_MAX_S = 3_600.0
LISTEN_S = 1.0
READY_EVERY_S = 3.0
STALL_S = 3.0
STALL_GRACE_S = 2.0
HANDOVER_S = 10.0
ERRORS_MAX = 20


class TroubleError(Exception):
    """The exchange did not do as asked; the text says why and holds no secret."""


class Resting(msgspec.Struct, frozen=True):
    """One own order on the book."""

    oid: int
    cloid: str


class Exchange(Protocol):
    """The exchange as the guard needs it; both calls raise TroubleError."""

    def own_orders(self) -> Sequence[Resting]:
        """Own orders of the coin that rest now."""
        ...

    def cancel(self, orders: Sequence[Resting]) -> str:
        """Cancels them; what became of it shows in the next look. Returns an objection of the exchange, or ""."""
        ...


class Inbox(Protocol):
    """The engine's pipe."""

    def wait(self, seconds: float) -> list[ToGuard] | None:
        """What arrives within ``seconds``, at once when something does; None once the pipe is closed."""
        ...


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work, as it is kept on disk; ``at`` is epoch seconds at its end.

    ``handed_over`` says that another engine had taken the market before the work was done.
    """

    at: float
    run: str
    why: str
    cancelled: int
    left: int
    verified: bool
    took_s: float
    handed_over: bool = False
    errors: tuple[str, ...] = ()


class Look:
    """The cancelling under way: what was seen, and when it is over."""

    __slots__ = (
        "_seen",
        "began_at",
        "clean",
        "errors",
        "failures",
        "is_reported",
        "left",
        "looked_at",
        "replaced_since",
        "stuck",
        "why",
    )

    def __init__(self, why: str, began_at: float) -> None:
        self.why = why
        self.began_at = began_at
        self.clean = 0
        self.failures = 0
        self.stuck = 0
        self.left = 0
        self.looked_at = 0.0
        self.is_reported = False
        self.replaced_since: float | None = None
        self.errors: list[str] = []
        self._seen: set[int] = set()

    def saw(self, orders: Sequence[Resting], asked_at: float) -> None:
        """Counts one look at the book."""
        self.looked_at = asked_at
        self.failures = 0
        self.left = len(orders)
        self.stuck = self.stuck + 1 if orders else 0
        self.clean = 0 if orders else self.clean + 1
        self._seen.update(order.oid for order in orders)

    def failed(self, text: str) -> None:
        """Counts one try that came to nothing."""
        self.failures += 1
        self.clean = 0
        self.note(text)

    def note(self, text: str) -> None:
        """Keeps what went wrong, once."""
        if text and text not in self.errors and len(self.errors) < ERRORS_MAX:
            self.errors.append(text)

    @property
    def cancelled(self) -> int:
        """Orders that rested and no longer do."""
        return len(self._seen) - self.left

    @property
    def is_verified(self) -> bool:
        """Whether the last looks found nothing."""
        return self.clean >= CLEAN_LOOKS

    @property
    def pause_s(self) -> float:
        """How long to wait for the next look: the request weight is shared with the engine."""
        tries = min(DOUBLINGS_MAX, max(self.failures, self.stuck - 1))
        if tries > 0:
            return min(BACK_OFF_MAX_S if self.failures else STUCK_PAUSE_MAX_S, PAUSE_S * 2.0**tries)
        return WATCH_PAUSE_S if self.is_verified else PAUSE_S


class Guard:
    """Watches one engine; ``run`` returns when there is nothing left to guard.

    ``is_replaced`` tells whether another engine trades the market by now: its orders carry our mark too,
    and it cancels what it finds.
    """

    def __init__(
        self,
        charge: Charge,
        exchange: Exchange,
        inbox: Inbox,
        *,
        clock: Callable[[], float],
        say: Callable[[FromGuard], None],
        keep: Callable[[Report], None],
        is_replaced: Callable[[], bool],
    ) -> None:
        self._charge = charge
        self._exchange = exchange
        self._inbox = inbox
        self._clock = clock
        self._say = say
        self._keep = keep
        self._is_replaced = is_replaced
        self._beat_at = clock()
        self._closed_at: float | None = None
        self._is_dismissed = False
        self._is_done = False
        self._is_ready = False
        self._next_try_at = 0.0

    def run(self) -> None:
        """Watches, acts when the engine is gone or silent, and goes on when it is back."""
        acted_for = -1.0
        self._try_exchange()
        while not (self._is_dismissed or self._is_done):
            silent_s = self._clock() - self._beat_at
            if self._closed_at is not None:
                self._work("the engine's pipe closed")
                return
            if silent_s >= self._charge.silence_s and acted_for != self._beat_at:
                acted_for = self._beat_at
                self._work(f"engine silent for {silent_s:.1f} s")
            elif silent_s >= SILENT_MAX_S:
                return
            else:
                self._listen(LISTEN_S)
                if not self._is_ready and self._clock() >= self._next_try_at:
                    self._try_exchange()

    def _try_exchange(self) -> None:
        """Says that the guard is ready once the exchange has answered it."""
        self._next_try_at = self._clock() + READY_EVERY_S
        try:
            self._exchange.own_orders()
        except TroubleError as trouble:
            self._say(Troubled(str(trouble)))
            return
        self._is_ready = True
        self._say(Ready())

    def _listen(self, seconds: float) -> None:
        began = self._clock()
        messages = self._inbox.wait(seconds)
        now = self._clock()
        if now - began >= seconds + STALL_S:
            # The machine slept or gave us no time, so it gave the engine none either: a moment for its beat.
            self._beat_at = max(self._beat_at, now - self._charge.silence_s + STALL_GRACE_S)
        if messages is None:
            self._closed_at = self._closed_at or now
            return
        for message in messages:
            if isinstance(message, Beat):
                self._beat_at = now
                self._say(Alive())
            elif isinstance(message, Goodbye):
                self._is_dismissed = True

    def _work(self, why: str) -> None:
        began = self._clock()
        look = Look(why, began)
        beat_at = self._beat_at
        while not self._is_over(look, self._clock()):
            if self._is_waiting_for_successor(look):
                self._listen(LISTEN_S)
                continue
            asked_at = self._clock()
            try:
                orders = self._exchange.own_orders()
                look.saw(orders, asked_at)
                if orders:
                    look.note(self._exchange.cancel(orders))
            except TroubleError as trouble:
                look.failed(str(trouble))
            if not look.is_reported and self._clock() - began >= REPORT_AFTER_S:
                look.is_reported = True
                self._keep(self._report(look, self._clock(), handed_over=False))
            self._listen(look.pause_s)
            if self._is_dismissed or self._beat_at > beat_at:
                break  # the engine is back and looks after its orders itself
        now = self._clock()
        handed_over = self._is_handed_over(look, now)
        self._is_done = self._closed_at is not None and (look.is_verified or handed_over)
        report = self._report(look, now, handed_over=handed_over)
        self._keep(report)
        self._say(Worked(why=why, cancelled=report.cancelled, left=report.left, verified=report.verified))

    def _report(self, look: Look, now: float, *, handed_over: bool) -> Report:
        return Report(
            at=now,
            run=self._charge.run_id,
            why=look.why,
            cancelled=look.cancelled,
            left=0 if look.is_verified else look.left,
            verified=look.is_verified,
            took_s=round(now - look.began_at, 3),
            handed_over=handed_over,
            errors=tuple(look.errors),
        )

    def _is_over(self, look: Look, now: float) -> bool:
        if now - look.began_at >= self._charge.give_up_s or self._is_handed_over(look, now):
            return True
        last_sign_of_life = self._beat_at if self._closed_at is None else self._closed_at
        return look.is_verified and look.looked_at >= last_sign_of_life + self._charge.expiry_s + EXPIRY_SLACK_S

    def _is_waiting_for_successor(self, look: Look) -> bool:
        """Another engine has the market: ours is dead, and what rests is that one's to look after, if it stays."""
        if self._closed_at is None or not self._is_replaced():
            look.replaced_since = None
            return False
        look.replaced_since = look.replaced_since or self._clock()
        return True

    def _is_handed_over(self, look: Look, now: float) -> bool:
        return look.replaced_since is not None and now - look.replaced_since >= HANDOVER_S
