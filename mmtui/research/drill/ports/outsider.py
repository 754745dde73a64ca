"""Other hands on the same account: trades, resting orders, cancels of ours, another leverage; and the guard.

Owns every action that reaches the exchange past the engine's process.
"""

import random
from collections.abc import Callable

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size
from mmtui.research.drill.ports.timeline import Timeline
from mmtui.research.drill.ports.truth import Truth
from mmtui.venues.exchange import actions
from mmtui.venues.exchange.exchange import Exchange

FOREIGN_CLOID = "0x" + "f0" * 14
TRADE_SHARE_MAX = 0.6


class Outsider:
    """Whoever else may act for the account."""

    def __init__(
        self,
        timeline: Timeline,
        exchange: Exchange,
        truth: Truth,
        *,
        instrument: Instrument,
        account: str,
        limit: Size,
        rng: random.Random,
    ) -> None:
        self._timeline = timeline
        self._exchange = exchange
        self._truth = truth
        self._instrument = instrument
        self._account = account
        self._limit = limit
        self._rng = rng
        self._orders = 0

    def trade(self) -> None:
        """A market order by hand."""
        side = self._rng.choice((Side.BUY, Side.SELL))
        size = max(1, int(self._limit * self._rng.uniform(0.05, TRADE_SHARE_MAX)))
        price = self._price(side, 1.01)
        if price:
            self._order(side, price, size, actions.Tif.IOC)

    def rest(self) -> None:
        """A limit order by hand, withdrawn after a while."""
        side = self._rng.choice((Side.BUY, Side.SELL))
        price = self._price(side, self._rng.uniform(0.97, 0.9999))
        if price:
            size = max(1, int(self._limit * self._rng.uniform(0.02, 0.2)))
            self._order(side, price, size, actions.Tif.GTC)
            self._timeline.after(self._rng.randint(5_000, 120_000), self.withdraw)

    def withdraw(self) -> None:
        """Takes the orders by hand off the book."""
        foreign = [order.oid for order in self._truth.open.values() if not order.cloid]
        if foreign:
            self._cancel(foreign)

    def cancel_own(self, is_ours: Callable[[str | None], bool]) -> None:
        """Cancels orders of the engine on the venue's web page."""
        own = [order.oid for order in self._truth.open.values() if is_ours(order.cloid)]
        if own:
            self._cancel(own[: self._rng.randint(1, len(own))])

    def clear(self) -> None:
        """The guard: cancels everything that is ours."""
        own = [order.oid for order in self._truth.own()]
        if own:
            self._cancel(own)

    def transfer(self, amount_usd: int, chance: float) -> None:
        """Money comes or, with a chance below a half, goes."""
        sign = -1 if chance < 0.5 else 1
        self._exchange.credit(self._account, self._instrument.dex, sign * amount_usd * 1_000_000)

    def change_leverage(self) -> None:
        """Sets another leverage."""
        action = actions.UpdateLeverageAction(self._instrument.asset_id, True, self._rng.choice((3, 5, 10, 20)))
        self._exchange.submit(self._timeline.now_ms, self._account, action, _ignore)

    def _order(self, side: Side, price: Price, size: Size, tif: actions.Tif) -> None:
        self._orders += 1
        order = actions.PlaceOrder(
            asset=self._instrument.asset_id, side=side, price=price, size=size, tif=tif,
            cloid=f"{FOREIGN_CLOID}{self._orders:04x}",
        )  # fmt: skip
        self._exchange.submit(self._timeline.now_ms, self._account, actions.OrderAction((order,)), _ignore)

    def _cancel(self, oids: list[int]) -> None:
        asset = self._instrument.asset_id
        action = actions.CancelAction(tuple(actions.Cancel(asset, oid) for oid in oids))
        self._exchange.submit(self._timeline.now_ms, self._account, action, _ignore)

    def _price(self, side: Side, aggressiveness: float) -> Price:
        book = self._exchange.book(self._instrument.coin)
        best = book.best(side.opposite)
        if best is None:
            return 0
        raw = int(best * (aggressiveness if side is Side.BUY else 2.0 - aggressiveness))
        return self._instrument.floor_price(raw)


def _ignore(_: actions.Reply) -> None:
    """Nobody waits for the answer."""
