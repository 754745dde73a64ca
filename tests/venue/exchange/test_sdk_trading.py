"""The official Python SDK, unmodified, trades on the local exchange."""

import time
from decimal import Decimal

import pytest
from hyperliquid.utils.error import ClientError
from hyperliquid.utils.types import Cloid

from tests.venue.exchange.sdk_traders import Trader, only_status
from tests.venue.exchange.served import Served

ALO = {"limit": {"tif": "Alo"}}
GTC = {"limit": {"tif": "Gtc"}}
IOC = {"limit": {"tif": "Ioc"}}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def order(is_buy: bool, size: float, price: float, kind: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "coin": "BTC", "is_buy": is_buy, "sz": size, "limit_px": price, "order_type": kind, "reduce_only": False,
    } | more  # fmt: skip


def test_an_order_rests_is_listed_and_is_cancelled(trader: Trader) -> None:
    oid = trader.rest("BTC", True, 0.01, 99_000)
    listed = trader.info.open_orders(trader.address)
    assert [(row["oid"], row["side"], row["limitPx"], row["sz"], row["origSz"]) for row in listed] == [
        (oid, "B", "99000.0", "0.01", "0.01")
    ]
    assert trader.info.frontend_open_orders(trader.address)[0]["tif"] == "Alo"
    assert trader.exchange.cancel("BTC", oid)["response"] == {"type": "cancel", "data": {"statuses": ["success"]}}
    assert trader.info.open_orders(trader.address) == []
    found = trader.info.query_order_by_oid(trader.address, oid)
    assert found["order"]["status"] == "canceled" and found["order"]["order"]["sz"] == "0.01"
    again = trader.exchange.cancel("BTC", oid)["response"]["data"]["statuses"][0]
    assert again == {"error": "Order was never placed, already canceled, or filled. asset=0"}


def test_every_entry_of_a_batch_has_its_own_status(trader: Trader) -> None:
    batch = [order(True, 0.01, 99_000, ALO), order(True, 0.01, 100_500, ALO), order(True, 0.01, 99_500, IOC)]
    statuses = trader.exchange.bulk_orders(batch)["response"]["data"]["statuses"]
    assert set(statuses[0]) == {"resting"}
    assert statuses[1]["error"].startswith("Post only order would have immediately matched, bbo was 99990@100010")
    assert statuses[2]["error"].startswith("Order could not immediately match against any resting orders")
    history = {row["order"]["oid"]: row["status"] for row in trader.info.historical_orders(trader.address)}
    assert sorted(history.values()) == ["badAloPxRejected", "iocCancelRejected", "open"]


def test_a_client_order_id_finds_and_cancels_its_order(trader: Trader) -> None:
    cloid = Cloid.from_str("0x000000000000000000000000abcdef01")
    oid = trader.rest("BTC", False, 0.01, 101_000, cloid=cloid)
    found = trader.info.query_order_by_cloid(trader.address, cloid)
    assert found["order"]["order"]["oid"] == oid
    assert found["order"]["order"]["cloid"] == "0x000000000000000000000000abcdef01"
    assert only_status(trader.exchange.cancel_by_cloid("BTC", cloid)) == "success"
    unknown = Cloid.from_int(7)
    assert trader.info.query_order_by_cloid(trader.address, unknown) == {"status": "unknownOid"}


def test_a_modify_gives_a_new_order_and_ends_the_old_one(trader: Trader) -> None:
    oid = trader.rest("BTC", True, 0.01, 99_000)
    changed = only_status(trader.exchange.modify_order(oid, "BTC", True, 0.02, 98_900, ALO))["resting"]["oid"]
    assert changed != oid
    assert [(row["oid"], row["limitPx"]) for row in trader.info.open_orders(trader.address)] == [(changed, "98900.0")]
    second = trader.rest("BTC", True, 0.01, 98_000)
    modifies = [
        {"oid": changed, "order": order(True, 0.02, 98_800, ALO)},
        {"oid": second, "order": order(True, 0.02, 98_700, ALO)},
    ]
    trader.exchange.bulk_modify_orders_new(modifies)
    prices = {row["limitPx"] for row in trader.info.open_orders(trader.address)}
    assert prices == {"98800.0", "98700.0"}


def test_market_open_and_close_go_there_and_back(trader: Trader) -> None:
    opened = only_status(trader.exchange.market_open("BTC", True, 0.05))["filled"]
    assert (opened["totalSz"], opened["avgPx"]) == ("0.05", "100010.0")
    assert trader.position("BTC") == 0.05
    closed = only_status(trader.exchange.market_close("BTC"))["filled"]
    assert (closed["totalSz"], closed["avgPx"]) == ("0.05", "99990.0")
    assert trader.position("BTC") == 0.0
    assert trader.exchange.market_close("BTC") is None
    fills = trader.info.user_fills(trader.address)
    assert [fill["dir"] for fill in fills] == ["Close Long", "Open Long"]
    paid = sum(Decimal(fill["fee"]) for fill in fills)
    assert paid == Decimal("2.250225") + Decimal("2.249775")
    value = Decimal(trader.info.user_state(trader.address)["marginSummary"]["accountValue"])
    assert value == Decimal(100_000) + Decimal(fills[0]["closedPnl"]) - paid


def test_a_builder_dex_has_its_own_ids_balance_and_fee_token(trader: Trader) -> None:
    trader.exchange.order("hyna:BTC", True, 0.01, 100_010, IOC)
    fill = trader.info.user_fills(trader.address)[0]
    assert (fill["coin"], fill["feeToken"]) == ("hyna:BTC", "USDE")
    assert trader.position("hyna:BTC", "hyna") == 0.01
    assert trader.info.user_state(trader.address)["assetPositions"] == []
    oid = trader.rest("hyna:BTC", True, 0.01, 99_000)
    assert trader.info.open_orders(trader.address) == []
    assert [row["oid"] for row in trader.info.open_orders(trader.address, "hyna")] == [oid]
    assert only_status(trader.exchange.cancel("hyna:BTC", oid)) == "success"


def test_leverage_and_isolated_margin_are_set(trader: Trader) -> None:
    done = {"status": "ok", "response": {"type": "default"}}
    assert trader.exchange.update_leverage(5, "BTC", is_cross=False) == done
    trader.exchange.market_open("BTC", True, 0.01)
    before = trader.info.user_state(trader.address)["assetPositions"][0]["position"]
    assert before["leverage"]["type"] == "isolated" and before["leverage"]["value"] == 5
    assert trader.exchange.update_isolated_margin(100, "BTC")["status"] == "ok"
    after = trader.info.user_state(trader.address)["assetPositions"][0]["position"]
    raw = [Decimal(position["leverage"]["rawUsd"]) for position in (before, after)]
    assert raw[1] - raw[0] == 100
    too_high = trader.exchange.update_leverage(41, "ETH")
    assert too_high == {"status": "err", "response": "Invalid leverage value"}


def test_the_dead_mans_switch_is_armed_and_cleared(trader: Trader) -> None:
    oid = trader.rest("BTC", True, 0.01, 99_000)
    assert trader.exchange.schedule_cancel(now_ms() + 5_500)["status"] == "ok"
    assert trader.exchange.schedule_cancel(None)["status"] == "ok"
    assert trader.exchange.schedule_cancel(now_ms() + 1_000)["status"] == "err"
    assert trader.info.query_order_by_oid(trader.address, oid)["order"]["status"] == "open"


def test_an_agent_trades_for_its_master(trader: Trader, served: Served) -> None:
    approved, key = trader.exchange.approve_agent("desk")
    assert approved["status"] == "ok"
    agent = Trader(served.url, key=key, account=trader.address)
    oid = agent.rest("BTC", True, 0.01, 99_000)
    agent.close()
    assert [row["oid"] for row in trader.info.open_orders(trader.address)] == [oid]
    role = trader.info.user_role(agent.wallet.address)
    assert role == {"role": "agent", "data": {"user": trader.address.lower()}}
    named = trader.info.extra_agents(trader.address)
    assert [(row["name"], row["address"]) for row in named] == [("desk", agent.wallet.address.lower())]
    unnamed, _ = trader.exchange.approve_agent()
    assert unnamed["status"] == "ok"
    assert len(trader.info.extra_agents(trader.address)) == 1


def test_two_users_trade_with_each_other_and_their_books_agree(trader: Trader, other: Trader) -> None:
    oid = trader.rest("BTC", False, 0.03, 100_005)
    taken = only_status(other.exchange.order("BTC", True, 0.03, 100_005, IOC))["filled"]
    assert (taken["totalSz"], taken["avgPx"]) == ("0.03", "100005.0")
    maker, taker = (one.info.user_fills_by_time(one.address, 0)[-1] for one in (trader, other))
    assert maker["oid"] == oid
    assert [maker[key] for key in ("tid", "hash", "time", "px", "sz")] == [
        taker[key] for key in ("tid", "hash", "time", "px", "sz")
    ]
    assert (maker["crossed"], taker["crossed"]) == (False, True)
    notional = Decimal("3000.15")
    assert Decimal(maker["fee"]) == (notional * Decimal("0.00015")).quantize(Decimal("0.000001"), "ROUND_DOWN")
    assert Decimal(taker["fee"]) == (notional * Decimal("0.00045")).quantize(Decimal("0.000001"), "ROUND_DOWN")
    assert trader.position("BTC") == -0.03 and other.position("BTC") == 0.03
    fees = other.info.user_fees(other.address)
    assert (fees["userCrossRate"], fees["userAddRate"]) == ("0.00045", "0.00015")
    assert Decimal(fees["dailyUserVlm"][-1]["userCross"]) == notional
    limit = other.info.user_rate_limit(other.address)
    assert limit["nRequestsCap"] == 10_000 + int(notional) and limit["nRequestsUsed"] == 1
    printed = trader.info.post("/info", {"type": "recentTrades", "coin": "BTC"})[0]
    assert printed["users"] == [other.address.lower(), trader.address.lower()] and printed["tid"] == maker["tid"]


def test_an_action_that_comes_too_late_is_refused(trader: Trader) -> None:
    trader.exchange.set_expires_after(now_ms() - 1)
    late = trader.exchange.order("BTC", True, 0.01, 99_000, ALO)
    assert late == {"status": "err", "response": "Action already expired"}
    trader.exchange.set_expires_after(now_ms() + 60_000)
    trader.rest("BTC", True, 0.01, 99_000)


def test_a_nonce_is_spent_once(trader: Trader) -> None:
    nonce = now_ms()
    assert trader.exchange.noop(nonce) == {"status": "ok", "response": {"type": "default"}}
    assert trader.exchange.noop(nonce)["response"] == f"Invalid nonce: duplicate nonce {nonce}"


def test_whole_batches_are_refused_as_the_venue_refuses_them(trader: Trader) -> None:
    refusals = [
        (order(True, 0.01, 99_000.5, ALO), "Order has invalid price."),
        (order(True, 0.000001, 99_000, ALO), "Order has invalid size."),
        (order(True, 0, 99_000, ALO), "Order has zero size."),
        (order(True, 0.01, 1_000, ALO), "Order price cannot be more than 95% away from the reference price"),
    ]
    for refused, text in refusals:
        assert trader.exchange.bulk_orders([refused]) == {"status": "err", "response": text}
    assert trader.info.historical_orders(trader.address) == []
    small = trader.exchange.order("BTC", True, 0.00001, 99_000, ALO)
    assert only_status(small)["error"].startswith("Order must have minimum value of $10.")


def test_what_the_exchange_does_not_offer_is_refused_by_name(trader: Trader) -> None:
    answer = trader.exchange.usd_transfer(1.0, trader.address)
    assert answer == {"status": "err", "response": "Action usdSend is not supported by the local exchange."}


def test_a_malformed_request_reaches_the_sdk_as_a_client_error(trader: Trader) -> None:
    with pytest.raises(ClientError) as refused:
        trader.info.post("/info", {"type": "noSuchType"})
    assert refused.value.status_code == 422
    assert refused.value.error_message == "Failed to deserialize the JSON body into the target type"
