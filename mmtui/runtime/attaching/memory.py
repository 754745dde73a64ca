"""What an attached console remembers, so that each picture over the socket can stay small.

Owns the log and the histories of one run of an engine, pieced together from what came before the first picture
and from every picture since. Pure; bounded.
"""

from collections import deque
from typing import Final

import msgspec

from mmtui.domain.history_view import HistoriesView
from mmtui.domain.view import LogLine, View
from mmtui.runtime.control.frames import Past
from mmtui.runtime.histories import Histories
from mmtui.runtime.link import HISTORY_S

LINES_MAX: Final = 500


class Memory:
    """The past of one run of an engine."""

    __slots__ = ("_histories", "_lines", "_mids", "_tail")

    def __init__(self) -> None:
        self._lines: dict[int, LogLine] = {}
        self._tail: tuple[LogLine, ...] = ()
        self._mids: deque[tuple[float, float]] = deque(maxlen=HISTORY_S)
        self._histories = Histories()

    def completed(self, view: View) -> View:
        """A picture with the past that belongs to it."""
        if self._know(view.log):
            self._tail = self._sorted()
        mid = view.engine.ladder.mid
        if mid is not None and (not self._mids or view.engine.at - self._mids[-1][0] >= 1.0):
            self._mids.append((view.engine.at, mid))
        return msgspec.structs.replace(
            view, log=self._tail, mid_history=tuple(self._mids), histories=self._histories.look(view.engine)
        )

    def restore(self, past: Past) -> None:
        """Takes in part of what came before."""
        if self._know(past.log):
            self._tail = self._sorted()
        if past.mids:
            known = dict((*past.mids, *self._mids))
            self._mids.clear()
            self._mids.extend(sorted(known.items()))
        self._histories.restore(HistoriesView(fine=past.fine, coarse=past.coarse, blotter=past.blotter))

    def _know(self, lines: tuple[LogLine, ...]) -> bool:
        fresh = {line.seq: line for line in lines if line.seq not in self._lines}
        self._lines.update(fresh)
        return bool(fresh)

    def _sorted(self) -> tuple[LogLine, ...]:
        kept = sorted(self._lines)[-LINES_MAX:]
        self._lines = {seq: self._lines[seq] for seq in kept}
        return tuple(self._lines.values())
