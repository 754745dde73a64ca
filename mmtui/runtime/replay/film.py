"""Pictures in the order of time: kept small, given back whole, with the log and the past that each of them had.

Owns the storage and the events worth jumping to. Pictures may still be added while others are looked at.
Reads no clock.
"""

from bisect import bisect_left, bisect_right
from itertools import islice

import msgspec
import zstandard

from mmtui.domain.history_view import COARSE_MAX, COARSE_S, FINE_MAX, BlotterRow, HistoriesView, Sample
from mmtui.domain.view import EngineView, LogLine, SessionView, View
from mmtui.runtime.histories import Blotter, sampled

LOG_LINES = 500
WARNINGS = frozenset({"WARN", "WARNING", "ERROR"})
REPLAY = "REPLAY"


class Film:
    """Frames by time; all of one market, perhaps of several runs."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.fills: list[float] = []
        self.warnings: list[float] = []
        self.lines: list[LogLine] = []
        self.modes: list[str] = []
        self.is_complete = False
        self.trouble = ""
        self._frames: list[bytes] = []
        self._logged: list[int] = []
        self._samples: list[Sample] = []
        self._blotters: list[tuple[BlotterRow, ...]] = []
        self._blotter = Blotter()
        self._run_id = ""
        self._seq = 0
        self._counted = 0
        self._pack = zstandard.ZstdCompressor(level=1).compress
        self._unpack = zstandard.ZstdDecompressor().decompress
        self._decode = msgspec.json.Decoder(View).decode

    def __len__(self) -> int:
        return len(self.times)

    def add(self, picture: bytes) -> bool:
        """Takes a picture as JSON; one that cannot be read or is not later than the last is left out."""
        try:
            view = self._decode(picture)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        engine = view.engine
        if self.times and engine.at <= self.times[-1]:
            return False
        self._take_log(view)
        self._take_fills(engine)
        self._blotter.look(engine)
        self.times.append(engine.at)
        self.modes.append(engine.mode.value)
        self._frames.append(self._pack(picture))
        self._logged.append(len(self.lines))
        self._samples.append(sampled(engine))
        self._blotters.append(self._blotter.shown)
        return True

    def view(self, index: int) -> View:
        """The picture of that place, with its log and its past."""
        view = self._decode(self._unpack(self._frames[index]))
        logged = self._logged[index]
        fine = self._samples[max(0, index + 1 - FINE_MAX) : index + 1]
        return msgspec.structs.replace(
            view,
            session=as_replay(view.session),
            log=tuple(self.lines[max(0, logged - LOG_LINES) : logged]),
            histories=HistoriesView(fine=tuple(fine), coarse=self._coarse(index), blotter=self._blotters[index]),
        )

    def index_at(self, at: float) -> int:
        """The place of the last picture that is not later than ``at``; the first one before that."""
        return max(0, bisect_right(self.times, at) - 1)

    def event(self, kind: str, at: float, direction: int) -> float | None:
        """The time of the next event after ``at``, or of the last before it; None where there is none."""
        times = self.fills if kind == "fill" else self.warnings
        place = bisect_right(times, at + 1e-6) if direction > 0 else bisect_left(times, at - 1e-6) - 1
        return times[place] if 0 <= place < len(times) else None

    def _coarse(self, index: int) -> tuple[Sample, ...]:
        step = round(COARSE_S)
        first = max(0, index + 1 - COARSE_MAX * step)
        return tuple(islice(self._samples, first - first % step, index + 1, step))

    def _take_log(self, view: View) -> None:
        if view.session.run_id != self._run_id:
            self._run_id, self._seq, self._counted = view.session.run_id, 0, 0
        for line in view.log:
            if line.seq > self._seq:
                self._seq = line.seq
                self.lines.append(line)
                if line.level in WARNINGS and (not self.warnings or view.engine.at > self.warnings[-1]):
                    self.warnings.append(view.engine.at)

    def _take_fills(self, engine: EngineView) -> None:
        if engine.counters.fills > self._counted and self.times:
            self.fills.append(engine.at)
        self._counted = engine.counters.fills


def as_replay(session: SessionView) -> SessionView:
    """What was traded, told as a replay."""
    return msgspec.structs.replace(session, run_kind=REPLAY)
