"""What the exchange knows about the account, kept from its own announcements.

Owns the venue's side of the comparison: position, resting orders, filled sizes, fills. Hears everything
that the in-process venue hears and passes it on; never looks at the engine.
"""

from collections.abc import Callable, Sequence

import msgspec

from mmtui.domain.cloid import is_ours, run_of
from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size
from mmtui.venues.exchange import records


class Resting(msgspec.Struct):
    """An order of the account on the book; ``cloid`` is "" for a foreign one."""

    oid: int
    cloid: str
    side: Side
    price: Price
    remaining: Size


class Truth:
    """A listener of the exchange for one account and coin."""

    def __init__(self, inner: records.Listener, account: str, coin: str) -> None:
        self._inner = inner
        self._account = account
        self._coin = coin
        self.position: Size = 0
        self.open: dict[int, Resting] = {}
        self.filled: dict[str, Size] = {}
        self.seen: set[str] = set()
        self.fills: list[records.AccountFill] = []
        self.funding: list[records.FundingPayment] = []
        self.version = 0
        self.twins: set[int] = set()
        self.moved_by_others: Callable[[Side, Size], None] = _nothing

    def own(self) -> list[Resting]:
        """Own orders on the book."""
        return [order for order in self.open.values() if order.cloid]

    def worst(self, side: Side) -> Size:
        """The position toward ``side`` if every own order of that side filled."""
        return side * self.position + sum([o.remaining for o in self.open.values() if o.cloid and o.side is side])

    def is_own(self, cloid: str | None) -> bool:
        """Whether an order is of this engine: neither foreign nor of another engine on the same account."""
        return cloid is not None and is_ours(cloid) and run_of(cloid) not in self.twins

    def settled(self) -> None:
        """The contract was settled: the position is gone without a fill."""
        self.version += 1
        before, self.position = self.position, 0
        if before:
            self.moved_by_others(Side.SELL if before > 0 else Side.BUY, abs(before))

    def on_fill(self, account: str, fill: records.AccountFill) -> None:
        """An account traded."""
        if account == self._account and fill.coin == self._coin:
            self.version += 1
            self.position = fill.start_position + fill.side * fill.size
            self.fills.append(fill)
            if not self.is_own(fill.cloid):
                self.moved_by_others(fill.side, fill.size)
            if fill.cloid is not None:
                self.filled[fill.cloid] = self.filled.get(fill.cloid, 0) + fill.size
        self._inner.on_fill(account, fill)

    def on_order(self, account: str, update: records.OrderUpdate) -> None:
        """An order of an account changed."""
        if account == self._account and update.coin == self._coin:
            self.version += 1
            cloid = update.cloid if update.cloid is not None and self.is_own(update.cloid) else ""
            if cloid:
                self.seen.add(cloid)
            if update.status == "open":
                self.open[update.oid] = Resting(update.oid, cloid, update.side, update.price, update.size)
            else:
                self.open.pop(update.oid, None)
        self._inner.on_order(account, update)

    def on_trades(self, coin: str, trades: Sequence[records.PublicTrade]) -> None:
        """The prints of one block."""
        self._inner.on_trades(coin, trades)

    def on_book(self, coin: str) -> None:
        """The book changed in this block."""
        self._inner.on_book(coin)

    def on_context(self, coin: str) -> None:
        """Mark and oracle moved."""
        self._inner.on_context(coin)

    def on_funding(self, account: str, payment: records.FundingPayment) -> None:
        """An account paid or received funding."""
        if account == self._account and payment.coin == self._coin:
            self.funding.append(payment)
        self._inner.on_funding(account, payment)

    def on_liquidation(self, account: str, liquidation: records.Liquidation) -> None:
        """A position is being closed by the venue."""
        self._inner.on_liquidation(account, liquidation)

    def on_block(self, now_ms: int) -> None:
        """A block ended."""
        self._inner.on_block(now_ms)


def _nothing(_: Side, __: Size) -> None:
    """Nobody wants to know."""
