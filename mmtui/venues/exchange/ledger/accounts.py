"""Accounts: collateral, positions and what resting orders reserve, in exact integers.

Owns the arithmetic of a trade. Cash is kept as the venue keeps it: buying lowers the raw balance
by price times size, so account value is raw balance plus signed position times mark, and a trade
moves cash between accounts without creating any. Never decides whether a trade is allowed.
Source: hyperliquid-protocol.md 7.4, 8.1.
"""

from collections import deque

from mmtui.domain.instrument import Instrument, MarginMode, Side
from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.errors import InvariantError
from mmtui.venues.exchange.ledger.agents import Agents
from mmtui.venues.exchange.ledger.fees import Volumes
from mmtui.venues.exchange.ledger.mark_price import MarkPrice
from mmtui.venues.exchange.ledger.orders import Order, OrderLog
from mmtui.venues.exchange.ledger.request_budget import RequestBudget
from mmtui.venues.exchange.listing import Contract
from mmtui.venues.exchange.records import AccountFill, FundingPayment, LedgerEntry

DEFAULT_LEVERAGE = 20
FILLS_KEPT = 10_000
FUNDINGS_KEPT = 10_000


class FundingTotals:
    """Funding paid (positive) on one coin, micro-units: ever, since opening, since the last change."""

    __slots__ = ("all_time", "since_change", "since_open")

    def __init__(self) -> None:
        self.all_time: UsdMicro = 0
        self.since_open: UsdMicro = 0
        self.since_change: UsdMicro = 0

    def pay(self, amount: UsdMicro) -> None:
        """Count a payment; negative was received."""
        self.all_time += amount
        self.since_open += amount
        self.since_change += amount


class Holding:
    """One coin of one account: position, margin choice and reservations of resting orders.

    ``entry_notional`` is signed like ``size``. ``isolated_raw`` is the raw balance of an isolated
    position, 0 otherwise. ``open_buy`` and ``open_sell`` are notionals of resting orders that are
    not reduce-only; ``reduce_only`` holds those that are, oldest first.
    """

    __slots__ = (
        "contract", "entry_notional", "funding", "is_cross", "isolated_raw", "leverage", "open_buy",
        "open_sell", "price", "reduce_only", "size",
    )  # fmt: skip

    def __init__(self, contract: Contract, price: MarkPrice) -> None:
        instrument = contract.instrument
        self.contract = contract
        self.price = price
        self.size: Size = 0
        self.entry_notional: UsdMicro = 0
        self.isolated_raw: UsdMicro = 0
        self.is_cross = instrument.margin_mode is MarginMode.CROSS
        self.leverage = min(DEFAULT_LEVERAGE, instrument.max_leverage)
        self.open_buy: UsdMicro = 0
        self.open_sell: UsdMicro = 0
        self.reduce_only: dict[int, Order] = {}
        self.funding = FundingTotals()

    @property
    def instrument(self) -> Instrument:
        """The contract's instrument."""
        return self.contract.instrument

    def reserve(self, order: Order) -> None:
        """Count an order that came to rest."""
        if order.reduce_only:
            self.reduce_only[order.oid] = order
        elif order.side is Side.BUY:
            self.open_buy += order.price * order.size
        else:
            self.open_sell += order.price * order.size

    def release(self, order: Order, size: Size, *, is_over: bool) -> None:
        """Stop counting ``size`` of a resting order; ``is_over`` when nothing of it rests any more."""
        if order.reduce_only:
            if is_over:
                self.reduce_only.pop(order.oid, None)
        elif order.side is Side.BUY:
            self.open_buy -= order.price * size
        else:
            self.open_sell -= order.price * size

    def apply(self, signed: Size, price: Price) -> UsdMicro:
        """Change the position by a trade and return the realised pnl of the closed part, before fees."""
        start = self.size
        self.funding.since_change = 0
        if start == 0:
            self.funding.since_open = 0
        if start == 0 or (start > 0) == (signed > 0):
            self.entry_notional += price * signed
            self.size = start + signed
            return 0
        closing = min(abs(signed), abs(start))
        direction = 1 if start > 0 else -1
        released = direction * (abs(self.entry_notional) * closing // abs(start))
        closed_pnl = direction * price * closing - released
        opening = signed + direction * closing
        self.entry_notional += price * opening - released
        self.size = start + signed
        if opening:
            self.funding.since_open = 0
        assert self.size != 0 or self.entry_notional == 0
        return closed_pnl


class DexAccount:
    """An account's collateral and holdings on one dex; ``raw`` is the cross raw balance, micro-units."""

    __slots__ = ("dex", "holdings", "raw")

    def __init__(self, dex: str, balance_micro: UsdMicro) -> None:
        self.dex = dex
        self.raw = balance_micro
        self.holdings: dict[str, Holding] = {}

    def trade(self, holding: Holding, signed: Size, price: Price) -> UsdMicro:
        """Book a trade of ``signed`` size and return the realised pnl."""
        if holding.is_cross:
            self.raw -= price * signed
            return holding.apply(signed, price)
        start = holding.size
        closing = min(abs(signed), abs(start)) if start and (start > 0) != (signed > 0) else 0
        if closing:
            direction = 1 if start > 0 else -1
            equity = holding.isolated_raw + start * price
            released = equity if closing == abs(start) else equity * closing // abs(start)
            holding.isolated_raw += direction * price * closing - released
            self.raw += released
        opening = abs(signed) - closing
        if opening:
            margin = -(-price * opening // holding.leverage)
            self.raw -= margin
            holding.isolated_raw += margin - price * (opening if signed > 0 else -opening)
        closed_pnl = holding.apply(signed, price)
        if holding.size == 0 and holding.isolated_raw != 0:
            raise InvariantError(f"{holding.instrument.coin}: isolated balance without a position")
        return closed_pnl

    def pay(self, holding: Holding, amount: UsdMicro) -> None:
        """Take a fee or funding payment from the balance that carries the position."""
        if holding.is_cross or holding.size == 0:
            self.raw -= amount
        else:
            holding.isolated_raw -= amount


class ScheduledCancel:
    """An account's dead man's switch: when it fires, and how often it fired today."""

    __slots__ = ("_day", "_fired", "at_ms")

    def __init__(self) -> None:
        self.at_ms: int | None = None
        self._day = -1
        self._fired = 0

    def fired_on(self, day: int) -> int:
        """How often it fired on a UTC day."""
        return self._fired if day == self._day else 0

    def fire(self, day: int) -> None:
        """Count a firing and clear the time."""
        self._fired = self.fired_on(day) + 1
        self._day = day
        self.at_ms = None


class Account:
    """Everything the exchange knows of one address."""

    __slots__ = (
        "address", "agents", "budget", "dexes", "fills", "fundings", "ledger", "orders",
        "scheduled_cancel", "volumes",
    )  # fmt: skip

    def __init__(self, address: str, request_allowance: int) -> None:
        self.address = address
        self.dexes: dict[str, DexAccount] = {}
        self.orders = OrderLog()
        self.fills: deque[AccountFill] = deque(maxlen=FILLS_KEPT)
        self.fundings: deque[FundingPayment] = deque(maxlen=FUNDINGS_KEPT)
        self.ledger: list[LedgerEntry] = []
        self.volumes = Volumes()
        self.budget = RequestBudget(request_allowance)
        self.scheduled_cancel = ScheduledCancel()
        self.agents = Agents()
