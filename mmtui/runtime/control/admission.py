"""What the control socket lets through to the engine: how often, and on the strength of which picture.

Pure: time is an argument. A command that can add risk counts only when its sender was shown the engine
as it stood at most ``PICTURE_AGE_MAX_S`` ago, and proves it by that picture's nonce or time. Pause, kill,
stop, reduce-only, cancelling a side and tightening a risk limit need no picture, however old the sender's is.
"""

from collections import deque

import msgspec

from mmtui.domain.commands import Act, CancelSide, Command, Rearm, SetParameters, Verb
from mmtui.engine.control.edits import PICTURE_AGE_MAX_S

COMMANDS_PER_S = 32
FLOOD_PER_S = 4 * COMMANDS_PER_S
PICTURES_KEPT = 64
_SAFE_VERBS = frozenset({Verb.PAUSE, Verb.REDUCE_ONLY, Verb.KILL, Verb.STOP})


class Pace:
    """A bucket of requests that refills by ``COMMANDS_PER_S``; what overflows it is counted as a flood."""

    __slots__ = ("_at", "_excess", "_left")

    def __init__(self, now: float) -> None:
        self._at = now
        self._left = float(COMMANDS_PER_S)
        self._excess = 0.0

    def admits(self, now: float) -> bool:
        """Takes one from the bucket."""
        gained = max(0.0, now - self._at) * COMMANDS_PER_S
        self._at = now
        self._left = min(float(COMMANDS_PER_S), self._left + gained)
        self._excess = max(0.0, self._excess - gained)
        if self._left < 1.0:
            self._excess += 1.0
            return False
        self._left -= 1.0
        return True

    @property
    def is_flood(self) -> bool:
        """Whether the sender pays no attention to being refused."""
        return self._excess > FLOOD_PER_S


class Shown:
    """The pictures one client was sent lately: nonce and engine time of each."""

    __slots__ = ("_pictures",)

    def __init__(self) -> None:
        self._pictures: deque[tuple[str, float]] = deque(maxlen=PICTURES_KEPT)

    def add(self, nonce: str, at: float) -> None:
        """A picture leaves for the client."""
        self._pictures.append((nonce, at))

    def time_of(self, nonce: str, seen_at: float) -> float | None:
        """When the picture that a command names was made; None when this client was never shown it."""
        for known, at in self._pictures:
            if nonce == known or (not nonce and seen_at == at):
                return at
        return None


def needs_picture(command: Command) -> bool:
    """Whether a command may add risk or give up a protection."""
    match command:
        case Act():
            return command.verb not in _SAFE_VERBS
        case CancelSide():
            return False
        case SetParameters():
            # The engine takes no loosening of a risk limit from anyone.
            return not all(key.startswith("risk.") for key in command.changes)
        case Rearm():
            return True


def refusal(command: Command, nonce: str, shown: Shown, now: float) -> str:
    """Why a command is not passed on, or ""."""
    if not needs_picture(command):
        return ""
    at = shown.time_of(nonce, getattr(command, "seen_at", 0.0))
    if at is None:
        return "this needs a look at the engine first: send the nonce of a picture with it"
    if now - at > PICTURE_AGE_MAX_S:
        return f"asked from a picture {now - at:.1f} s old; look again"
    return ""


def stamped(command: Command, *, command_id: str, by: str, nonce: str, shown: Shown) -> Command:
    """The command as the engine gets it: our id, the sender's name, the time of the picture that it names."""
    fields: dict[str, object] = {"id": command_id, "by": by}
    if isinstance(command, Act | SetParameters):
        fields["seen_at"] = shown.time_of(nonce, command.seen_at) or 0.0
    changed: Command = msgspec.structs.replace(command, **fields)
    return changed
