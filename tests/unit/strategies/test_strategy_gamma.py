"""Dynamic gamma: its bounds, its rate limits, its hours, and what it does with what is no number."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings, cross_problems
from mmtui.strategies.gamma import (
    GammaSettings,
    GammaState,
    Multipliers,
    RateLimit,
    TailMode,
    multipliers,
    unusable_inputs,
)
from tests.unit.strategies.quote_contexts import estimates, settings

DEFAULTS = GammaSettings.from_settings(Settings.defaults())


def test_the_market_part_leaves_the_inventory_out():
    gamma = GammaState().update(0.0, Multipliers(volatility=2.0, inventory=1.5), DEFAULTS)
    assert (gamma.market, gamma.total) == (pytest.approx(0.6), pytest.approx(0.9))


def test_the_documents_steps_are_a_mode_of_the_tail():
    assert GammaSettings.from_settings(settings(risk__tail_risk_mode="steps")).tail.mode is TailMode.STEPS


def test_an_input_that_is_no_number_multiplies_by_one():
    nan = math.nan
    view = estimates(sigma=nan, jump_ratio=nan, cascade_severity=nan, hawkes_ratio=nan, spread_percentile=nan)
    assert multipliers(view, nan, DEFAULTS, nan) == Multipliers()
    assert unusable_inputs(view) == (
        "sigma_effective", "jump_ratio", "hawkes_ratio", "spread_percentile", "cascade_severity"
    )  # fmt: skip
    assert unusable_inputs(estimates()) == ()


def test_the_named_hours_raise_gamma_only_when_they_are_switched_on():
    six, noon = 6.5 * 3600.0, 12.0 * 3600.0
    tuned = GammaSettings.from_settings(settings(risk__tod_enabled=True, risk__toxic_hours_utc=" 6, 23 "))
    assert multipliers(estimates(), 0.0, tuned, six).hour == 1.5
    assert multipliers(estimates(), 0.0, tuned, six + 3 * 86_400.0).hour == 1.5
    assert multipliers(estimates(), 0.0, tuned, noon).hour == 1.0
    assert multipliers(estimates(), 0.0, DEFAULTS, six).hour == 1.0


@pytest.mark.parametrize("text", ["24", "6,x", "-1", "6;7", "1.5"])
def test_hours_that_are_none_are_refused(text):
    problems = cross_problems(Settings.defaults().with_values({"risk.toxic_hours_utc": text}))
    assert [key for key, _ in problems] == ["risk.toxic_hours_utc"]


def test_gamma_at_most_doubles_in_a_second():
    state = GammaState()
    state.update(0.0, Multipliers(), DEFAULTS)
    wild = Multipliers(volatility=9.0)
    assert state.update(0.5, wild, DEFAULTS).total == pytest.approx(0.3 * math.sqrt(2))
    assert state.update(1.5, wild, DEFAULTS).total == pytest.approx(0.3 * 2 * math.sqrt(2))
    assert state.update(9.0, wild, DEFAULTS).total == pytest.approx(2.7)


def test_a_cascade_raises_gamma_at_once_and_calm_lowers_it_slowly():
    state = GammaState()
    state.update(0.0, Multipliers(), DEFAULTS)
    assert state.update(0.0, Multipliers(tail=4.0), DEFAULTS).total == pytest.approx(1.2)
    calm = state.update(1.0, Multipliers(), DEFAULTS)
    assert calm.total == pytest.approx(1.2 / 1.1)
    assert calm.after_flow == calm.after_regime == pytest.approx(calm.market)


def test_an_edit_of_the_base_acts_at_once():
    state = GammaState()
    state.update(0.0, Multipliers(), DEFAULTS)
    cautious = msgspec.structs.replace(DEFAULTS, base=1.0)
    assert state.update(0.0, Multipliers(), cautious).total == pytest.approx(1.0)


def test_time_that_stands_still_or_runs_back_changes_nothing_but_a_cascade():
    limit = RateLimit()
    limit.limit(10.0, 1.0, DEFAULTS.pace)
    assert limit.limit(10.0, 3.0, DEFAULTS.pace) == 1.0
    assert limit.limit(5.0, 3.0, DEFAULTS.pace) == 1.0
    assert limit.limit(11.0, 3.0, DEFAULTS.pace) == 2.0


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 5), *(st.floats(0.5, 10) for _ in range(3)), st.floats(1, 3)), min_size=1, max_size=12
    )
)
def test_gamma_stays_in_its_bounds_and_inventory_never_lowers_it(steps):
    state, now = GammaState(), 0.0
    for step, flow, regime, tail, inventory in steps:
        now += step
        gamma = state.update(
            now, Multipliers(volatility=flow, regime=regime, tail=max(1.0, tail), inventory=inventory), DEFAULTS
        )
        for value in (gamma.after_flow, gamma.after_regime, gamma.market, gamma.total):
            assert DEFAULTS.low * (1 - 1e-12) <= value <= DEFAULTS.high * (1 + 1e-12)
        assert gamma.total >= gamma.market * (1 - 1e-12)
