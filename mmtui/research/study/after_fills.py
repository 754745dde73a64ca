"""What own fills were worth some time later, from the rows of a session and the path of the mid.

Nothing is forgotten here, unlike in the live record: every fill of the session counts the same. The parts
of one aggressive order are one observation, since they share one future. Pure.
"""

import bisect
import math
from collections.abc import Iterable, Sequence

import msgspec

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.records import FillBooked
from mmtui.domain.units import BPS

HORIZONS_S = (0.5, 1.0, 5.0, 30.0, 60.0)
Z_975 = 1.959963984540054


class Path(msgspec.Struct):
    """The mid as it was: ``mid[i]`` USD held from ``at[i]`` on."""

    at: list[float] = []
    mid: list[float] = []

    def see(self, at: float, mid: float) -> None:
        """The mid at ``at``; one that did not change is not kept."""
        if not self.mid or mid != self.mid[-1]:
            self.at.append(at)
            self.mid.append(mid)

    def before(self, at: float) -> float | None:
        """The mid in force just before ``at``; None before the first."""
        place = bisect.bisect_left(self.at, at) - 1
        return self.mid[place] if place >= 0 else None


class Struck(msgspec.Struct, frozen=True):
    """Own quotes hit by one aggressive order: the mean price by size, and the mid just before."""

    at: float
    side: Side
    price: float
    size: float
    mid: float

    @property
    def edge_bps(self) -> float:
        """Distance from the mid at the fill, positive when it earned."""
        return int(self.side) * (self.mid - self.price) / self.mid * BPS


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """Fills ``horizon_s`` later, bps of the mid at the fill, by number; ``error_bps`` is a standard error."""

    horizon_s: float
    n: int
    edge_bps: float
    markout_bps: float
    error_bps: float

    @property
    def interval_bps(self) -> tuple[float, float]:
        """A 95 % interval of the mean markout."""
        reach = Z_975 * self.error_bps
        return self.markout_bps - reach, self.markout_bps + reach


def struck(rows: Iterable[FillBooked], path: Path, instrument: Instrument) -> list[Struck]:
    """Passive fills that the session quoted for, one entry an aggressive order."""
    found: dict[tuple[int, Side], list[FillBooked]] = {}
    for row in rows:
        if not (row.is_taker or row.is_foreign or row.is_recovered):
            found.setdefault((row.venue_time_ms, row.side), []).append(row)
    made = []
    for parts in found.values():
        mid = path.before(parts[0].at)
        if mid is None:
            continue
        size = sum(part.size for part in parts)
        price = sum(instrument.price_usd(part.price) * part.size for part in parts) / size
        made.append(Struck(parts[0].at, parts[0].side, price, instrument.size_base(size), mid))
    return made


def worth(fills: Sequence[Struck], path: Path, ended_at: float, horizon_s: float) -> Worth | None:
    """The mean markout of the fills whose horizon ended before ``ended_at``; None where there is none."""
    judged = [fill for fill in fills if fill.at + horizon_s < ended_at]
    if not judged:
        return None
    marks = [_markout_bps(fill, path, horizon_s) for fill in judged]
    mean = sum(marks) / len(marks)
    variance = sum((mark - mean) ** 2 for mark in marks) / (len(marks) - 1) if len(marks) > 1 else 0.0
    return Worth(
        horizon_s=horizon_s,
        n=len(judged),
        edge_bps=sum(fill.edge_bps for fill in judged) / len(judged),
        markout_bps=mean,
        error_bps=math.sqrt(variance / len(marks)),
    )


def _markout_bps(fill: Struck, path: Path, horizon_s: float) -> float:
    later = path.before(fill.at + horizon_s)
    assert later is not None, "a fill has a mid before it"
    return int(fill.side) * (later - fill.price) / fill.mid * BPS
