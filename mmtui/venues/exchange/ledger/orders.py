"""Orders from placement to their end: status, lookup by oid and cloid, and history.

Owns what the exchange remembers of an account's orders. Matching moves ``size``; nothing here
touches a book. Statuses are the venue's words. Source: hyperliquid-protocol.md 7.3.
"""

import enum

from mmtui.venues.exchange.actions import PlaceOrder, Tif
from mmtui.venues.exchange.executions import BookOrder
from mmtui.venues.exchange.records import OrderUpdate

HISTORY_ORDERS = 2000


class Status(enum.StrEnum):
    """Where an order is, in the venue's words."""

    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    SCHEDULED_CANCEL = "scheduledCancel"
    MARGIN_CANCELED = "marginCanceled"
    SELF_TRADE_CANCELED = "selfTradeCanceled"
    REDUCE_ONLY_CANCELED = "reduceOnlyCanceled"
    LIQUIDATED_CANCELED = "liquidatedCanceled"
    DELISTED_CANCELED = "delistedCanceled"
    MIN_NOTIONAL_REJECTED = "minTradeNtlRejected"
    MARGIN_REJECTED = "perpMarginRejected"
    REDUCE_ONLY_REJECTED = "reduceOnlyRejected"
    POST_ONLY_REJECTED = "badAloPxRejected"
    IOC_REJECTED = "iocCancelRejected"
    MAX_POSITION_REJECTED = "perpMaxPositionRejected"
    OPEN_ORDERS_REJECTED = "tooManyOpenOrdersRejected"


class Order(BookOrder):
    """An account's order; ``original`` keeps the size as sent, also when a reduce-only order is cut."""

    __slots__ = ("coin", "status", "status_ms")

    def __init__(self, oid: int, account: str, coin: str, request: PlaceOrder, now_ms: int) -> None:
        super().__init__(
            oid,
            account,
            request.side,
            request.price,
            request.size,
            reduce_only=request.reduce_only,
            cloid=request.cloid,
            tif=request.tif,
            placed_ms=now_ms,
        )
        self.coin = coin
        self.status = Status.OPEN
        self.status_ms = now_ms

    def update(self) -> OrderUpdate:
        """The order as it stands."""
        return OrderUpdate(
            self.coin,
            self.side,
            self.price,
            self.size,
            self.original,
            self.oid,
            self.placed_ms,
            self.status,
            self.status_ms,
            Tif(self.tif),
            self.reduce_only,
            self.cloid,
        )


class OrderLog:
    """One account's resting orders and its latest placed ones."""

    __slots__ = ("_cloids", "_recent", "open")

    def __init__(self) -> None:
        self.open: dict[int, Order] = {}
        self._recent: dict[int, Order] = {}
        self._cloids: dict[str, Order] = {}

    def record(self, order: Order) -> None:
        """Remember an order that was given an oid."""
        self._recent[order.oid] = order
        if order.cloid is not None:
            self._cloids[order.cloid] = order
        if len(self._recent) > HISTORY_ORDERS:
            oldest = self._recent.pop(next(iter(self._recent)))
            if oldest.oid not in self.open:
                self._forget_cloid(oldest)

    def close(self, order: Order) -> None:
        """An order stopped resting."""
        self.open.pop(order.oid, None)
        if order.oid not in self._recent:
            self._forget_cloid(order)

    def resting(self, target: int | str) -> Order | None:
        """The resting order with this oid, or the newest with this cloid if it rests."""
        if isinstance(target, int):
            return self.open.get(target)
        order = self._cloids.get(target)
        return order if order is not None and order.oid in self.open else None

    def find(self, target: int | str) -> Order | None:
        """The order with this oid, or the newest with this cloid, resting or not."""
        if isinstance(target, int):
            return self._recent.get(target) or self.open.get(target)
        return self._cloids.get(target)

    def history(self) -> list[Order]:
        """The latest orders, newest first."""
        return list(reversed(self._recent.values()))

    def _forget_cloid(self, order: Order) -> None:
        if order.cloid is not None and self._cloids.get(order.cloid) is order:
            del self._cloids[order.cloid]
