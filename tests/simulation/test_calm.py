"""Once faults are over quotes must stand again: who is caught, and who has a reason not to quote."""

import pytest

from mmtui.engine.quoting import cycle
from mmtui.research.drill.violation import Violation
from mmtui.research.drill.world import World
from mmtui.venues.exchange import actions
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from tests.simulation.test_judge import quoting_world

ASLEEP_MS = 60_000
ROUND_S = 12


def take_off_all(world: World) -> None:
    asset = world.direct.instrument.asset_id
    cancels = tuple(actions.Cancel(asset, order.cloid) for order in world.truth.own())
    world.exchange.submit(world.timeline.now_ms, world.account, actions.CancelAction(cancels), lambda reply: None)


def hide_own(world: World, monkeypatch, is_hidden) -> None:
    own = world.truth.own
    monkeypatch.setattr(world.truth, "own", lambda: [] if is_hidden(world.timeline.now_ms) else own())


def test_an_engine_that_places_nothing_any_more_is_caught(monkeypatch) -> None:
    world = quoting_world()
    monkeypatch.setattr(cycle, "place", lambda state, out, proposals: False)
    take_off_all(world)
    with pytest.raises(Violation, match="no quotes on both sides"):
        world.ending.calm_down()


def test_an_engine_without_quotes_is_not_saved_by_an_excuse_now_and_then(monkeypatch) -> None:
    world = quoting_world()
    hide_own(world, monkeypatch, lambda now_ms: True)
    monkeypatch.setattr(world.ending, "_is_excused", lambda: world.timeline.now_ms // 1_000 % 3 == 0)
    with pytest.raises(Violation, match="no quotes on both sides"):
        world.ending.calm_down()


def test_seconds_with_a_reason_not_to_quote_do_not_count_as_dark(monkeypatch) -> None:
    world = quoting_world()

    def second(now_ms: int) -> int:
        return (now_ms - 1) // 1_000 % ROUND_S

    hide_own(world, monkeypatch, lambda now_ms: second(now_ms) < 8)
    monkeypatch.setattr(world.ending, "_is_excused", lambda: 3 <= second(world.timeline.now_ms) < 7)
    world.ending.calm_down()


def test_quotes_that_stand_between_two_whole_seconds_stand(monkeypatch) -> None:
    world = quoting_world()
    hide_own(world, monkeypatch, lambda now_ms: now_ms % 1_000 == 0)
    assert not all(world.ending.look() for _ in range(5))
    hide_own(world, monkeypatch, lambda now_ms: True)
    assert all(world.ending.look() for _ in range(5))


def test_a_process_that_the_last_fault_has_put_to_sleep_has_its_time_once_it_wakes() -> None:
    world = quoting_world()
    world.process.stall(ASLEEP_MS)
    world.ending.calm_down()


def test_nobody_must_quote_while_the_exchange_shows_no_younger_book(monkeypatch) -> None:
    world = quoting_world()
    monkeypatch.setattr(SyntheticMarket, "next_event_ms", lambda market: None)
    world.ending.calm_down()
