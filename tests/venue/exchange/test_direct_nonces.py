"""The venue in the same process signs as a live one does: nonces, fences, expiry, and the exchange's window."""

import random

import pytest

from mmtui.domain.events import ActionAnswered, ActionFailed, AnyEvent, Certainty, RefusalReason
from mmtui.domain.instrument import Side
from mmtui.domain.intents import APPROVAL_KEY, Approved, Fence, PlaceOrders, ScheduleCancel
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.research.simulation import ACCOUNT, START_MS, synthetic_exchange
from mmtui.venues.exchange.actions import NoopAction, Refused
from mmtui.venues.exchange.direct import DirectVenue
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.rulebook.nonce_window import NONCES_KEPT


class Desk:
    """A direct venue with a clock."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self.exchange = exchange or synthetic_exchange("ETH", seed=1)
        self.venue = DirectVenue(self.exchange, "ETH", ACCOUNT)
        self.now_ms = self.exchange.now_ms

    def run(self, seconds: float = 1.0) -> list[AnyEvent]:
        self.now_ms += round(seconds * 1000)
        return self.venue.advance(self.now_ms)

    def answers(self, seconds: float = 1.0) -> dict[int, ActionAnswered | ActionFailed]:
        return {e.request_id: e for e in self.run(seconds) if isinstance(e, ActionAnswered | ActionFailed)}

    def place(self, request_id: int, *, expires_ms: int = 8_000) -> PlaceOrders:
        price = self.venue.instrument.floor_price(self.exchange.book("ETH").levels(Side.BUY, 1)[0][0] * 99 // 100)
        terms = OrderTerms(
            cloid=f"0x{request_id:032x}",
            side=Side.BUY,
            price=price,
            size=self.venue.instrument.min_size(price) * 2,
            tif=TimeInForce.ALO,
            purpose=Purpose.QUOTE,
            reduce_only=False,
            level=0,
            created_at=0.0,
            expires_at_ms=self.now_ms + expires_ms,
        )
        return PlaceOrders(
            request_id=request_id, orders=(Approved(terms, APPROVAL_KEY),), expires_at_ms=self.now_ms + expires_ms
        )

    def fence(self, request_id: int, of: int) -> Fence:
        return Fence(request_id=request_id, of_request_id=of, expires_at_ms=self.now_ms + 8_000)

    @property
    def resting(self) -> int:
        return len(self.exchange.statements.open_orders(ACCOUNT))


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.run(5)
    return found


def test_a_fence_before_its_request_keeps_it_out_and_after_it_is_refused(desk: Desk) -> None:
    desk.venue.send(desk.now_ms, [desk.fence(2, 1)])
    assert isinstance(desk.answers()[2], ActionAnswered)
    desk.venue.send(desk.now_ms, [desk.place(1)])
    late = desk.answers()[1]
    assert isinstance(late, ActionFailed)
    assert (late.reason, desk.resting) == (RefusalReason.BAD_NONCE, 0)
    desk.venue.send(desk.now_ms, [desk.place(3)])
    assert isinstance(desk.answers()[3], ActionAnswered)
    desk.venue.send(desk.now_ms, [desk.fence(4, 3)])
    refused = desk.answers()[4]
    assert isinstance(refused, ActionFailed)
    assert (refused.reason, desk.resting) == (RefusalReason.BAD_NONCE, 1)


def test_a_request_that_arrives_after_its_expiry_is_refused_and_its_nonce_is_spent(desk: Desk) -> None:
    desk.venue.send(desk.now_ms, [desk.place(1, expires_ms=-100)])
    expired = desk.answers()[1]
    assert isinstance(expired, ActionFailed)
    assert (expired.reason, expired.certainty) == (RefusalReason.EXPIRED, Certainty.NOT_EXECUTED)
    desk.venue.send(desk.now_ms, [desk.fence(2, 1)])
    spent = desk.answers()[2]
    assert isinstance(spent, ActionFailed)
    assert spent.reason is RefusalReason.BAD_NONCE


def test_a_second_process_at_the_same_moment_uses_no_nonce_twice(desk: Desk) -> None:
    desk.venue.send(desk.now_ms, [desk.place(number) for number in range(1, 6)])
    again = Desk(desk.exchange)
    again.now_ms = desk.now_ms
    again.venue.send(again.now_ms, [again.place(number) for number in range(11, 16)])
    again.run(1)
    assert again.resting == 10


def test_the_exchange_keeps_the_window_for_whoever_gives_a_nonce() -> None:
    exchange = synthetic_exchange("ETH", seed=1)
    rng = random.Random(1)
    nonces = rng.sample(range(START_MS - 500, START_MS + 500), 400)
    refused: set[int] = set()
    for nonce in nonces:

        def reply(answer: object, nonce: int = nonce) -> None:
            if isinstance(answer, Refused):
                refused.add(nonce)

        exchange.submit(exchange.now_ms, ACCOUNT, NoopAction(), reply, nonce=nonce)
        exchange.advance(exchange.next_block_ms())
    accepted: list[int] = []
    for nonce in nonces:
        highest = sorted(accepted)[-NONCES_KEPT:]
        if len(highest) < NONCES_KEPT or nonce > highest[0]:
            accepted.append(nonce)
    assert refused == set(nonces) - set(accepted)


def test_the_switch_is_refused_without_the_volume_in_the_words_that_the_live_client_reads(desk: Desk) -> None:
    at_ms = desk.now_ms + 30_000
    desk.venue.send(desk.now_ms, [ScheduleCancel(request_id=1, at_ms=at_ms, expires_at_ms=desk.now_ms + 5_000)])
    refused = desk.answers()[1]
    assert isinstance(refused, ActionFailed)
    assert refused.reason is RefusalReason.SWITCH_VOLUME
