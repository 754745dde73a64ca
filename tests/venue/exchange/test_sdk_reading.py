"""The official Python SDK reads the local exchange: reference data, markets, accounts and feeds."""

import queue
from typing import Any

import pytest
from hyperliquid.info import Info

from tests.venue.exchange.sdk_traders import Listening, Trader, until
from tests.venue.exchange.served import WAIT_S, Served


def test_the_default_client_starts_with_the_main_dex_alone(served: Served) -> None:
    info = Info(served.url, skip_ws=True, timeout=WAIT_S)
    assert info.name_to_asset("BTC") == 0 and info.name_to_asset("SOL") == 3
    assert "hyna:BTC" not in info.name_to_coin
    info.session.close()


def test_builder_dexes_are_numbered_from_the_list_with_its_leading_null(trader: Trader) -> None:
    dexes = trader.info.perp_dexs()
    assert dexes[0] is None and [dex["name"] for dex in dexes[1:]] == ["xyz", "flx", "vntl", "hyna"]
    assert trader.info.name_to_asset("hyna:BTC") == 140_000
    meta = trader.info.meta("hyna")
    assert meta["universe"][0]["name"] == "hyna:BTC" and meta["collateralToken"] == 235
    tokens = {token["index"]: token["name"] for token in trader.info.spot_meta()["tokens"]}
    assert tokens[0] == "USDC" and tokens[235] == "USDE"


def test_a_delisted_contract_keeps_its_slot(trader: Trader) -> None:
    universe = trader.info.meta()["universe"]
    assert universe[2] == {
        "szDecimals": 1, "name": "MATIC", "maxLeverage": 20, "marginTableId": 20, "isDelisted": True,
    }  # fmt: skip
    meta, contexts = trader.info.meta_and_asset_ctxs()
    assert len(meta["universe"]) == len(contexts)
    assert contexts[2]["midPx"] is None and contexts[0]["midPx"] == "100000.0"


def test_book_mids_candles_and_funding_are_read(trader: Trader) -> None:
    trader.exchange.market_open("BTC", True, 0.01)
    book = trader.info.l2_snapshot("BTC")
    assert [side[0]["px"] for side in book["levels"]] == ["99990.0", "100010.0"]
    assert trader.info.all_mids()["BTC"] == "100000.0"
    assert trader.info.all_mids("hyna") == {"hyna:BTC": "100000.0"}
    candles = trader.info.candles_snapshot("BTC", "1m", 0, book["time"] + 60_000)
    assert candles[-1]["c"] == "100010.0" and candles[-1]["T"] - candles[-1]["t"] == 59_999
    assert trader.info.funding_history("BTC", 0) == []
    assert trader.info.user_funding_history(trader.address, 0) == []


def test_a_fresh_account_is_credited_on_every_dex(trader: Trader) -> None:
    for dex in ("", "hyna"):
        assert trader.info.user_state(trader.address, dex)["marginSummary"]["accountValue"] == "100000.0"
    deposits = trader.info.user_non_funding_ledger_updates(trader.address, 0)
    assert {row["delta"]["type"] for row in deposits} == {"deposit"}
    assert trader.info.user_role(trader.address) == {"role": "user"}
    assert trader.info.spot_user_state(trader.address) == {"balances": []}
    assert trader.info.query_sub_accounts(trader.address) is None


@pytest.fixture
def feeds(listening: Listening, trader: Trader) -> dict[str, "queue.Queue[Any]"]:
    """Every feed a market maker uses, with the subscriptions acknowledged by their first frames."""
    user = trader.address
    heard = {
        kind: listening.hear(type=kind, coin="BTC") for kind in ("l2Book", "trades", "bbo", "activeAssetCtx")
    }  # fmt: skip
    heard["allMids"] = listening.hear(type="allMids")
    heard["candle"] = listening.hear(type="candle", coin="BTC", interval="1m")
    for kind in ("userEvents", "orderUpdates", "userFills", "userFundings", "userNonFundingLedgerUpdates"):
        heard[kind] = listening.hear(type=kind, user=user)
    heard["activeAssetData"] = listening.hear(type="activeAssetData", user=user, coin="BTC")
    return heard


def test_feeds_open_with_a_picture_of_the_present(feeds: dict[str, "queue.Queue[Any]"], trader: Trader) -> None:
    def first(kind: str) -> Any:
        return feeds[kind].get(timeout=WAIT_S)["data"]

    assert len(first("l2Book")["levels"][0]) == 8
    assert [level["px"] for level in first("bbo")["bbo"]] == ["99990.0", "100010.0"]
    assert first("activeAssetCtx")["ctx"]["markPx"] == "100000.0"
    assert first("allMids")["mids"]["ETH"] == "4000.0"
    assert first("userFills") == {"isSnapshot": True, "user": trader.address.lower(), "fills": []}
    assert first("userFundings")["isSnapshot"] and first("userNonFundingLedgerUpdates")["isSnapshot"]
    assert first("activeAssetData")["leverage"] == {"type": "cross", "value": 20}


def test_a_trade_is_told_on_every_feed_it_concerns(feeds: dict[str, "queue.Queue[Any]"], trader: Trader) -> None:
    feeds["activeAssetData"].get(timeout=WAIT_S)
    oid = trader.rest("BTC", True, 0.01, 99_995)
    opened = until(feeds["orderUpdates"], lambda message: message["data"][0]["order"]["oid"] == oid)["data"][0]
    assert (opened["status"], opened["order"]["sz"]) == ("open", "0.01")
    touch = until(feeds["bbo"], lambda message: message["data"]["bbo"][0]["px"] == "99995.0")["data"]["bbo"]
    assert touch[0] == {"px": "99995.0", "sz": "0.01", "n": 1}
    trader.exchange.cancel("BTC", oid)
    until(feeds["orderUpdates"], lambda message: message["data"][0]["status"] == "canceled")
    bought = trader.exchange.market_open("BTC", True, 0.02)["response"]["data"]["statuses"][0]["filled"]
    fill = until(feeds["userFills"], lambda message: not message["data"].get("isSnapshot"))["data"]["fills"][0]
    assert fill["oid"] == bought["oid"] and fill["crossed"]
    assert until(feeds["userEvents"], lambda message: "fills" in message["data"])["data"]["fills"] == [fill]
    traded = until(feeds["trades"], lambda message: message["data"][-1]["tid"] == fill["tid"])["data"][-1]
    assert (traded["side"], traded["users"][0]) == ("B", trader.address.lower())
    assert until(feeds["candle"], lambda message: message["data"]["c"] == "100010.0")["data"]["s"] == "BTC"
    room = until(feeds["activeAssetData"], lambda _: True)["data"]
    assert float(room["maxTradeSzs"][0]) < 19.99


def test_two_callbacks_of_one_feed_both_hear(listening: Listening) -> None:
    first = listening.hear(type="bbo", coin="ETH")
    first.get(timeout=WAIT_S)
    second = listening.hear(type="bbo", coin="ETH")
    trader = Trader(listening.info.base_url)
    trader.rest("ETH", True, 0.1, 3_999.8)
    for heard in (first, second):
        until(heard, lambda message: message["data"]["bbo"][0]["px"] == "3999.8")
    trader.close()


def test_an_unsubscribed_feed_falls_silent(listening: Listening) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    subscription = {"type": "trades", "coin": "BTC"}
    number = listening.info.subscribe(subscription, heard.put)
    other = listening.hear(type="bbo", coin="BTC")
    other.get(timeout=WAIT_S)
    assert listening.info.unsubscribe(subscription, number)
    trader = Trader(listening.info.base_url)
    oid = trader.rest("BTC", True, 0.01, 99_996)
    until(other, lambda message: message["data"]["bbo"][0]["px"] == "99996.0")
    while not heard.empty():
        heard.get()
    seller = Trader(listening.info.base_url)
    seller.exchange.order("BTC", False, 0.01, 99_996, {"limit": {"tif": "Ioc"}})
    until(other, lambda message: message["data"]["bbo"][0]["px"] == "99990.0")
    assert heard.empty() and trader.info.query_order_by_oid(trader.address, oid)["order"]["status"] == "filled"
    trader.close()
    seller.close()
