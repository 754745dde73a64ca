"""The client against a venue that misbehaves on request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import coincurve
import msgspec
import pytest
from aiohttp import web

from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    ActionFailed,
    BookUpdate,
    BudgetUpdate,
    Certainty,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    OrderReports,
    OrderStatusAnswer,
    OutcomeKind,
    QueryFailed,
    RefusalReason,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.intents import QueryAccount, QueryOrder, SetLeverage
from mmtui.domain.order import Purpose, TimeInForce
from mmtui.errors import ConfigError, CredentialError, ExitCode, PreflightError
from mmtui.venues.hyperliquid import actions
from mmtui.venues.hyperliquid.client import HyperliquidVenue
from mmtui.venues.hyperliquid.digest import address_of, l1_digest
from mmtui.venues.hyperliquid.session import Patience
from tests.venue.scripted_venue import (
    ADDRESS,
    INFO,
    MASTER,
    Inbox,
    ScriptedVenue,
    cancel,
    client,
    place,
    reached,
    resting,
    silent,
    soon_ms,
    terms,
)

NOW_MS = 1_790_000_000_500
FILL = {
    "coin": "hyna:BTC", "px": "100000.0", "sz": "0.001", "side": "B", "time": NOW_MS,
    "startPosition": "0.0", "dir": "Open Long", "closedPnl": "0.0", "hash": "0x1", "oid": 100,
    "crossed": False, "fee": "0.015", "tid": 77, "feeToken": "USDE", "twapId": None,
}  # fmt: skip


@asynccontextmanager
async def opened(
    venue: ScriptedVenue, folder: Path | None, **options: Any
) -> AsyncIterator[tuple[HyperliquidVenue, Inbox]]:
    inbox = Inbox()
    traded = client(venue, folder, **options)
    await traded.open(inbox)
    try:
        yield traded, inbox
    finally:
        await traded.close()


def _recovered(envelope: dict[str, Any]) -> str:
    signature = envelope["signature"]
    raw = b"".join(int(signature[name], 16).to_bytes(32, "big") for name in ("r", "s"))
    digest = l1_digest(
        envelope["action"],
        envelope["nonce"],
        is_mainnet=False,
        vault_address=envelope["vaultAddress"],
        expires_after_ms=envelope["expiresAfter"],
    )
    key = coincurve.PublicKey.from_signature_and_message(raw + bytes([signature["v"] - 27]), digest, hasher=None)
    return address_of(key.format(compressed=False))


async def test_it_finds_the_instrument_the_account_and_subscribes_to_both(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path, dex="hyena") as (traded, inbox):
        await reached(lambda: len(venue.subscribed) == 8)
        assert (traded.instrument.coin, traded.instrument.asset_id) == ("hyna:BTC", 120_000)
        assert (traded.instrument.collateral, traded.account) == ("USDE", MASTER)
        assert any("hyena" in note for note in traded.notes)
        assert {"type": "l2Book", "coin": "hyna:BTC", "fast": True} in venue.subscribed
        assert {feed["type"] for feed in venue.subscribed if feed.get("user") == MASTER} == {
            "orderUpdates", "userFills", "userEvents", "userFundings",
        }  # fmt: skip
        ups = {event.feed for event in inbox.of(ConnectionChanged) if event.is_up}
        assert ups == {Feed.MARKET, Feed.USER}


@pytest.mark.incident("B6")
async def test_orders_go_signed_over_the_socket_and_each_entry_is_answered(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        traded.send([cancel(1, 9), place(2, terms(1), terms(2, price=999_990))])
        cancelled = await inbox.until(ActionAnswered, lambda e: e.request_id == 1)
        placed = await inbox.until(ActionAnswered, lambda e: e.request_id == 2)
        assert [o.kind for o in cancelled.outcomes] == [OutcomeKind.CANCELLED]
        assert [(o.kind, o.oid) for o in placed.outcomes] == [
            (OutcomeKind.RESTING, 100),
            (OutcomeKind.RESTING, 101),
        ]
        assert [way for way, _ in venue.received] == ["post", "post"]
        first, second = (envelope for _, envelope in venue.received)
        assert first["action"]["f"] is True
        assert second["action"]["orders"][1] == {
            "a": 120_000, "b": True, "p": "99999", "s": "0.0025", "r": False,
            "t": {"limit": {"tif": "Alo"}}, "c": "0x" + "2".zfill(32),
        }  # fmt: skip
        assert second["nonce"] > first["nonce"]
        assert all(0 < one["expiresAfter"] - one["nonce"] <= 10_000 for one in (first, second))
        assert _recovered(first) == _recovered(second) == ADDRESS


async def test_a_cut_connection_leaves_the_outcome_unknown_and_sends_nothing_again(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.respond = silent
        traded.send([place(1)])
        await reached(lambda: len(venue.received) == 1)
        venue.cut()
        failed = await inbox.until(ActionFailed)
        assert (failed.request_id, failed.certainty) == (1, Certainty.UNKNOWN)
        await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        await reached(lambda: venue.connections == 4)
        assert len(venue.received) == 1


async def test_http_carries_orders_while_the_socket_is_down(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.takes_sockets = False
        venue.cut()
        await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        traded.send([place(5)])
        answered = await inbox.until(ActionAnswered)
        assert answered.request_id == 5
        assert [way for way, _ in venue.received] == ["http"]


@pytest.mark.fault("F38")
@pytest.mark.incident("B9")
async def test_after_a_gap_it_subscribes_again_and_asks_for_what_was_missed(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (_, inbox):
        await reached(lambda: len(venue.subscribed) == 8)
        await venue.push({"channel": "userFills", "data": {"user": MASTER, "fills": [FILL]}})
        await inbox.until(FillsReceived)
        missed = {**FILL, "time": NOW_MS + 400, "tid": 78, "startPosition": "0.001"}
        venue.info["userFillsByTime"] = [FILL, {**FILL, "coin": "BTC"}, missed]
        venue.cut()
        snapshot = await inbox.until(AccountSnapshot)
        assert snapshot.request_id == 0
        assert [fill.tid for fill in snapshot.fills] == [77, 78]
        asked = [r for r in venue.info_requests if r["type"] == "userFillsByTime"]
        assert asked == [{"type": "userFillsByTime", "user": MASTER, "startTime": NOW_MS}]
        await reached(lambda: len(venue.subscribed) == 16)


async def test_a_failed_query_after_a_gap_is_made_again(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (_, inbox):
        venue.info["clearinghouseState"] = web.Response(status=500, text="null")
        venue.cut()
        failed = await inbox.until(QueryFailed)
        assert (failed.request_id, "HTTP 500" in failed.text) == (0, True)
        assert await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.REST and not e.is_up)
        venue.info["clearinghouseState"] = ScriptedVenue().info["clearinghouseState"]
        await inbox.until(AccountSnapshot)
        assert await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.REST and e.is_up)


async def test_no_answer_in_time_is_unknown_and_a_late_answer_is_still_told(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path, answer_timeout_s=0.05) as (traded, inbox):
        venue.respond = silent
        traded.send([place(3)])
        failed = await inbox.until(ActionFailed)
        assert (failed.request_id, failed.certainty) == (3, Certainty.UNKNOWN)
        await venue.release(resting({"action": {"type": "order", "orders": [1]}}))
        answered = await inbox.until(ActionAnswered)
        assert (answered.request_id, answered.outcomes[0].oid) == (3, 100)


@pytest.mark.fault("F36")
async def test_while_the_socket_owes_an_answer_cancels_go_another_way_and_come_back_with_the_answer(
    tmp_path: Path,
) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path, answer_timeout_s=0.05) as (traded, inbox):
        venue.respond = silent
        traded.send([place(3)])
        await inbox.until(ActionFailed)
        venue.respond = resting
        traded.send([cancel(4, 1)])
        assert (await inbox.until(ActionAnswered)).request_id == 4
        assert [way for way, _ in venue.received] == ["post", "http"]
        await venue.release(resting({"action": {"type": "order", "orders": [1]}}))
        await inbox.until(ActionAnswered, lambda e: e.request_id == 3)
        traded.send([cancel(5, 1)])
        await inbox.until(ActionAnswered, lambda e: e.request_id == 5)
        assert [way for way, _ in venue.received] == ["post", "http", "post"]


async def test_a_refusal_is_definite_and_an_exhausted_budget_is_believed(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        traded.ask([QueryAccount(request_id=1, fills_since_ms=0)])
        told = await inbox.until(BudgetUpdate)
        assert (told.address_cap, told.address_left) == (11_000, 10_960)
        text = "Too many cumulative requests sent (97460 > 97456) for cumulative volume traded $87457.46."
        venue.respond = lambda _: {"status": "err", "response": text}
        traded.send([place(2)])
        failed = await inbox.until(ActionFailed)
        assert (failed.certainty, failed.reason) == (Certainty.NOT_EXECUTED, RefusalReason.RATE_LIMITED)
        assert (await inbox.until(BudgetUpdate, lambda e: e.address_left == 0)).address_cap < 11_000
        urgent = msgspec.structs.replace(terms(5), purpose=Purpose.FLATTEN, tif=TimeInForce.IOC, reduce_only=True)
        traded.send([place(3), cancel(4, 1), place(5, urgent)])
        throttled = await inbox.until(ActionFailed, lambda e: e.request_id == 3)
        assert (throttled.certainty, throttled.reason) == (Certainty.NOT_EXECUTED, RefusalReason.RATE_LIMITED)
        await reached(lambda: len(venue.received) == 3)
        assert [e["action"]["type"] for _, e in venue.received[1:]] == ["cancelByCloid", "order"]


async def test_a_request_that_cannot_leave_is_not_executed(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        await venue.stop()
        await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        traded.send([place(4)])
        failed = await inbox.until(ActionFailed)
        assert (failed.certainty, failed.reason) == (Certainty.NOT_EXECUTED, RefusalReason.VENUE_DOWN)


@pytest.mark.fault("F05")
async def test_a_gateway_error_proves_nothing(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.takes_sockets = False
        venue.http_status = 502
        venue.cut()
        await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        traded.send([place(4)])
        failed = await inbox.until(ActionFailed)
        assert failed.certainty is Certainty.UNKNOWN
        assert len(venue.received) == 1


@pytest.mark.fault("F32")
async def test_placing_stops_while_twenty_requests_are_open_and_cancels_pass(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.respond = silent
        traded.send([place(i) for i in range(21)])
        failed = await inbox.until(ActionFailed)
        assert (failed.request_id, failed.reason) == (20, RefusalReason.RATE_LIMITED)
        traded.send([cancel(99, 1)])
        await reached(lambda: len(venue.received) == 21)
        assert venue.received[-1][1]["action"]["type"] == "cancelByCloid"


@pytest.mark.incident("B6")
async def test_market_frames_become_events_of_our_coin_only(tmp_path: Path) -> None:
    level = {"px": "99990.0", "sz": "0.5", "n": 1}
    trade = {"coin": "hyna:BTC", "side": "A", "px": "99990.0", "sz": "0.1", "time": NOW_MS, "hash": "0x1", "tid": 5}
    context = {"funding": "0.0000125", "openInterest": "9.5", "oraclePx": "99995.0", "markPx": "99994.0"}
    async with ScriptedVenue() as venue, opened(venue, None) as (traded, inbox):
        asks = [{**level, "px": "100000.0"}]
        for coin in ("BTC", "hyna:BTC"):
            book = {"coin": coin, "time": NOW_MS, "levels": [[level], asks]}
            await venue.push({"channel": "l2Book", "data": book})
            await venue.push({"channel": "bbo", "data": {"coin": coin, "time": NOW_MS, "bbo": [level, None]}})
            await venue.push({"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": context}})
        await venue.push({"channel": "trades", "data": [trade, trade, {**trade, "tid": 6, "px": "NaN"}]})
        await venue.push({"channel": "trades", "data": [trade, {**trade, "tid": 7}]})
        await inbox.until(TradePrints, lambda e: e.trades[-1].tid == 7)
        assert [e.book.bid_prices for e in inbox.of(BookUpdate)] == [(99_990.0,)]
        assert [(e.touch.bid, e.touch.ask) for e in inbox.of(TouchUpdate)] == [(99_990.0, 0.0)]
        assert [e.context.oracle for e in inbox.of(ContextUpdate)] == [99_995.0]
        assert [[t.tid for t in e.trades] for e in inbox.of(TradePrints)] == [[5], [7]]
        assert (traded.counts.other_coins, traded.counts.refused_items) == (3, 1)
        assert traded.account == ""


async def test_without_a_key_nothing_is_sent_and_no_account_is_asked_for() -> None:
    async with ScriptedVenue() as venue, opened(venue, None) as (traded, inbox):
        traded.send([place(1)])
        traded.ask([QueryOrder(request_id=2, cloid="0x" + 32 * "0")])
        failed = await inbox.until(ActionFailed)
        assert (failed.certainty, failed.reason) == (Certainty.NOT_EXECUTED, RefusalReason.SIGNER_UNKNOWN)
        assert (await inbox.until(QueryFailed)).request_id == 2
        assert venue.received == []


async def test_the_venues_own_cancels_make_it_ask_for_the_account(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (_, inbox):
        await venue.push({"channel": "user", "data": {"nonUserCancel": [{"coin": "hyna:BTC", "oid": 5}]}})
        assert (await inbox.until(AccountSnapshot)).request_id == 0


async def test_an_own_fill_that_cannot_be_read_makes_it_ask_for_the_account(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        await venue.push({"channel": "user", "data": {"fills": [{**FILL, "sz": "NaN"}]}})
        await inbox.until(AccountSnapshot)
        assert traded.counts.refused_items >= 1
        assert inbox.of(FillsReceived) == []


@pytest.mark.fault("F36")
@pytest.mark.incident("B9")
async def test_a_silent_connection_is_made_again(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path, ping_s=0.05) as (_, inbox):
        venue.answers_pings = False
        down = await inbox.until(ConnectionChanged, lambda e: not e.is_up)
        assert "silent" in down.text
        venue.answers_pings = True
        await reached(lambda: venue.connections >= 4)


@pytest.mark.fault("F37")
@pytest.mark.incident("B8")
async def test_silent_market_data_is_subscribed_again_and_then_connected_again() -> None:
    hasty = Patience(watch_s=0.01, renew_s=0.1, drop_s=0.25)
    async with ScriptedVenue() as venue, opened(venue, None, patience=hasty) as (_, inbox):
        await reached(lambda: len(venue.subscribed) >= 8)
        assert all(event.is_up for event in inbox.of(ConnectionChanged))
        down = await inbox.until(ConnectionChanged, lambda e: not e.is_up)
        assert "silence" in down.text
        await reached(lambda: venue.connections >= 2)


@pytest.mark.fault("F51")
async def test_damaged_frames_make_the_connection_be_made_again(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        for _ in range(3):
            await venue.push("{not json")
        down = await inbox.until(ConnectionChanged, lambda e: not e.is_up)
        assert "damage" in down.text
        assert traded.counts.refused_frames == 6


async def test_order_reports_reach_the_engine_in_exact_units(tmp_path: Path) -> None:
    order = {
        "coin": "hyna:BTC", "side": "B", "limitPx": "99999.0", "sz": "0.001", "oid": 9, "timestamp": NOW_MS,
        "origSz": "0.003", "cloid": "0x" + 32 * "A",
    }  # fmt: skip
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (_, inbox):
        update = {"order": order, "status": "open", "statusTimestamp": NOW_MS}
        await venue.push({"channel": "orderUpdates", "data": [update]})
        (report,) = (await inbox.until(OrderReports)).reports
        assert (report.price, report.size, report.filled) == (999_990, 300, 200)
        assert report.cloid == "0x" + 32 * "a"


async def test_a_snapshot_is_exact(tmp_path: Path, shared: Path) -> None:
    position = {
        "coin": "hyna:BTC", "szi": "-4.5", "leverage": {"type": "cross", "value": 10}, "entryPx": "81285.15",
        "liquidationPx": "94501.802790436",
    }  # fmt: skip
    summary = {"accountValue": "38252.7", "totalRawUsd": "-339414.3", "totalMarginUsed": "37766.7"}
    order = {
        "coin": "hyna:BTC", "side": "A", "limitPx": "99999.0", "sz": "0.003", "oid": 9, "timestamp": NOW_MS,
        "origSz": "0.003", "cloid": None, "reduceOnly": True, "isTrigger": False,
    }  # fmt: skip
    funding = {
        "time": NOW_MS, "hash": "0x0",
        "delta": {
            "type": "funding", "coin": "hyna:BTC", "usdc": "-1.25", "szi": "4.5", "fundingRate": "0.0000125",
            "nSamples": None,
        },
    }  # fmt: skip
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.info["clearinghouseState"] = {
            "marginSummary": summary,
            "withdrawable": "486.0",
            "assetPositions": [{"position": {**position, "coin": "hyna:ETH"}}, {"position": position}],
            "time": NOW_MS,
        }
        venue.info["frontendOpenOrders"] = [order, {**order, "isTrigger": True}, {**order, "coin": "BTC"}]
        venue.info["userFunding"] = [funding]
        traded.ask([QueryAccount(request_id=8, fills_since_ms=NOW_MS)])
        found = await inbox.until(AccountSnapshot)
        assert (found.request_id, found.venue_time_ms, found.position) == (8, NOW_MS, -450_000)
        assert found.entry_cost == -365_783_175_000
        assert (found.account_value, found.cash) == (38_252_700_000, -339_414_300_000)
        assert (found.margin_used, found.withdrawable) == (37_766_700_000, 486_000_000)
        assert (found.leverage, found.is_cross, found.liquidation_price) == (10, True, 945_018)
        assert [(o.oid, o.reduce_only, o.cloid) for o in found.open_orders] == [(9, True, None)]
        assert [p.amount for p in found.funding] == [-1_250_000]
        assert (found.requests_used, found.requests_cap, found.traded_volume_usd) == (40, 11_000, 1000.5)
        assert (round(found.maker_rate, 9), round(found.taker_rate, 9)) == (0.0003, 0.0009)
        assert all(r.get("dex") == "hyna" for r in venue.info_requests if r["type"] == "frontendOpenOrders")


async def test_fills_are_paged_until_the_last_and_each_once(tmp_path: Path) -> None:
    def page(request: dict[str, Any]) -> list[dict[str, Any]]:
        start = request["startTime"]
        rows = [{**FILL, "time": NOW_MS + i, "tid": i} for i in range(2_500)]
        return [row for row in rows if row["time"] >= start][:2_000]

    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.info["userFillsByTime"] = page
        traded.ask([QueryAccount(request_id=8, fills_since_ms=NOW_MS)])
        found = await inbox.until(AccountSnapshot)
        assert [fill.tid for fill in found.fills] == list(range(2_500))


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("userFillsByTime", [{**FILL, "px": "NaN"}]),
        ("userFillsByTime", {"error": "x"}),
        ("clearinghouseState", None),
        ("frontendOpenOrders", [{"coin": "hyna:BTC"}]),
        ("userFees", {"userCrossRate": "NaN", "userAddRate": "0.0"}),
        ("userRateLimit", "<html>"),
        ("userRateLimit", {"cumVlm": "NaN", "nRequestsUsed": 0, "nRequestsCap": 0}),
        ("userRateLimit", {"cumVlm": "1.0", "nRequestsUsed": -1, "nRequestsCap": 0}),
        ("activeAssetData", {"leverage": {"type": "cross", "value": 0}}),
        ("clearinghouseState", {**INFO["clearinghouseState"], "time": 0}),
        ("clearinghouseState", {**INFO["clearinghouseState"], "withdrawable": "9" * 35}),
        ("clearinghouseState", {**INFO["clearinghouseState"], "withdrawable": "Infinity"}),
    ],
)
async def test_a_snapshot_with_anything_unreadable_is_a_failed_query(tmp_path: Path, kind: str, answer: Any) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        venue.info[kind] = answer
        traded.ask([QueryAccount(request_id=8, fills_since_ms=NOW_MS)])
        assert (await inbox.until(QueryFailed)).request_id == 8
        assert inbox.of(AccountSnapshot) == []


@pytest.mark.incident("B1")
async def test_an_order_is_found_or_not_as_of_the_venue_time_before_the_question(tmp_path: Path) -> None:
    level = {"px": "99990.0", "sz": "0.5", "n": 1}
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        traded.ask([QueryOrder(request_id=1, cloid="0x" + 32 * "1")])
        missing = await inbox.until(OrderStatusAnswer)
        assert (missing.report, missing.venue_time_ms) == (None, 0)
        order = {"coin": "hyna:BTC", "side": "B", "limitPx": "1.0", "sz": "0.0", "oid": 9, "timestamp": 1}
        venue.info["orderStatus"] = {
            "status": "order",
            "order": {"order": {**order, "origSz": "0.5"}, "status": "filled", "statusTimestamp": NOW_MS},
        }
        await venue.push({"channel": "bbo", "data": {"coin": "hyna:BTC", "time": NOW_MS, "bbo": [level, level]}})
        await venue.push({"channel": "bbo", "data": {"coin": "hyna:BTC", "time": NOW_MS, "bbo": [level, level]}})
        await inbox.until(TouchUpdate)
        traded.ask([QueryOrder(request_id=2, cloid="0x" + 32 * "2")])
        found = await inbox.until(OrderStatusAnswer, lambda e: e.request_id == 2)
        assert (found.report.status, found.report.filled, found.venue_time_ms) == ("filled", 50_000, NOW_MS)


async def test_leverage_and_other_actions_are_sent_and_answered(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        traded.send([SetLeverage(request_id=1, leverage=5, is_cross=False, expires_at_ms=soon_ms())])
        assert (await inbox.until(ActionAnswered)).outcomes == ()
        answered = await traded.execute(actions.ScheduleCancel(1_790_000_060_000))
        assert isinstance(answered, ActionAnswered)
        fenced = venue.received[0][1]["nonce"]
        await traded.execute(actions.Noop(), nonce=fenced)
        assert [(way, e["action"]) for way, e in venue.received] == [
            ("post", {"type": "updateLeverage", "asset": 120_000, "isCross": False, "leverage": 5}),
            ("http", {"type": "scheduleCancel", "time": 1_790_000_060_000}),
            ("http", {"type": "noop"}),
        ]
        assert venue.received[2][1]["nonce"] == fenced


async def test_every_message_is_offered_to_the_recording_as_it_came(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        taped: list[bytes] = []
        inbox = Inbox()
        traded = client(venue, None)
        await traded.open(inbox, tap=taped.append)
        await reached(lambda: len(venue.subscribed) == 4)
        await venue.push("plain text that is no frame")
        await reached(lambda: b"plain text that is no frame" in taped)
        await traded.close()


async def test_error_frames_about_subscriptions_do_no_harm() -> None:
    async with ScriptedVenue() as venue, opened(venue, None) as (_, inbox):
        await reached(lambda: len(venue.subscribed) == 4)
        text = 'Already subscribed: {"type":"bbo","coin":"hyna:BTC"}'
        await venue.push({"channel": "error", "data": text})
        await venue.push({"channel": "error", "data": "Invalid subscription {}"})
        assert all(event.is_up for event in inbox.of(ConnectionChanged))


@pytest.mark.fault("F84")
async def test_a_master_key_is_refused_on_mainnet_and_noted_elsewhere(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        venue.info["userRole"] = {"role": "user"}
        traded = client(venue, tmp_path, network=venue.network(name="mainnet", is_mainnet=True))
        with pytest.raises(CredentialError, match="master key") as caught:
            await traded.open(Inbox())
        assert caught.value.exit_code is ExitCode.PREFLIGHT
        async with opened(venue, tmp_path) as (noted, _):
            assert noted.account == ADDRESS
            assert any("master key" in note for note in noted.notes)


@pytest.mark.fault("F84", "F85")
@pytest.mark.parametrize(
    ("role", "account", "words"),
    [
        ({"role": "agent", "data": {"user": MASTER}}, "0x" + "cd" * 20, "is an agent of"),
        ({"role": "user"}, "0x" + "cd" * 20, "not an agent of"),
        ({"role": "missing"}, "", "knows no account"),
    ],
)
async def test_a_key_that_may_not_trade_the_account_is_refused(
    tmp_path: Path, role: Any, account: str, words: str
) -> None:
    async with ScriptedVenue() as venue:
        venue.info["userRole"] = lambda request: role if request["user"] == ADDRESS else {"role": "user"}
        with pytest.raises(CredentialError, match=words):
            await client(venue, tmp_path, account=account).open(Inbox())


async def test_a_sub_account_is_traded_only_when_it_is_signed_for(tmp_path: Path) -> None:
    owned = "0x" + "cd" * 20
    roles = {
        ADDRESS: {"role": "agent", "data": {"user": MASTER}},
        owned: {"role": "subAccount", "data": {"master": MASTER}},
    }
    async with ScriptedVenue() as venue:
        venue.info["userRole"] = lambda request: roles[request["user"]]
        with pytest.raises(CredentialError, match="vault_address"):
            await client(venue, tmp_path, account=owned).open(Inbox())
        traded = client(venue, tmp_path, vault=owned)
        await traded.open(Inbox())
        traded.send([place(1)])
        await reached(lambda: len(venue.received) == 1)
        await traded.close()
        envelope = venue.received[0][1]
        assert (traded.account, envelope["vaultAddress"], _recovered(envelope)) == (owned, owned, ADDRESS)


@pytest.mark.fault("F06")
async def test_an_ip_limit_is_not_taken_for_the_accounts(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        traded.ask([QueryAccount(request_id=1, fills_since_ms=0)])
        await inbox.until(BudgetUpdate, lambda e: e.address_left == 10_960)
        venue.takes_sockets = False
        venue.http_status = 429
        venue.cut()
        await inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        traded.send([place(2)])
        failed = await inbox.until(ActionFailed)
        assert (failed.certainty, failed.reason) == (Certainty.NOT_EXECUTED, RefusalReason.RATE_LIMITED)
        told = await inbox.until(BudgetUpdate, lambda e: e.ip_weight_left == 0)
        assert told.address_left == 10_959


@pytest.mark.fault("F92")
async def test_an_unusable_account_mode_is_refused(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        venue.info["userAbstraction"] = "unifiedAccount"
        with pytest.raises(PreflightError, match="unified mode"):
            await client(venue, tmp_path).open(Inbox())


@pytest.mark.fault("F68")
async def test_an_unreachable_venue_is_one_clear_line(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        network = venue.network()
        await venue.stop()
        with pytest.raises(PreflightError, match="cannot be reached"):
            await client(venue, tmp_path, network=network).open(Inbox())


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=302, headers={"Location": "/elsewhere"}),
        web.Response(status=500, text="null"),
        {"universe": "x"},
        "<html>",
    ],
)
async def test_a_venue_that_answers_strangely_at_the_start_is_a_failed_preflight(tmp_path: Path, answer: Any) -> None:
    async with ScriptedVenue() as venue:
        venue.info["meta"] = lambda _: answer
        with pytest.raises(PreflightError, match="the venue") as caught:
            await client(venue, tmp_path).open(Inbox())
        assert caught.value.exit_code is ExitCode.PREFLIGHT
        assert [request["type"] for request in venue.info_requests] == ["perpDexs", "meta"]


async def test_sockets_that_do_not_open_end_the_start(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        venue.takes_sockets = False
        with pytest.raises(PreflightError, match="do not come up"):
            await client(venue, tmp_path, open_timeout_s=0.1).open(Inbox())


async def test_an_unknown_asset_or_dex_is_a_usage_error(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        for options in ({"asset": "BTX"}, {"dex": "hina"}, {"asset": "PURR/USDC"}):
            with pytest.raises(ConfigError) as caught:
                await client(venue, tmp_path, **options).open(Inbox())
            assert caught.value.exit_code is ExitCode.USAGE
