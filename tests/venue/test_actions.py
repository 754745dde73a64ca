"""Approved terms become exactly the bytes that the venue expects."""

import json
from typing import Any

import msgspec
import pytest

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import APPROVAL_KEY, AddMargin, Approved
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.venues.hyperliquid import actions, requests
from mmtui.venues.hyperliquid.signing import Signature

HYNA = Instrument(coin="hyna:BTC", asset_id=140_000, size_decimals=5, max_leverage=20, dex="hyna")


def _approved(**changes: Any) -> Approved:
    values: dict[str, Any] = {
        "cloid": "0x" + 32 * "a",
        "side": Side.BUY,
        "price": 1_170_010,
        "size": 250,
        "tif": TimeInForce.ALO,
        "purpose": Purpose.QUOTE,
        "reduce_only": False,
        "level": 0,
        "created_at": 0.0,
        "expires_at_ms": 1,
    }
    return Approved(OrderTerms(**{**values, **changes}), APPROVAL_KEY)


def _plain(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"b": True, "p": "117001", "s": "0.0025", "r": False, "t": {"limit": {"tif": "Alo"}}}),
        ({"side": Side.SELL, "reduce_only": True}, {"b": False, "r": True}),
        ({"tif": TimeInForce.IOC}, {"t": {"limit": {"tif": "Ioc"}}}),
        ({"tif": TimeInForce.GTC}, {"t": {"limit": {"tif": "Gtc"}}}),
        ({"price": 123_456, "size": 100_000}, {"p": "12345.6", "s": "1"}),
        ({"price": 100_000, "size": 1}, {"p": "10000", "s": "0.00001"}),
    ],
)
def test_an_order_has_the_venues_keys_in_the_hashed_order(changes: Any, expected: Any) -> None:
    order = _plain(actions.place_action(HYNA, [_approved(**changes)]))["orders"][0]
    assert list(order) == ["a", "b", "p", "s", "r", "t", "c"]
    assert (order["a"], order["c"]) == (140_000, "0x" + 32 * "a")
    assert {key: order[key] for key in expected} == expected


def test_actions_keep_the_order_of_their_entries() -> None:
    placed = _plain(actions.place_action(HYNA, [_approved(price=p) for p in (10_000, 30_000, 20_000)]))
    assert list(placed) == ["type", "orders", "grouping"]
    assert [order["p"] for order in placed["orders"]] == ["1000", "3000", "2000"]
    cancelled = _plain(actions.cancel_action(HYNA, ["0x" + 32 * "1", "0x" + 32 * "2"]))
    assert cancelled == {
        "type": "cancelByCloid",
        "cancels": [{"asset": 140_000, "cloid": "0x" + 32 * digit} for digit in "12"],
        "f": True,
    }


def test_a_replacement_names_the_old_order_and_carries_the_new() -> None:
    modified = _plain(actions.modify_action(HYNA, [("0x" + 32 * "1", _approved())]))
    assert list(modified) == ["type", "modifies"]
    (entry,) = modified["modifies"]
    assert (entry["oid"], entry["order"]["c"]) == ("0x" + 32 * "1", "0x" + 32 * "a")


def test_the_envelope_is_that_of_the_venue_on_both_ways() -> None:
    action = actions.leverage_action(HYNA, 5, is_cross=False)
    envelope = actions.Envelope(action, 1_790_000_000_000, Signature("0x1", "0x2", 27), None, None)
    body = json.loads(actions.http_body(envelope))
    assert body == {
        "action": {"type": "updateLeverage", "asset": 140_000, "isCross": False, "leverage": 5},
        "nonce": 1_790_000_000_000,
        "signature": {"r": "0x1", "s": "0x2", "v": 27},
        "vaultAddress": None,
        "expiresAfter": None,
    }
    post = json.loads(actions.post_frame(7, envelope))
    assert post == {"method": "post", "id": 7, "request": {"type": "action", "payload": body}}


def test_an_absent_option_is_absent_and_never_null_or_false() -> None:
    assert _plain(actions.ScheduleCancel()) == {"type": "scheduleCancel"}
    assert _plain(actions.Noop()) == {"type": "noop"}
    assert _plain(actions.Cancel([actions.CancelWire(1, 2)])) == {"type": "cancel", "cancels": [{"a": 1, "o": 2}]}


def test_only_the_controls_can_approve() -> None:
    with pytest.raises(AssertionError, match="only the controls"):
        Approved(_approved().terms, object())


def test_margin_is_added_to_the_isolated_position_in_millionths_of_a_dollar() -> None:
    intent = AddMargin(request_id=7, amount=1_500_000, expires_at_ms=1)
    assert _plain(requests.action_of(HYNA, intent)) == {
        "type": "updateIsolatedMargin",
        "asset": 140_000,
        "isBuy": True,
        "ntli": 1_500_000,
    }
