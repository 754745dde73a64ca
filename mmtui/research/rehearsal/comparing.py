"""A comparison: which stretch of the recordings, with which inventory, traded twice, and what it cannot know.

Runs in a process of its own, beside the engine that asked. Files are only read; what is played lies in a folder
that goes with the process.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import zstandard

from mmtui.errors import ConfigError
from mmtui.research.rehearsal.others import Others
from mmtui.research.rehearsal.trading import Figures, Setting, rows, trade
from mmtui.runtime.consulting.rehearsing import Charge, Compared
from mmtui.runtime.incident.excerpt import is_picture, lines_of, message_of, stretch_of

LEAD_S = 60.0
SPAN_MIN_S = 30.0
CANNOT_KNOW = (
    "queue places and fills are a model's, and nobody else reacts to other quotes: "
    "trust differences that are large, not small ones"
)


class _Position(msgspec.Struct):
    size: float = 0.0


class _Held(msgspec.Struct):
    position: _Position = msgspec.field(default_factory=_Position)


class _View(msgspec.Struct):
    engine: _Held


class _Picture(msgspec.Struct):
    data: _View


def compare(charge: Charge, say: Callable[[str], None]) -> Compared:
    """Trades the stretch twice; raises ConfigError where too little is recorded or the changes are refused."""
    stretch = stretch_of(
        Path(charge.folder),
        charge.market,
        from_ms=charge.to_ms - round((charge.span_s + LEAD_S) * 1000),
        to_ms=charge.to_ms,
    )
    with tempfile.TemporaryDirectory(prefix="mmtui-rehearsal-") as folder:
        market = Path(folder) / "market.jsonl.zst"
        cut = _Cut(charge)
        cut.write(market, lines_of(stretch))
        recorded_s = (cut.last_ms - cut.first_ms) / 1000.0
        if recorded_s < SPAN_MIN_S + SPAN_MIN_S / 2:
            raise ConfigError(
                f"only {recorded_s:.0f} s of this market are recorded and {SPAN_MIN_S * 1.5:.0f} s are needed",
                remedy="ask again in a minute",
            )
        span_s = min(charge.span_s, recorded_s - SPAN_MIN_S / 2)
        lead_s = min(LEAD_S, recorded_s - span_s)
        setting = _setting(charge, market, cut, lead_s=lead_s, span_s=span_s)
        whole_s = 2 * (lead_s + span_s)
        now = trade(setting, {}, _every_tenth(whole_s, 0.0, say))
        then = trade(setting, charge.changes, _every_tenth(whole_s, lead_s + span_s, say))
    to_at = cut.last_ms / 1000.0
    return Compared(from_at=to_at - span_s, to_at=to_at, rows=rows(now, then), note=_note(charge, span_s, now, then))


def _setting(charge: Charge, market: Path, cut: "_Cut", *, lead_s: float, span_s: float) -> Setting:
    """The clock goes on from what the estimators have seen, so that nothing they remember lies in the future."""
    learned_ms = round(charge.panel.at * 1000) + 1 if charge.panel is not None else 0
    return Setting(
        market=str(market),
        instrument=charge.instrument,
        settings=charge.settings,
        start_ms=max(cut.first_ms, learned_ms),
        lead_s=lead_s,
        span_s=span_s,
        position=charge.position if cut.position is None else cut.position,
        equity_usd=charge.equity_usd,
        round_trip_ms=charge.round_trip_ms,
        panel=charge.panel,
    )


def _note(charge: Charge, span_s: float, now: Figures, then: Figures) -> str:
    idle = "".join(
        f"{name} it hardly quoted: {run.stood_idle}; "
        for name, run in (("as configured", now), ("changed", then))
        if run.stood_idle
    )
    short = f"only {span_s:.0f} s were recorded; " if span_s < charge.span_s - 1.0 else ""
    return f"{idle}{short}{CANNOT_KNOW}"


def _every_tenth(whole_s: float, before_s: float, say: Callable[[str], None]) -> Callable[[float], None]:
    said = -1

    def passed(seconds: float) -> None:
        nonlocal said
        tenths = int(10 * (before_s + seconds) / whole_s)
        if tenths != said:
            said = tenths
            say(f"{10 * tenths} % of both runs")

    return passed


class _Cut:
    """Writes the market without us, and notes when it begins and with which inventory the stretch does."""

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        self.first_ms = 0
        self.last_ms = 0
        self.position: float | None = None

    def write(self, path: Path, lines: Iterator[bytes]) -> None:
        others = Others(self._charge.instrument.size_decimals)
        with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file, closefd=False) as out:
            for line in others.lines(self._noted(lines)):
                out.write(line)

    def _noted(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        begins_ms = self._charge.to_ms - round(self._charge.span_s * 1000)
        for line in lines:
            at_ms = int(line[6 : line.index(b",", 6)])
            self.first_ms = self.first_ms or at_ms
            self.last_ms = at_ms
            if is_picture(line) and (self.position is None or at_ms <= begins_ms):
                with contextlib.suppress(msgspec.MsgspecError):
                    self.position = msgspec.json.decode(message_of(line), type=_Picture).data.engine.position.size
            yield line
