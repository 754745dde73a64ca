"""What follows each tick that the engine has processed: beats for the guard, words for the service manager.

Owns the pace of both, and the order in which they end. It is called from the engine's step path only, so
that an engine that hangs, or a loop that turns without it, falls silent.
"""

from collections.abc import Callable

from mmtui.domain.view import Mode
from mmtui.engine import modes
from mmtui.engine.engine import Engine
from mmtui.runtime.guard.keeper import GuardKeeper
from mmtui.runtime.guard.systemd import Notifier

STATUS_EVERY_S = 5.0
_ENDING = frozenset({Mode.STOPPING, Mode.STOPPED})


class Pulse:
    """One run's signs of life. ``attach`` names the engine; before that there is nothing to tell."""

    def __init__(self, notifier: Notifier, *, seconds: Callable[[], float], clock: Callable[[], float]) -> None:
        self._notifier = notifier
        self._seconds = seconds
        self._clock = clock
        self._engine: Engine | None = None
        self._keeper: GuardKeeper | None = None
        self._is_ready = False
        self._is_stopping = False
        self._mode: Mode | None = None
        self._next_pet_at = 0.0
        self._next_status_at = 0.0

    def attach(self, engine: Engine) -> None:
        """The engine whose ticks are told."""
        self._engine = engine

    async def guard_with(self, keeper: GuardKeeper) -> None:
        """Starts the guard; returns once it is ready or has said what keeps it from being so."""
        self._keeper = keeper
        await keeper.start()

    def __call__(self) -> None:
        """A tick was processed."""
        engine = self._engine
        if engine is None:
            return
        if self._keeper is not None:
            self._keeper.beat(engine.state.market.venue_ms(self._clock()))
        if self._notifier.is_heard:
            self._tell_manager(engine)

    async def end(self, *, is_clean: bool) -> None:
        """The engine has come to rest; ``is_clean`` when it was verified that no own order rests."""
        self._stopping()
        if self._keeper is not None:
            await self._keeper.stop(is_clean=is_clean)
        self._notifier.close()

    def _stopping(self) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self._notifier.stopping()

    def _tell_manager(self, engine: Engine) -> None:
        notifier, now = self._notifier, self._seconds()
        if notifier.pet_every_s is not None and now >= self._next_pet_at:
            self._next_pet_at = now + notifier.pet_every_s
            notifier.pet()
        if engine.state.account.is_anchored and not self._is_ready:
            self._is_ready = True
            notifier.ready()
        mode, reason = modes.mode(engine.state, self._clock())
        if mode in _ENDING:
            self._stopping()
        if mode is not self._mode or now >= self._next_status_at:
            self._mode, self._next_status_at = mode, now + STATUS_EVERY_S
            notifier.status(
                f"{mode.value}{f': {reason}' if reason else ''}, {len(engine.state.ledger.live)} own orders"
            )
