"""What the engine, the operator and the nonces learn of the guard beside a run.

Owns the translation of the keeper's news into one event, a log line and fresh nonces. Decides nothing:
what a lost guard means for quoting, and how it is told, is the engine's rule.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mmtui.domain.events import AnyEvent, GuardChanged
from mmtui.domain.intents import Log, LogLevel
from mmtui.runtime.guard.keeper import Ears
from mmtui.runtime.guard.messages import Worked
from mmtui.runtime.guard.work import Report

NAME = "guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One run's side of its guard. ``announce`` takes the guard's process id, 0 while there is none."""

    sink: Callable[[AnyEvent], None]
    log: Callable[[Log], None]
    renew_nonces: Callable[[], None]
    announce: Callable[[int], None]
    clock: Callable[[], float]

    def ears(self) -> Ears:
        """What the keeper calls."""
        return Ears(changed=self._changed, worked=self._worked, started=self.announce)

    def _changed(self, is_armed: bool, text: str) -> None:
        self.sink(GuardChanged(received_at=self.clock(), name=NAME, is_armed=is_armed, text=text))

    def _worked(self, worked: Worked) -> None:
        """The engine was silent for so long that the guard cancelled: nothing it reserved before is used any more."""
        self.renew_nonces()
        self.log(acted(worked))


def acted(work: Worked | Report) -> Log:
    """The line that tells what a guard did."""
    return Log(
        level=LogLevel.WARN,
        message="Guard cancelled own orders" if work.cancelled or work.left else "Guard found no own order to cancel",
        code="GUARD",
        fields={"cancelled": work.cancelled, "left": work.left, "verified": work.verified, "why": work.why},
        target=__name__,
    )
