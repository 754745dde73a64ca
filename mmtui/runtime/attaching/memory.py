"""What an attached console remembers, so that each picture over the socket can stay small.

Owns the log and the histories of one run of an engine, pieced together from what came before the first picture
and from every picture since. Pure; bounded.
"""

from typing import Final

import msgspec

from mmtui.domain.history_view import HistoriesView
from mmtui.domain.view import LogLine, View
from mmtui.runtime.control.frames import Past
from mmtui.runtime.histories import Histories

LINES_MAX: Final = 500


class Memory:
    """The past of one run of an engine."""

    __slots__ = ("_histories", "_lines", "_tail")

    def __init__(self) -> None:
        self._lines: dict[int, LogLine] = {}
        self._tail: tuple[LogLine, ...] = ()
        self._histories = Histories()

    def completed(self, view: View) -> View:
        """A picture with the past that belongs to it."""
        if self._know(view.log):
            self._tail = self._sorted()
        return msgspec.structs.replace(view, log=self._tail, histories=self._histories.look(view.engine))

    def restore(self, past: Past) -> None:
        """Takes in part of what came before."""
        if self._know(past.log):
            self._tail = self._sorted()
        self._histories.restore(HistoriesView(fine=past.fine, coarse=past.coarse, blotter=past.blotter))

    def _know(self, lines: tuple[LogLine, ...]) -> bool:
        fresh = {line.seq: line for line in lines if line.seq not in self._lines}
        self._lines.update(fresh)
        return bool(fresh)

    def _sorted(self) -> tuple[LogLine, ...]:
        kept = sorted(self._lines)[-LINES_MAX:]
        self._lines = {seq: self._lines[seq] for seq in kept}
        return tuple(self._lines.values())
