"""The kill switch: one monitor, twice in a row, and nothing less."""

import pytest

from mmtui.domain.parameters import Settings
from mmtui.risk.kill_switch import KillSwitch
from mmtui.risk.readings import Verdict
from tests.unit.risk.facts import facts

DEFAULTS = Settings.defaults()
BREACHES = {
    "position value": {"position_value_usd": 15_000.0},
    "day loss": {"day_pnl_usd": -200.0},
    "drawdown": {"day_pnl_usd": -100.0, "peak_pnl_usd": 600.0},
    "data age": {"data_age_s": 60.0},
    "cascade": {"cascade_severity": 0.99},
    "cancel undelivered": {"cancel_undelivered_s": 30.0},
}
QUICK = DEFAULTS.with_values({"risk.cascade_kill_hold_s": 0.0})


@pytest.mark.incident("B23")
@pytest.mark.parametrize("name", BREACHES)
def test_each_monitor_kills_at_its_second_demand_in_a_row(name):
    switch = KillSwitch()
    assert switch.evaluate(facts(**BREACHES[name]), QUICK) is None
    fatal = switch.evaluate(facts(**BREACHES[name]), QUICK)
    assert (fatal.name, fatal.verdict, fatal.kills) == (name, Verdict.KILL, True)


@pytest.mark.incident("B23")
def test_a_breach_that_passes_in_between_does_not_kill():
    switch = KillSwitch()
    for _ in range(5):
        assert switch.evaluate(facts(day_pnl_usd=-200.0), DEFAULTS) is None
        assert switch.evaluate(facts(), DEFAULTS) is None


def test_two_monitors_in_turn_do_not_confirm_each_other():
    switch = KillSwitch()
    for _ in range(3):
        assert switch.evaluate(facts(**BREACHES["day loss"]), DEFAULTS) is None
        assert switch.evaluate(facts(**BREACHES["data age"]), DEFAULTS) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"rate_limit_errors": 1000},
        {"liquidation_distance": 0.0},
        {"position_value_usd": 14_000.0},
        {"data_age_s": 59.0},
        {"cascade_severity": 0.94},
    ],
)
def test_what_only_slows_pulls_or_reduces_never_kills(changes):
    switch = KillSwitch()
    assert [switch.evaluate(facts(**changes, now=float(now)), DEFAULTS) for now in range(100)] == [None] * 100
    assert switch.worst in (Verdict.SLOW, Verdict.REDUCE_ONLY, Verdict.PULL)


def test_a_re_armed_switch_asks_for_two_demands_again():
    switch = KillSwitch()
    switch.evaluate(facts(**BREACHES["day loss"]), DEFAULTS)
    switch.reset()
    assert switch.evaluate(facts(**BREACHES["day loss"]), DEFAULTS) is None
    assert switch.evaluate(facts(**BREACHES["day loss"]), DEFAULTS) is not None


def test_a_re_armed_switch_has_forgotten_the_cascade():
    switch = KillSwitch()
    switch.evaluate(facts(cascade_severity=0.9), DEFAULTS)
    switch.evaluate(facts(cascade_severity=0.7, now=1.0), DEFAULTS)
    assert switch.worst is Verdict.PULL
    switch.reset()
    switch.evaluate(facts(cascade_severity=0.7, now=2.0), DEFAULTS)
    assert switch.worst is Verdict.FINE


def test_the_worst_demand_and_who_makes_it_are_told():
    switch = KillSwitch()
    assert switch.worst is Verdict.FINE
    switch.evaluate(facts(data_age_s=6.0, position_value_usd=11_000.0), DEFAULTS)
    assert switch.worst is Verdict.PULL
    assert [reading.name for reading in switch.demanding(Verdict.PULL)] == ["data age"]
    assert [reading.name for reading in switch.demanding(Verdict.REDUCE_ONLY)] == ["position value", "data age"]


def test_every_reading_is_named_once_and_finite():
    switch = KillSwitch()
    switch.evaluate(facts(), DEFAULTS)
    names = [reading.name for reading in switch.readings]
    assert len(set(names)) == len(names) == 8
    assert {reading.name for reading in switch.readings if reading.kills} == set(BREACHES)
    assert all(0.0 <= reading.ratio < 1.0 and reading.verdict is Verdict.FINE for reading in switch.readings)
