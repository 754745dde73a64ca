"""Who is in control of an engine, which engines there are, and where a replay stands, as a console is told.

Owns the types only. A console that is not in control looks on: it may pause, kill, take a side off and go
reduce-only, and nothing else, until it takes control.
"""

import msgspec

from mmtui.domain.commands import Act, CancelSide, Command, Verb
from mmtui.domain.consultations import Consultation, KeepPreset, SaveParameters, WriteBundle, WriteReport


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where one console stands with one engine.

    ``holder`` is "NAME/PID on TTY" of the console in control, empty when none is; ``consoles`` counts all of them.
    ``trouble`` says in words why the picture cannot move on, ``ended`` why the engine's session is over; then
    ``end_code`` is its exit code. ``news`` rises by one whenever ``text`` says what has just happened.
    """

    instance: str = ""
    is_in_control: bool = True
    holder: str = ""
    consoles: int = 1
    trouble: str = ""
    ended: str = ""
    end_code: int = 0
    news: int = 0
    text: str = ""


class InstanceView(msgspec.Struct, frozen=True, kw_only=True):
    """A running engine as the list of instances shows it; what is not known of it is None or empty."""

    id: str
    pid: int
    run_kind: str
    network: str
    coin: str
    account: str
    started_at: float
    version: str = ""
    mode: str = ""
    position: float | None = None
    pnl_usd: float | None = None
    alarms: int | None = None
    holder: str = ""
    consoles: int | None = None
    note: str = ""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """Where a replay stands; times are seconds of the replayed engine, ``ready_to`` is as far as it can be played."""

    at: float
    from_at: float
    ready_to: float
    speed: float = 1.0
    is_paused: bool = False
    is_complete: bool = True


_ALWAYS = frozenset({Verb.PAUSE, Verb.REDUCE_ONLY, Verb.KILL})


def is_for_everyone(command: Command) -> bool:
    """Whether a console that only looks on may ask this: it takes risk off and changes nothing else."""
    return isinstance(command, CancelSide) or (isinstance(command, Act) and command.verb in _ALWAYS)


def writes_for_all(consultation: Consultation) -> bool:
    """Whether a consultation changes files that the engine or other people start from."""
    return isinstance(consultation, KeepPreset) or (
        isinstance(consultation, SaveParameters) and bool(consultation.diff_id)
    )


def writes(consultation: Consultation) -> bool:
    """Whether a consultation may write a file, so that it is not to be broken off half way."""
    return isinstance(consultation, KeepPreset | SaveParameters | WriteBundle | WriteReport)


def refused_to(standing: Standing) -> str:
    """What a console that only looks on is told."""
    holder = standing.holder or "nobody"
    return f"in control: {holder}; :take to take over"
