"""Subscriptions are asked for until they are taken, and no more than three times."""

import msgspec
import pytest

from mmtui.venues.hyperliquid import errors
from mmtui.venues.hyperliquid.subscriptions import RETRY_S, Subscriptions, market_feeds, user_feeds


def _kinds(frames: list[bytes]) -> list[tuple[str, str]]:
    decoded = [msgspec.json.decode(frame) for frame in frames]
    return [(frame["method"], frame["subscription"]["type"]) for frame in decoded]


@pytest.mark.fault("F49")
def test_only_what_was_not_taken_is_asked_for_again_three_times_in_all() -> None:
    feeds = Subscriptions(user_feeds("0xab"))
    assert len(feeds.open(0.0)) == 4
    feeds.taken("userFills")
    feeds.taken("orderUpdates")
    feeds.taken("never asked for")
    assert feeds.overdue(RETRY_S / 2) == []
    expected = [("subscribe", "userEvents"), ("subscribe", "userFundings")]
    assert _kinds(feeds.overdue(RETRY_S)) == expected
    assert feeds.refused(RETRY_S) == ()
    feeds.taken("userEvents")
    assert _kinds(feeds.overdue(2 * RETRY_S)) == expected[1:]
    assert feeds.overdue(3 * RETRY_S) == []
    assert feeds.refused(2.5 * RETRY_S) == ()
    assert feeds.refused(3 * RETRY_S) == ("userFundings",)


def test_feeds_are_renewed_by_leaving_them_first() -> None:
    feeds = Subscriptions(market_feeds("hyna:BTC"))
    kinds = ["bbo", "l2Book", "trades", "activeAssetCtx"]
    assert _kinds(feeds.renew(0.0)) == [
        *(("unsubscribe", kind) for kind in kinds),
        *(("subscribe", kind) for kind in kinds),
    ]


def test_the_wire_carries_only_the_keys_that_say_something() -> None:
    frame = msgspec.json.decode(Subscriptions(market_feeds("BTC")).open(0.0)[1])
    assert frame == {"method": "subscribe", "subscription": {"type": "l2Book", "coin": "BTC", "fast": True}}


def test_an_error_about_a_feed_we_have_counts_as_taken() -> None:
    text = 'Already subscribed: {"coin":"BTC","type":"bbo"}'
    assert errors.subscription_held(text) == "bbo"
    assert errors.subscription_held("Already unsubscribed: {}") is None
