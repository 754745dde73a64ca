"""What a report reads of the journal of one session, and the exact sums over it. Pure but for ``read_rows``."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from mmtui.domain.instrument import Side
from mmtui.domain.records import (
    EquitySampled,
    FillBooked,
    FundingBooked,
    ModeChanged,
    ParametersChanged,
    PositionAdjusted,
    RiskRecorded,
)
from mmtui.domain.units import UsdMicro
from mmtui.journal.port import Session
from mmtui.journal.reader import JournalReader

HOUR_S = 3_600.0
KINDS = (
    EquitySampled, FillBooked, FundingBooked, ModeChanged, ParametersChanged, PositionAdjusted, RiskRecorded,
)  # fmt: skip


class Kept(NamedTuple):
    """The rows of a session by kind, in order; recovered and foreign fills and funding are left out.

    ``orders`` are counts of orders by the state they were last in and, if refused, the reason.
    """

    session: Session
    equity: tuple[EquitySampled, ...]
    fills: tuple[FillBooked, ...]
    funding: tuple[FundingBooked, ...]
    modes: tuple[ModeChanged, ...]
    orders: tuple[tuple[str, str, int], ...]
    edits: tuple[ParametersChanged, ...]
    adjustments: tuple[PositionAdjusted, ...]
    risk: tuple[RiskRecorded, ...]


class Causes(NamedTuple):
    """P&L by cause, micro-USD."""

    total: UsdMicro = 0
    spread_capture: UsdMicro = 0
    adverse_selection: UsdMicro = 0
    inventory: UsdMicro = 0
    fees: UsdMicro = 0
    funding: UsdMicro = 0

    def since(self, earlier: "Causes") -> "Causes":
        """What came in between."""
        return Causes(*(now - before for now, before in zip(self, earlier, strict=True)))


class Hour(NamedTuple):
    """One hour of the clock: what was earned in it, and what was traded."""

    begins_at: float
    causes: Causes
    fills: int
    volume: UsdMicro
    position: int


class Inventory(NamedTuple):
    """Position in size units: extremes over fills and samples, and its mean and deviation over time."""

    low: int
    high: int
    mean: float
    deviation: float
    last: int


def read_rows(path: Path, run_id: str) -> Kept | None:
    """Everything of a session that a report needs; None when the journal does not have it yet."""
    with JournalReader(path) as reader:
        session = next((one for one in reader.sessions() if one.start.run_id == run_id), None)
        if session is None:
            return None
        found: dict[type, list[object]] = {kind: list(reader.rows_of(kind, run_id)) for kind in KINDS}
        ends = tuple(reader.order_ends(run_id))

    def of(kind: type) -> list[object]:
        return found[kind]

    return Kept(
        session=session,
        equity=tuple(row for row in of(EquitySampled) if isinstance(row, EquitySampled)),
        fills=tuple(
            row for row in of(FillBooked)
            if isinstance(row, FillBooked) and not row.is_foreign and not row.is_recovered
        ),
        funding=tuple(row for row in of(FundingBooked) if isinstance(row, FundingBooked) and not row.is_recovered),
        modes=tuple(row for row in of(ModeChanged) if isinstance(row, ModeChanged)),
        orders=ends,
        edits=tuple(row for row in of(ParametersChanged) if isinstance(row, ParametersChanged)),
        adjustments=tuple(row for row in of(PositionAdjusted) if isinstance(row, PositionAdjusted)),
        risk=tuple(row for row in of(RiskRecorded) if isinstance(row, RiskRecorded)),
    )  # fmt: skip


def causes(row: EquitySampled) -> Causes:
    """The session's P&L as sampled."""
    return Causes(
        row.total, row.spread_capture, row.adverse_selection, row.inventory, row.fees, row.funding
    )  # fmt: skip


def hours(kept: Kept) -> list[Hour]:
    """Every hour with a sample or a fill; their causes sum to the last sample's, exactly."""
    last: dict[int, EquitySampled] = {}
    for row in kept.equity:
        last[int(row.at // HOUR_S)] = row
    traded: dict[int, list[FillBooked]] = defaultdict(list)
    for fill in kept.fills:
        traded[int(fill.at // HOUR_S)].append(fill)
    found: list[Hour] = []
    before, position = Causes(), 0
    for hour in sorted({*last, *traded}):
        sample, fills = last.get(hour), traded.get(hour, [])
        now = causes(sample) if sample is not None else before
        position = sample.position if sample is not None else (fills[-1].position if fills else position)
        found.append(Hour(hour * HOUR_S, now.since(before), len(fills), volume(fills), position))
        before = now
    return found


def volume(fills: Iterable[FillBooked]) -> UsdMicro:
    """What was traded."""
    return sum(fill.price * fill.size for fill in fills)


def inventory(kept: Kept, until: float) -> Inventory | None:
    """How the position was; weighted by time between fills."""
    marks = [(row.at, row.position) for row in kept.equity] + [(fill.at, fill.position) for fill in kept.fills]
    if not marks:
        return None
    marks.sort(key=lambda mark: mark[0])
    spans = [
        (max(later - at, 0.0), position)
        for (at, position), (later, _) in zip(marks, [*marks[1:], (max(until, marks[-1][0]), 0)], strict=True)
    ]
    whole = math.fsum(span for span, _ in spans)
    positions = [position for _, position in marks]
    mean = math.fsum(span * position for span, position in spans) / whole if whole > 0.0 else float(positions[-1])
    square = math.fsum(span * (position - mean) ** 2 for span, position in spans) / whole if whole > 0.0 else 0.0
    return Inventory(min(positions), max(positions), mean, math.sqrt(square), positions[-1])


def time_in_modes(modes: Sequence[ModeChanged], began_at: float, until: float) -> dict[str, float]:
    """Seconds in each mode, longest first."""
    spent: dict[str, float] = defaultdict(float)
    mode, since = "BOOTING", began_at
    for row in modes:
        spent[mode] += max(row.at - since, 0.0)
        mode, since = row.mode, row.at
    spent[mode] += max(until - since, 0.0)
    return dict(sorted(((name, seconds) for name, seconds in spent.items() if seconds > 0.0), key=lambda one: -one[1]))


def order_ends(orders: Iterable[tuple[str, str, int]]) -> tuple[Counter[str], Counter[str]]:
    """How orders ended, by state, and why they were refused, by the venue's words."""
    ends: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for state, reason, count in orders:
        ends[state] += count
        if state == "Rejected":
            refused[reason or "no reason given"] += count
    return ends, refused


def average_price(fills: Sequence[FillBooked], side: Side) -> tuple[int, int, float | None]:
    """Fills of a side, their size, and their average price in price units."""
    own = [fill for fill in fills if fill.side is side]
    size = sum(fill.size for fill in own)
    return len(own), size, volume(own) / size if size else None
