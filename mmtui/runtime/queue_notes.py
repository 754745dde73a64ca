"""How far each own order moved up its queue, noted from one picture after another. Bounded; reads no clock."""

from collections import OrderedDict
from typing import Final, NamedTuple

from mmtui.domain.view import OrderRow

ORDERS_MAX: Final = 300
NOTES_MAX: Final = 12
STEP: Final = 0.75


class QueueNote(NamedTuple):
    """What stood before an order at a time, base units, and its chance to fill soon."""

    at: float
    ahead: float
    chance: float | None


class QueueNotes:
    """The first thing known of an order's queue, and each time that a quarter of it was gone or it had grown."""

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: OrderedDict[str, list[QueueNote]] = OrderedDict()

    def look(self, at: float, orders: tuple[OrderRow, ...]) -> None:
        """Takes the orders of a picture."""
        for row in orders:
            if row.ahead is None:
                continue
            notes = self._notes.get(row.cloid)
            if notes is None:
                self._notes[row.cloid] = [QueueNote(at, row.ahead, row.fill_probability)]
                if len(self._notes) > ORDERS_MAX:
                    self._notes.popitem(last=False)
            elif not STEP * notes[-1].ahead < row.ahead <= notes[-1].ahead / STEP and row.ahead != notes[-1].ahead:
                notes.append(QueueNote(at, row.ahead, row.fill_probability))
                if len(notes) > NOTES_MAX:
                    del notes[1]

    def of(self, cloid: str) -> tuple[QueueNote, ...]:
        """What was noted of an order, oldest first."""
        return tuple(self._notes.get(cloid, ()))
