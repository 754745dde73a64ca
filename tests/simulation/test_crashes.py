"""An engine that dies at any row of its journal: the next one has every fill once, every order, and the day."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmtui.domain.cloid import is_ours
from mmtui.domain.order import OrderState
from mmtui.domain.records import Checkpoint, FillBooked, OrderAdopted, OrderIntended
from mmtui.engine.fold import fold
from tests.simulation.crashing import ACCOUNT, a_random, a_world, exposure, reborn, settled

DOWN_S = (0.1, 0.5, 2.0, 7.0, 30.0)


def test_a_crash_at_every_row_of_a_stretch_of_trading_ends_in_the_exchanges_account() -> None:
    random_source, world, cuts = a_random(3), a_world(8), 0
    world.live(28.0)
    for moment in world.moments(4.0):
        for cut in range(len(moment.rows) + 1):
            life = reborn(world, moment.durable + moment.rows[:cut], down_s=random_source.choice(DOWN_S), run=2)
            life.live(8.0)
            assert settled(life) == [], f"cut at row {cut} of {len(moment.rows)}, {moment.now_ms}"
            cuts += 1
    assert cuts > 30


@pytest.mark.fault("F63")
@pytest.mark.incident("B10")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(1, 40),
    first_s=st.floats(8.0, 60.0),
    rows_lost=st.integers(0, 12),
    down_s=st.sampled_from(DOWN_S),
    again_s=st.floats(0.1, 8.0),
)
def test_any_crash_of_any_session_and_a_second_one_soon_after_lose_and_double_nothing(
    seed: int, first_s: float, rows_lost: int, down_s: float, again_s: float
) -> None:
    world = a_world(seed)
    world.live(first_s)
    moment = next(iter(world.moments(10.0)))
    rows = moment.durable + moment.rows[: max(0, len(moment.rows) - rows_lost)]
    second = reborn(world, rows, down_s=down_s, run=2)
    second.live(again_s)
    third = reborn(second, tuple(second.rows), down_s=0.2, run=3)
    third.live(15.0)
    assert settled(third) == []


@pytest.mark.incident("B41")
def test_a_fill_made_while_nothing_ran_is_booked_once_and_counts_for_the_day_and_for_no_session() -> None:
    world = a_world(8)
    world.live(40.0)
    life = reborn(world, tuple(world.rows), down_s=60.0, run=2)
    life.live(1.0)
    recovered = [row for row in life.own_rows if isinstance(row, FillBooked) and row.is_recovered]
    assert recovered, "the seed must trade while nothing runs"
    assert life.engine.state.tape.counts["fills"] == sum(
        isinstance(row, FillBooked) and not row.is_recovered for row in life.own_rows
    )
    life.live(10.0)
    assert settled(life) == []
    session = life.engine.state.account.pnl.attribution().total
    assert life.engine.state.account.day_pnl() != session


@pytest.mark.fault("F63")
def test_resting_orders_of_the_dead_run_are_cancelled_and_the_unknown_keep_their_reservation() -> None:
    world = a_world(9)
    world.live(40.0)
    resting = {order.cloid for order in world.exchange.statements.open_orders(ACCOUNT, "") if is_ours(order.cloid)}
    assert resting
    life = reborn(world, tuple(world.rows), down_s=0.1, run=2)
    for _ in life.moments(5.0):
        unknown = [o for o in life.engine.state.ledger.live.values() if o.state is OrderState.UNKNOWN]
        assert all(order.reserved == order.remaining for order in unknown)
    left = {order.cloid for order in life.exchange.statements.open_orders(ACCOUNT, "")}
    assert left.isdisjoint(resting)
    assert {row.terms.cloid for row in life.own_rows if isinstance(row, OrderAdopted)} >= resting


def test_a_place_that_never_left_keeps_its_room_until_its_expiry_has_passed() -> None:
    """The row of the intent is durable, the send was not: only the fence can say so."""
    world = a_world(10)
    world.live(15.0)
    moment = next(m for m in world.moments(20.0) if any(isinstance(row, OrderIntended) for row in m.rows))
    sent = {row.terms.cloid: row.terms for row in moment.rows if isinstance(row, OrderIntended)}
    life = reborn(world, moment.durable + moment.rows, down_s=0.0, run=2)
    expires_s = max(terms.expires_at_ms for terms in sent.values()) / 1000.0
    life.live(1.0)
    for _ in range(60):
        life.live(0.25)
        live = life.engine.state.ledger.live
        waiting = [live[cloid] for cloid in sent if cloid in live]
        if life.now_ms / 1000.0 < expires_s:
            assert len(waiting) == len(sent)
            assert all(order.reserved == order.size for order in waiting)
    assert not any(cloid in life.engine.state.ledger.live for cloid in sent)
    assert settled(life) == []


@pytest.mark.parametrize("down_s", DOWN_S)
def test_the_position_limit_holds_against_what_the_dead_run_left(down_s: float) -> None:
    world = a_world(11, **{"trading.max_position_usd": 1_500.0, "trading.order_notional_usd": 1_000.0})
    world.live(45.0)
    life = reborn(world, tuple(world.rows), down_s=down_s, run=2)
    limit = 0
    for _ in life.moments(25.0):
        state = life.engine.state
        if state.market.touch is not None and state.account.is_anchored:
            limit = max(limit, state.risk.limit.size)
            assert not limit or exposure(life) <= limit * 1.05
    assert limit


def test_every_checkpoint_is_what_the_rows_before_it_make() -> None:
    world = a_world(12)
    world.live(130.0)
    points = [n for n, row in enumerate(world.rows) if isinstance(row, Checkpoint)]
    assert len(points) >= 3
    for n in points:
        row = world.rows[n]
        assert isinstance(row, Checkpoint)
        assert fold(world.rows[:n]).digest == row.digest
        short = fold(world.rows[n:])
        assert short.digest == world.engine.digest()
        assert not short.mismatches
