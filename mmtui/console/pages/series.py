"""What the chart can show: ranges of time, panels and their lines, and the samples behind one dot column. Pure."""

from bisect import bisect_right
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from mmtui.domain.history_view import COARSE_S, FINE_S, HistoriesView, Sample

# A feed that is silent for this many periods left a gap.
GAP_PERIODS = 3.5
SESSION_LEAST_S = 60.0


class Range(NamedTuple):
    """A span of time; 0 s is the whole session."""

    name: str
    span_s: float


class Trace(NamedTuple):
    """One line of a panel: a field of the samples, how it is called, its role and its ASCII character."""

    field: str
    label: str
    role: str = "chart"
    char: str = "*"


class Panel(NamedTuple):
    """Lines that share a scale; ``scale`` turns the field's unit into the one shown."""

    title: str
    unit: str
    traces: tuple[Trace, ...]
    scale: float = 1.0
    has_zero: bool = False


RANGES = (Range("5 min", 300.0), Range("30 min", 1_800.0), Range("4 h", 14_400.0), Range("session", 0.0))
MID = Panel(
    "MID",
    "USD",
    (Trace("mid", "mid"), Trace("own_bid", "our bid", "bid", "."), Trace("own_ask", "our ask", "ask", "'")),
)
SPREAD = Panel(
    "SPREAD", "bp", (Trace("spread_bps", "market"), Trace("half_spread_bps", "our half", "bid", ".")), has_zero=True
)
INVENTORY = Panel("INVENTORY", "", (Trace("position", "position"),), has_zero=True)
PNL = Panel("P&L", "USD", (Trace("total", "total"),))
MORE = (
    Panel("SIGMA", "bp/sqrt(s)", (Trace("sigma", "sigma"),), scale=1e4),
    Panel("KAPPA", "1/bp", (Trace("kappa_bid", "bid", "bid", "."), Trace("kappa_ask", "ask", "ask", "'")), scale=1e-4),
    Panel("GAMMA", "", (Trace("gamma", "gamma"),)),
    Panel(
        "ADVERSE COST",
        "bp",
        (Trace("adverse_bid_bps", "bids", "bid", "."), Trace("adverse_ask_bps", "asks", "ask", "'")),
        has_zero=True,
    ),
    Panel("EDGE AT FILLS", "USD", (Trace("spread_capture", "edge"),)),
    Panel("ADVERSE", "USD", (Trace("adverse_selection", "adverse"),)),
    Panel("HELD", "USD", (Trace("inventory", "inventory P&L"),)),
    Panel("FEES", "USD", (Trace("fees", "fees"),)),
    Panel("FUNDING", "USD", (Trace("funding", "funding"),)),
)


class Window(NamedTuple):
    """A span of time as dot columns, each with the newest sample in it or carried on from just before."""

    start: float
    end: float
    columns: tuple[Sample | None, ...]

    def at(self, share: float) -> Sample | None:
        """The sample in the column at a share of the width."""
        return self.columns[min(int(share * len(self.columns)), len(self.columns) - 1)] if self.columns else None

    def share(self, at: float) -> float:
        """Where a time stands, 0 at the left edge."""
        return (at - self.start) / (self.end - self.start)


def window(past: HistoriesView, span_s: float, across: int) -> Window:
    """The last ``span_s`` seconds (0: all) in ``across`` columns.

    Columns begin at whole multiples of their width, so that a picture moves on by columns and does not shimmer.
    """
    is_fine = 0.0 < span_s <= len(past.fine) * FINE_S or not past.coarse or 0.0 < span_s <= RANGES[1].span_s
    samples = past.fine if is_fine else past.coarse
    if not samples:
        return Window(0.0, 1.0, (None,) * across)
    newest = past.fine[-1] if past.fine else samples[-1]
    span = span_s or max(newest.at - samples[0].at, SESSION_LEAST_S)
    wide = span / across
    end = (newest.at // wide + 1.0) * wide
    start = end - span
    carry_s = GAP_PERIODS * max(FINE_S if is_fine else COARSE_S, _period(samples))
    reach = max(0, len(samples) - 1 - int((newest.at - start) / (FINE_S if is_fine else COARSE_S)) - 2)
    samples = samples[reach:]
    times = [sample.at for sample in samples]
    columns: list[Sample | None] = []
    place, count = bisect_right(times, start), len(times)
    for x in range(across):
        until = start + (x + 1) * wide
        while place < count and times[place] < until:
            place += 1
        sample = samples[place - 1] if place else None
        if sample is not None and until - wide - sample.at > carry_s:
            sample = None
        columns.append(sample)
    if newest.at >= end - wide - carry_s:
        columns[-1] = newest
    return Window(start, end, tuple(columns))


def values(shown: Window, trace: Trace, scale: float) -> list[float | None]:
    """One figure a column, in the unit shown."""
    read = attrgetter(trace.field)
    if scale == 1.0:
        return [None if sample is None else read(sample) for sample in shown.columns]
    return [None if sample is None or (value := read(sample)) is None else value * scale for sample in shown.columns]


def _period(samples: tuple[Sample, ...]) -> float:
    """What lies between samples, by the newest of them: an engine may run faster than life."""
    newest = samples[-9:]
    gaps = sorted(b.at - a.at for a, b in pairwise(newest))
    return gaps[len(gaps) // 2] if gaps else 0.0
