"""The life of one own order, from the journal's rows and from what the pictures showed of its queue.

Reads the journal in a thread; never touches the engine.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from mmtui.domain.consultations import Finding, OrderTold, StoryLine, TellOrder, Unable
from mmtui.domain.instrument import Instrument
from mmtui.domain.records import CancelIntended, FillBooked, OrderAdopted, OrderChanged, OrderIntended, Record
from mmtui.domain.units import MICRO
from mmtui.journal.reader import JournalReader
from mmtui.runtime.consulting.desk import Expert, Say
from mmtui.runtime.queue_notes import QueueNote

WORDS: Final = {
    "Submitted": "sent",
    "Resting": "rests in the book",
    "PartialFilled": "filled in part",
    "CancelPending": "cancel on its way",
    "Unknown": "fate unknown",
    "Settling": "over, fills to come",
    "CancelConfirmed": "cancel confirmed",
    "Filled": "filled whole",
    "FilledImmediately": "filled at once",
    "FilledDuringCancel": "filled during cancel",
    "Cancelled": "cancelled",
    "Rejected": "refused by the venue",
    "Lost": "can never execute",
}


def telling(
    journal: Path,
    instrument: Instrument,
    notes: Callable[[str], tuple[QueueNote, ...]],
    clock: Callable[[], float],
) -> Expert:
    """The expert of a run: its journal, its contract, what was noted of queues, and its clock."""

    async def tell(asked: TellOrder, _say: Say) -> Finding:
        rows = await asyncio.to_thread(_read, journal, asked.cloid)
        if not rows:
            return Unable(id=asked.id, text="the journal has nothing of this order yet")
        return OrderTold(id=asked.id, cloid=asked.cloid, lines=story(rows, notes(asked.cloid), instrument), at=clock())

    return tell


def story(rows: Iterable[Record], notes: Iterable[QueueNote], instrument: Instrument) -> tuple[StoryLine, ...]:
    """What happened to an order, oldest first; each answer with the time it took."""
    teller = _Teller(instrument)
    lines = [line for row in rows if (line := teller.line(row)) is not None]
    before: QueueNote | None = None
    for note in notes:
        lines.append(_queue(note, before, instrument))
        before = note
    return tuple(sorted(lines, key=lambda line: line.at))


class _Teller:
    """Goes through an order's rows and remembers what is waited for."""

    __slots__ = ("_cancelled_at", "_first", "_instrument", "_sent_at", "_size", "_state")

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._first: float | None = None
        self._sent_at: float | None = None
        self._cancelled_at: float | None = None
        self._size = 0
        self._state = ""

    def line(self, row: Record) -> StoryLine | None:
        match row:
            case OrderIntended():
                return self._intended(row)
            case OrderAdopted():
                self._first, self._size, self._state = row.at, row.terms.size, row.state
                return StoryLine(at=row.at, what="taken over", detail=f"from an earlier run, {row.state}")
            case CancelIntended():
                self._cancelled_at = row.at
                return StoryLine(at=row.at, what="cancel sent", detail=self._lived(row.at))
            case FillBooked():
                return self._filled(row)
            case OrderChanged():
                return self._changed(row)
        return None

    def _intended(self, row: OrderIntended) -> StoryLine:
        terms, instrument = row.terms, self._instrument
        self._first = self._sent_at = row.at
        self._size = terms.size
        kind = f"{terms.tif.value}{', reduce only' if terms.reduce_only else ''}"
        where = f"level {terms.level}" if terms.purpose.value == "quote" else terms.purpose.value
        detail = f"{instrument.wire_size(terms.size)} at {instrument.wire_price(terms.price)}, {kind}, {where}"
        waited = row.at - terms.created_at
        if waited >= 0.0005:
            detail += f", decided {waited * 1e3:.1f} ms before"
        return StoryLine(at=row.at, what=f"{terms.side.name} sent", detail=detail)

    def _filled(self, row: FillBooked) -> StoryLine:
        instrument = self._instrument
        edge = ""
        if row.mid2:
            bps = row.side * (row.mid2 - 2 * row.price) / row.mid2 * 1e4
            edge = f", edge {bps:+.2f} bp"
        detail = f"{instrument.wire_size(row.size)} of {instrument.wire_size(self._size)}" if self._size else ""
        detail += f" at {instrument.wire_price(row.price)}, {'taker' if row.is_taker else 'maker'}{edge}"
        detail += f", fee {row.fee / MICRO:.4f} USD, then position {row.position / instrument.size_scale:+g}"
        return StoryLine(at=row.at, what="fill", detail=detail.strip())

    def _changed(self, row: OrderChanged) -> StoryLine | None:
        before, self._state = self._state, row.state
        detail: list[str] = []
        if self._sent_at is not None and row.state != "Submitted":
            detail.append(f"{(row.at - self._sent_at) * 1e3:.1f} ms after it was sent")
            self._sent_at = None
        if self._cancelled_at is not None and row.state not in ("CancelPending", "Submitted", "PartialFilled"):
            detail.append(f"{(row.at - self._cancelled_at) * 1e3:.1f} ms after the cancel")
            self._cancelled_at = None
        if (row.state == before and not detail) or (row.state == "CancelPending" and self._cancelled_at is not None):
            return None
        if row.oid is not None and before in ("", "Submitted"):
            detail.append(f"oid {row.oid}")
        if row.reason:
            detail.append(row.reason)
        if row.state in ("Filled", "Cancelled", "Rejected", "Lost", "FilledDuringCancel", "FilledImmediately"):
            detail.append(self._lived(row.at))
        return StoryLine(at=row.at, what=WORDS.get(row.state, row.state), detail=", ".join(filter(None, detail)))

    def _lived(self, at: float) -> str:
        return f"lived {at - self._first:.1f} s" if self._first is not None else ""


def _queue(note: QueueNote, before: QueueNote | None, instrument: Instrument) -> StoryLine:
    ahead = f"{note.ahead:.{min(instrument.size_decimals, 5)}f} ahead"
    if note.chance is not None:
        ahead += f", chance to fill {note.chance:.0%}"
    if before is None:
        what = "seen in its queue"
    else:
        what = "moved up" if note.ahead < before.ahead else "queue longer"
    return StoryLine(at=note.at, what=what, detail=ahead)


def _read(journal: Path, cloid: str) -> list[Record]:
    with JournalReader(journal) as reader:
        return reader.of_order(cloid)
