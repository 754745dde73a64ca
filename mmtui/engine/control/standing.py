"""What people and the kill switch have ordered: pauses, sides off, flatten, stop, kill.

The mode follows from these, from the account and from the data; it is computed, never stored, so
that it cannot disagree with them.
"""

import msgspec

from mmtui.domain.commands import CommandResult
from mmtui.domain.events import AccountSnapshot, Feed, FillsReceived, GuardChanged
from mmtui.domain.instrument import Side
from mmtui.domain.units import Size
from mmtui.engine.control.switch import Switch

EARLY_FILLS_MAX = 1_000
ANSWERS_MAX = 512


class Kill(msgspec.Struct, kw_only=True):
    """A kill that fired: when, why, and how far the clearing has come."""

    at: float
    reason: str
    detail: str
    progress: str = "cancelling"


class Clearance(msgspec.Struct, kw_only=True):
    """Cancel everything of ours, verify by queries, give up at the deadline.

    ``cancelled`` is the number of orders that were live at the start, ``first_query_id`` the clearing's
    first question: that answer and every later one count, but none that is no later than ``resting_ms``,
    the exchange's time of the last look that found orders of ours.
    """

    started_at: float
    deadline: float
    cancelled: int
    confirmations: int = 0
    next_query_at: float = 0.0
    first_query_id: int = 0
    is_over: bool = False
    is_verified: bool = False
    is_at_rest: bool = False
    seen_resting: int = 0
    resting_ms: int = 0


class Flatten(msgspec.Struct, kw_only=True):
    """Closing the position with reduce-only takers.

    ``left`` is the smallest size held so far, ``progress_at`` when it last fell, ``attempts`` the
    orders sent since.
    """

    by: str
    command_id: str
    progress_at: float
    left: Size
    attempts: int = 0


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """A kill that waits until the position is certain, at most until its deadline."""

    reason: str
    detail: str
    deadline: float


class TopUps:
    """How often margin was added to the isolated position in this session, and when last."""

    __slots__ = ("count", "last_at")

    def __init__(self) -> None:
        self.count = 0
        self.last_at = float("-inf")


class Control:
    """Owner of every standing order to the engine."""

    __slots__ = (
        "answered",
        "clearance",
        "down_since",
        "early_fills",
        "ending",
        "finish_on_kill",
        "finished",
        "flatten",
        "guards",
        "is_leverage_set",
        "killed",
        "leverage_asked",
        "must_be_guarded",
        "paused_by",
        "queries",
        "reduce_only_by",
        "sides_off",
        "stop_reason",
        "switch",
        "top_ups",
    )

    def __init__(self) -> None:
        self.paused_by = ""
        self.reduce_only_by = ""
        self.sides_off: dict[Side, str] = {}
        self.killed: Kill | None = None
        self.stop_reason = ""
        self.clearance: Clearance | None = None
        self.ending: Ending | None = None
        self.leverage_asked: tuple[int, bool] | None = None
        self.answered: dict[str, CommandResult] = {}
        self.flatten: Flatten | None = None
        self.finished = False
        self.finish_on_kill = True
        self.must_be_guarded = False
        self.guards: dict[str, GuardChanged] = {}
        self.switch = Switch()
        self.top_ups = TopUps()
        self.is_leverage_set = False
        self.down_since: dict[Feed, float] = {}
        self.queries: dict[int, float] = {}
        self.early_fills: list[FillsReceived] = []

    def hold_fills(self, event: FillsReceived) -> None:
        """Keeps fills that came before the account was known."""
        if len(self.early_fills) < EARLY_FILLS_MAX:
            self.early_fills.append(event)

    def remember(self, result: CommandResult) -> None:
        """Keeps the last answer to a command, so that its repetition gets the same."""
        if not result.id:
            return
        self.answered.pop(result.id, None)
        self.answered[result.id] = result
        if len(self.answered) > ANSWERS_MAX:
            del self.answered[next(iter(self.answered))]

    def is_answer_to_clearance(self, snapshot: AccountSnapshot) -> bool:
        """Whether this snapshot was asked for after the clearing began to ask."""
        return self.clearance is not None and 0 < self.clearance.first_query_id <= snapshot.request_id
