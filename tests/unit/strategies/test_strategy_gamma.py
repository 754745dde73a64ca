"""Dynamic gamma against the check values of models.md 5, its bounds and its rate limits."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.strategies.gamma import (
    HAWKES,
    GammaSettings,
    GammaState,
    Multipliers,
    RateLimit,
    TailMode,
    multipliers,
    spread_multiplier,
)
from mmtui.strategies.glft import spread_factor
from tests.unit.strategies.quote_contexts import estimates, settings

DEFAULTS = GammaSettings.from_settings(Settings.defaults())


@pytest.mark.parametrize(("sigma", "wanted"), [(1e-4, 1), (2e-4, 1), (3e-4, 1.25), (6e-4, 2), (2e-3, 3)])
def test_volatility_above_its_baseline_raises_gamma(sigma, wanted):
    assert DEFAULTS.volatility.multiplier(sigma / DEFAULTS.sigma_baseline) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("ratio", "wanted"), [(1, 1), (1.5, 1), (2.5, 1.5), (3, 1.75), (10, 3)])
def test_jumps_raise_gamma(ratio, wanted):
    assert DEFAULTS.toxicity.multiplier(ratio) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("share", "wanted"), [(0, 1), (0.5, 1), (0.75, 1.5), (-0.9, 2.28), (1, 3), (1.3, 3)])
def test_inventory_raises_gamma_quadratically(share, wanted):
    assert DEFAULTS.inventory.multiplier(share) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("severity", "wanted"), [(0, 1), (0.3, 1), (0.4, 1.5), (0.65, 2.75), (0.8, 3.5), (1, 4.5), (1.5, 5)]
)
def test_a_cascade_raises_gamma_in_a_line(severity, wanted):
    assert DEFAULTS.tail.multiplier(severity) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("severity", "wanted"), [(0, 1), (0.3, 1.5), (0.4, 1.5), (0.65, 2.5), (0.8, 5), (1, 5), (1.5, 5)]
)
def test_a_cascade_raises_gamma_in_the_documents_steps_when_so_set(severity, wanted):
    stepped = GammaSettings.from_settings(settings(risk__tail_risk_mode="steps"))
    assert stepped.tail.mode is TailMode.STEPS
    assert stepped.tail.multiplier(severity) == wanted


@pytest.mark.parametrize(("ratio", "wanted"), [(0.5, 1), (1, 1), (2, 1.25), (4, 1.75), (10, 2)])
def test_order_flow_activity_raises_gamma(ratio, wanted):
    assert HAWKES.multiplier(ratio) == wanted


@pytest.mark.parametrize(("percentile", "wanted"), [(0.1, 0.8), (0.5, 1), (0.9, 1.5)])
def test_the_spread_regime_scales_gamma(percentile, wanted):
    assert spread_multiplier(percentile) == wanted


def test_all_multipliers_together_meet_the_joint_check_value():
    view = estimates(sigma=3e-4, jump_ratio=2.5, cascade_severity=0.4, hawkes_ratio=2.0, spread_percentile=0.9)
    gamma = GammaState().update(0.0, multipliers(view, 0.75, DEFAULTS), DEFAULTS)
    assert gamma.total == pytest.approx(2.373046875, rel=1e-12)
    assert gamma.total / gamma.base == pytest.approx(7.91015625, rel=1e-12)
    assert spread_factor(gamma.total / gamma.base, 0.5) == pytest.approx(2.8125, rel=1e-9)
    assert gamma.market == pytest.approx(2.373046875 / 1.5, rel=1e-12)


def test_an_input_that_is_no_number_multiplies_by_one():
    nan = math.nan
    view = estimates(sigma=nan, jump_ratio=nan, cascade_severity=nan, hawkes_ratio=nan, spread_percentile=nan)
    assert multipliers(view, nan, DEFAULTS) == Multipliers(1.0, 1.0, 1.0, 1.0)


def test_gamma_at_most_doubles_in_a_second():
    state = GammaState()
    state.update(0.0, Multipliers(1, 1, 1, 1), DEFAULTS)
    wild = Multipliers(9, 1, 1, 1)
    assert state.update(0.5, wild, DEFAULTS).total == pytest.approx(0.3 * math.sqrt(2))
    assert state.update(1.5, wild, DEFAULTS).total == pytest.approx(0.3 * 2 * math.sqrt(2))
    assert state.update(9.0, wild, DEFAULTS).total == pytest.approx(2.7)


def test_a_cascade_raises_gamma_at_once_and_calm_lowers_it_slowly():
    state = GammaState()
    state.update(0.0, Multipliers(1, 1, 1, 1), DEFAULTS)
    assert state.update(0.0, Multipliers(1, 1, 4, 1), DEFAULTS).total == pytest.approx(1.2)
    calm = state.update(1.0, Multipliers(1, 1, 1, 1), DEFAULTS)
    assert calm.total == pytest.approx(1.2 / 1.1)
    assert calm.after_flow == calm.after_regime == pytest.approx(calm.market)


def test_an_edit_of_the_base_acts_at_once():
    state = GammaState()
    state.update(0.0, Multipliers(1, 1, 1, 1), DEFAULTS)
    cautious = msgspec.structs.replace(DEFAULTS, base=1.0)
    assert state.update(0.0, Multipliers(1, 1, 1, 1), cautious).total == pytest.approx(1.0)


def test_time_that_stands_still_or_runs_back_changes_nothing_but_a_cascade():
    limit = RateLimit()
    limit.limit(10.0, 1.0)
    assert limit.limit(10.0, 3.0) == 1.0
    assert limit.limit(5.0, 3.0) == 1.0
    assert limit.limit(11.0, 3.0) == 2.0


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 5), *(st.floats(0.5, 10) for _ in range(3)), st.floats(1, 3)), min_size=1, max_size=12
    )
)
def test_gamma_stays_in_its_bounds_and_inventory_never_lowers_it(steps):
    state, now = GammaState(), 0.0
    for step, flow, regime, tail, inventory in steps:
        now += step
        gamma = state.update(now, Multipliers(flow, regime, max(1.0, tail), inventory), DEFAULTS)
        for value in (gamma.after_flow, gamma.after_regime, gamma.market, gamma.total):
            assert DEFAULTS.low * (1 - 1e-12) <= value <= DEFAULTS.high * (1 + 1e-12)
        assert gamma.total >= gamma.market * (1 - 1e-12)
