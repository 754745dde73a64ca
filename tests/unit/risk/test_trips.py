"""What trips next: distances in the limit's own unit, in the move that hurts, and in time; the nearest first."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.risk.kill_switch import KillSwitch
from mmtui.risk.monitors.drawdown import drawdown
from mmtui.risk.trips import Follows, Gauge, Paces, Stake, gauges_of, loss_move_bps, trips, value_move_bps
from tests.unit.properties import examples
from tests.unit.risk.facts import facts

FLAT = Stake(position_usd=0.0)


def one(gauge, stake=FLAT, paces=None):
    (trip,) = trips([gauge], stake, paces or Paces())
    return trip


def test_a_long_position_loses_the_day_on_a_fall_and_a_short_one_on_a_rise():
    gauge = Gauge("day loss", 116.0, 200.0, "USD", Follows.KILL)
    long = one(gauge, Stake(position_usd=10_000.0, day_pnl_usd=-116.0))
    assert (long.distance, long.move_bps) == (84.0, pytest.approx(-84.0))
    assert long.text == "day loss: 84 USD left, a move of -84 bps trips it, trading ends"
    assert one(gauge, Stake(position_usd=-10_000.0, day_pnl_usd=-116.0)).move_bps == pytest.approx(84.0)
    assert one(gauge, FLAT).move_bps is None


def test_a_day_in_profit_must_first_lose_its_profit():
    gauge = Gauge("day loss", 0.0, 200.0, "USD", Follows.KILL)
    assert one(gauge, Stake(position_usd=10_000.0, day_pnl_usd=50.0)).move_bps == pytest.approx(-250.0)


@given(
    position=st.floats(10.0, 1e6).flatmap(lambda size: st.sampled_from([size, -size])),
    pnl=st.floats(-400.0, 400.0),
    rise=st.floats(0.0, 400.0),
    opening=st.floats(500.0, 1e6),
    limit_pct=st.floats(0.5, 50.0),
)
@examples(150)
def test_after_the_named_move_the_drawdown_is_at_its_limit(position, pnl, rise, opening, limit_pct):
    peak = max(0.0, pnl) + rise
    now_pct = 100.0 * drawdown(pnl, peak, opening)
    stake = Stake(position_usd=position, day_pnl_usd=pnl, peak_pnl_usd=peak, opening_equity_usd=opening)
    trip = one(Gauge("drawdown", now_pct, limit_pct, "%", Follows.KILL), stake)
    if now_pct >= limit_pct:
        assert trip.distance == 0.0
        return
    after = pnl + position * trip.move_bps / 1e4
    assert 100.0 * drawdown(after, peak, opening) == pytest.approx(limit_pct, rel=1e-6)
    assert math.copysign(1.0, trip.move_bps) == -math.copysign(1.0, position)


def test_the_value_of_a_position_reaches_its_limit_on_a_rise_whatever_the_side():
    gauge = Gauge("position value", 5000.0, 15_000.0, "USD", Follows.KILL)
    assert one(gauge, Stake(position_usd=-5000.0)).move_bps == pytest.approx(20_000.0)
    assert value_move_bps(0.0, 100.0) is None
    assert loss_move_bps(10.0, 0.0) is None


def test_liquidation_is_as_far_as_its_price_and_the_guard_before_it_nearer():
    long = Stake(position_usd=1000.0, liquidation=0.3)
    assert one(Gauge("liquidation", 10.0, 100.0, "USD", Follows.LIQUIDATION), long).move_bps == pytest.approx(-3000.0)
    guard = one(Gauge("liquidation near", 30.0, 2.0, "%", Follows.REDUCE, is_floor=True), long)
    assert (guard.distance, guard.ratio) == (28.0, pytest.approx(2.0 / 30.0))
    assert guard.move_bps == pytest.approx(-2800.0)


def test_the_nearest_limit_comes_first_and_one_that_is_no_limit_is_left_out():
    gauges = [
        Gauge("far", 1.0, 100.0, "", Follows.CAP),
        Gauge("near", 90.0, 100.0, "", Follows.CAP),
        Gauge("none", 5.0, 0.0, "", Follows.CAP),
        Gauge("nonsense", math.nan, 5.0, "", Follows.CAP),
    ]
    assert [trip.name for trip in trips(gauges, FLAT)] == ["near", "far"]


def test_the_pace_of_the_last_minute_says_when_a_limit_is_reached():
    paces = Paces()
    gauge = Gauge("day loss", 60.0, 120.0, "USD", Follows.KILL)
    for second in range(0, 61, 5):
        paces.note(float(second), {"day loss": float(second)})
    assert one(gauge, paces=paces).time_s == pytest.approx(60.0)
    for second in range(65, 400, 5):
        paces.note(float(second), {"day loss": 60.0})
    assert one(gauge, paces=paces).time_s is None
    paces.note(400.0, {})
    assert paces.pace("day loss") is None


def test_no_pace_is_told_before_ten_seconds_and_none_beyond_a_day():
    paces = Paces()
    paces.note(0.0, {"a": 0.0})
    paces.note(9.0, {"a": 9.0})
    assert paces.pace("a") is None
    paces.note(10.0, {"a": 1e-6})
    assert one(Gauge("a", 1e-6, 100.0, "", Follows.CAP), paces=paces).time_s is None


def test_what_falls_toward_its_limit_is_timed_by_its_fall():
    paces = Paces()
    for second in range(0, 31, 5):
        paces.note(float(second), {"requests": 1000.0 - 10.0 * second})
    gauge = Gauge("requests", 700.0, 500.0, "left", Follows.REDUCE, is_floor=True)
    assert one(gauge, paces=paces).time_s == pytest.approx(20.0)


def test_silence_is_timed_by_the_clock_once_it_lasts():
    assert one(Gauge("data age", 0.2, 5.0, "s", Follows.PULL)).time_s is None
    assert one(Gauge("data age", 2.0, 5.0, "s", Follows.PULL)).time_s == 3.0


def test_every_monitor_is_among_them_and_says_what_follows():
    switch = KillSwitch()
    switch.evaluate(facts(day_pnl_usd=-120.0, position_value_usd=9000.0), Settings.defaults())
    found = {trip.name: trip for trip in trips(gauges_of(switch.readings), Stake(position_usd=9000.0))}
    assert {"day loss", "drawdown", "position value", "data age", "cascade", "rate-limit errors"} <= set(found)
    assert found["day loss"].follows is Follows.KILL
    assert found["rate-limit errors"].follows is Follows.SLOW
    assert found["day loss"].distance == pytest.approx(80.0)
