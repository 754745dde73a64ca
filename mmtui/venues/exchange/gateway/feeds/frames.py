"""The frames of every feed: what opens it, and what it shows at one moment.

Owns the content of frames as bytes, ready to send. Decides neither when nor to whom. Source:
hyperliquid-protocol.md 11.1-11.3.
"""

import msgspec

from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway import account_rendering as account
from mmtui.venues.exchange.gateway import rendering
from mmtui.venues.exchange.gateway.answers import encode
from mmtui.venues.exchange.gateway.candles import INTERVALS_MS, Candles, render_candle
from mmtui.venues.exchange.gateway.feeds.subscriptions import (
    AllClearinghouseFeed,
    AllDexContexts,
    AllMids,
    AnySubscription,
    AssetContexts,
    AssetDataFeed,
    BboFeed,
    BookFeed,
    CandleFeed,
    ClearinghouseFeed,
    ContextFeed,
    LedgerUpdates,
    OfCoinFeed,
    OfDexFeed,
    OpenOrdersFeed,
    OrderHistory,
    SpotStateFeed,
    TradesFeed,
    UserFills,
    UserFundings,
)
from mmtui.venues.exchange.gateway.info.account import fills_snapshot, frontend_orders
from mmtui.venues.exchange.gateway.info.market import is_book_form
from mmtui.venues.exchange.gateway.info.reference import dex_contexts, dex_of, mids
from mmtui.venues.exchange.gateway.rendering import FAST_LEVELS, LEVELS

TRADES_REPLAYED = 30
HISTORY_REPLAYED = 500


def frame(channel: str, data: object) -> bytes:
    """One message of a channel."""
    return encode({"channel": channel, "data": data})


def is_known(exchange: Exchange, feed: AnySubscription) -> bool:
    """Whether the coin, dex, interval or form of a feed exists."""
    listing = exchange.listing
    if isinstance(feed, OfCoinFeed | AssetDataFeed) and feed.coin not in exchange.coins:
        return False
    if isinstance(feed, OfDexFeed):
        return listing.dex(feed.dex_name) is not None
    if isinstance(feed, ClearinghouseFeed | OpenOrdersFeed):
        return listing.dex(feed.dex or "") is not None
    if isinstance(feed, CandleFeed):
        return feed.interval in INTERVALS_MS
    return not isinstance(feed, BookFeed) or is_book_form(feed.nSigFigs, feed.mantissa)


def content(exchange: Exchange, feed: AnySubscription) -> object:
    """What a feed of states shows now; None for feeds of events."""
    if isinstance(feed, BookFeed):
        return _book(exchange, feed)
    if isinstance(feed, BboFeed | ContextFeed):
        return _of_coin(exchange, feed)
    if isinstance(feed, AllMids):
        shown: dict[str, object] = {"mids": mids(exchange, dex_of(exchange, feed.dex_name))}
        return shown | {"dex": feed.dex_name} if feed.dex_name else shown
    if isinstance(feed, AssetContexts):
        return {"dex": feed.dex_name, "ctxs": dex_contexts(exchange, dex_of(exchange, feed.dex_name))}
    if isinstance(feed, AllDexContexts):
        dexes = sorted(exchange.listing.dexes, key=lambda dex: dex.name)
        return {"ctxs": [[dex.name, dex_contexts(exchange, dex)] for dex in dexes]}
    return _of_account(exchange, feed)


def opening(exchange: Exchange, candles: Candles, feed: AnySubscription) -> object:
    """The first message of a feed, or None when it has none."""
    if isinstance(feed, TradesFeed):
        instrument = account.instrument_of(exchange.listing, feed.coin)
        rows = list(exchange.recent_trades(feed.coin))[-TRADES_REPLAYED:]
        return [rendering.trade(instrument, row) for row in rows] or None
    if isinstance(feed, CandleFeed):
        return candle(exchange, candles, feed)
    if isinstance(feed, UserFills):
        rows_shown = fills_snapshot(exchange, feed.user, aggregate=feed.aggregateByTime)
        return {"isSnapshot": True, "user": feed.user, "fills": rows_shown}
    if isinstance(feed, UserFundings):
        payments = list(exchange.statements.fundings(feed.user))[-HISTORY_REPLAYED:]
        shown = [account.funding(exchange.listing, row) for row in payments]
        return {"isSnapshot": True, "user": feed.user, "fundings": shown}
    if isinstance(feed, LedgerUpdates):
        entries = list(exchange.statements.ledger(feed.user))[-HISTORY_REPLAYED:]
        return ledger_updates(feed.user, [account.ledger_entry(row) for row in entries]) | {"isSnapshot": True}
    if isinstance(feed, OrderHistory):
        history = [account.order_status(exchange.listing, row) for row in exchange.statements.order_history(feed.user)]
        return {"isSnapshot": True, "user": feed.user, "orderHistory": history}
    return content(exchange, feed)


def ledger_updates(user: str, rows: list[rendering.Row]) -> rendering.Row:
    """Movements of an account's collateral."""
    return {"user": user, "nonFundingLedgerUpdates": rows}


def candle(exchange: Exchange, candles: Candles, feed: CandleFeed) -> object:
    """The bar that is forming, or None before the first print."""
    bars = candles.bars(feed.coin, feed.interval)
    if not bars:
        return None
    return render_candle(account.instrument_of(exchange.listing, feed.coin), feed.interval, bars[-1])


def echo(feed: AnySubscription) -> str:
    """JSON of a normalised feed."""
    return msgspec.json.encode(feed).decode()


def _book(exchange: Exchange, feed: BookFeed) -> rendering.Row:
    shown = rendering.book(
        account.instrument_of(exchange.listing, feed.coin),
        exchange.book(feed.coin),
        exchange.book_time_ms(feed.coin),
        depth=FAST_LEVELS if feed.fast else LEVELS,
        figures=feed.nSigFigs,
        mantissa=feed.mantissa,
    )
    return shown | {"fast": True} if feed.fast else shown


def _of_coin(exchange: Exchange, feed: BboFeed | ContextFeed) -> object:
    instrument = account.instrument_of(exchange.listing, feed.coin)
    if isinstance(feed, BboFeed):
        return rendering.touch(instrument, exchange.book(feed.coin), exchange.book_time_ms(feed.coin))
    return {"coin": feed.coin, "ctx": rendering.context(instrument, exchange.context(feed.coin))}


def _of_account(exchange: Exchange, feed: AnySubscription) -> object:
    listing, statements = exchange.listing, exchange.statements
    if isinstance(feed, ClearinghouseFeed):
        dex = feed.dex or ""
        state = account.clearinghouse_state(listing, statements.statement(feed.user, dex))
        return {"dex": dex, "user": feed.user, "clearinghouseState": state}
    if isinstance(feed, AllClearinghouseFeed):
        states = [
            [dex.name, account.clearinghouse_state(listing, statements.statement(feed.user, dex.name))]
            for dex in sorted(listing.dexes, key=lambda dex: dex.name)
        ]
        return {"user": feed.user, "clearinghouseStates": states}
    if isinstance(feed, OpenOrdersFeed):
        dex = feed.dex or ""
        return {"dex": dex, "user": feed.user, "orders": frontend_orders(exchange, feed.user, dex)}
    if isinstance(feed, SpotStateFeed):
        return {"user": feed.user, "spotState": {"balances": []}}
    if isinstance(feed, AssetDataFeed):
        return account.active_asset(listing, feed.user, feed.coin, statements.active_asset(feed.user, feed.coin))
    return None
