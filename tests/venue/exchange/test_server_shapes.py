"""Answers and frames have the keys, and the kinds of value, that the venue's recorded ones have."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmtui.venues.exchange.gateway.options import Cadence
from tests.venue.exchange.clocked import Clocked, address, clocked, order

USER = address()
CLOID = "0x" + "cd" * 16


def shape(value: Any) -> Any:
    """Keys and kinds: dictionaries by key, lists by their first element, texts and numbers by kind."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool) or value is None:
        return value is not None
    return type(value).__name__


def recorded(shared: Path, name: str) -> Any:
    document = json.loads((shared / "fixtures" / "hyperliquid" / name).read_text())
    return document["response"] if "response" in document else document["frames"][0]


async def trade(client: Clocked) -> None:
    resting = order()
    resting["orders"][0]["c"] = CLOID  # type: ignore[index]
    await client.act(resting)
    await client.act(order("100010", "0.05", tif="Ioc"))


@pytest.mark.parametrize(
    ("name", "request_body"),
    [
        ("info/l2Book_BTC_2026_top5.json", {"type": "l2Book", "coin": "BTC"}),
        ("info/clearinghouseState_flat_testnet.json", {"type": "clearinghouseState", "user": "0x" + "1" * 40}),
        ("info/perpDexLimits_hyna_testnet.json", {"type": "perpDexLimits", "dex": "hyna"}),
        ("info/perpDexStatus_hyna_testnet.json", {"type": "perpDexStatus", "dex": "hyna"}),
        ("info/openOrders_one_testnet.json", {"type": "openOrders", "user": USER}),
        ("info/candleSnapshot_kPEPE_1h.json", {
            "type": "candleSnapshot", "req": {"coin": "BTC", "interval": "1h", "startTime": 0, "endTime": None},
        }),
    ],
)  # fmt: skip
async def test_answers_have_the_recorded_shape(shared: Path, name: str, request_body: dict[str, Any]) -> None:
    async with clocked() as client:
        await trade(client)
        status, answer = await client.post("/info", request_body)
        assert status == 200 and shape(answer) == shape(recorded(shared, name))


async def test_a_position_has_every_recorded_key(shared: Path) -> None:
    async with clocked() as client:
        await trade(client)
        ours = await client.info("clearinghouseState", user=USER)
    theirs = recorded(shared, "info/clearinghouseState_cross_long_2026.json")
    assert set(ours) == set(theirs)
    position, known = (state["assetPositions"][0]["position"] for state in (ours, theirs))
    assert set(position) == set(known) and position["leverage"].keys() == known["leverage"].keys()


async def test_contexts_universe_and_fees_have_every_recorded_key(shared: Path) -> None:
    async with clocked() as client:
        meta, contexts = await client.info("metaAndAssetCtxs")
        builder = (await client.info("meta", dex="hyna"))["universe"][0]
        fees = await client.info("userFees", user=USER)
    theirs, rows = recorded(shared, "info/metaAndAssetCtxs_main_2026_rows.json")
    assert set(meta) >= set(theirs) and set(contexts[0]) == set(rows[0])
    dex_theirs, _ = recorded(shared, "info/metaAndAssetCtxs_xyz_2026_rows.json")
    assert set(dex_theirs["universe"][0]) - {"growthMode"} <= set(builder)
    known = recorded(shared, "info/userFees_testnet_2026.json")
    assert set(fees) == set(known) and set(fees["feeSchedule"]) == set(known["feeSchedule"])
    tiers = fees["feeSchedule"]["tiers"]["vip"]
    for ours, theirs_tier in zip(tiers, known["feeSchedule"]["tiers"]["vip"], strict=True):
        assert {key: ours[key] for key in ("ntlCutoff", "cross", "add")} == {
            key: theirs_tier[key] for key in ("ntlCutoff", "cross", "add")
        }
    assert len(fees["dailyUserVlm"]) == 15


async def test_frames_have_the_recorded_shape(shared: Path) -> None:
    async with clocked(cadence=Cadence(fast_book_ms=70)) as client, client.socket() as socket:
        for kind, parameters in (
            ("l2Book", {"coin": "BTC", "fast": True}),
            ("activeAssetCtx", {"coin": "BTC"}),
            ("candle", {"coin": "BTC", "interval": "1m"}),
            ("orderUpdates", {"user": USER}),
            ("userEvents", {"user": USER}),
        ):
            await socket.subscribe(kind, **parameters)
        book = await socket.hear("l2Book")
        context = await socket.hear("activeAssetCtx")
        await trade(client)
        update = await socket.hear("orderUpdates")
        candle = await socket.hear("candle")
        fill = await socket.hear("user")
    assert shape(book) == shape(recorded(shared, "ws/l2Book_fast_and_bbo_testnet.json")["data"])
    assert shape(context) == shape(recorded(shared, "ws/activeAssetCtx_BTC_2026.json")["data"])
    assert shape(candle) == shape(recorded(shared, "ws/candle_1m_2026.json")["data"])
    assert shape(update) == shape(recorded(shared, "ws/orderUpdates_open_then_canceled_testnet.json")["data"])
    known = recorded(shared, "ws/user_fill_taker_2026.json")["data"]["fills"][0]
    assert set(fill["fills"][0]) == set(known) - {"cloid", "builderFee"}
