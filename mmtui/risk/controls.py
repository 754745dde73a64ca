"""The checks before the wire, and the only builder of ``Approved``.

Every order passes here in the same step in which it is sent, whoever asked for it. Checks are in
positive form, so that a number that is not a number fails them. Control names C1 to C13 are those
of the project's control set.
"""

import enum
from collections.abc import Iterable, Sequence

import msgspec

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Instrument, Side
from mmtui.domain.intents import APPROVAL_KEY, Approved
from mmtui.domain.order import Order, OrderTerms, Purpose, TimeInForce
from mmtui.domain.units import Price, Size

CLIP_NOTIONAL_RATIO = 1.5
CLIP_SIZE_RATIO = 2.0
OPEN_ORDERS_PER_LEVEL = 4
OPEN_NOTIONAL_RATIO = 2


class Denial(enum.Enum):
    """Why an order may not be sent."""

    VALVE_SHUT = "nothing may be sent in this mode"
    ADDS_RISK = "only reducing orders are allowed"
    OFF_GRID = "price or size is not on the venue's grid"
    BELOW_MINIMUM = "below the venue's minimum order value"
    OFF_COLLAR = "outside the price collar"
    NOTIONAL = "order value above the cap"
    SIZE = "order size above the cap"
    POSITION = "would break the position limit if everything filled"
    OPEN_ORDERS = "too many open orders"
    OPEN_NOTIONAL = "open order value above the cap"
    DUPLICATE = "same side, price and size as a live order"
    SELF_CROSS = "would cross an own order"
    NOT_POST_ONLY = "a quote must be post-only"
    CROSSES_MARKET = "would cross the market"
    OLD_DATA = "market data is too old to decide on"
    NO_REFERENCE = "no reference price"


class Denied(msgspec.Struct, frozen=True):
    """An order that was not sent: the reason, what was found and what is allowed."""

    terms: OrderTerms
    reason: Denial
    found: float
    limit: float


class Permit(enum.Enum):
    """What the mode allows at the last step."""

    NONE = "none"
    REDUCE = "reduce"
    ADD = "add"


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the controls know when they review a batch; sizes and prices in exact units.

    ``reserved`` is (buy, sell) size that may still fill, own and foreign, ``foreign`` the part of it that
    is not ours and no reason to keep a reduce-only order back; ``references`` the known
    ones of mid, mark and oracle; ``clip`` the configured size of one side; ``book_bid`` and
    ``book_ask`` the touch, 0 when unknown; ``is_fresh`` whether the data may be decided on.
    """

    instrument: Instrument
    permit: Permit
    position: Size
    reserved: tuple[Size, Size]
    limit: Size
    clip: Size
    references: tuple[float, ...]
    collar: float
    book_bid: Price
    book_ask: Price
    is_fresh: bool
    caps: "OpenCaps"
    foreign: tuple[Size, Size] = (0, 0)


class OpenCaps(msgspec.Struct, frozen=True, kw_only=True):
    """Caps on what may be open at once: order count, and value in micro-USD."""

    orders: int
    notional_micro: int


class Review(msgspec.Struct, frozen=True):
    """The orders that may be sent, and those that may not."""

    approved: tuple[Approved, ...]
    denied: tuple[Denied, ...]


def review(proposals: Sequence[OrderTerms], gate: Gate, live: Iterable[Order]) -> Review:
    """Checks each proposal against the gate, the live orders and the proposals already approved."""
    desk = _Desk(gate, live)
    approved: list[Approved] = []
    denied: list[Denied] = []
    for terms in proposals:
        refusal = desk.refusal(terms)
        if refusal is None:
            desk.take(terms)
            approved.append(Approved(terms, APPROVAL_KEY))
        else:
            denied.append(refusal)
    return Review(tuple(approved), tuple(denied))


class _Desk:
    """Running totals over one batch."""

    __slots__ = ("buys", "gate", "keys", "notional", "orders", "reference", "reserved", "sells")

    def __init__(self, gate: Gate, live: Iterable[Order]) -> None:
        self.gate = gate
        self.reserved = {Side.BUY: gate.reserved[0], Side.SELL: gate.reserved[1]}
        self.keys: set[tuple[Side, Price, Size]] = set()
        self.buys: Price = 0
        self.sells: Price = 0
        self.orders = 0
        self.notional = 0
        self.reference = _median(gate.references)
        for order in live:
            if order.reserved:
                self._count(order.side, order.price, order.size, order.reserved)

    def take(self, terms: OrderTerms) -> None:
        """Counts an approved order."""
        self.reserved[terms.side] += terms.size
        self._count(terms.side, terms.price, terms.size, terms.size)

    def refusal(self, terms: OrderTerms) -> Denied | None:
        """The first check that fails, or None."""
        return (
            self._mode(terms)
            or self._grid(terms)
            or self._position(terms)
            or (self._quote(terms) if terms.purpose is Purpose.QUOTE else self._taker(terms))
            or self._open(terms)
            or self._own(terms)
        )

    def _mode(self, terms: OrderTerms) -> Denied | None:
        permit = self.gate.permit
        if permit is Permit.NONE:
            return _denied(terms, Denial.VALVE_SHUT)
        if permit is not Permit.ADD and not self._reduces(terms):
            return _denied(terms, Denial.ADDS_RISK, terms.size, abs(self.gate.position))
        return None

    def _reduces(self, terms: OrderTerms) -> bool:
        position = self.gate.position
        held = -terms.side * position
        own = self.reserved[terms.side] - self.gate.foreign[0 if terms.side > 0 else 1]
        return terms.reduce_only and 0 < own + terms.size <= held

    def _grid(self, terms: OrderTerms) -> Denied | None:
        instrument = self.gate.instrument
        if not (terms.size > 0 and instrument.is_price_on_grid(terms.price)):
            return _denied(terms, Denial.OFF_GRID, terms.price, instrument.tick(max(terms.price, 1)))
        closes_all = terms.reduce_only and terms.side * terms.size == -self.gate.position
        notional = terms.price * terms.size
        if not (notional >= MIN_NOTIONAL_USD_MICRO or closes_all):
            return _denied(terms, Denial.BELOW_MINIMUM, notional / 1e6, MIN_NOTIONAL_USD_MICRO / 1e6)
        return None

    def _position(self, terms: OrderTerms) -> Denied | None:
        worst = terms.side * self.gate.position + self.reserved[terms.side] + terms.size
        if worst <= self.gate.limit or self._reduces(terms):
            return None
        return _denied(terms, Denial.POSITION, worst, self.gate.limit)

    def _quote(self, terms: OrderTerms) -> Denied | None:
        gate = self.gate
        if terms.tif is not TimeInForce.ALO:
            return _denied(terms, Denial.NOT_POST_ONLY)
        if not gate.is_fresh:
            return _denied(terms, Denial.OLD_DATA)
        if self.reference is None:
            return _denied(terms, Denial.NO_REFERENCE)
        away = abs(gate.instrument.price_usd(terms.price) / self.reference - 1.0)
        if not away <= gate.collar:
            return _denied(terms, Denial.OFF_COLLAR, away, gate.collar)
        best = gate.book_ask if terms.side is Side.BUY else gate.book_bid
        crosses = terms.side * (terms.price - best) >= 0
        if crosses or not 0 < gate.book_bid < gate.book_ask:
            return _denied(terms, Denial.CROSSES_MARKET, terms.price, best)
        if not terms.size <= CLIP_SIZE_RATIO * gate.clip:
            return _denied(terms, Denial.SIZE, terms.size, CLIP_SIZE_RATIO * gate.clip)
        clip_notional = CLIP_NOTIONAL_RATIO * gate.clip * self.reference * gate.instrument.price_scale
        if not terms.price * terms.size <= max(clip_notional, 2 * MIN_NOTIONAL_USD_MICRO):
            return _denied(terms, Denial.NOTIONAL, terms.price * terms.size / 1e6, clip_notional / 1e6)
        return None

    def _taker(self, terms: OrderTerms) -> Denied | None:
        if terms.tif is TimeInForce.IOC and terms.reduce_only and self._reduces(terms):
            return None
        return _denied(terms, Denial.ADDS_RISK, terms.size, abs(self.gate.position))

    def _open(self, terms: OrderTerms) -> Denied | None:
        caps = self.gate.caps
        if not self.orders + 1 <= caps.orders:
            return _denied(terms, Denial.OPEN_ORDERS, self.orders + 1, caps.orders)
        notional = self.notional + terms.price * terms.size
        if not (notional <= caps.notional_micro or self._reduces(terms)):
            return _denied(terms, Denial.OPEN_NOTIONAL, notional / 1e6, caps.notional_micro / 1e6)
        return None

    def _own(self, terms: OrderTerms) -> Denied | None:
        if (terms.side, terms.price, terms.size) in self.keys:
            return _denied(terms, Denial.DUPLICATE, terms.price)
        if terms.side is Side.BUY and self.sells and terms.price >= self.sells:
            return _denied(terms, Denial.SELF_CROSS, terms.price, self.sells)
        if terms.side is Side.SELL and terms.price <= self.buys:
            return _denied(terms, Denial.SELF_CROSS, terms.price, self.buys)
        return None

    def _count(self, side: Side, price: Price, size: Size, open_size: Size) -> None:
        self.keys.add((side, price, size))
        self.orders += 1
        self.notional += price * open_size
        if side is Side.BUY:
            self.buys = max(self.buys, price)
        else:
            self.sells = min(self.sells or price, price)


def _denied(terms: OrderTerms, reason: Denial, found: float = 0.0, limit: float = 0.0) -> Denied:
    return Denied(terms, reason, float(found), float(limit))


def _median(values: tuple[float, ...]) -> float | None:
    usable = sorted(value for value in values if 0.0 < value < 1e15)
    if not usable:
        return None
    middle = len(usable) // 2
    return usable[middle] if len(usable) % 2 else (usable[middle - 1] + usable[middle]) / 2.0
