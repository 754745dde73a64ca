"""What a cascade and losing fills do to the orders that rest: the side that is run over, never the one that reduces."""

import msgspec
import pytest

from mmtui.domain.book import Trade
from mmtui.domain.events import FillsReceived, TradePrints
from mmtui.domain.instrument import Side
from mmtui.domain.parameters.adverse import HLP_LIQUIDATOR
from mmtui.domain.records import RiskRecorded
from mmtui.domain.view import Mode
from mmtui.estimators.adverse.markout import AdverseSelection
from mmtui.estimators.adverse.markouts import MarkoutRecord
from tests.simulation.test_endings import holding, quoting, trade_by_hand
from tests.simulation.truth import position, resting

LONGS, SHORTS, BOTH = -1, 1, 0
EMPTY = MarkoutRecord(Side.BUY, None, 5.0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Seen:
    """A panel that sees a cascade, or fills that cost what they are told to."""

    def __init__(self, panel, *, severity: float = 0.0, direction: int = BOTH, costs: dict[Side, float] | None = None):
        self._panel = panel
        self.severity = severity
        self.direction = direction
        self.costs = costs or {}
        self.charged: dict[Side, float] = {}
        self.judged = dict.fromkeys(Side, 0)

    def estimates(self, now: float):
        found = self._panel.estimates(now)
        changed = {"cascade_severity": self.severity, "cascade_direction": self.direction}
        if self.charged:
            changed |= {"adverse_bid": self.charged[Side.BUY], "adverse_ask": 0.0}
        return msgspec.structs.replace(found, signals=msgspec.structs.replace(found.signals, **changed))

    def cascade_severity(self, now: float) -> float:
        return self.severity

    def adverse_judged(self, side: Side) -> int:
        return self.judged[side]

    def adverse_selection(self, side: Side) -> AdverseSelection:
        cost = self.costs.get(side, 0.0)
        return AdverseSelection(cost, cost, 0.0, 50.0)

    def __getattr__(self, name):
        return getattr(self._panel, name)


def see(session, **kwargs) -> Seen:
    state = session.engine.state
    state.panel = Seen(state.panel, **kwargs)
    return state.panel


def flat(make_session, **kwargs):
    """A quoting session without a position, so that neither side reduces."""
    for seed in range(1, 12):
        session = quoting(make_session, seed=seed, **kwargs)
        if not position(session):
            return session
    raise AssertionError("every seed has been filled")


def shown(session, side: Side) -> int:
    return sum(order.size for order in resting(session) if order.side is side)


@pytest.mark.parametrize(("direction", "hit"), [(LONGS, {Side.BUY}), (SHORTS, {Side.SELL}), (BOTH, set(Side))])
def test_in_a_cascade_the_side_that_is_run_over_shows_one_minus_the_severity(make_session, direction, hit) -> None:
    session = flat(make_session, strategy__warmup_width=1.0)
    before = {side: shown(session, side) for side in Side}
    see(session, severity=0.6, direction=direction)
    session.run(3)
    for side in Side:
        assert shown(session, side) == pytest.approx(before[side] * (0.4 if side in hit else 1.0), rel=0.12)
    words = {Side.BUY: "bids", Side.SELL: "asks"}
    told = next(alarm.text for alarm in session.view.alarms if alarm.id == "cascade size")
    assert told.endswith("at 40 % of their size")
    assert {side for side in Side if words[side] in told} == hit


def test_below_the_threshold_a_cascade_takes_nothing_off_and_the_threshold_can_be_moved(make_session) -> None:
    before = flat(make_session)
    see(before, severity=0.45, direction=LONGS)
    before.run(3)
    strict = flat(make_session, risk__cascade_reduce_threshold=0.4)
    see(strict, severity=0.45, direction=LONGS)
    strict.run(3)
    assert shown(strict, Side.BUY) < 0.7 * shown(before, Side.BUY)
    assert shown(strict, Side.SELL) > 0.9 * shown(before, Side.SELL)


@pytest.mark.parametrize("is_directional", [False, True])
def test_the_side_that_reduces_keeps_its_size_in_a_cascade_that_runs_over_it(make_session, is_directional) -> None:
    calm, stormy = (holding(make_session, risk__cascade_directional=is_directional) for _ in range(2))
    see(stormy, severity=0.6, direction=SHORTS)
    calm.run(4)
    stormy.run(4)
    assert shown(stormy, Side.SELL) > 0
    if not is_directional:
        assert shown(stormy, Side.SELL) == pytest.approx(shown(calm, Side.SELL), rel=0.1)


def test_the_directional_option_pulls_only_the_side_that_is_run_over_and_says_why(make_session) -> None:
    session = flat(make_session, risk__cascade_directional=True)
    seen = see(session, severity=0.6, direction=LONGS)
    session.run(3)
    assert {order.side for order in resting(session)} == {Side.SELL}
    assert session.view.mode is Mode.QUOTING
    assert any("bids pulled: a liquidation cascade" in reason for reason in session.view.why_no_quotes)
    seen.severity = 0.4
    session.run(3)
    assert {order.side for order in resting(session)} == {Side.SELL}
    seen.severity = 0.3
    session.run(3)
    assert {order.side for order in resting(session)} == set(Side)


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_cascade_kills_only_where_that_is_wanted(make_session, is_wanted) -> None:
    session = flat(make_session, risk__cascade_kill=is_wanted)
    see(session, severity=0.97)
    session.run(9)
    assert not session.latches
    session.run(6)
    assert [latch.reason for latch in session.latches] == (["cascade"] if is_wanted else [])
    assert resting(session) == []


def fills(session, seen: Seen, side: Side, count: int) -> None:
    for _ in range(count):
        seen.judged[side] += 1
        session.run(0.3)


def test_a_side_whose_fills_keep_costing_more_than_its_half_spread_rests_for_a_while(make_session) -> None:
    session = flat(make_session, strategy__ladder_config__min_depth_bps=20.0)
    seen = see(session, costs={Side.BUY: 0.01})
    fills(session, seen, Side.BUY, 19)
    assert {order.side for order in resting(session)} == set(Side)
    fills(session, seen, Side.BUY, 1)
    session.run(2)
    assert {order.side for order in resting(session)} == {Side.SELL}
    assert any("bids pulled for 10 s: their fills cost 100.0 bp" in reason for reason in session.view.why_no_quotes)
    assert any(isinstance(row, RiskRecorded) and row.monitor == "adverse bids" for row in session.rows)
    session.run(12)
    assert {order.side for order in resting(session)} == set(Side)


def test_what_a_quote_charges_for_its_losing_fills_does_not_excuse_them(make_session) -> None:
    session = flat(make_session)
    asked = session.engine.state.quoting.ladder.earned_bps(Side.BUY)
    cost_bps = asked + 3.0
    seen = see(session, costs={Side.BUY: cost_bps / 1e4})
    seen.charged = {Side.BUY: cost_bps / 1e4}
    fills(session, seen, Side.BUY, 25)
    ladder = session.engine.state.quoting.ladder
    assert ladder.half_spread_bps > asked + 1.0, "the charge must be in what is quoted"
    assert any(isinstance(row, RiskRecorded) and row.monitor == "adverse bids" for row in session.rows)


def test_a_cheaper_fill_in_between_begins_the_count_anew(make_session) -> None:
    session = quoting(make_session)
    seen = see(session, costs={Side.BUY: 0.01})
    fills(session, seen, Side.BUY, 15)
    seen.costs[Side.BUY] = 0.0
    fills(session, seen, Side.BUY, 1)
    seen.costs[Side.BUY] = 0.01
    fills(session, seen, Side.BUY, 15)
    session.run(1)
    assert {order.side for order in resting(session)} == set(Side)


@pytest.mark.parametrize(("setting", "value"), [("adverse_pull_fills", 0), ("adverse_pull_fills", 60)])
def test_how_many_losing_fills_pull_a_side_is_a_setting(make_session, setting, value) -> None:
    session = quoting(make_session, **{f"risk__{setting}": value})
    seen = see(session, costs={Side.BUY: 0.01})
    fills(session, seen, Side.BUY, 25)
    session.run(1)
    assert {order.side for order in resting(session)} == set(Side)


def test_losing_fills_never_take_the_reducing_side_off(make_session) -> None:
    session = holding(make_session)
    seen = see(session, costs={Side.SELL: 0.01})
    fills(session, seen, Side.SELL, 25)
    session.run(1)
    assert shown(session, Side.SELL) > 0
    assert all(order.reduce_only for order in resting(session) if order.side is Side.SELL)


def test_own_fills_reach_the_markouts_with_their_level_and_only_quotes_do(make_session) -> None:
    session = holding(make_session)
    session.run(120)
    assert session.engine.state.tape.counts["fills"] > 0
    records = session.engine.state.panel.markouts()
    assert {record.level for record in records if record.level is not None}
    maker = [note for note in session.engine.state.tape.fills if not note.is_taker]
    whole = [r for r in records if r.level is None and r.horizon_s == 0.1]
    assert 0 < sum(record.count + record.dropped for record in whole) <= len(maker)
    best = [r for r in records if r.level is None and r.horizon_s == 5.0]
    assert all(record.edge > 0.0 for record in best if record.count)


def test_a_liquidation_that_hits_our_quote_is_felt_and_told(make_session) -> None:
    session = quoting(make_session, seed=3)

    def forced(event):
        if isinstance(event, FillsReceived):
            fills = tuple(
                fill if fill.is_taker else msgspec.structs.replace(fill, is_liquidation=True) for fill in event.fills
            )
            return msgspec.structs.replace(event, fills=fills)
        return event

    session.on_event = forced
    count = session.engine.state.tape.counts["fills"]
    for _ in range(120):
        session.run(1)
        if session.engine.state.tape.counts["fills"] > count:
            break
    now = session.now_ms / 1000.0
    assert session.engine.state.panel.cascade_severity(now) > 0.0
    assert "a liquidation hit our quote" in session.view.cascade_causes
    bar = next(bar for bar in session.view.risk if bar.name == "cascade")
    assert "liquidated; " in bar.text
    assert "a liquidation hit our quote" in bar.text


def test_a_sweep_of_our_own_is_felt_by_nobody(make_session) -> None:
    session = quoting(make_session, seed=3)
    state = session.engine.state
    trade_by_hand(session, Side.BUY, 2_000)
    session.run(2)
    assert any(note.is_taker for note in state.tape.fills)
    buys = state.panel._tape.cascade._buys
    assert any(order.is_own for order in (buys.order, *buys._recent))
    assert state.panel.cascade_severity(session.now_ms / 1000.0) == 0.0


def liquidations(session, count: int, usd: float) -> None:
    """Sells of a liquidator's, a second apart, as the exchange prints them."""
    for number in range(count):
        now = session.now_ms / 1000.0
        price = session.view.ladder.mid
        trade = Trade(session.now_ms, Side.SELL, price, usd / price, 10**9 + number, f"k{now}", "", HLP_LIQUIDATOR)
        session.feed(TradePrints(received_at=now, trades=(trade,)))
        session.run(1.0)


def test_a_wave_of_liquidations_shrinks_the_bids_then_pulls_quotes_and_lets_them_come_back(make_session) -> None:
    session = flat(make_session, strategy__ladder_config__min_depth_bps=20.0)
    before = {side: shown(session, side) for side in Side}
    liquidations(session, 1, 80_000.0)
    assert session.view.mode is Mode.QUOTING
    assert shown(session, Side.BUY) < 0.6 * before[Side.BUY]
    assert shown(session, Side.SELL) > 0.85 * before[Side.SELL]
    liquidations(session, 3, 80_000.0)
    session.run(1)
    assert session.view.mode is Mode.REDUCE_ONLY
    assert resting(session) == []
    assert session.view.mode_reason == "liquidation cascade"
    assert session.view.cascade_causes == ("a liquidator's trade",)
    session.run(90)
    assert {order.side for order in resting(session)} == set(Side)


def test_fills_that_are_worth_less_than_nothing_raise_an_alarm_and_better_ones_end_it(make_session) -> None:
    session = quoting(make_session)
    seen = see(session)
    bad = MarkoutRecord(Side.SELL, None, 5.0, 60, 0, 50.0, 2e-4, 3e-4, 1e-5, -1e-4, 1e-5)
    few, good = msgspec.structs.replace(bad, n_eff=49.0), msgspec.structs.replace(bad, markout=1e-5)
    for record, is_told in ((few, False), (bad, True), (good, False)):
        seen.markout = lambda side, horizon_s, record=record: record if side is Side.SELL else EMPTY
        session.run(1)
        told = [alarm.text for alarm in session.view.alarms if alarm.id == "markout asks"]
        assert told == (["asks are picked off: +2.0 bp at the fill, -1.0 bp after 5 s"] if is_told else [])
