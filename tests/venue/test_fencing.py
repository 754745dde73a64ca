"""Fences, the switch and what guards a signature: their bytes, and what a real exchange makes of them."""

import time
from pathlib import Path
from typing import Any

import pytest
from hyperliquid.utils.signing import recover_agent_or_user_from_l1_action

from mmtui.domain.events import (
    ActionAnswered,
    ActionFailed,
    Certainty,
    OrderStatusAnswer,
    OutcomeKind,
    RefusalReason,
)
from mmtui.domain.intents import Fence, QueryOrder, ScheduleCancel, SetLeverage
from mmtui.errors import InvariantError
from mmtui.venues.hyperliquid import errors
from mmtui.venues.hyperliquid.desk import OrderDesk
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.requests import LIFE_MS_MAX, NONCES_REMEMBERED, SentNonces, expiry_of
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from tests.venue.exchange.served import Served
from tests.venue.scripted_venue import ADDRESS, ScriptedVenue, cancel, place, reached, soon_ms, terms
from tests.venue.test_client import opened
from tests.venue.test_client_exchange import MAKER, trading

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000


def fence(request_id: int, of_request_id: int) -> Fence:
    return Fence(request_id=request_id, of_request_id=of_request_id, expires_at_ms=soon_ms())


def switch(request_id: int, at_ms: int | None) -> ScheduleCancel:
    return ScheduleCancel(request_id=request_id, at_ms=at_ms, expires_at_ms=soon_ms())


def recovered_by_the_sdk(envelope: dict[str, Any]) -> str:
    """Who signed it, as the official SDK reads it."""
    found = recover_agent_or_user_from_l1_action(
        envelope["action"],
        envelope["signature"],
        envelope["vaultAddress"],
        envelope["nonce"],
        envelope["expiresAfter"],
        False,
    )
    return str(found).lower()


@pytest.mark.fault("F88")
async def test_switch_and_fence_are_signed_as_the_sdk_signs_them_and_live_ten_seconds_at_most(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        at_ms = int(time.time() * 1000) + 30_000
        traded.send([place(1), switch(2, at_ms), fence(3, 1), switch(4, None)])
        await inbox.until(ActionAnswered, lambda e: e.request_id == 4)
        envelopes = [envelope for _, envelope in venue.received]
        assert [envelope["action"] for envelope in envelopes[1:]] == [
            {"type": "scheduleCancel", "time": at_ms},
            {"type": "noop"},
            {"type": "scheduleCancel"},
        ]
        assert {recovered_by_the_sdk(envelope) for envelope in envelopes} == {ADDRESS}
        assert envelopes[2]["nonce"] == envelopes[0]["nonce"]
        assert envelopes[3]["nonce"] > envelopes[1]["nonce"] > envelopes[0]["nonce"]
        now_ms = int(time.time() * 1000)
        assert all(0 < envelope["expiresAfter"] - now_ms <= LIFE_MS_MAX for envelope in envelopes)


async def test_a_request_that_was_never_signed_cannot_be_fenced(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        traded.send([fence(2, 1)])
        failure = await inbox.until(ActionFailed)
        assert (failure.request_id, failure.certainty) == (2, Certainty.NOT_EXECUTED)
        assert failure.reason is not RefusalReason.BAD_NONCE
        assert venue.received == []


@pytest.mark.fault("F02")
async def test_a_fence_that_comes_first_keeps_the_order_out_of_the_real_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[Any] = []
    with Served() as served:
        async with trading(served.url, MAKER, tmp_path) as maker:
            bid, _ = await maker.touch()
            with monkeypatch.context() as lost:
                lost.setattr(OrderDesk, "_dispatch", lambda desk, sent, envelope: late.append((desk, sent, envelope)))
                maker.venue.send([place(1, maker.buy(1, bid * 99 // 100, 100))])
            maker.venue.send([fence(2, 1)])
            assert (await maker.inbox.until(ActionAnswered)).request_id == 2
            desk, sent, envelope = late[0]
            desk._dispatch(sent, envelope)
            refused = await maker.inbox.until(ActionFailed)
            assert (refused.request_id, refused.reason) == (1, RefusalReason.BAD_NONCE)
            maker.venue.ask([QueryOrder(request_id=3, cloid=maker.buy(1, bid, 1).cloid)])
            assert (await maker.inbox.until(OrderStatusAnswer)).report is None


async def test_a_fence_that_comes_second_is_refused_for_its_nonce_and_the_order_is_found(tmp_path: Path) -> None:
    with Served() as served:
        async with trading(served.url, MAKER, tmp_path) as maker:
            bid, _ = await maker.touch()
            order = maker.buy(1, bid * 99 // 100, 100)
            maker.venue.send([place(1, order)])
            placed = await maker.inbox.until(ActionAnswered)
            assert [outcome.kind for outcome in placed.outcomes] == [OutcomeKind.RESTING]
            maker.venue.send([fence(2, 1)])
            refused = await maker.inbox.until(ActionFailed)
            assert (refused.request_id, refused.reason) == (2, RefusalReason.BAD_NONCE)
            maker.venue.ask([QueryOrder(request_id=3, cloid=order.cloid)])
            found = await maker.inbox.until(OrderStatusAnswer)
            assert found.report is not None
            assert found.report.status == "open"


async def test_the_exchange_takes_the_switch_refuses_one_too_close_and_lets_it_be_taken_off(tmp_path: Path) -> None:
    with Served() as served:
        async with trading(served.url, MAKER, tmp_path) as maker:
            await maker.touch()
            now_ms = int(time.time() * 1000)
            maker.venue.send([switch(1, now_ms + 30_000), switch(2, now_ms + 1_000), switch(3, None)])
            await maker.inbox.until(ActionAnswered, lambda e: e.request_id == 3)
            assert [event.request_id for event in maker.inbox.of(ActionAnswered)] == [1, 3]
            refused = maker.inbox.of(ActionFailed)
            assert [(event.request_id, event.reason) for event in refused] == [(2, RefusalReason.SWITCH_TOO_SOON)]


@pytest.mark.fault("F31")
async def test_nonces_go_on_above_the_one_that_the_venue_names(tmp_path: Path) -> None:
    floor = int(time.time() * 1000) + 500_000

    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        text = f"Invalid nonce: nonce too low 5 < {floor}"
        venue.respond = lambda envelope: {"status": "err", "response": text}
        traded.send([place(1)])
        refused = await inbox.until(ActionFailed)
        assert refused.reason is RefusalReason.BAD_NONCE
        traded.send([place(2, terms(2))])
        await inbox.until(ActionFailed, lambda e: e.request_id == 2)
        assert venue.received[1][1]["nonce"] > floor
        hostile = int(time.time() * 1000) + 30 * DAY_MS
        text = f"Invalid nonce: nonce too low 5 < {hostile}"
        traded.send([place(3, terms(3)), place(4, terms(4))])
        await inbox.until(ActionFailed, lambda e: e.request_id == 4)
        traded.send([place(5, terms(5))])
        await inbox.until(ActionFailed, lambda e: e.request_id == 5)
        assert venue.received[-1][1]["nonce"] < hostile


@pytest.mark.fault("F55")
async def test_nothing_is_placed_with_a_clock_ahead_of_the_exchange_and_cancels_go_out(tmp_path: Path) -> None:
    level = {"px": "99990.0", "sz": "0.5", "n": 1}
    behind_ms = int(time.time() * 1000) - 30_000
    async with ScriptedVenue() as venue, opened(venue, tmp_path) as (traded, inbox):
        frame = {"channel": "bbo", "data": {"coin": "hyna:BTC", "time": behind_ms, "bbo": [level, level]}}
        await venue.push(frame)
        await reached(lambda: traded._parts.desk._venue_clock.time_ms == behind_ms)
        traded.send([place(1), SetLeverage(request_id=2, leverage=3, is_cross=False, expires_at_ms=soon_ms())])
        traded.send([cancel(3, 1), fence(4, 1)])
        await inbox.until(ActionAnswered, lambda e: e.request_id == 3)
        refused = {event.request_id: event.reason for event in inbox.of(ActionFailed)}
        assert refused.pop(4) is RefusalReason.OTHER, "the place was never signed, so it needs no fence"
        assert refused == {1: RefusalReason.CLOCK, 2: RefusalReason.CLOCK}
        assert [envelope["action"]["type"] for _, envelope in venue.received] == ["cancelByCloid"]


@pytest.mark.parametrize("lead_ms", [-5_000, 0, 5_000, 9_000])
def test_what_adds_risk_never_lives_longer_than_ten_seconds_of_the_exchanges_time(lead_ms: int) -> None:
    intent = place(1, expires_at_ms=NOW_MS + 10_000)
    assert NOW_MS < expiry_of(intent, NOW_MS, NOW_MS - lead_ms) <= NOW_MS - lead_ms + LIFE_MS_MAX
    with pytest.raises(InvariantError):
        expiry_of(place(1, expires_at_ms=NOW_MS + 10_001), NOW_MS, NOW_MS - lead_ms)


def test_a_cancel_reaches_an_exchange_that_our_clock_has_fallen_behind() -> None:
    intent = cancel(1, 1)
    for ours, theirs in ((NOW_MS, NOW_MS + 60_000), (NOW_MS + 60_000, NOW_MS)):
        assert expiry_of(intent, ours, theirs) == min(intent.expires_at_ms, max(ours, theirs) + LIFE_MS_MAX)


def test_the_memory_of_nonces_is_bounded_and_keeps_the_latest() -> None:
    nonces = SentNonces()
    for request_id in range(3 * NONCES_REMEMBERED):
        nonces.remember(request_id, NOW_MS + request_id)
    kept = [request_id for request_id in range(3 * NONCES_REMEMBERED) if nonces.of(request_id) is not None]
    assert kept == list(range(2 * NONCES_REMEMBERED, 3 * NONCES_REMEMBERED))


def test_a_floor_beyond_the_reserved_block_reserves_another(tmp_path: Path) -> None:
    source = NonceSource(tmp_path / "nonce")
    first = source.take(NOW_MS)
    source.skip_past(first + 50_000)
    assert source.take(NOW_MS) > first + 50_000
    assert NonceSource(tmp_path / "nonce").take(NOW_MS) > source.last
    source.skip_past(1)
    assert source.take(NOW_MS) > first + 50_000


def test_only_the_venues_own_words_name_a_floor() -> None:
    assert errors.nonce_floor("Invalid nonce: duplicate nonce 17") == 17
    assert errors.nonce_floor("Invalid nonce: nonce too low 5 < 9") == 9
    assert errors.nonce_floor("Invalid nonce: nonce too high 99 > 9") is None
    assert errors.nonce_floor("Invalid nonce: nonce too low 5 < 99999999999999999999999") is None


def test_our_lead_over_the_exchange_is_measured_from_its_own_frames() -> None:
    clock = VenueClock()
    assert clock.lead_ms(NOW_MS / 1000.0) == 0
    clock.observe(NOW_MS, NOW_MS / 1000.0 + 12.0)
    assert clock.lead_ms(NOW_MS / 1000.0 + 20.0) == 12_000
