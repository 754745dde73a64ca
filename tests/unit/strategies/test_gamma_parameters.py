"""Every parameter of dynamic gamma moves the quotes when it is edited, and none moves what it must not."""

import pytest
from hypothesis import given

from mmtui.domain.instrument import Side
from mmtui.strategies.ladder import glft_strategy, ladder_strategy
from tests.unit.properties import examples
from tests.unit.strategies.quote_contexts import context, estimates, random_contexts, random_settings, settings

WILD = {
    "sigma": 6e-4,
    "jump_ratio": 3.0,
    "hawkes_ratio": 4.0,
    "spread_percentile": 0.9,
    "cascade_severity": 0.7,
    "fair": 100_000.0,
}
PLAIN = {"risk__max_widening_bps": 100.0, "risk__gamma_max": 20.0, "strategy__max_skew_bps": 100.0}
SEVEN = 7.5 * 3600.0


def distances(view, *, now=SEVEN, position=0, **changes):
    """Distance of the closest bid and ask from the reference, bps."""
    quoted = glft_strategy().ladder(context(view=view, now=now, position=position), settings(**{**PLAIN, **changes}))
    return tuple(side[0].distance_bps if side else None for side in (quoted.bids, quoted.asks))


@pytest.mark.parametrize(
    ("edit", "wider"),
    [
        ({"trading__risk_aversion": 0.6}, True),
        ({"risk__gamma_max": 0.4}, False),
        ({"risk__volatility_weight": 0.0}, False),
        ({"risk__max_volatility_multiplier": 1.0}, False),
        ({"risk__toxicity_threshold": 2.9}, False),
        ({"risk__toxicity_sensitivity": 2.0}, True),
        ({"risk__max_toxicity_multiplier": 1.1}, False),
        ({"risk__tail_risk_base": 2.0}, True),
        ({"risk__tail_risk_sensitivity": 10.0}, True),
        ({"risk__tail_risk_knee": 0.69}, False),
        ({"risk__max_tail_risk_multiplier": 1.0}, False),
        ({"risk__tail_risk_mode": "steps"}, False),
        ({"risk__hawkes_activity_weight": 1.0}, True),
        ({"risk__max_hawkes_multiplier": 1.0}, False),
        ({"risk__spread_regime_wide_mult": 3.0}, True),
        ({"risk__spread_wide_percentile": 0.95}, False),
        ({"risk__tod_enabled": True, "risk__toxic_hour_mult": 3.0}, True),
        ({"risk__maker_fee_rate": 5e-4}, True),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_each_edit_moves_both_quotes_the_way_its_help_says(edit, wider):
    view = estimates(**WILD)
    before, after = distances(view), distances(view, **edit)
    if "risk__maker_fee_rate" in edit:
        after = distances_at_fee(view, edit["risk__maker_fee_rate"])
    for old, new in zip(before, after, strict=True):
        assert (new > old + 0.05) if wider else (new < old - 0.05)


def distances_at_fee(view, rate):
    quoted = glft_strategy().ladder(context(view=view, now=SEVEN, maker_rate=rate), settings(**PLAIN))
    return quoted.bids[0].distance_bps, quoted.asks[0].distance_bps


def test_the_tight_regime_narrows_by_its_own_multiple_and_percentile():
    tight = estimates(sigma=6e-4, spread_percentile=0.1)
    normal = distances(tight)
    assert distances(tight, risk__spread_regime_tight_mult=0.3)[0] < normal[0] - 0.05
    assert distances(tight, risk__spread_tight_percentile=0.05)[0] > normal[0] + 0.05


def test_the_baseline_of_volatility_is_both_the_risk_unit_and_the_normal_of_gamma():
    view = estimates(sigma=6e-4)
    assert distances(view, risk__sigma_baseline=1e-3)[0] < distances(view)[0] - 0.05


@pytest.mark.parametrize(
    ("edit", "shifts_more"),
    [
        ({"risk__inventory_sensitivity": 5.0}, True),
        ({"risk__inventory_threshold": 0.9}, False),
        ({"risk__max_holding_time_s": 3600.0}, False),
    ],
)
def test_the_parameters_of_inventory_move_the_centre(edit, shifts_more):
    def shift_bps(**changes):
        tuned = settings(**PLAIN, strategy__min_full_skew_ratio=0.0, **changes)
        quoted = glft_strategy().ladder(context(position=4000), tuned)
        return (1.0 - quoted.reservation / quoted.reference) * 1e4

    plain, edited = shift_bps(), shift_bps(**edit)
    assert (edited > plain + 0.05) if shifts_more else (edited < plain - 0.05)


def test_the_least_gamma_holds_in_a_calm_market():
    calm = estimates(spread_percentile=0.1)
    assert distances(calm, risk__gamma_min=5.0)[0] > distances(calm)[0] + 0.05


@pytest.mark.parametrize("key", ["risk__gamma_rise_max", "risk__gamma_fall_max"])
def test_the_pace_of_gamma_is_what_is_set(key):
    def after_one_second(value):
        strategy, tuned = glft_strategy(), settings(**PLAIN, **{key: value})
        calm, wild = estimates(sigma=1e-4), estimates(sigma=6e-4, jump_ratio=10.0)
        first, second = (calm, wild) if key.endswith("rise_max") else (wild, calm)
        strategy.ladder(context(view=first, now=0.0), tuned)
        return strategy.ladder(context(view=second, now=1.0), tuned).gamma_eff

    slow, fast = after_one_second(1.5), after_one_second(3.0)
    assert slow == pytest.approx(0.45 if key.endswith("rise_max") else 1.8 / 1.5)
    assert fast == pytest.approx(0.9 if key.endswith("rise_max") else 1.8 / 3.0)


def test_an_edit_of_the_base_keeps_the_factor_that_was_reached():
    strategy, view = glft_strategy(), estimates(sigma=6e-4)
    strategy.ladder(context(view=estimates(), now=0.0), settings(**PLAIN))
    strategy.ladder(context(view=view, now=0.5), settings(**PLAIN))
    reached = strategy.ladder(context(view=view, now=0.5), settings(**PLAIN)).gamma_eff / 0.3
    edited = strategy.ladder(context(view=view, now=0.5), settings(**PLAIN, trading__risk_aversion=0.6)).gamma_eff
    assert edited == pytest.approx(0.6 * reached)
    assert 1.0 < reached < 2.0


@given(context=random_contexts(), values=random_settings())
@examples(120)
def test_all_widening_together_stays_under_its_cap(context, values):
    quoted = ladder_strategy().ladder(context, values)
    cap = values.number("risk.max_widening_bps")
    assert sum(term.bps for term in quoted.widening) <= cap + 1e-6
    for level in (*quoted.bids, *quoted.asks):
        terms = level.waterfall.terms
        names = ("gamma", "spread regime", "tail risk", "inventory gamma", "adverse selection", "warm-up", "prior")
        widened = sum(term.bps for term in terms if term.name in (*names, "caution", "widening cap"))
        assert widened <= cap + 1e-6
        side = level.side
        assert side in (Side.BUY, Side.SELL)
