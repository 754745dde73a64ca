"""The local exchange as a venue in the same process, on a virtual clock: no sockets, no JSON.

Intents get a nonce each and go into the exchange's mempool after ``uplink_ms``; everything the exchange
tells comes back as domain events after ``downlink_ms``. For one account and one coin; deterministic.
"""

import heapq
from collections.abc import Sequence

import msgspec

from mmtui.domain.book import AssetContext, Book, Touch, Trade
from mmtui.domain.events import (
    AccountSnapshot,
    AnyEvent,
    BookUpdate,
    BudgetUpdate,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    FundingReceived,
    OrderReports,
    OrderStatusAnswer,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import Fence, Query, QueryOrder, Send
from mmtui.venues.exchange import actions, records
from mmtui.venues.exchange.direct_events import action_of, answer_event, fill_of, funding_of, report_of, signed_cost
from mmtui.venues.exchange.exchange import Exchange

FAST_BOOK_MS = 500
FAST_BOOK_LEVELS = 5
CONTEXT_MS = 1_000
IP_WEIGHT_CAP = 1_200
ACCOUNT_MODE = "disabled"
NONCES_REMEMBERED = 1_000


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds an action takes to reach the exchange, and a message to come back."""

    uplink_ms: int = 60
    downlink_ms: int = 60


class Cadence(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds between two full books, and between two contexts."""

    book_ms: int = FAST_BOOK_MS
    context_ms: int = CONTEXT_MS


class DirectVenue:
    """One account's view of an exchange that runs in the same process."""

    __slots__ = (
        "_account",
        "_book_ms",
        "_cadence",
        "_coin",
        "_context_ms",
        "_exchange",
        "_inbox",
        "_latency",
        "_nonces",
        "_reserved",
        "_sequence",
        "account_mode",
        "instrument",
    )

    def __init__(
        self,
        exchange: Exchange,
        coin: str,
        account: str,
        latency: Latency | None = None,
        *,
        cadence: Cadence | None = None,
    ) -> None:
        instrument = exchange.listing.instrument(coin)
        assert instrument is not None, f"{coin} is not listed"
        self.instrument: Instrument = instrument
        self._exchange = exchange
        self._coin = coin
        self._account = account
        self._latency = latency or Latency()
        self._cadence = cadence or Cadence()
        self._inbox: list[tuple[int, int, AnyEvent]] = []
        self._sequence = 0
        self._book_ms = 0
        self._context_ms = 0
        self._nonces: dict[int, int] = {}
        self._reserved: dict[int, int] = {}
        self.account_mode = ACCOUNT_MODE
        exchange.set_listener(self)
        for feed in (Feed.MARKET, Feed.USER):
            self._deliver(ConnectionChanged(received_at=self._due_s(), feed=feed, is_up=True))

    def advance(self, now_ms: int) -> list[AnyEvent]:
        """Runs the exchange until ``now_ms``; returns what has arrived by then, in order."""
        self._exchange.advance(now_ms)
        due: list[AnyEvent] = []
        while self._inbox and self._inbox[0][0] <= now_ms:
            due.append(heapq.heappop(self._inbox)[2])
        return due

    def send(self, now_ms: int, intents: Sequence[Send], *, nonces: Sequence[int] | None = None) -> None:
        """Puts each intent on its way as one action, under the nonces given or under its own."""
        for index, intent in enumerate(intents):
            nonce = self._nonce(now_ms, intent) if nonces is None else nonces[index]

            def reply(answer: actions.Reply, intent: Send = intent) -> None:
                self._deliver(answer_event(self._due_s(), intent, answer, self.instrument))

            self._exchange.submit(
                now_ms + self._latency.uplink_ms,
                self._account,
                action_of(self.instrument, intent),
                reply,
                expires_after_ms=intent.expires_at_ms,
                nonce=nonce,
            )

    def restart(self) -> None:
        """Another process signs from now on; its requests are numbered from the beginning."""
        self._nonces.clear()
        self._reserved.clear()

    def ask(self, intents: Sequence[Query]) -> None:
        """Answers each query from the exchange's state now, one round trip later."""
        for intent in intents:
            if isinstance(intent, QueryOrder):
                self._deliver(self._status(intent), trips=2)
            else:
                self._deliver(self._snapshot(intent.request_id, intent.fills_since_ms), trips=2)
                limit = self._exchange.statements.rate_limit(self._account)
                self._deliver(
                    BudgetUpdate(
                        received_at=self._due_s(2),
                        address_left=max(0, limit.cap - limit.used),
                        address_cap=limit.cap,
                        ip_weight_left=IP_WEIGHT_CAP,
                        ip_weight_cap=IP_WEIGHT_CAP,
                    ),
                    trips=2,
                )

    def on_fill(self, account: str, fill: records.AccountFill) -> None:
        """An account traded."""
        if account == self._account and fill.coin == self._coin:
            self._deliver(FillsReceived(received_at=self._due_s(), fills=(fill_of(fill),)))

    def on_order(self, account: str, update: records.OrderUpdate) -> None:
        """An order of an account changed."""
        if account == self._account and update.coin == self._coin:
            self._deliver(OrderReports(received_at=self._due_s(), reports=(report_of(update),)))

    def on_trades(self, coin: str, trades: Sequence[records.PublicTrade]) -> None:
        """The prints of one block."""
        if coin != self._coin:
            return
        prints = tuple(
            Trade(
                venue_time_ms=trade.time_ms,
                side=trade.side,
                price=self.instrument.price_usd(trade.price),
                size=self.instrument.size_base(trade.size),
                tid=trade.tid,
                order_key=trade.hash,
                buyer=trade.buyer,
                seller=trade.seller,
                is_system=trade.hash == records.SYSTEM_HASH,
            )
            for trade in trades
        )
        self._deliver(TradePrints(received_at=self._due_s(), trades=prints))

    def on_book(self, coin: str) -> None:
        """The book changed in this block."""
        if coin != self._coin:
            return
        self._deliver(TouchUpdate(received_at=self._due_s(), touch=self._touch()))

    def on_context(self, coin: str) -> None:
        """Nothing: contexts travel at their own cadence."""

    def on_funding(self, account: str, payment: records.FundingPayment) -> None:
        """An account paid or received funding."""
        if account == self._account and payment.coin == self._coin:
            self._deliver(FundingReceived(received_at=self._due_s(), payments=(funding_of(payment),)))

    def on_liquidation(self, account: str, liquidation: records.Liquidation) -> None:
        """Nothing: the fills say it."""

    def on_block(self, now_ms: int) -> None:
        """Full books and contexts at their cadence."""
        if self._exchange.is_silent(self._coin):
            return
        if now_ms - self._book_ms >= self._cadence.book_ms:
            self._book_ms = now_ms
            self._deliver(BookUpdate(received_at=self._due_s(), book=self._book()))
        if now_ms - self._context_ms >= self._cadence.context_ms:
            self._context_ms = now_ms
            context = self._exchange.context(self._coin)
            facts = AssetContext(
                mark=context.mark,
                oracle=context.oracle,
                funding_rate=context.funding_rate,
                open_interest=self.instrument.size_base(context.open_interest),
                premium=context.premium,
            )
            self._deliver(ContextUpdate(received_at=self._due_s(), context=facts))

    def _deliver(self, event: AnyEvent, trips: int = 1) -> None:
        self._sequence += 1
        due_ms = self._exchange.now_ms + trips * self._latency.downlink_ms
        heapq.heappush(self._inbox, (due_ms, self._sequence, event))

    def _nonce(self, now_ms: int, intent: Send) -> int:
        """A fresh nonce, or for a fence that of its request, whether that has come by here or not."""
        if isinstance(intent, Fence):
            nonce = self._nonces.get(intent.of_request_id)
            if nonce is not None:
                return nonce
            nonce = self._reserved[intent.of_request_id] = self._remember(now_ms, intent.of_request_id)
            if len(self._reserved) > NONCES_REMEMBERED:
                del self._reserved[next(iter(self._reserved))]
            return nonce
        reserved = self._reserved.pop(intent.request_id, None)
        return self._remember(now_ms, intent.request_id) if reserved is None else reserved

    def _remember(self, now_ms: int, request_id: int) -> int:
        nonce = self._nonces[request_id] = self._exchange.fresh_nonce(self._account, now_ms)
        if len(self._nonces) > NONCES_REMEMBERED:
            del self._nonces[next(iter(self._nonces))]
        return nonce

    def _due_s(self, trips: int = 1) -> float:
        return (self._exchange.now_ms + trips * self._latency.downlink_ms) / 1000.0

    def _touch(self) -> Touch:
        """The best level of each side, or nothing while a side is empty."""
        book, instrument = self._exchange.book(self._coin), self.instrument
        at_ms = self._exchange.book_time_ms(self._coin)
        bids, asks = book.levels(Side.BUY, 1), book.levels(Side.SELL, 1)
        if not bids or not asks:
            return Touch(at_ms, 0.0, 0.0, 0.0, 0.0)
        (bid, bid_size, _), (ask, ask_size, _) = bids[0], asks[0]
        return Touch(
            at_ms,
            instrument.price_usd(bid),
            instrument.size_base(bid_size),
            instrument.price_usd(ask),
            instrument.size_base(ask_size),
        )

    def _book(self) -> Book:
        book, instrument = self._exchange.book(self._coin), self.instrument
        sides = {side: book.levels(side, FAST_BOOK_LEVELS) for side in Side}
        return Book(
            venue_time_ms=self._exchange.book_time_ms(self._coin),
            bid_prices=tuple(instrument.price_usd(level[0]) for level in sides[Side.BUY]),
            bid_sizes=tuple(instrument.size_base(level[1]) for level in sides[Side.BUY]),
            ask_prices=tuple(instrument.price_usd(level[0]) for level in sides[Side.SELL]),
            ask_sizes=tuple(instrument.size_base(level[1]) for level in sides[Side.SELL]),
        )

    def _status(self, intent: QueryOrder) -> OrderStatusAnswer:
        update = self._exchange.statements.order_status(self._account, intent.cloid)
        return OrderStatusAnswer(
            received_at=self._due_s(2),
            request_id=intent.request_id,
            cloid=intent.cloid,
            report=None if update is None else report_of(update),
            venue_time_ms=self._exchange.now_ms,
        )

    def _snapshot(self, request_id: int, since_ms: int) -> AccountSnapshot:
        statements, dex = self._exchange.statements, self.instrument.dex
        statement = statements.statement(self._account, dex)
        row = next((row for row in statement.positions if row.coin == self._coin), None)
        leverage = statements.leverage(self._account, self._coin)
        rates, limit = statements.fee_rates(self._account), statements.rate_limit(self._account)
        liquidation = None if row is None else row.liquidation_price
        return AccountSnapshot(
            received_at=self._due_s(2),
            request_id=request_id,
            venue_time_ms=statement.time_ms,
            position=0 if row is None else row.size,
            entry_cost=0 if row is None else signed_cost(row),
            account_value=statement.total.account_value_micro,
            cash=statement.total.total_raw_usd_micro,
            margin_used=statement.total.total_margin_used_micro,
            withdrawable=statement.withdrawable_micro,
            leverage=leverage.value,
            is_cross=leverage.is_cross,
            liquidation_price=None if liquidation is None else self.instrument.price_units(liquidation),
            open_orders=tuple(
                report_of(update) for update in statements.open_orders(self._account, dex) if update.coin == self._coin
            ),
            fills=tuple(
                fill_of(fill)
                for fill in statements.fills(self._account)
                if fill.time_ms >= since_ms and fill.coin == self._coin
            ),
            funding=tuple(
                funding_of(payment)
                for payment in statements.fundings(self._account)
                if payment.time_ms >= since_ms and payment.coin == self._coin
            ),
            maker_rate=rates.maker,
            taker_rate=rates.taker,
            requests_used=limit.used,
            requests_cap=limit.cap,
            instrument=self._exchange.listing.instrument(self._coin),
            account_mode=self.account_mode,
            traded_volume_usd=limit.cumulative_volume_micro / 1e6,
        )
