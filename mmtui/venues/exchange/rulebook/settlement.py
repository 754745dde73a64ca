"""What a trade does: positions, cash, fees, fills, and the orders that must follow.

Owns the two answers the matching loop asks for: may this maker trade, and what follows from the
execution. Runs inside the loop, so the next maker is judged on the position this one left.
Source: hyperliquid-protocol.md 7.2, 7.4, 9.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import Size, UsdMicro
from mmtui.venues.exchange.executions import BookOrder, Execution
from mmtui.venues.exchange.ledger import margin
from mmtui.venues.exchange.ledger.accounts import Account, Holding
from mmtui.venues.exchange.ledger.fees import GROWTH_VOLUME_DIVISOR
from mmtui.venues.exchange.ledger.orders import Order, Status
from mmtui.venues.exchange.markets.flow import order_key
from mmtui.venues.exchange.records import AccountFill, PublicTrade
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.state import State, account_order


class Settlement:
    """The callbacks of one pit; ``taker`` is the account order now being matched, if any."""

    __slots__ = ("_state", "pit", "taker")

    def __init__(self, state: State, pit: Pit) -> None:
        self._state = state
        self.pit = pit
        self.taker: Order | None = None

    def may_fill(self, maker: BookOrder, size: Size) -> Size:
        """How much of ``size`` the maker may trade: reduce-only to flat, else all its margin covers."""
        account = self._state.accounts[maker.account]
        dex_account, holding = self._state.holding(account, self.pit)
        if maker.reduce_only:
            return min(size, max(0, -maker.side * holding.size))
        return size if margin.maker_may_open(dex_account, holding, maker.side * size, maker.price) else 0

    def settle(self, execution: Execution) -> None:
        """Book one execution on both sides."""
        taker_signed = execution.taker_side * execution.size
        pit = self.pit
        pit.is_book_changed = True
        if execution.maker_account:
            maker = account_order(execution.maker)
            self._book(maker, execution, -taker_signed, is_taker=False)
            self._after_maker(maker, execution.size)
        else:
            pit.background.trade(-taker_signed, execution.price)
        if execution.taker_account:
            taker = self.taker
            assert taker is not None and taker.oid == execution.taker_oid, execution
            self._book(taker, execution, taker_signed, is_taker=True)
            self._print(execution)
            self.trim_reduce_only(self._state.accounts[taker.account])
        else:
            pit.background.trade(taker_signed, execution.price)

    def refuse(self, makers: list[BookOrder]) -> None:
        """End makers the matching loop took off the book because they may not trade."""
        for maker in makers:
            order = account_order(maker)
            status = Status.REDUCE_ONLY_CANCELED if order.reduce_only else Status.MARGIN_CANCELED
            self._state.close(order, status, left=order.size)

    def trim_reduce_only(self, account: Account) -> None:
        """Cut resting reduce-only orders to what the position still allows; older ones give way."""
        _, holding = self._state.holding(account, self.pit)
        if not holding.reduce_only:
            return
        allowed = abs(holding.size)
        for order in reversed(list(holding.reduce_only.values())):
            if self.pit.book.get(order.oid) is None:
                continue
            room = allowed if order.side * holding.size < 0 else 0
            if room <= 0:
                self._state.cancel(order, Status.REDUCE_ONLY_CANCELED)
            elif order.size > room:
                self.pit.book.shrink(order.oid, room)
                self._partial(account, order)
            allowed -= min(order.size, room)

    def _after_maker(self, maker: Order, size: Size) -> None:
        state = self._state
        account = state.accounts[maker.account]
        _, holding = state.holding(account, self.pit)
        is_over = maker.size == 0
        holding.release(maker, size, is_over=is_over)
        if is_over:
            account.orders.close(maker)
            state.announce(account, maker, Status.FILLED)
        else:
            self._partial(account, maker)
        self.trim_reduce_only(account)

    def _partial(self, account: Account, order: Order) -> None:
        self.pit.is_book_changed = True
        if self._state.settings.partial_fill_updates:
            self._state.announce(account, order, Status.OPEN)

    def _book(self, order: Order, execution: Execution, signed: Size, *, is_taker: bool) -> None:
        state, pit = self._state, self.pit
        account = state.accounts[order.account]
        dex_account, holding = state.holding(account, pit)
        start = holding.size
        notional = execution.price * execution.size
        direction = self._direction(holding, start, signed, is_taker=is_taker)
        closed_pnl = dex_account.trade(holding, signed, execution.price)
        fee = self._fee(account, notional, is_taker=is_taker)
        dex_account.pay(holding, fee)
        state.fees_micro[dex_account.dex] += fee
        counted = notional // GROWTH_VOLUME_DIVISOR if pit.instrument.growth_mode else notional
        account.volumes.add(state.now_ms, counted, is_taker=is_taker)
        fill = AccountFill(
            pit.coin,
            execution.price,
            execution.size,
            order.side,
            state.now_ms,
            start,
            direction,
            closed_pnl,
            fee,
            pit.instrument.collateral,
            is_taker,
            order.oid,
            execution.tid,
            state.transaction if execution.taker_account else order_key(execution.taker_oid),
            order.cloid,
            state.liquidating,
        )
        account.fills.append(fill)
        if state.listener is not None:
            state.listener.on_fill(account.address, fill)

    def _fee(self, account: Account, notional: UsdMicro, *, is_taker: bool) -> UsdMicro:
        tier = account.volumes.tier(self._state.now_ms)
        return self.pit.fee_scale.charge(notional, tier.taker_rate if is_taker else tier.maker_rate)

    def _direction(self, holding: Holding, start: Size, signed: Size, *, is_taker: bool) -> str:
        if is_taker and self._state.liquidating is not None:
            kind = "Cross" if holding.is_cross else "Isolated"
            return f"Liquidated {kind} {'Long' if start > 0 else 'Short'}"
        if start == 0 or (start > 0) == (signed > 0):
            return "Open Long" if signed > 0 else "Open Short"
        if abs(signed) <= abs(start):
            return "Close Long" if start > 0 else "Close Short"
        return "Long > Short" if start > 0 else "Short > Long"

    def _print(self, execution: Execution) -> None:
        state = self._state
        trade = PublicTrade(
            self.pit.coin,
            Side(execution.taker_side),
            execution.price,
            execution.size,
            state.now_ms,
            execution.tid,
            state.transaction,
            execution.buyer,
            execution.seller,
        )
        self.pit.tape.add(trade, state.now_ms)
