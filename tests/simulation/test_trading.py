"""A whole session: quotes on both sides, fills, skew, exact books, and the same every time."""

import os
import subprocess
import sys

import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.instrument import Side
from mmtui.domain.records import EquitySampled, FillBooked
from mmtui.domain.view import Mode
from tests.simulation.truth import assert_books_agree, cash, exposure, position, resting


@pytest.mark.incident("B17")
def test_within_a_minute_of_market_time_both_sides_are_quoted_and_then_filled(make_session) -> None:
    session = make_session("BTC")
    session.run(60)
    view = session.view
    assert view.mode is Mode.QUOTING
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}
    session.run(60)
    assert session.view.counters.fills > 0


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL", "hyna:BTC"])
@pytest.mark.parametrize("strategy", ["ladder", "glft", "symmetric", "inventory_aware"])
def test_every_strategy_trades_and_its_books_equal_the_exchange_to_the_micro_usd(make_session, coin, strategy) -> None:
    session = make_session(coin, seed=7, strategy__strategy_type=strategy)
    session.run(240)
    assert session.view.counters.fills > 0
    session.act(Verb.PAUSE)
    session.run(10)
    assert_books_agree(session)
    assert resting(session) == []


@pytest.mark.incident("B33")
def test_pnl_by_cause_sums_to_the_total_and_to_the_change_of_equity(make_session) -> None:
    session = make_session("ETH", seed=3)
    session.run(400)
    rows = [row for row in session.rows if isinstance(row, EquitySampled)]
    assert len(rows) > 10
    for row in rows:
        parts = row.spread_capture + row.adverse_selection + row.inventory + row.fees + row.funding
        assert parts == row.total
    state = session.engine.state
    mark2 = sum(state.instrument.price_units(price) for price in (state.market.touch.bid, state.market.touch.ask))
    value2 = 2 * state.account.cash + state.account.position.size * mark2
    opening2 = 2 * state.account.snapshot.account_value * 0
    assert abs(value2 - opening2 - 2 * (100_000_000_000 + state.account.pnl.attribution().total)) <= 2


@pytest.mark.incident("B19")
def test_inventory_skews_the_quotes_toward_unloading(make_session) -> None:
    session = make_session("ETH", seed=2, trading__risk_aversion=1.0)
    seen: dict[int, list[float]] = {1: [], -1: []}
    for _ in range(600):
        session.run(1)
        ladder, state = session.engine.state.quoting.ladder, session.engine.state
        share = state.account.position.size / max(1, state.risk.limit.size)
        if ladder is not None and ladder.bids and ladder.asks and abs(share) > 0.3:
            seen[1 if share > 0 else -1].append(ladder.reservation / ladder.reference - 1.0)
    assert seen[1] or seen[-1], "the run must have held inventory"
    assert all(shift < 0 for shift in seen[1])
    assert all(shift > 0 for shift in seen[-1])


@pytest.mark.incident("B13")
def test_worst_case_exposure_at_the_exchange_never_exceeds_the_effective_limit(make_session) -> None:
    session = make_session("ETH", seed=11, trading__max_position_usd=2500.0)
    for _ in range(1500):
        session.run(0.3)
        state = session.engine.state
        if state.risk.limit.size:
            for side in Side:
                assert exposure(session, side) <= state.risk.limit.size * 1.002
    assert session.view.counters.fills > 10


def test_each_fill_is_journaled_once_with_the_position_it_left(make_session) -> None:
    session = make_session("BTC", seed=5)
    session.run(300)
    fills = [row for row in session.rows if isinstance(row, FillBooked)]
    known = session.exchange.statements.fills(session.account)
    assert [row.tid for row in fills] == [fill.tid for fill in known][: len(fills)]
    running = 0
    for row in fills:
        running += row.side * row.size
        assert row.position == running


def test_the_same_seed_makes_the_same_session_byte_for_byte(make_session) -> None:
    digests = []
    for _ in range(2):
        session = make_session("BTC", seed=21)
        session.run(120)
        digests.append(session.digest)
    assert digests[0] == digests[1]
    other = make_session("BTC", seed=22)
    other.run(120)
    assert other.digest != digests[0]


def test_the_session_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from mmtui.domain.parameters import Settings\n"
        "from mmtui.research.simulation import SimulatedSession, synthetic_exchange\n"
        "s = SimulatedSession(synthetic_exchange('BTC', seed=9), 'BTC', Settings.defaults())\n"
        "s.run(60); print(s.digest, s.view.counters.orders_placed)\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert int(outputs[0].split()[1]) > 0, "a run that does not trade proves nothing"


def test_a_stop_cancels_verifies_and_comes_to_rest(make_session) -> None:
    session = make_session("BTC", seed=5)
    session.run(307)
    assert resting(session)
    assert session.view.counters.fills > 0
    session.act(Verb.STOP)
    session.run(12)
    assert session.finish is not None
    assert not session.finish.unverified
    assert session.finish.orders_left == 0
    assert resting(session) == []
    last = [row for row in session.rows if isinstance(row, EquitySampled)][-1]
    assert (last.position, last.cash) == (position(session), cash(session))


@pytest.mark.incident("B24")
def test_stopping_with_on_stop_flatten_closes_the_position_first(make_session) -> None:
    session = make_session("ETH", seed=6, execution__on_stop="flatten")
    session.run(300)
    while position(session) == 0:
        session.run(10)
    session.act(Verb.STOP)
    session.run(40)
    assert session.finish is not None
    assert position(session) == 0
    assert resting(session) == []
