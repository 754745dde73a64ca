"""Own quotes in their queues, through the whole engine: followed, foretold, and moved only when that is worth it."""

from collections.abc import Callable

import pytest

from mmtui.domain.commands import SetParameters
from mmtui.domain.events import BudgetUpdate
from mmtui.domain.instrument import Side
from mmtui.engine.quoting import cycle
from mmtui.engine.quoting.weighing import scales
from mmtui.research.simulation import SimulatedSession
from mmtui.runtime.ending.summary import summary
from tests.simulation.test_endings import trade_by_hand
from tests.simulation.truth import position

MakeSession = Callable[..., SimulatedSession]
SECONDS = 120.0


def sent(session: SimulatedSession) -> int:
    return session.engine.state.risk.burn.spent


def test_weighing_moves_spends_far_fewer_requests_at_as_many_fills(make_session: MakeSession) -> None:
    requests, fills = {"value": 0, "threshold": 0}, {"value": 0, "threshold": 0}
    for rule in requests:
        for seed in (1, 2):
            session = make_session("ETH", seed=seed, execution__refresh_rule=rule)
            session.run(SECONDS)
            requests[rule] += sent(session)
            fills[rule] += session.view.counters.fills
    assert requests["value"] < 0.75 * requests["threshold"]
    assert fills["value"] >= 0.6 * fills["threshold"] > 0


def test_a_dearer_action_moves_fewer_quotes(make_session: MakeSession) -> None:
    found = {}
    for cost in (0.0, 5.0):
        session = make_session("ETH", seed=1, execution__refresh_rule="value", execution__action_cost_bps=cost)
        session.run(SECONDS)
        found[cost] = sent(session)
    assert found[5.0] < found[0.0]


def test_a_quote_that_is_old_and_unlikely_moves(make_session: MakeSession) -> None:
    found = {}
    for age_s in (5.0, 3_600.0):
        session = make_session(
            "ETH",
            seed=1,
            execution__refresh_rule="value",
            execution__max_order_age_s=age_s,
            execution__action_cost_bps=5.0,
        )
        session.run(SECONDS)
        found[age_s] = sent(session)
    assert found[5.0] > found[3_600.0]


def test_every_resting_quote_is_followed_and_no_other(make_session: MakeSession) -> None:
    session = make_session("ETH", seed=3, execution__refresh_rule="value")
    for _ in range(30):
        session.run(2.0)
        state = session.engine.state
        queues = state.quoting.queues.own
        live = state.ledger.live.values()
        resting = {order.cloid for order in live if order.is_active}
        assert all(queues.find(cloid) is not None for cloid in resting)
        assert len(queues) <= len(live)
        for row in session.view.orders:
            for share in (row.fill_probability, row.fill_probability_intensity, row.fill_share):
                assert share is None or 0.0 <= share <= 1.0
            if row.ahead is not None and row.ahead_cautious is not None:
                assert 0.0 <= row.ahead <= row.ahead_cautious * (1.0 + 1e-9) + 1e-9


def test_what_was_foretold_is_held_against_what_filled(make_session: MakeSession) -> None:
    session = make_session("ETH", seed=1)
    session.run(SECONDS)
    view = session.view
    found = view.queue
    assert found.horizon_s == 10.0
    assert found.n > 30
    assert found.filled is not None and 0.0 < found.filled < 1.0
    assert sum(one.n for one in found.bins_touch) == sum(one.n for one in found.bins_intensity) == found.n
    for score in (found.brier_touch, found.brier_intensity):
        assert score is not None and 0.0 <= score < 0.3
    written = summary(view, None, "", 0)["queue"]
    assert isinstance(written, dict)
    assert written["predictions"] == found.n
    assert written["brier_touch"] == found.brier_touch


def test_a_longer_horizon_fills_more_likely_and_begins_a_score_of_its_own(make_session: MakeSession) -> None:
    session = make_session("ETH", seed=1)
    session.run(SECONDS)
    before = {row.cloid: row.fill_probability for row in session.view.orders if row.fill_probability is not None}
    queues = session.engine.state.quoting.queues
    followed = {row: queues.own.find(row) for row in before}
    session.command(SetParameters(id="e", by="op", changes={"execution.fill_horizon_s": 60.0}))
    after = {row.cloid: row.fill_probability for row in session.view.orders if row.fill_probability is not None}
    assert before
    assert all((after[cloid] or 0.0) >= (chance or 0.0) for cloid, chance in before.items())
    assert any((after[cloid] or 0.0) > (chance or 0.0) for cloid, chance in before.items())
    assert {row: queues.own.find(row) for row in before} == followed
    assert session.view.queue.n == 0 and session.view.queue.horizon_s == 60.0


def test_the_rule_can_be_changed_while_quotes_rest(make_session: MakeSession) -> None:
    session = make_session("ETH", seed=2, execution__refresh_rule="threshold")
    session.run(SECONDS)
    first = sent(session)
    session.command(SetParameters(id="e", by="op", changes={"execution.refresh_rule": "value"}))
    session.run(SECONDS)
    assert sent(session) - first < first


def test_scarce_requests_make_quotes_patient(make_session: MakeSession) -> None:
    session = make_session("ETH", seed=2)
    session.run(15.0)
    assert session.engine.state.risk.pressure.tolerance_factor == 1.0

    told = BudgetUpdate(
        received_at=session.now_ms / 1000.0, address_left=1_500, address_cap=10_000, ip_weight_left=1, ip_weight_cap=1
    )
    session.feed(told)
    session.on_event = lambda event: None if isinstance(event, BudgetUpdate) else event
    session.run(0.5)
    assert session.engine.state.risk.pressure.tolerance_factor == 1.5


def test_a_quote_is_weighed_with_the_fee_and_the_adverse_move_that_it_is_priced_with(make_session: MakeSession) -> None:
    for fee in (0.00015, 0.0006):
        session = make_session("ETH", seed=1, risk__maker_fee_rate=fee, strategy__as_weight=0.0)
        session.run(60.0)
        state = session.engine.state
        estimates = state.panel.estimates(session.now_ms / 1000.0)
        assert estimates is not None
        assert estimates.signals.adverse_bid > 0.0
        weighed = scales(state, estimates, None)
        order = next(order for order in state.ledger.live.values() if order.is_active)
        away = 1.0 - session.venue.instrument.price_usd(order.price) / estimates.fair.value
        assert weighed.order(order).edge_bps == pytest.approx(1e4 * (order.side * away - fee))


def test_the_exit_goes_where_it_is_wanted_whatever_its_place_is_worth(
    make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session("ETH", execution__refresh_rule="value")
    session.run(60)
    weighed: set[tuple[Side, int]] = set()
    plan = cycle.plan

    def watched(wanted, orders, tolerance, judge=None):
        held = session.engine.state.account.position.size
        sides = {level.side for level in wanted}
        if judge is not None and len(sides) == 1:
            weighed.add((sides.pop(), (held > 0) - (held < 0)))
        return plan(wanted, orders, tolerance, judge)

    monkeypatch.setattr(cycle, "plan", watched)
    trade_by_hand(session, Side.BUY, 2_000)
    session.run(10)
    assert position(session) > 0
    assert (Side.BUY, 1) in weighed
    assert (Side.SELL, 1) not in weighed
