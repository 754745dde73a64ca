"""The order book of one coin: price-time priority over integer prices and sizes.

Owns the queues and the match loop. Knows nothing of margin, fees, order status or time: a maker's
right to trade is asked through ``may_fill``, each execution is handed to ``settle`` before the next
maker is looked at, and both may cancel or shrink resting orders. Background liquidity (account
``""``, negative oids) shares the queues with account orders. Source: hyperliquid-protocol.md 7.2.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size
from mmtui.errors import InvariantError
from mmtui.venues.exchange.executions import (
    BookOrder,
    Execution,
    MatchResult,
    MayFill,
    Settle,
    allow_all,
    settle_nothing,
    trade_id,
)


class _Level:
    """Orders at one price, oldest first, and their total size."""

    __slots__ = ("orders", "price", "total")

    def __init__(self, price: Price) -> None:
        self.price = price
        self.total: Size = 0
        self.orders: dict[int, BookOrder] = {}


class _Half:
    """One side; ``ranks`` ascends, best last (a bid's rank is its price, an ask's its negative)."""

    __slots__ = ("levels", "ranks", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = int(side)
        self.ranks: list[int] = []
        self.levels: dict[Price, _Level] = {}

    def level(self, price: Price) -> _Level:
        """The level at ``price``, made if absent."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = _Level(price)
            insort(self.ranks, self.sign * price)
        return level

    def drop(self, price: Price) -> None:
        """Forget an empty level."""
        del self.levels[price]
        rank = self.sign * price
        if self.ranks[-1] == rank:
            self.ranks.pop()
        else:
            del self.ranks[bisect_left(self.ranks, rank)]

    def best_first(self) -> Iterator[_Level]:
        """Levels from the touch outwards."""
        return (self.levels[self.sign * rank] for rank in reversed(self.ranks))


class MatchingBook:
    """Resting orders of one coin with price-time priority."""

    __slots__ = ("_accounts", "_asks", "_bids", "_orders")

    def __init__(self) -> None:
        self._bids = _Half(Side.BUY)
        self._asks = _Half(Side.SELL)
        self._orders: dict[int, BookOrder] = {}
        self._accounts: dict[str, dict[int, BookOrder]] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def best(self, side: Side) -> Price | None:
        """Best resting price of ``side``, or None when that side is empty."""
        half = self._half(side)
        return half.sign * half.ranks[-1] if half.ranks else None

    def crosses(self, side: Side, price: Price) -> bool:
        """Whether an order of ``side`` at ``price`` would trade at once."""
        opposite = self._half(side.opposite)
        return bool(opposite.ranks) and side * (price - opposite.sign * opposite.ranks[-1]) >= 0

    def get(self, oid: int) -> BookOrder | None:
        """The resting order, or None."""
        return self._orders.get(oid)

    def account_orders(self, account: str) -> list[BookOrder]:
        """Resting orders of an account, oldest first."""
        return list(self._accounts.get(account, {}).values())

    def orders_at(self, side: Side, price: Price) -> list[BookOrder]:
        """The queue at a price, first to trade first."""
        level = self._half(side).levels.get(price)
        return list(level.orders.values()) if level else []

    def levels(self, side: Side, depth: int) -> list[tuple[Price, Size, int]]:
        """Up to ``depth`` levels, best first, each price, total size and number of orders."""
        half = self._half(side)
        ranks = half.ranks[: -depth - 1 : -1] if depth > 0 else []
        found = [half.levels[half.sign * rank] for rank in ranks]
        return [(level.price, level.total, len(level.orders)) for level in found]

    def size_at(self, side: Side, price: Price) -> Size:
        """Total resting size at a price."""
        level = self._half(side).levels.get(price)
        return level.total if level else 0

    def queue_ahead(self, oid: int) -> Size:
        """Size that trades before the order at its own price; 0 for an unknown order."""
        order = self._orders.get(oid)
        if order is None:
            return 0
        ahead = 0
        for other in self._half(order.side).levels[order.price].orders.values():
            if other is order:
                break
            ahead += other.size
        return ahead

    def rest(self, order: BookOrder, *, first: bool = False) -> None:
        """Add the order at the back of its price (at the front with ``first``); it must not cross.

        Raises InvariantError for a crossing, empty or already resting order.
        """
        if order.size <= 0 or order.price <= 0 or order.oid in self._orders:
            raise InvariantError(f"cannot rest {order!r}")
        if self.crosses(order.side, order.price):
            raise InvariantError(f"resting {order!r} would cross the book")
        level = self._half(order.side).level(order.price)
        if first:
            level.orders = {order.oid: order, **level.orders}
        else:
            level.orders[order.oid] = order
        level.total += order.size
        self._orders[order.oid] = order
        if order.account:
            self._accounts.setdefault(order.account, {})[order.oid] = order

    def cancel(self, oid: int) -> BookOrder | None:
        """Take the order off the book and return it with its remainder; None when it is not there."""
        order = self._orders.pop(oid, None)
        if order is None:
            return None
        half = self._half(order.side)
        level = half.levels[order.price]
        del level.orders[oid]
        level.total -= order.size
        if not level.orders:
            half.drop(order.price)
        if order.account:
            del self._accounts[order.account][oid]
        return order

    def shrink(self, oid: int, size: Size) -> None:
        """Lower the remainder to ``size``, keeping the place in the queue; 0 cancels. Growing is an error."""
        order = self._orders[oid]
        if size <= 0:
            self.cancel(oid)
            return
        if size > order.size:
            raise InvariantError(f"cannot grow {order!r} to {size}")
        self._half(order.side).levels[order.price].total -= order.size - size
        order.size = size

    def match(
        self, taker: BookOrder, limit: Price, may_fill: MayFill = allow_all, settle: Settle = settle_nothing
    ) -> MatchResult:
        """Trade ``taker`` against the book up to ``limit``; its ``size`` falls by what traded.

        The remainder is not rested. Resting orders of the taker's own account are cancelled, not traded.
        """
        result = MatchResult([], [], [])
        opposite = self._half(taker.side.opposite)
        ranks, sign = opposite.ranks, opposite.sign
        limit_rank = sign * limit
        while taker.size > 0 and ranks and ranks[-1] >= limit_rank:
            level = opposite.levels[sign * ranks[-1]]
            self._meet(taker, next(iter(level.orders.values())), result, may_fill, settle)
        return result

    def match_print(
        self, taker: BookOrder, price: Price, may_fill: MayFill = allow_all, settle: Settle = settle_nothing
    ) -> MatchResult:
        """Trade ``taker`` as a print observed at ``price``: better account orders first, then that queue.

        Background at better prices is left alone: had it been there, the print would have been there.
        """
        result = MatchResult([], [], [])
        opposite = self._half(taker.side.opposite)
        for order in self._better_account_orders(opposite, price):
            if taker.size > 0 and order.oid in self._orders:
                self._meet(taker, order, result, may_fill, settle)
        while taker.size > 0 and (level := opposite.levels.get(price)) is not None:
            self._meet(taker, next(iter(level.orders.values())), result, may_fill, settle)
        return result

    def _half(self, side: Side) -> _Half:
        return self._bids if side is Side.BUY else self._asks

    def _better_account_orders(self, half: _Half, price: Price) -> list[BookOrder]:
        found: list[BookOrder] = []
        if any(self._accounts.values()):
            for level in half.best_first():
                if half.sign * (level.price - price) <= 0:
                    break
                found.extend(order for order in level.orders.values() if order.account)
        return found

    def _meet(self, taker: BookOrder, maker: BookOrder, result: MatchResult, may_fill: MayFill, settle: Settle) -> None:
        if taker.account and maker.account == taker.account:
            self.cancel(maker.oid)
            result.self_trades.append(maker)
            return
        wanted = min(taker.size, maker.size)
        size = wanted
        if maker.account:
            size = may_fill(maker, wanted)
            if maker.oid not in self._orders:
                return
            size = max(0, min(size, wanted, maker.size))
        if size:
            taker.size -= size
            self._reduce(maker, size)
            execution = Execution(
                maker.price, size, taker.side, maker, maker.oid, taker.oid, taker.account, maker.account,
                trade_id(maker.oid, taker.oid),
            )  # fmt: skip
            result.executions.append(execution)
            if taker.account or maker.account:
                settle(execution)
        if size < wanted and self.cancel(maker.oid) is not None:
            result.refused.append(maker)

    def _reduce(self, maker: BookOrder, size: Size) -> None:
        if size == maker.size:
            self.cancel(maker.oid)
            maker.size = 0
        else:
            self.shrink(maker.oid, maker.size - size)
