"""Texts of the venue prove what they say and nothing more."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.events import Certainty, RefusalReason
from mmtui.domain.instrument import Instrument
from mmtui.errors import REMEDIES, VenueCode
from mmtui.venues.exchange import refusals
from mmtui.venues.hyperliquid import errors

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
R = RefusalReason

ENTRY_TEXTS = [
    ("Price must be divisible by tick size.", R.OFF_GRID, VenueCode.INVALID_PRICE),
    ("Order must have minimum value of $10.", R.MIN_NOTIONAL, None),
    ("Order must have minimum value of 10 USDC.", R.MIN_NOTIONAL, None),
    ("Insufficient margin to place order.", R.INSUFFICIENT_MARGIN, VenueCode.INSUFFICIENT_MARGIN),
    ("Reduce only order would increase position.", R.REDUCE_ONLY, None),
    (
        "Post only order would have immediately matched, bbo was 83767@83768.",
        R.POST_ONLY_WOULD_CROSS,
        None,
    ),
    ("Order could not immediately match against any resting orders.", R.NO_LIQUIDITY, None),
    ("No liquidity available for market order.", R.NO_LIQUIDITY, None),
    ("Order would increase open interest while open interest is capped.", R.OPEN_INTEREST_CAP, None),
    (
        "Order rejected due to price more aggressive than oracle while at open interest cap.",
        R.OPEN_INTEREST_CAP,
        None,
    ),
    ("Order would increase open interest too quickly.", R.OPEN_INTEREST_CAP, None),
    ("Price too far from oracle", R.PRICE_BAND, VenueCode.INVALID_PRICE),
    (
        "Order would cause position to exceed margin tier limit at current leverage.",
        R.INSUFFICIENT_MARGIN,
        VenueCode.ORDER_WOULD_BE_LIQUIDATED,
    ),
]

WHOLE_TEXTS = [
    ("User or API Wallet 0xc06d73162e9bffbcfbf1da59c511002a8f9155e5 does not exist.", R.SIGNER_UNKNOWN),
    ("Must deposit before performing actions. User: 0x1", R.SIGNER_UNKNOWN),
    ("Unable to recover signer.", R.SIGNER_UNKNOWN),
    ("Invalid nonce: duplicate nonce 1700000000000", R.BAD_NONCE),
    ("Invalid nonce: nonce too low 1 < 2", R.BAD_NONCE),
    ("Invalid nonce: nonce too high 3 > 2", R.NONCE_AHEAD),
    (refusals.schedule_volume(1_000_000, 12), R.SWITCH_VOLUME),
    (refusals.SCHEDULE_TOO_EARLY, R.SWITCH_TOO_SOON),
    (refusals.SCHEDULE_TOO_OFTEN, R.SWITCH_SPENT),
    ("Duplicate cloid", R.DUPLICATE_CLOID),
    ("Action already expired", R.EXPIRED),
    ("Too many cumulative requests sent (97460 > 97456) for cumulative volume traded $1.", R.RATE_LIMITED),
    ("Signed action over weight limit of 200.", R.OTHER),
    ("Orders are empty.", R.OTHER),
    ("Order has zero size.", R.OFF_GRID),
    ("Order has invalid size.", R.OFF_GRID),
    ("Order has invalid price.", R.OFF_GRID),
    ("Order price cannot be more than 95% away from the reference price", R.PRICE_BAND),
    ("Only post-only orders allowed immediately after a network upgrade", R.POST_ONLY_WINDOW),
]


@pytest.mark.parametrize(("text", "reason", "code"), ENTRY_TEXTS)
@pytest.mark.parametrize("ending", ["", " asset=0", " asset=140000"])
def test_every_documented_entry_error_is_a_definite_refusal(
    text: str, reason: RefusalReason, code: VenueCode | None, ending: str
) -> None:
    found = errors.order_refusal(text + ending)
    assert (found.certainty, found.reason, found.code) == (Certainty.NOT_EXECUTED, reason, code)
    assert errors.order_refusal(text.rstrip(".") + ending) == found


@pytest.mark.parametrize(("text", "reason"), WHOLE_TEXTS)
def test_every_documented_action_error_is_a_definite_refusal(text: str, reason: RefusalReason) -> None:
    found = errors.action_refusal(text)
    assert (found.certainty, found.reason) == (Certainty.NOT_EXECUTED, reason)


def test_recorded_refusals_are_definite(shared: Path) -> None:
    path = shared / "fixtures" / "hyperliquid" / "exchange" / "answers_mainnet_2026.json"
    cases = json.loads(path.read_text())["cases"]
    for case in cases:
        if case["httpStatus"] != 200:
            found = errors.http_refusal(case["httpStatus"], case["responseText"].encode())
        elif case["response"]["status"] == "err":
            found = errors.action_refusal(case["response"]["response"])
        else:
            continue
        assert found.certainty is Certainty.NOT_EXECUTED, case["what"]


@pytest.mark.fault("F11")
@given(st.text())
def test_a_text_that_no_table_knows_proves_nothing(text: str) -> None:
    for classify in (errors.order_refusal, errors.action_refusal):
        found = classify("?" + text)
        assert (found.certainty, found.reason) == (Certainty.UNKNOWN, R.OTHER)


@pytest.mark.parametrize(
    ("status", "body", "certainty", "reason"),
    [
        (429, b"null", Certainty.NOT_EXECUTED, R.RATE_LIMITED),
        (429, b"<html>slow down</html>", Certainty.UNKNOWN, R.OTHER),
        (500, b"null", Certainty.UNKNOWN, R.VENUE_DOWN),
        (502, b"<html>", Certainty.UNKNOWN, R.VENUE_DOWN),
        (400, b"Failed to parse the request body as JSON", Certainty.NOT_EXECUTED, R.OTHER),
        (403, b"", Certainty.UNKNOWN, R.OTHER),
    ],
)
def test_only_the_venues_own_http_refusal_is_definite(
    status: int, body: bytes, certainty: Certainty, reason: RefusalReason
) -> None:
    found = errors.http_refusal(status, body)
    assert (found.certainty, found.reason) == (certainty, reason)


def test_post_errors_are_read_by_their_status() -> None:
    assert errors.post_refusal("422 Unprocessable Entity: x").certainty is Certainty.NOT_EXECUTED
    assert errors.post_refusal("429 Too Many Requests").reason is R.RATE_LIMITED
    assert errors.post_refusal("503 Service Unavailable").certainty is Certainty.UNKNOWN
    assert errors.post_refusal("").certainty is Certainty.UNKNOWN
    assert errors.refused_post_id("too many pending post requests id=17") == 17
    assert errors.refused_post_id("Already subscribed: {}") is None


@pytest.mark.parametrize(
    ("text", "touch"),
    [
        ("bbo was 83767@83768. asset=0", (837670, 837680)),
        ("bbo was 83767 @ 83768 asset=0", (837670, 837680)),
        ("bbo was 83767.1@83768.2", (837671, 837682)),
        ("bbo was 83767.1@83768.2.", (837671, 837682)),
        ("bbo was 83768@83767.", None),
        ("bbo was 0@83767.", None),
        ("bbo was NaN@83767.", None),
        ("bbo was 1.2.3@83767.", None),
        ("bbo was 83767.123@83768", None),
        ("no touch", None),
    ],
)
def test_the_touch_of_a_post_only_refusal_is_read_or_left(text: str, touch: tuple[int, int] | None) -> None:
    assert errors.quoted_touch("Post only order would have immediately matched, " + text, BTC) == touch


@pytest.mark.fault("F53")
@given(st.text())
def test_hostile_texts_become_one_short_printable_line(text: str) -> None:
    found = errors.plain("\x1b[31m" + text + "\u202e\r\n")
    assert len(found) <= errors.TEXT_LENGTH_MAX
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in found)
    errors.quoted_touch("bbo was " + text, BTC)


def test_every_named_error_has_a_remedy() -> None:
    assert set(REMEDIES) == set(VenueCode)
