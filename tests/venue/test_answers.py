"""An answer proves exactly what its text says, entry by entry."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, OutcomeKind, RefusalReason
from mmtui.domain.instrument import Instrument
from mmtui.venues.hyperliquid.answers import (
    Batch,
    Sent,
    read_answer,
    read_http_error,
    read_post_error,
)

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
K = OutcomeKind


def _read(statuses: Any, *, batch: Batch = Batch.ORDERS, count: int | None = None) -> Any:
    body = {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}
    sent = Sent(7, batch, len(statuses) if count is None else count, 10.0)
    return read_answer(sent, json.dumps(body).encode(), BTC, 10.25)


def test_each_entry_has_its_own_outcome() -> None:
    found = _read(
        [
            {"resting": {"oid": 5_000_000_000, "cloid": "0x" + 32 * "0"}},
            {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 6}},
            {"error": "Post only order would have immediately matched, bbo was 83767@83768. asset=0"},
            {"error": "Insufficient margin to place order. asset=0"},
            {"error": "a text nobody has seen"},
            "waitingForFill",
            {"novel": {"oid": 1}},
            {"filled": {"totalSz": "NaN", "avgPx": "1", "oid": 9}},
        ]
    )
    assert isinstance(found, ActionAnswered)
    assert (found.request_id, found.latency_ms) == (7, 250.0)
    assert [outcome.kind for outcome in found.outcomes] == [
        K.RESTING, K.FILLED, K.REFUSED, K.REFUSED, K.UNKNOWN, K.UNKNOWN, K.UNKNOWN, K.UNKNOWN,
    ]  # fmt: skip
    assert found.outcomes[0].oid == 5_000_000_000
    assert (found.outcomes[1].filled, found.outcomes[1].oid) == (2000, 6)
    assert found.outcomes[2].reason is RefusalReason.POST_ONLY_WOULD_CROSS
    assert found.outcomes[2].venue_touch == (837670, 837680)
    assert found.outcomes[3].text.startswith("InsufficientMargin: ")


def test_a_cancel_that_came_too_late_is_told_from_one_not_understood() -> None:
    found = _read(
        [
            "success",
            {"error": "Order was never placed, already canceled, or filled. asset=0"},
            {"error": "something else"},
            {"resting": {"oid": 1}},
        ],
        batch=Batch.CANCELS,
    )
    assert [outcome.kind for outcome in found.outcomes] == [K.CANCELLED, K.GONE, K.UNKNOWN, K.UNKNOWN]


@pytest.mark.fault("F10")
def test_an_answer_with_too_few_or_too_many_entries_proves_nothing() -> None:
    for count in (1, 3):
        found = _read([{"resting": {"oid": 1}}, {"resting": {"oid": 2}}], count=count)
        assert isinstance(found, ActionFailed)
        assert (found.certainty, found.text[:16]) == (Certainty.UNKNOWN, "malformed answer")


@pytest.mark.fault("F09")
def test_one_static_error_for_a_batch_refuses_all_of_it_and_another_proves_nothing() -> None:
    found = _read([{"error": "Order has invalid price. asset=0"}], count=3)
    assert (found.certainty, found.reason) == (Certainty.NOT_EXECUTED, RefusalReason.OFF_GRID)
    found = _read([{"error": "Insufficient margin to place order. asset=0"}], count=3)
    assert found.certainty is Certainty.UNKNOWN


def test_a_whole_refusal_is_definite_only_when_its_text_is_known() -> None:
    sent = Sent(7, Batch.ORDERS, 2, 10.0)
    known = read_answer(sent, b'{"status":"err","response":"Action already expired"}', BTC, 11.0)
    assert isinstance(known, ActionFailed)
    assert (known.certainty, known.reason) == (Certainty.NOT_EXECUTED, RefusalReason.EXPIRED)
    novel = read_answer(sent, b'{"status":"err","response":"\\u001b[31mOops"}', BTC, 11.0)
    assert isinstance(novel, ActionFailed)
    assert (novel.certainty, novel.text) == (Certainty.UNKNOWN, "[31mOops")


def test_actions_without_entries_are_answered_without_outcomes() -> None:
    sent = Sent(7, Batch.NOTHING, 0, 10.0)
    found = read_answer(sent, b'{"status":"ok","response":{"type":"default"}}', BTC, 11.0)
    assert isinstance(found, ActionAnswered)
    assert found.outcomes == ()


@pytest.mark.fault("F05")
@given(st.one_of(st.binary(max_size=80), st.sampled_from([b"<html>", b"null", b"{}", b'{"status":"ok"}', b""])))
def test_anything_else_proves_nothing_and_never_raises(body: bytes) -> None:
    sent = Sent(7, Batch.ORDERS, 1, 10.0)
    found = read_answer(sent, body, BTC, 11.0)
    assert isinstance(found, ActionFailed)
    assert found.certainty is Certainty.UNKNOWN
    assert len(found.text) <= 200


def test_transport_errors_prove_what_their_status_says() -> None:
    sent = Sent(7, Batch.ORDERS, 1, 10.0)
    assert read_post_error(sent, b'"422 Unprocessable Entity: x"', 11.0).certainty is Certainty.NOT_EXECUTED
    assert read_post_error(sent, b"\xff", 11.0).certainty is Certainty.UNKNOWN
    assert read_http_error(sent, 429, b"null", 11.0).reason is RefusalReason.RATE_LIMITED
    assert read_http_error(sent, 500, b"null", 11.0).certainty is Certainty.UNKNOWN
