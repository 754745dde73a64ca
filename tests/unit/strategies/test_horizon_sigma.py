"""A known horizon is priced with the volatility expected over it: models.md 3.1 and 6.3."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.strategies.inputs import SIGMA_MAX, effective_sigma, horizon_sigma
from mmtui.strategies.registry import BUILT_IN
from tests.unit.strategies.quote_contexts import context, estimates, settings

HORIZON = settings(strategy__glft_mode="as_horizon")
FITTED = {"variance_mean": 1e-8, "variance_reversion": 1.0 / 60.0}


def test_without_a_fit_the_present_volatility_holds() -> None:
    assert horizon_sigma(context(view=estimates(sigma=3e-4)), 120.0) == 3e-4


def test_an_excited_market_is_expected_to_calm_down() -> None:
    excited = context(view=estimates(sigma=2e-4, **FITTED))
    share = -math.expm1(-2.0) / 2.0
    assert horizon_sigma(excited, 120.0) == pytest.approx(math.sqrt(1e-8 + 3e-8 * share))
    assert horizon_sigma(excited, 1e-6) == pytest.approx(2e-4)


@given(st.floats(1e-6, 1e-2), st.floats(0.0, 1e-4), st.floats(0.0, 1.0), st.floats(0.0, 1e5))
def test_it_is_always_a_volatility(sigma: float, mean: float, reversion: float, horizon_s: float) -> None:
    around = context(view=estimates(sigma=sigma, variance_mean=mean, variance_reversion=reversion))
    assert 0.0 <= horizon_sigma(around, horizon_s) <= SIGMA_MAX
    low, high = sorted((effective_sigma(around), min(math.sqrt(mean), SIGMA_MAX)))
    assert low * 0.999999 <= horizon_sigma(around, horizon_s) <= high * 1.000001


def test_the_horizon_strategy_leans_less_when_calm_is_expected() -> None:
    position = {"position": 2500}
    held = BUILT_IN["glft"]().ladder(context(view=estimates(sigma=4e-4), **position), HORIZON)
    calming = BUILT_IN["glft"]().ladder(context(view=estimates(sigma=4e-4, **FITTED), **position), HORIZON)
    assert calming.reservation > held.reservation


def test_a_refitted_variance_is_seen_by_the_same_strategy() -> None:
    strategy, position = BUILT_IN["glft"](), {"position": 2500}
    first = strategy.ladder(context(view=estimates(sigma=4e-4), **position), HORIZON)
    second = strategy.ladder(context(view=estimates(sigma=4e-4, **FITTED), **position), HORIZON)
    assert second.reservation != first.reservation
