"""The server's WebSocket side: frames, subscriptions, posts, cadence, limits and closing."""

import aiohttp

from mmtui.venues.exchange.gateway.feeds.connection import OUTBOX_FRAMES
from mmtui.venues.exchange.gateway.ip_limits import IpLimits
from mmtui.venues.exchange.gateway.options import Cadence
from tests.venue.exchange.clocked import OTHER_KEY, address, clocked, order, signed
from tests.venue.exchange.served import WAIT_S

USER = address()


async def test_a_subscription_is_echoed_in_its_normal_form_and_named_when_repeated() -> None:
    async with clocked() as client, client.socket() as socket:
        await socket.subscribe("userFills", user=USER.upper().replace("0X", "0x"))
        echoed = {"type": "userFills", "user": USER, "aggregateByTime": False}
        assert await socket.hear("subscriptionResponse") == {"method": "subscribe", "subscription": echoed}
        assert await socket.hear("userFills") == {"isSnapshot": True, "user": USER, "fills": []}
        await socket.subscribe("userFills", user=USER)
        assert (await socket.hear("error")).startswith('Already subscribed: {"type":"userFills"')
        await socket.subscribe("l2Book", coin="BTC")
        assert (await socket.hear("subscriptionResponse"))["subscription"] == {
            "type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None,
        }  # fmt: skip
        await socket.send({"method": "unsubscribe", "subscription": {"type": "l2Book", "coin": "BTC"}})
        assert (await socket.hear("subscriptionResponse"))["method"] == "unsubscribe"
        await socket.send({"method": "unsubscribe", "subscription": {"type": "l2Book", "coin": "BTC"}})
        assert (await socket.hear("error")).startswith("Already unsubscribed: ")


async def test_nonsense_is_answered_and_the_connection_survives() -> None:
    async with clocked() as client, client.socket() as socket:
        for text in ("hello", '{"method":"subscribe","subscription":{"type":"noSuchType"}}', "[]", "{}"):
            await socket.send(text)
            assert await socket.hear("error") == f"Error parsing JSON into valid websocket request: {text}"
        for feed in ({"coin": "NOPE"}, {"coin": "BTC", "nSigFigs": 7}, {"coin": "MATIC"}):
            await socket.subscribe("l2Book", **feed)
            assert (await socket.hear("error")).startswith("Invalid subscription ")
        await socket.subscribe("candle", coin="BTC", interval="7m")
        assert (await socket.hear("error")).startswith("Invalid subscription ")
        await socket.send({"method": "ping"})
        assert await socket.frame() == {"channel": "pong"}


async def test_requests_over_the_socket_are_answered_with_their_id() -> None:
    async with clocked() as client, client.socket() as socket:
        book = {"type": "info", "payload": {"type": "l2Book", "coin": "BTC"}}
        await socket.send({"method": "post", "id": 7, "request": book})
        answered = await socket.hear("post")
        assert answered["id"] == 7 and answered["response"]["type"] == "info"
        assert answered["response"]["payload"]["type"] == "l2Book"
        assert answered["response"]["payload"]["data"]["coin"] == "BTC"
        action = {"type": "action", "payload": signed(order(), client.now_ms())}
        await socket.send({"method": "post", "id": 8, "request": action})
        placed = await socket.hear("post")
        assert placed["id"] == 8 and placed["response"]["type"] == "action"
        assert "resting" in placed["response"]["payload"]["response"]["data"]["statuses"][0]
        bad = {"type": "info", "payload": {"type": "noSuchType"}}
        await socket.send({"method": "post", "id": 9, "request": bad})
        refused = await socket.hear("post")
        assert refused["response"]["type"] == "error"
        assert refused["response"]["payload"].startswith("422 Unprocessable Entity: Failed to deserialize")


async def test_fast_books_have_five_levels_and_default_ones_twenty_or_all() -> None:
    cadence = Cadence(book_ms=140, fast_book_ms=70)
    async with clocked(cadence=cadence) as client, client.socket() as socket:
        await socket.subscribe("l2Book", coin="BTC", fast=True)
        for _ in range(3):
            fast = await socket.hear("l2Book")
            assert fast["fast"] is True and [len(side) for side in fast["levels"]] == [5, 5]
        await socket.send({"method": "unsubscribe", "subscription": {"type": "l2Book", "coin": "BTC", "fast": True}})
        await socket.subscribe("l2Book", coin="BTC", nSigFigs=3)
        while True:
            merged = await socket.hear("l2Book")
            if not merged.get("fast"):
                break
        assert [level["px"] for level in merged["levels"][0]] == ["99900.0"]
        assert [level["px"] for level in merged["levels"][1]] == ["101000.0"]
        assert merged["levels"][0][0]["n"] == 8 and merged["spread"] == "20.0"


async def test_books_come_at_the_pace_of_their_kind() -> None:
    async with clocked() as client, client.socket() as socket:
        await socket.subscribe("l2Book", coin="BTC")
        await socket.subscribe("l2Book", coin="BTC", fast=True)
        opening = [await socket.hear("l2Book"), await socket.hear("l2Book")]
        assert [book.get("fast", False) for book in opening] == [False, True]
        client.jump(600)
        assert (await socket.hear("l2Book"))["fast"] is True
        client.jump(5_000)
        later = [await socket.hear("l2Book"), await socket.hear("l2Book")]
        assert sorted(book.get("fast", False) for book in later) == [False, True]


async def test_slow_feeds_open_and_repeat() -> None:
    cadence = Cadence(mids_ms=70, context_ms=70, all_contexts_ms=70, account_ms=70)
    async with clocked(cadence=cadence) as client, client.socket() as socket:
        feeds: dict[str, dict[str, object]] = {
            "allMids": {"dex": "hyna"},
            "assetCtxs": {"dex": "hyna"},
            "allDexsAssetCtxs": {},
            "activeAssetCtx": {"coin": "hyna:BTC"},
            "clearinghouseState": {"user": USER, "dex": "hyna"},
            "allDexsClearinghouseState": {"user": USER},
            "openOrders": {"user": USER},
            "spotState": {"user": USER},
        }
        for kind, parameters in feeds.items():
            await socket.subscribe(kind, **parameters)
            heard = [await socket.hear(kind), await socket.hear(kind)]
            if kind == "allMids":
                assert heard[1] == {"mids": {"hyna:BTC": "100000.0"}, "dex": "hyna"}
            elif kind == "allDexsAssetCtxs":
                assert [name for name, _ in heard[1]["ctxs"]] == ["", "flx", "hyna", "vntl", "xyz"]
            elif kind == "clearinghouseState":
                assert heard[1]["clearinghouseState"]["withdrawable"] == "100000.0"


async def test_the_history_feed_tells_orders_with_all_details() -> None:
    async with clocked() as client, client.socket() as socket:
        await socket.subscribe("userHistoricalOrders", user=USER)
        assert (await socket.hear("userHistoricalOrders"))["orderHistory"] == []
        await client.act(order())
        row = (await socket.hear("userHistoricalOrders"))["orderHistory"][0]
        assert row["status"] == "open" and row["order"]["tif"] == "Alo"


async def test_the_exchanges_own_cancels_are_told_apart() -> None:
    async with clocked() as client, client.socket() as socket:
        await socket.subscribe("userEvents", user=USER)
        placed = await client.act(order())
        await client.act({"type": "scheduleCancel", "time": client.now_ms() + 6_000})
        client.jump(7_000)
        oid = placed["response"]["data"]["statuses"][0]["resting"]["oid"]
        assert await socket.hear("user") == {"nonUserCancel": [{"coin": "BTC", "oid": oid}]}


async def test_fills_of_one_taker_order_are_merged_only_when_asked() -> None:
    async with clocked() as client, client.socket() as socket:
        await socket.subscribe("userFills", user=USER)
        await socket.subscribe("userFills", user=USER, aggregateByTime=True)
        await socket.hear("userFills")
        await socket.hear("userFills")
        await client.act(order("100030", "0.4", tif="Ioc"))
        both = [await socket.hear("userFills"), await socket.hear("userFills")]
        single, merged = sorted((told["fills"] for told in both), key=len, reverse=True)
        assert [fill["sz"] for fill in single] == ["0.1", "0.2", "0.1"]
        assert len(merged) == 1 and merged[0]["sz"] == "0.4" and merged[0]["startPosition"] == "0.0"
        assert merged[0]["px"] == "100020.0"
        assert sum(round(float(fill["fee"]) * 1e6) for fill in single) == round(float(merged[0]["fee"]) * 1e6)
        by_time = await client.info("userFillsByTime", user=USER, startTime=0, endTime=None, aggregateByTime=True)
        assert [fill["px"] for fill in by_time] == [merged[0]["px"]]


async def test_a_connection_that_is_told_nothing_for_a_minute_is_closed() -> None:
    async with clocked() as client, client.socket() as quiet, client.socket() as pinging:
        client.jump(59_000)
        await pinging.send({"method": "ping"})
        await pinging.hear("pong")
        client.jump(1_500)
        closed = await quiet.connected.receive(timeout=WAIT_S)
        assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
        await pinging.send({"method": "ping"})
        await pinging.hear("pong")


async def test_users_connections_messages_and_posts_are_limited_for_one_address() -> None:
    limits = IpLimits(users=1, connections=2, messages_per_minute=6, posts_in_flight=0)
    async with clocked(limits=limits) as client, client.socket() as socket, client.socket() as second:
        await socket.subscribe("orderUpdates", user=USER)
        await socket.hear("subscriptionResponse")
        await second.subscribe("orderUpdates", user=address(OTHER_KEY))
        assert await second.hear("error") == "Cannot track more than 1 total users."
        await second.subscribe("userFills", user=USER)
        await second.hear("userFills")
        status, answer = await client.post("/info", {"type": "exchangeStatus"})
        assert status == 200 and answer["specialStatuses"] is None
        async with client.session.get(client.server.url + "/ws") as third:
            assert third.status == 429
        action = {"type": "action", "payload": signed(order(), client.now_ms())}
        await second.send({"method": "post", "id": 3, "request": action})
        assert await second.hear("error") == "too many pending post requests id=3"
        for _ in range(3):
            await second.send({"method": "ping"})
        assert await second.hear("error") == "Too many websocket messages sent per minute."


async def test_a_user_is_forgotten_with_his_last_subscription() -> None:
    async with clocked(limits=IpLimits(users=1)) as client:
        async with client.socket() as first:
            await first.subscribe("orderUpdates", user=USER)
            await first.hear("subscriptionResponse")
        async with client.socket() as second:
            while True:
                await second.subscribe("orderUpdates", user=address(OTHER_KEY))
                if (await second.frame())["channel"] == "subscriptionResponse":
                    break


async def test_a_client_that_does_not_read_loses_its_connection_and_holds_nobody_up() -> None:
    async with clocked() as client, client.socket() as reading:
        await reading.subscribe("trades", coin="BTC")
        await reading.hear("subscriptionResponse")
        present = set(client.server._connections)
        async with client.socket() as slow:
            await slow.send({"method": "ping"})
            assert await slow.frame() == {"channel": "pong"}
            (connection,) = client.server._connections - present
            for _ in range(OUTBOX_FRAMES + 1):
                connection.send(b'{"channel":"pong"}')
            lost = await slow.connected.receive(timeout=WAIT_S)
            assert lost.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        await client.act(order("100010", "0.01", tif="Ioc"))
        assert (await reading.hear("trades"))[-1]["side"] == "B"
