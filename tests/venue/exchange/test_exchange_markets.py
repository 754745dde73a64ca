import random
from pathlib import Path

from mmtui.domain.instrument import Side
from mmtui.venues.exchange.actions import Cancel, CancelAction, OrderAction, OrderReply, PlaceOrder, Resting, Tif
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.markets.recorded import RecordedMarket
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from tests.venue.exchange.quiet_market import ALICE, BOB, START_MS, Heard


class TouchMaker:
    """Joins both touches every second and cancels what it had."""

    def __init__(self, exchange: Exchange, coin: str, account: str) -> None:
        instrument = exchange.listing.instrument(coin)
        assert instrument is not None
        self.exchange = exchange
        self.instrument = instrument
        self.account = account
        self.resting: list[int] = []

    def requote(self) -> None:
        book, asset = self.exchange.book(self.instrument.coin), self.instrument.asset_id
        cancels = tuple(Cancel(asset, oid) for oid in self.resting)
        if cancels:
            self.exchange.submit(self.exchange.now_ms, self.account, CancelAction(cancels), lambda _: None)
        orders = tuple(
            PlaceOrder(asset, side, price, 2 * self.instrument.min_size(price), Tif.ALO)
            for side in Side
            if (price := book.best(side)) is not None
        )
        self.resting = []
        self.exchange.submit(self.exchange.now_ms, self.account, OrderAction(orders), self.keep)

    def keep(self, reply: object) -> None:
        assert isinstance(reply, OrderReply), reply
        self.resting = [status.oid for status in reply.statuses if isinstance(status, Resting)]


def a_session(market: Market, seconds: int) -> tuple[Exchange, Heard]:
    """Two makers at the touch for some seconds, checked every second."""
    listing = listing_for(default_listing(), [market.instrument])
    exchange, heard = Exchange(listing, [market], start_ms=START_MS), Heard()
    exchange.set_listener(heard)
    coin = market.instrument.coin
    makers = [TouchMaker(exchange, coin, account) for account in (ALICE, BOB)]
    for second in range(1, seconds + 1):
        for maker in makers:
            maker.requote()
        exchange.advance(START_MS + second * 1_000)
        assert exchange.unaccounted_micro(market.instrument.dex) == 0
        bid, ask = exchange.book(coin).best(Side.BUY), exchange.book(coin).best(Side.SELL)
        assert bid is None or ask is None or bid < ask
    return exchange, heard


def synthetic(coin: str, seed: int) -> SyntheticMarket:
    instrument = default_listing().instrument(coin)
    assert instrument is not None
    return SyntheticMarket(instrument, random.Random(seed))


def test_two_makers_on_a_synthetic_market_fill_pay_fees_and_keep_the_books():
    exchange, heard = a_session(synthetic("hyna:BTC", 3), 60)
    fills = [fill for _, fill in heard.fills]
    assert len(fills) > 10
    assert all(fill.fee_token == "USDE" and fill.fee_micro > 0 for fill in fills if not fill.crossed)
    assert {account for account, _ in heard.fills} == {ALICE, BOB}
    for account in (ALICE, BOB):
        statement = exchange.statements.statement(account, "hyna")
        held = sum(fill.side * fill.size for owner, fill in heard.fills if owner == account)
        assert sum(row.size for row in statement.positions) == held


def test_the_same_seed_gives_the_same_session_and_another_seed_another():
    first, second, other = (a_session(synthetic("BTC", seed), 20)[1] for seed in (5, 5, 6))
    assert first.fills == second.fills
    assert first.orders == second.orders
    assert first.trades == second.trades
    assert first.trades != other.trades


def test_every_fill_of_a_maker_is_a_public_print_with_the_same_tid_and_hash():
    _, heard = a_session(synthetic("ETH", 9), 40)
    prints = {(trade.tid, trade.hash, trade.price) for trade in heard.trades}
    assert heard.fills
    assert all((fill.tid, fill.hash, fill.price) in prints for _, fill in heard.fills)


def test_makers_on_a_recording_fill_and_keep_the_books(shared: Path):
    instrument = default_listing().instrument("ETH")
    assert instrument is not None
    market = RecordedMarket(instrument, shared / "data/hyperliquid/hl_ETH_20250904T1946Z.jsonl.gz")
    exchange, heard = a_session(market, 90)
    assert heard.fills
    context = exchange.context("ETH")
    assert context.mid is not None
    assert abs(context.mark / context.mid - 1.0) < 0.01
    assert context.funding_rate == 0.0
