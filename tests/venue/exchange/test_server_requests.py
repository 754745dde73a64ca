"""The server's HTTP side as the venue behaves: statuses, envelopes, signers, nonces, weights."""

import asyncio
from pathlib import Path

import aiohttp
import coincurve
import pytest

from mmtui.errors import ConfigError
from mmtui.venues.exchange.gateway.ip_limits import IpLimits
from mmtui.venues.exchange.gateway.options import ServeOptions
from mmtui.venues.exchange.markets.playback import AtEnd
from mmtui.venues.exchange.server import ExchangeServer, serve
from tests.venue.exchange.clocked import OTHER_KEY, address, approval, clocked, order, signed
from tests.venue.exchange.served import wall_ms

NOT_IN_SCHEMA = "Failed to deserialize the JSON body into the target type"
DAY_MS = 86_400_000


def with_order(**changes: object) -> dict[str, object]:
    action = order()
    action["orders"] = [action["orders"][0] | changes]  # type: ignore[index]
    return action


async def test_refused_requests_carry_the_venues_status_and_plain_text() -> None:
    async with clocked() as client:
        assert await client.post("/info", b"{not json") == (400, "Failed to parse the request body as JSON")
        assert await client.post("/info", b"", kind="text/plain") == (
            415,
            "Expected request with `Content-Type: application/json`",
        )
        assert (await client.post("/info", {"type": "meta"}, kind="application/vnd.api+json"))[0] == 200
        shapeless = ({}, [], {"type": "noSuchType"}, {"type": "openOrders"}, {"type": "openOrders", "user": "0x1"})
        for body in shapeless:
            assert await client.post("/info", body) == (422, NOT_IN_SCHEMA)
        assert await client.post("/info", {"type": "l2Book", "coin": "BTC", "nSigFigs": 9}) == (500, None)
        assert await client.post("/info", {"type": "l2Book", "coin": "NOPE"}) == (200, None)
        assert await client.post("/info", {"type": "meta", "dex": "nope"}) == (500, None)
        assert (await client.post("/info", {"type": "exchangeStatus", "extra": 1}))[0] == 200


@pytest.mark.parametrize(
    "action",
    [
        with_order(p=99000),
        with_order(p="9.9e4"),
        with_order(p="-99000"),
        with_order(s="0.123456789"),
        with_order(c="0x12"),
        with_order(t={"limit": {"tif": "Gtd"}}),
        with_order(t={}),
        order() | {"extra": 1},
        {"type": "noSuchAction"},
        {"type": "cancel", "cancels": [{"a": 0}]},
    ],
)
async def test_an_action_outside_the_schema_is_unprocessable_and_spends_no_nonce(action: dict[str, object]) -> None:
    async with clocked() as client:
        nonce = client.now_ms()
        assert await client.post("/exchange", signed(action, nonce)) == (422, NOT_IN_SCHEMA)
        assert (await client.act({"type": "noop"}, nonce))["status"] == "ok"


async def test_unknown_keys_are_refused_in_the_envelope_and_ignored_in_an_order() -> None:
    async with clocked() as client:
        envelope = signed({"type": "noop"}, client.now_ms())
        assert await client.post("/exchange", envelope | {"isFrontend": True}) == (422, NOT_IN_SCHEMA)
        plain = signed(order(), client.now_ms())
        plain["action"] = with_order(extra=1)
        status, answer = await client.post("/exchange", plain)
        assert status == 200 and "resting" in answer["response"]["data"]["statuses"][0]
        assert len(await client.info("openOrders", user=address())) == 1


async def test_padding_of_the_received_text_does_not_change_the_signer() -> None:
    async with clocked() as client:
        padded = signed(order("99000", "0.01"), client.now_ms())
        padded["action"] = dict(reversed(list(order("099000.00", "0.0100").items())))
        await client.post("/exchange", padded)
        assert [row["limitPx"] for row in await client.info("openOrders", user=address())] == ["99000.0"]


async def test_the_answer_names_the_signer_it_recovered_when_only_some_accounts_may_act() -> None:
    async with clocked(accounts=(address(),)) as client:
        assert (await client.act(order()))["status"] == "ok"
        stranger = await client.act(order(), key=OTHER_KEY)
        assert stranger == {"status": "err", "response": f"User or API Wallet {address(OTHER_KEY)} does not exist."}
        approved = approval(address(OTHER_KEY), client.now_ms())
        assert (await client.post("/exchange", approved))[1]["status"] == "ok"
        assert (await client.act(order(), key=OTHER_KEY))["status"] == "ok"
        assert len(await client.info("openOrders", user=address())) == 2


async def test_a_signature_that_recovers_nothing_is_refused_without_spending_the_nonce() -> None:
    async with clocked() as client:
        nonce = client.now_ms()
        for broken in ({"r": "0x0", "s": "0x0", "v": 27}, {"r": "0x1", "s": "0x1", "v": 29}):
            envelope = signed({"type": "noop"}, nonce) | {"signature": broken}
            refused = (200, {"status": "err", "response": "Unable to recover signer."})
            assert await client.post("/exchange", envelope) == refused
        assert (await client.act({"type": "noop"}, nonce))["status"] == "ok"


async def test_signatures_without_their_leading_zeros_recover_the_same_signer() -> None:
    async with clocked(accounts=(address(),)) as client:
        nonce, short = client.now_ms(), 0
        while not short:
            nonce += 1
            envelope = signed({"type": "noop"}, nonce)
            parts = envelope["signature"]
            if min(len(parts["r"]), len(parts["s"])) < 66:
                short += 1
                assert (await client.post("/exchange", envelope))[1]["status"] == "ok"


async def test_nonces_must_be_fresh_for_each_signer() -> None:
    async with clocked() as client:
        now = client.now_ms()
        assert (await client.act({"type": "noop"}, now))["status"] == "ok"
        assert (await client.act({"type": "noop"}, now, key=OTHER_KEY))["status"] == "ok"
        assert (await client.act({"type": "noop"}, now))["response"] == f"Invalid nonce: duplicate nonce {now}"
        old = await client.act({"type": "noop"}, now - 2 * DAY_MS - 1_000)
        assert old["response"].startswith(f"Invalid nonce: nonce too low {now - 2 * DAY_MS - 1_000} < ")
        early = await client.act({"type": "noop"}, now + DAY_MS + 60_000)
        assert early["response"].startswith("Invalid nonce: nonce too high")


async def test_a_business_refusal_spends_the_nonce() -> None:
    async with clocked() as client:
        nonce = client.now_ms()
        assert (await client.act({"type": "order", "orders": [], "grouping": "na"}, nonce))["response"] == (
            "Orders are empty."
        )
        assert (await client.act({"type": "noop"}, nonce))["response"] == f"Invalid nonce: duplicate nonce {nonce}"


async def test_an_expired_action_is_refused_in_its_block() -> None:
    async with clocked() as client:
        late = await client.act(order(), expires=client.now_ms() - 1)
        assert late == {"status": "err", "response": "Action already expired"}
        vault = await client.act(order(), vault="0x" + "12" * 20)
        assert vault["response"] == f"Vault not registered: 0x{'12' * 20}"


async def test_an_agent_may_not_sign_what_only_the_account_may() -> None:
    async with clocked() as client:
        assert (await client.post("/exchange", approval(address(OTHER_KEY), client.now_ms())))[1]["status"] == "ok"
        third = address(coincurve.PrivateKey(b"\7" * 32))
        refused = await client.post("/exchange", approval(third, client.now_ms(), key=OTHER_KEY))
        assert refused[1]["response"] == f"Must deposit before performing actions. User: {address(OTHER_KEY)}"
        until = client.now_ms() + DAY_MS
        named = approval(third, client.now_ms(), name=f"desk valid_until {until}")
        assert (await client.post("/exchange", named))[1]["status"] == "ok"
        listed = await client.info("extraAgents", user=address())
        assert listed == [{"name": "desk", "address": third, "validUntil": until}]


async def test_every_kind_of_action_is_understood_in_its_hashed_form() -> None:
    async with clocked(accounts=(address(),)) as client:
        cloid = "0x" + "ab" * 16
        placed = await client.act(with_order(c=cloid))
        status = placed["response"]["data"]["statuses"][0]["resting"]
        assert status["cloid"] == cloid
        new = {"a": 0, "b": True, "p": "98000", "s": "0.01", "r": False, "t": {"limit": {"tif": "Alo"}}, "c": cloid}
        done = {"status": "ok", "response": {"type": "default"}}
        assert await client.act({"type": "modify", "oid": cloid, "order": new}) == done
        again = {"type": "batchModify", "modifies": [{"oid": cloid, "order": new | {"p": "97000"}}], "a": True}
        assert "resting" in (await client.act(again))["response"]["data"]["statuses"][0]
        gone = {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid}], "f": True}
        assert (await client.act(gone))["response"] == {"type": "cancel", "data": {"statuses": ["success"]}}
        assert await client.act({"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 7}) == done
        isolated = await client.act({"type": "updateIsolatedMargin", "asset": 0, "isBuy": True, "ntli": -5})
        assert isolated["response"] == "Position does not use isolated margin."
        assert await client.act({"type": "scheduleCancel", "time": client.now_ms() + 60_000}) == done
        assert await client.act({"type": "scheduleCancel"}) == done
        stop = with_order(t={"trigger": {"isMarket": True, "triggerPx": "90000", "tpsl": "sl"}})
        assert (await client.act(stop))["response"].startswith("Trigger orders are not supported")


async def test_a_client_over_its_weight_is_answered_429_until_the_minute_passes() -> None:
    async with clocked(limits=IpLimits(weight_per_minute=45)) as client:
        assert await client.info("openOrders", user=address()) == []
        assert await client.info("openOrders", user=address()) == []
        assert await client.post("/info", {"type": "openOrders", "user": address()}) == (429, None)
        assert await client.post("/info", {"type": "l2Book", "coin": "NOPE"}) == (200, None)
        assert (await client.act({"type": "noop"}))["status"] == "ok"
        client.jump(62_000)
        assert await client.info("openOrders", user=address()) == []


async def test_actions_of_many_clients_in_one_block_are_all_answered() -> None:
    async with clocked() as client:
        nonce = client.now_ms()
        keys = [coincurve.PrivateKey(bytes([index]) * 32) for index in range(1, 21)]
        answers = await asyncio.gather(*(client.act(order(), nonce, key=key) for key in keys))
        oids = {answer["response"]["data"]["statuses"][0]["resting"]["oid"] for answer in answers}
        assert len(oids) == 20


async def test_a_taken_port_is_a_plain_error_with_its_remedy() -> None:
    async with clocked() as client:
        second = ExchangeServer(ServeOptions(port=client.server.port), wall_ms, exchange=client.exchange)
        with pytest.raises(ConfigError, match=r"give another --port"):
            await second.start()


def test_bad_options_are_all_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        ServeOptions(port=70_000, speed=0.0, balance_usd=float("nan"), markets=("no-such-file.jsonl",)).check()
    assert [problem.where for problem in refused.value.problems] == ["--port", "--speed", "--balance", "--market"]


async def test_stopping_twice_and_before_starting_is_harmless() -> None:
    async with clocked() as client:
        await client.server.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.info("exchangeStatus")
    await ExchangeServer(ServeOptions(port=0), wall_ms, exchange=client.exchange).stop()


async def test_serving_ends_when_a_recording_asks_to_stop(tmp_path: Path) -> None:
    bbo = '{"coin":"SOL","time":%d,"bbo":[{"px":"100.1","sz":"5"},{"px":"100.2","sz":"5"}]}'
    rows = [f'{{"ts":{at},"msg":{{"channel":"bbo","data":{bbo % at}}}}}' for at in (1_000, 1_100)]
    file = tmp_path / "short.jsonl"
    file.write_text("\n".join(rows))
    ready: list[str] = []
    options = ServeOptions(port=0, markets=(str(file),), at_end=AtEnd.EXIT)
    await serve(options, wall_ms, on_ready=lambda server: ready.append(server.url))
    assert len(ready) == 1 and ready[0].startswith("http://127.0.0.1:")


async def test_a_damaged_row_ends_the_server_with_its_line(tmp_path: Path) -> None:
    bbo = '{"coin":"SOL","time":1000,"bbo":[{"px":"100.1","sz":"5"},{"px":"100.2","sz":"5"}]}'
    good = f'{{"ts":1000,"msg":{{"channel":"bbo","data":{bbo}}}}}\n'
    file = tmp_path / "damaged.jsonl"
    file.write_text(good * 6_000 + "not a row\n")
    with pytest.raises(ConfigError, match=r"damaged\.jsonl line 6001"):
        await serve(ServeOptions(port=0, markets=(str(file),)), wall_ms, on_ready=lambda _: None)
