"""What the judge of a world lets pass and what not, where being too strict or too lax has misled it."""

import msgspec
import pytest

from mmtui.domain.book import Touch
from mmtui.domain.events import ContextUpdate, Tick, TouchUpdate
from mmtui.domain.instrument import Side
from mmtui.domain.intents import APPROVAL_KEY, Approved, PlaceOrders
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.units import Price
from mmtui.domain.view import Mode
from mmtui.engine import statements
from mmtui.engine.orders import rejections
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.scenario import make_scenario
from mmtui.research.drill.violation import Violation
from mmtui.research.drill.world import World

ASKED_EVERY_S = 10.0
NOTICED_WITHIN_S = 76


def quoting_world(*, has_guard: bool = True) -> World:
    scenario = msgspec.structs.replace(make_scenario(18, "calm", hours=0.1, pace="coarse"), has_guard=has_guard)
    world = World(scenario)
    world.begin()
    for _ in range(120):
        world.run(1.0)
        if world.process.engine is not None and world.process.engine.mode is Mode.QUOTING and world.truth.own():
            return world
    raise AssertionError("a calm world quotes within two minutes")


def decide(world: World, price: Price) -> None:
    now = world.clock()
    terms = OrderTerms(
        cloid="0x6d6d7475000000010000000000abcdef", side=Side.BUY, price=price, size=100, tif=TimeInForce.ALO,
        purpose=Purpose.QUOTE, reduce_only=False, level=0, created_at=now, expires_at_ms=int(now * 1000.0) + 8_000,
    )  # fmt: skip
    intent = PlaceOrders(
        request_id=9_999, orders=(Approved(terms, APPROVAL_KEY),), expires_at_ms=int(now * 1000.0) + 8_000
    )
    world.checker.stepped(Tick(received_at=now), [intent])


def see_swept_book(world: World, market_usd: float) -> None:
    """The asks are gone but for one 12 % away, so that the mid is 6 % above every trade."""
    now = world.clock()
    touch = Touch(int(now * 1000.0), market_usd, 1.0, market_usd * 1.12, 1.0)
    world.checker.stepped(TouchUpdate(received_at=now, touch=touch), [])


def test_a_guard_that_was_lost_does_not_come_back_while_the_engine_that_would_start_it_is_stopped() -> None:
    world = quoting_world()
    world.process.guard(is_armed=False)
    world.process.stall(19_000)
    world.run(18.0)
    world.process.guard(is_armed=True)
    assert not world.process.is_guarded
    world.run(2.0)
    assert world.process.is_guarded


def test_a_price_near_mark_and_oracle_is_no_stray_beside_a_swept_side() -> None:
    world = quoting_world()
    instrument, engine = world.direct.instrument, world.process.engine
    assert engine is not None and engine.state.market.context is not None
    context = engine.state.market.context
    see_swept_book(world, context.mark)
    world.checker.stepped(ContextUpdate(received_at=world.clock(), context=context), [])
    decide(world, instrument.floor_price(instrument.price_units(context.mark * 0.999)))
    with pytest.raises(Violation, match=r"an order .* from the market"):
        decide(world, instrument.floor_price(instrument.price_units(context.mark * 0.97)))


def test_where_mark_and_oracle_are_no_longer_told_the_mid_alone_is_the_market() -> None:
    world = quoting_world()
    instrument, engine = world.direct.instrument, world.process.engine
    assert engine is not None and engine.state.market.context is not None
    context = engine.state.market.context
    see_swept_book(world, context.mark)
    world.checker.stepped(ContextUpdate(received_at=world.clock() - 11.0, context=context), [])
    with pytest.raises(Violation, match=r"an order .* from the market"):
        decide(world, instrument.floor_price(instrument.price_units(context.mark * 0.999)))


def strike_contract(world: World) -> None:
    assert world.upheavals.strike(Fault.CONTRACT_CHANGE)
    world.faults.fired[Fault.CONTRACT_CHANGE] += 1


def test_an_engine_whose_every_question_is_lost_cannot_see_another_contract() -> None:
    world = quoting_world()
    world.faults.is_on = True
    world.faults.set_rate(Fault.DROP_ANSWER, 1.0)
    strike_contract(world)
    world.run(NOTICED_WITHIN_S + 4.0)
    assert world.process.latch is None
    world.faults.set_rate(Fault.DROP_ANSWER, 0.0)
    world.run(2.0 * ASKED_EVERY_S)
    assert world.process.latch is not None


def test_an_engine_that_reads_its_statements_and_overlooks_another_contract_is_caught(monkeypatch) -> None:
    monkeypatch.setattr(statements, "take_contract", lambda state, out, stated: None)
    world = quoting_world()
    strike_contract(world)
    with pytest.raises(Violation, match="no kill although it could be seen"):
        world.run(NOTICED_WITHIN_S + 4.0)


def short_of_margin(world: World) -> World:
    """Every order refused for want of margin until nothing may be placed, and then the exchange well again."""
    world.venue.windows[Fault.MARGIN] = 1
    for _ in range(60):
        world.run(1.0)
        engine = world.process.engine
        if engine is not None and engine.mode is Mode.REDUCE_ONLY and not world.truth.own():
            assert not world.truth.position
            return world
    raise AssertionError("refusals for want of margin end in reducing only")


def test_a_minute_of_placing_less_after_refusals_for_want_of_margin_is_not_held_against_an_engine() -> None:
    short_of_margin(quoting_world()).ending.calm_down()


def test_an_engine_that_goes_on_placing_nothing_long_after_the_refusals_is_caught(monkeypatch) -> None:
    monkeypatch.setattr(rejections, "MARGIN_HOLD_S", 600.0)
    world = short_of_margin(quoting_world())
    with pytest.raises(Violation, match="no quotes on both sides"):
        world.ending.calm_down()


def test_a_collection_of_the_engine_that_grows_without_bound_is_noticed() -> None:
    world = quoting_world()
    engine = world.process.engine
    assert engine is not None
    world.checker.turned()
    engine.state.ledger.suspects.update({f"0x{number:032x}": world.clock() for number in range(401)})
    with pytest.raises(Violation, match="401 suspects"):
        world.checker.turned()
