"""Everything a person or a script may ask of a running engine, and nothing else.

The console, the control socket and the command line all send these. A command is idempotent by
``id``; its answer is a ``CommandResult``. The console may never reach the engine another way.
"""

import enum
from typing import TypeAlias

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Value


class Verb(enum.Enum):
    """Commands without arguments."""

    PAUSE = "pause"
    RESUME = "resume"
    REDUCE_ONLY = "reduce_only"
    FLATTEN = "flatten"
    KILL = "kill"
    STOP = "stop"
    UNDO = "undo"


class Act(msgspec.Struct, frozen=True, kw_only=True, tag="act"):
    """A verb. ``seen_at`` is the engine time of the picture the sender acted on (0: not from a picture)."""

    id: str
    by: str
    verb: Verb
    seen_at: float = 0.0


class CancelSide(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_side"):
    """Cancel own quotes of one side and stop quoting it until resume."""

    id: str
    by: str
    side: Side


class SetParameters(msgspec.Struct, frozen=True, kw_only=True, tag="set"):
    """Change live parameters, all or none; ``staged_at`` is when a person first wrote one of them down (0: at once)."""

    id: str
    by: str
    changes: dict[str, Value]
    seen_at: float = 0.0
    staged_at: float = 0.0


class Rearm(msgspec.Struct, frozen=True, kw_only=True, tag="rearm"):
    """Clear a kill; the reason is mandatory."""

    id: str
    by: str
    reason: str


Command: TypeAlias = Act | CancelSide | SetParameters | Rearm


class CommandStatus(enum.Enum):
    """How far a command got. ``UNKNOWN`` is never the engine's word: the way to it broke before it answered."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DONE = "done"
    UNKNOWN = "unknown"


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's answer to one command, at an engine time."""

    id: str
    status: CommandStatus
    text: str
    at: float
