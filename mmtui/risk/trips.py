"""What trips next: how far every limit is, in its own unit, in the move of the price that reaches it, and in time.

Measures nothing and decides nothing: it takes the readings and gauges of one moment and puts them in order,
the nearest first. A limit that the price alone can reach also has a distance in basis points, with the sign of
the move that hurts.
"""

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from mmtui.domain.units import BPS
from mmtui.risk.monitors.drawdown import drawdown_base_usd
from mmtui.risk.readings import Reading

PACE_WINDOW_S = 60.0
PACE_LEAST_S = 10.0
TIME_MAX_S = 86_400.0
SILENCE_SHOWN_S = 1.0
FLOOR_LEAST = 1e-9
LIQUIDATION = "liquidation"
NEAR_LIQUIDATION = "liquidation near"

_Point: TypeAlias = tuple[float, float]


class Follows(enum.Enum):
    """What a limit does when it is reached."""

    LIQUIDATION = "liquidated"
    KILL = "trading ends"
    PULL = "quotes pulled"
    REDUCE = "only reducing"
    SIDE = "one side off"
    SLOW = "fewer requests"
    HOLD = "nothing placed"
    CAP = "capped"


class Gauge(msgspec.Struct, frozen=True, gc=False):
    """A quantity that rises toward a limit, or with ``is_floor`` falls toward it, both in ``unit``.

    ``time_s`` is when it gets there, where that is known otherwise than by its pace.
    """

    name: str
    value: float
    limit: float
    unit: str
    follows: Follows
    is_floor: bool = False
    time_s: float | None = None


class Stake(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a move of the price acts on. USD; ``position_usd`` is signed, ``liquidation`` a fraction or None."""

    position_usd: float
    day_pnl_usd: float = 0.0
    peak_pnl_usd: float = 0.0
    opening_equity_usd: float = 0.0
    liquidation: float | None = None


class Trip(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One limit and how far it is.

    ``ratio`` is the share of the limit in use, ``distance`` what is left of it in ``unit``. ``move_bps`` is the
    move of the price that uses it up, ``time_s`` when it is used up at the present pace; None where neither does.
    """

    name: str
    follows: Follows
    value: float
    limit: float
    unit: str
    ratio: float
    distance: float
    move_bps: float | None = None
    time_s: float | None = None

    @property
    def text(self) -> str:
        """The limit, what is left, and what would use it up, in a few words."""
        left = f"{self.name}: {self.distance:,.4g} {self.unit}".rstrip() + " left"
        parts = [left] if self.distance > 0.0 else [f"{self.name}: reached"]
        if self.move_bps is not None and self.distance > 0.0:
            parts.append(f"a move of {self.move_bps:+,.0f} bps trips it")
        if self.time_s is not None and self.distance > 0.0:
            parts.append(f"{_duration(self.time_s)} at this pace")
        return ", ".join([*parts, self.follows.value])


class Paces:
    """How fast quantities change: against what they were half a window to a window ago."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[str, tuple[_Point, _Point, _Point]] = {}

    def note(self, now: float, values: Mapping[str, float]) -> None:
        """Takes the values of one moment; a name that is not among them is forgotten."""
        seen = {}
        for name, value in values.items():
            point = (now, value)
            anchor, middle, _ = self._seen.get(name, (point, point, point))
            if now - middle[0] >= PACE_WINDOW_S / 2.0:
                anchor, middle = middle, point
            seen[name] = (anchor, middle, point)
        self._seen = seen

    def pace(self, name: str) -> float | None:
        """Rise per second; None while it was not watched long enough."""
        if name not in self._seen:
            return None
        anchor, _, last = self._seen[name]
        elapsed_s = last[0] - anchor[0]
        return (last[1] - anchor[1]) / elapsed_s if elapsed_s >= PACE_LEAST_S else None


NO_PACES = Paces()


def gauges_of(readings: Iterable[Reading]) -> list[Gauge]:
    """The monitors' readings as gauges."""
    return [
        Gauge(reading.name, reading.value, reading.limit, reading.unit, _follows(reading))
        for reading in readings
        if reading.name != LIQUIDATION
    ]


def trips(gauges: Sequence[Gauge], stake: Stake, paces: Paces = NO_PACES) -> tuple[Trip, ...]:
    """Every limit with its distance, the nearest (by the share that is used) first."""
    found = [_trip(gauge, stake, paces) for gauge in gauges if gauge.limit > 0.0 and math.isfinite(gauge.value)]
    return tuple(sorted(found, key=lambda trip: (-trip.ratio, trip.name)))


def loss_move_bps(usd: float, position_usd: float) -> float | None:
    """Move of the price that loses ``usd`` on a signed position; None when flat."""
    return None if position_usd == 0.0 else -usd / position_usd * BPS


def value_move_bps(value_usd: float, limit_usd: float) -> float | None:
    """Move of the price that takes the value of a position to a limit; None when flat."""
    return None if not value_usd > 0.0 else (limit_usd / value_usd - 1.0) * BPS


def _trip(gauge: Gauge, stake: Stake, paces: Paces) -> Trip:
    if gauge.is_floor:
        distance, ratio = gauge.value - gauge.limit, gauge.limit / max(gauge.value, FLOOR_LEAST)
    else:
        distance, ratio = gauge.limit - gauge.value, gauge.value / gauge.limit
    distance = max(0.0, distance)
    return Trip(
        name=gauge.name,
        follows=gauge.follows,
        value=gauge.value,
        limit=gauge.limit,
        unit=gauge.unit,
        ratio=max(0.0, ratio),
        distance=distance,
        move_bps=_move_bps(gauge, stake, distance),
        time_s=_time_s(gauge, distance, paces),
    )


def _move_bps(gauge: Gauge, stake: Stake, distance: float) -> float | None:
    if gauge.name == "day loss":
        # A day in profit must first lose that.
        return loss_move_bps(max(0.0, gauge.limit + stake.day_pnl_usd), stake.position_usd)
    if gauge.name == "drawdown":
        base = drawdown_base_usd(stake.peak_pnl_usd, stake.opening_equity_usd)
        fall = max(0.0, stake.peak_pnl_usd) - stake.day_pnl_usd
        return loss_move_bps(max(0.0, gauge.limit / 100.0 * base - fall), stake.position_usd)
    if gauge.name.startswith("position value"):
        return value_move_bps(abs(stake.position_usd), gauge.limit)
    if stake.liquidation is None or stake.position_usd == 0.0:
        return None
    if gauge.name == LIQUIDATION:
        return -math.copysign(stake.liquidation * BPS, stake.position_usd)
    if gauge.name == NEAR_LIQUIDATION:
        return -math.copysign(distance / 100.0 * BPS, stake.position_usd)
    return None


def _time_s(gauge: Gauge, distance: float, paces: Paces) -> float | None:
    if gauge.time_s is not None:
        return gauge.time_s
    if gauge.unit == "s":
        return distance if gauge.value >= SILENCE_SHOWN_S else None
    pace = paces.pace(gauge.name)
    pace = -pace if pace is not None and gauge.is_floor else pace
    if pace is None or not pace > 0.0:
        return None
    time_s = distance / pace
    return time_s if time_s <= TIME_MAX_S else None


def _follows(reading: Reading) -> Follows:
    if reading.kills:
        return Follows.KILL
    return Follows.SLOW if reading.name == "rate-limit errors" else Follows.PULL


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"
