"""What a strategy is given and what it answers: the context, the ladder, and a reason for every basis point.

Sign of a term: positive bps move the price away from the other side (a bid down, an ask up), negative
ones toward it. The terms of a waterfall sum to the price on the venue's grid:
``price = reference * (1 - side * sum(bps) / 1e4)``. Nothing here decides; it only names.
"""

import enum
from collections.abc import Iterable
from typing import Protocol

import msgspec

from mmtui.domain.book import Touch
from mmtui.domain.estimates import Estimates
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import BPS, Price, Size
from mmtui.strategies.gamma import CALM, Multipliers


class Term(msgspec.Struct, frozen=True, gc=False):
    """One part of a quote's distance from the reference, in bps; positive is away from the other side."""

    name: str
    bps: float


def total_bps(terms: Iterable[Term]) -> float:
    """Sum of the terms by plain additions in their order, the same on every version of Python."""
    total = 0.0
    for term in terms:
        total += term.bps
    return total


class Basis(Protocol):
    """How one side of a ladder was made; explains a level when asked."""

    @property
    def reference(self) -> float:
        """Reference price in USD."""

    @property
    def reference_name(self) -> str:
        """``"fair"`` or ``"mid"``."""

    @property
    def wanted(self) -> Size:
        """Size units wanted on the side in all."""

    @property
    def room(self) -> Size:
        """Most size units the side may hold."""

    def terms(self, index: int, total_bps: float) -> tuple[Term, ...]:
        """The terms of a level that stands ``total_bps`` from the reference."""


class Waterfall(msgspec.Struct, frozen=True):
    """Why a level's price is what it is; the terms are made when asked for and sum to ``total_bps``."""

    side: Side
    index: int
    total_bps: float
    basis: Basis

    @property
    def reference(self) -> float:
        """Reference price in USD."""
        return self.basis.reference

    @property
    def reference_name(self) -> str:
        """``"fair"`` or ``"mid"``."""
        return self.basis.reference_name

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every part of the distance from the reference, in the order in which it was decided."""
        return self.basis.terms(self.index, self.total_bps)

    @property
    def price_usd(self) -> float:
        """The price the terms sum to."""
        return self.basis.reference * (1.0 - int(self.side) * self.total_bps / BPS)


class Level(msgspec.Struct, frozen=True, gc=False):
    """One wanted quote; ``index`` 0 is the closest to the reference, ``distance_bps`` is from it."""

    side: Side
    index: int
    price: Price
    size: Size
    distance_bps: float
    basis: Basis

    @property
    def waterfall(self) -> Waterfall:
        """Why the price is what it is."""
        return Waterfall(self.side, self.index, self.distance_bps, self.basis)


class AbsenceReason(enum.Enum):
    """Why a quote is not there."""

    NO_ROOM = "no room for more on this side"
    REDUCE_ONLY = "only orders that reduce the position are allowed"
    NO_SIZE = "its size is scaled to nothing"
    BELOW_MINIMUM = "below the venue's minimum order value; its size is added to the level inside it"
    SIDE_BELOW_MINIMUM = "the whole side is below the venue's minimum order value"
    SAME_PRICE = "falls on the price of the level inside it; its size is added to that level"
    NO_EDGE = "a fill there would earn less than it costs"
    EARNS_MORE_ELSEWHERE = "its size earns more on other levels"
    AT_BOUND = "the position is at the bound that the model was solved for"
    NO_REFERENCE = "no usable reference price"
    NO_PRICE = "there is no usable price for it"
    NOT_WANTED = "the strategy wants no quote here"
    BUDGET = "requests are scarce: fewer levels are kept"


class Absence(msgspec.Struct, frozen=True):
    """A quote that is not there; ``index`` None means the whole side, ``detail`` is the caller's reason."""

    side: Side
    index: int | None
    reason: AbsenceReason
    detail: str = ""

    @property
    def text(self) -> str:
        """The reason in words."""
        return f"{self.reason.value} ({self.detail})" if self.detail else str(self.reason.value)


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy tells of itself besides its quotes.

    ``note`` says in one line how they were made; ``fill_rates`` are the fills per second that it expects of
    its bid and its ask; ``taker_rate`` size units per second that it wants taken off the position, positive
    when buying; ``figures`` are name, value and unit; ``vectors`` are logged as they print themselves.
    """

    note: str = ""
    fill_rates: tuple[float, float] | None = None
    taker_rate: float = 0.0
    figures: tuple[tuple[str, float, str], ...] = ()
    vectors: tuple[object, ...] = ()


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """All quotes wanted now, closest first on each side.

    ``reference`` and ``reservation`` in USD (the reservation is the centre after the skew), 0 when there
    is no reference. ``half_spread_bps`` is what is quoted before the skew, ``model_half_spread_bps`` the
    model's own, fee included, before any widening; both are the mean of the two sides. ``widening`` are
    the capped terms between the two. ``uncharged_bps`` are the half-spreads of bid and ask before what their fills
    cost afterwards is charged for, None where no such charge is made. ``factors`` are the multipliers that made
    ``gamma_eff``. ``insight`` is what only some strategies have to tell.
    """

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    reference: float
    reservation: float
    absences: tuple[Absence, ...] = ()
    gamma_eff: float = 0.0
    factors: Multipliers = CALM
    half_spread_bps: float = 0.0
    model_half_spread_bps: float = 0.0
    widening: tuple[Term, ...] = ()
    uncharged_bps: tuple[float, float] | None = None
    insight: Insight | None = None

    def earned_bps(self, side: Side) -> float:
        """Half-spread that ``side`` asks for itself, before the charge for what its fills cost afterwards."""
        if self.uncharged_bps is None:
            return self.half_spread_bps
        return self.uncharged_bps[0 if side > 0 else 1]

    @property
    def tail_multiplier(self) -> float:
        """The multiplier of gamma in a cascade."""
        return self.factors.tail


class Rooms(msgspec.Struct, frozen=True, kw_only=True):
    """The most that may rest on each side now, and why when that is nothing.

    The size factors (0 to 1) scale the wanted size of a side before its room caps it, and ``buy_scaled`` says
    which rule does and for how long, "" while none does. With
    ``is_reduce_only`` the side that would increase the position is not quoted and the other holds at
    most the position.
    """

    buy: Size
    sell: Size
    buy_reason: str = ""
    sell_reason: str = ""
    size_factor_buy: float = 1.0
    size_factor_sell: float = 1.0
    buy_scaled: str = ""
    sell_scaled: str = ""
    is_reduce_only: bool = False

    def room(self, side: Side) -> Size:
        """Most size units on ``side``."""
        return self.buy if side > 0 else self.sell

    def reason(self, side: Side) -> str:
        """Why ``side`` has no room."""
        return self.buy_reason if side > 0 else self.sell_reason

    def size_factor(self, side: Side) -> float:
        """Share of the wanted size on ``side``."""
        return self.size_factor_buy if side > 0 else self.size_factor_sell

    def scaled(self, side: Side) -> str:
        """What makes the size of ``side`` smaller."""
        return self.buy_scaled if side > 0 else self.sell_scaled


class QuoteContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a strategy may know.

    ``now`` engine seconds; ``position`` signed, ``limit`` (effective now) and ``limit_config`` (as
    configured: the Qmax of the risk unit, models.md 1.3) in size units; ``maker_rate`` a fraction of
    notional, negative for a rebate, as is ``taker_rate``; ``equity_usd`` is the account's value, 0 when not
    known; ``is_prior`` says that estimates are priors because warm-up timed
    out; ``quoting_age_s`` counts from the first quote; ``caution_bps`` is widening asked for while something
    is not right, under the cap on all widening.
    """

    now: float
    instrument: Instrument
    estimates: Estimates
    touch: Touch
    position: Size
    limit: Size
    limit_config: Size
    rooms: Rooms
    maker_rate: float
    taker_rate: float = 0.0
    equity_usd: float = 0.0
    is_prior: bool = False
    quoting_age_s: float = 0.0
    caution_bps: float = 0.0
