"""What is kept of recordings for fitting: ticks' returns, aggressive orders, mids, labels, spreads, time watched.

Owns the shapes and the clock of watched time, in which silences of the feed are left out. Pure.
"""

import dataclasses
from dataclasses import field

import msgspec
import numpy as np
import numpy.typing as npt

from mmtui.domain.instrument import Instrument, Side
from mmtui.estimators.adverse.tape_costs import Reached

Floats = npt.NDArray[np.float64]


class Change(msgspec.Struct, frozen=True, gc=False):
    """A return between two volume ticks ending at ``at``; ``is_linked`` when the one before it is its neighbour."""

    at: float
    log_return: float
    duration_s: float
    trades: float
    is_linked: bool


@dataclasses.dataclass(slots=True)
class Order:
    """An aggressive order: when by the tape and by watched time (s), how far beyond the mid (fraction), its size."""

    at: float
    watched_at: float
    aggressor: Side
    reach: float
    size: float


class Sample(msgspec.Struct, frozen=True, gc=False):
    """Imbalances and mid known at a moment of receiving; samples of one ``stretch`` have no silence between them."""

    at: float
    book: float
    flow: float
    mid: float
    stretch: int


class Fill(msgspec.Struct, frozen=True, gc=False):
    """A fill of a resting order of ours; ``side`` is ours."""

    at: float
    side: Side
    price: float
    mid: float


@dataclasses.dataclass(slots=True)
class Defects:
    """What is wrong with the recordings, by count."""

    late_prints: int = 0
    repeated_prints: int = 0
    absurd_prints: int = 0
    refused_books: int = 0
    old_books: int = 0
    receive_backwards: int = 0


@dataclasses.dataclass(slots=True)
class Span:
    """When the recordings began and ended (epoch s), how long was watched, and the silences left out."""

    first: float = 0.0
    last: float = 0.0
    watched_s: float = 0.0
    silences: list[tuple[float, float]] = field(default_factory=list)
    books: int = 0
    touches: int = 0
    prints: int = 0
    contexts: int = 0


@dataclasses.dataclass(slots=True)
class Observed:
    """Everything kept of one coin."""

    instrument: Instrument
    span: Span = field(default_factory=Span)
    defects: Defects = field(default_factory=Defects)
    changes: list[Change] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    mid_times: list[float] = field(default_factory=list)
    mids: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    spreads: dict[float, float] = field(default_factory=dict)
    funding: list[tuple[float, float]] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)

    def hits(self, side: Side) -> list[Order]:
        """Orders that hit our quotes on ``side``."""
        return [order for order in self.orders if order.aggressor is not side]

    def reached(self) -> list[Reached]:
        """All orders as the costs of quotes take them."""
        return [Reached(order.at, order.aggressor, order.reach) for order in self.orders]
