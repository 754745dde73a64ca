"""Every recorded answer about an account decodes, old shapes included."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmtui.domain.instrument import Instrument, Side
from mmtui.venues.hyperliquid import translate, wire
from mmtui.venues.hyperliquid.account import shapes
from mmtui.venues.hyperliquid.account.reader import UnreadableError, effective_rate

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
HYNA = Instrument(
    coin="hyna:BTC", asset_id=140_000, size_decimals=5, max_leverage=20, dex="hyna", deployer_fee_scale=1.0
)


def _read(shared: Path, name: str, shape: Any) -> Any:
    text = (shared / "fixtures" / "hyperliquid" / "info" / f"{name}.json").read_text()
    body = json.dumps(json.loads(text)["response"]).encode()
    return msgspec.json.decode(body, type=shape, strict=False)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("clearinghouseState_2023", shapes.ClearinghouseState),
        ("clearinghouseState_flat_testnet", shapes.ClearinghouseState),
        ("clearinghouseState_cross_long_2026", shapes.ClearinghouseState),
        ("userFees_testnet_2026", shapes.UserFees),
        ("userRateLimit", shapes.RateLimit),
        ("userRole_vault", shapes.Role),
        ("openOrders_2023", tuple[wire.WireOrder, ...]),
        ("openOrders_one_testnet", tuple[wire.WireOrder, ...]),
        ("frontendOpenOrders_tpsl", tuple[wire.WireOrder, ...]),
        ("userFills_2023_first100", tuple[wire.WireFill, ...]),
        ("userFills_mixed_2026", tuple[wire.WireFill, ...]),
        ("userFills_spot_multilevel_testnet", tuple[wire.WireFill, ...]),
    ],
)
def test_a_recorded_answer_decodes(shared: Path, name: str, shape: Any) -> None:
    assert _read(shared, name, shape) is not None


def test_the_recorded_position_is_read(shared: Path) -> None:
    state = _read(shared, "clearinghouseState_cross_long_2026", shapes.ClearinghouseState)
    position = state.asset_positions[0].position
    assert translate.signed_size(position.szi, BTC) == 450_000
    assert (position.leverage.value, position.leverage.type, position.entry_px) == (10, "cross", "81285.0")
    assert (state.time, state.margin_summary.total_raw_usd) == (1790360864964, "-339414.3")


def test_recorded_fills_of_one_order_are_told_apart_by_their_key(shared: Path) -> None:
    fills = _read(shared, "userFills_spot_multilevel_testnet", tuple[wire.WireFill, ...])
    keys = {(fill.coin, fill.time, fill.tid, fill.oid) for fill in fills}
    assert len(keys) == len(fills)


def test_recorded_perp_fills_of_2023_are_exact(shared: Path) -> None:
    fills = [
        translate.fill(fill, BTC)
        for fill in _read(shared, "userFills_2023_first100", tuple[wire.WireFill, ...])
        if fill.coin == "BTC"
    ]
    assert fills
    for fill in fills:
        assert fill is not None
        assert fill.side in (Side.BUY, Side.SELL)
        assert fill.price > 0 < fill.size


def test_trigger_orders_are_marked_so_that_they_do_not_count_as_resting(shared: Path) -> None:
    orders = _read(shared, "frontendOpenOrders_tpsl", tuple[wire.WireOrder, ...])
    assert any(order.is_trigger for order in orders)


@pytest.mark.parametrize(
    ("rate", "scale", "growth", "discount", "expected"),
    [
        (0.00045, 0.0, False, 0.0, 0.00045),
        (0.00045, 1.0, False, 0.0, 0.0009),
        (0.00015, 0.5, False, 0.0, 0.000225),
        (0.00045, 1.0, True, 0.0, 0.00009),
        (0.00015, 1.0, True, 0.0, 0.00003),
        (0.00045, 1.0, False, 0.04, 0.000864),
        (-0.00001, 3.0, False, 0.04, -0.00001),
        (-0.00001, 3.0, True, 0.0, -0.000001),
        (0.0, 1.0, False, 0.0, 0.0),
    ],
)
def test_fees_on_a_builder_dex_follow_the_documents(
    rate: float, scale: float, growth: bool, discount: float, expected: float
) -> None:
    instrument = msgspec.structs.replace(HYNA, deployer_fee_scale=scale, growth_mode=growth)
    assert effective_rate(rate, discount, instrument) == pytest.approx(expected, rel=1e-12)


def test_the_main_dex_charges_the_plain_rate() -> None:
    assert effective_rate(0.00045, 0.0, msgspec.structs.replace(BTC, deployer_fee_scale=1.0)) == 0.00045


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), 0.5, -0.5])
def test_an_absurd_rate_is_refused(rate: float) -> None:
    with pytest.raises(UnreadableError):
        effective_rate(rate, 0.0, BTC)
