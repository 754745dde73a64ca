"""What a start inherits from earlier runs of its market: the journal folded, the day, the estimators.

Owns the order of a boot on disk: the journal is brought up to date, checked, folded; a kill that fired and
was not cleared, and starts that keep failing, are latched. The journal is the truth of the day; the small
file beside it stands in where the journal was set aside. Decides nothing of trading. Answers M9, F59 to
F61, F65.
"""

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from mmtui.domain.intents import Latch, Log, LogLevel
from mmtui.engine.account import DayState
from mmtui.engine.fold import fold
from mmtui.engine.folded import Folded
from mmtui.errors import DamagedJournalError, JournalError
from mmtui.estimators.memory import PanelMemory
from mmtui.journal.migration import migrate
from mmtui.journal.schema import REMEDY
from mmtui.journal.sqlite import connect
from mmtui.journal.tail import Boot, Tail, read_tail
from mmtui.runtime.files import utc_text
from mmtui.runtime.state import MarketFiles

CRASH_WINDOW_S = 300.0
ASK_BACK_MAX_S = 7 * 86_400.0
CRASH_LOOP = "crash loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """What the engine starts with; ``notes`` are for people."""

    folded: Folded | None = None
    day: DayState | None = None
    panel: PanelMemory | None = None
    notes: tuple[Log, ...] = ()


def inherit(
    files: MarketFiles, *, now: float, size_decimals: int, starts_max: int, panel_age_max_s: float
) -> Inheritance:
    """Reads what earlier runs left; ``now`` is epoch seconds.

    Raises DamagedJournalError for a journal that is not as it was written, and LatchedError, the kill then
    being latched, when one fired that nobody cleared or when ``starts_max`` starts within five minutes did
    not end as they should.
    """
    tail = _tail(files)
    folded = fold(tail.rows)
    cleared_at = files.cleared_at()
    _refuse_forgotten_kill(files, folded)
    since = max(cleared_at, now - CRASH_WINDOW_S)
    _refuse_crash_loop(files, tail.boots, now=now, since=since, most=starts_max, position=_position(folded))
    notes = _notes(tail)
    usable = _usable(folded, now, size_decimals, notes)
    return Inheritance(
        folded=usable,
        day=_day(files, usable, notes),
        panel=_panel(files, now, panel_age_max_s, notes),
        notes=tuple(notes),
    )


def _tail(files: MarketFiles) -> Tail:
    path = files.journal
    if not path.exists():
        return Tail()
    try:
        with contextlib.closing(connect(path)) as connection:
            migrate(connection, path)
    except sqlite3.Error as error:
        raise DamagedJournalError(f"the journal {path} cannot be read: {error}", remedy=REMEDY) from None
    return read_tail(path)


def _refuse_forgotten_kill(files: MarketFiles, folded: Folded) -> None:
    """A kill whose latch could not be written, on a full disk say, holds all the same.

    It is the kill itself that must have been cleared: no time says so, for a clock can have been wrong.
    """
    kill = folded.kill
    if kill is None or files.is_cleared(kill.reason, kill.at):
        return
    files.latch(Latch(reason=kill.reason, detail=kill.detail, position_base=_position(folded), at=kill.at))
    files.refuse_if_latched()


def _position(folded: Folded) -> float:
    """As the journal knows it, base units."""
    return folded.position / 10.0**folded.size_decimals


def _refuse_crash_loop(
    files: MarketFiles, boots: tuple[Boot, ...], *, now: float, since: float, most: int, position: float
) -> None:
    latch = crash_loop(boots, now=now, since=since, most=most, position=position)
    if latch is not None:
        files.latch(latch)
        files.refuse_if_latched()


def crash_loop(boots: Iterable[Boot], *, now: float, since: float, most: int, position: float = 0.0) -> Latch | None:
    """The halt that ``most`` starts since then deserve which did not end as they should; epoch seconds."""
    failed = sum(1 for boot in boots if boot.ended_at is None and since < boot.started_at <= now)
    if failed < most:
        return None
    detail = f"{failed} starts within {CRASH_WINDOW_S / 60:.0f} minutes, none of which ended as it should"
    return Latch(reason=CRASH_LOOP, detail=detail, position_base=position, at=now)


def _usable(folded: Folded, now: float, size_decimals: int, notes: list[Log]) -> Folded | None:
    if not folded.verified_ms:
        return None
    if folded.size_decimals != size_decimals:
        text = f"{folded.size_decimals} decimals of size then, {size_decimals} now"
        notes.append(_note("The instrument has changed: the earlier run's numbers are not used", found=text))
        return None
    if now - folded.verified_ms / 1000.0 > ASK_BACK_MAX_S:
        notes.append(_note("The earlier run is too long ago to ask for its fills", since=utc_text(folded.at)))
        return None
    return folded


def _day(files: MarketFiles, folded: Folded | None, notes: list[Log]) -> DayState | None:
    if folded is not None and folded.day is not None:
        return None
    try:
        saved = files.day()
    except JournalError as error:
        notes.append(_note("The day so far is not known", reason=str(error)))
        return None
    if saved is None:
        return None
    return msgspec.convert(saved, DayState, from_attributes=True)


def _panel(files: MarketFiles, now: float, age_max_s: float, notes: list[Log]) -> PanelMemory | None:
    memory = files.estimators()
    if memory is None:
        return None
    age_s = now - memory.at
    if not 0.0 <= age_s <= age_max_s:
        return None
    notes.append(_note("Estimators restored", level=LogLevel.INFO, age_s=round(age_s, 1), ticks=memory.ticks))
    return memory


def _notes(tail: Tail) -> list[Log]:
    notes = []
    last = tail.boots[0] if tail.boots else None
    if last is not None and last.ended_at is None:
        notes.append(_note("The previous run ended unexpectedly", run=last.run_id, started=utc_text(last.started_at)))
    if tail.is_torn:
        text = "the exchange is asked for what is missing"
        notes.append(_note("The end of the journal is torn", rows_left_out=tail.dropped, remedy=text))
    return notes


def _note(message: str, *, level: LogLevel = LogLevel.WARN, **fields: str | int | float | bool) -> Log:
    return Log(level=level, message=message, fields=fields, target="mmtui.runtime")
