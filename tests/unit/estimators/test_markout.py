"""Adverse selection: the check values, what counts as one event, what silence drops."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.adverse.markout import JudgedFill, Markout

DEFAULTS = Settings.defaults()
BUY, SELL = Side.BUY, Side.SELL
MIDS = [
    (0.0, 100.00),
    (0.6, 99.99),
    (1.0, 100.02),
    (1.7, 100.00),
    (2.0, 100.05),
    (2.9, 100.07),
    (4.0, 99.97),
    (4.5, 99.99),
    (5.2, 100.03),
    (7.0, 100.01),
    (7.8, 99.98),
    (9.0, 100.02),
]
FILLS = [(0.0, BUY), (1.0, BUY), (2.0, SELL), (4.0, SELL), (7.0, BUY)]


def a_markout(**changes: float) -> Markout:
    return Markout(DEFAULTS.with_values({f"estimators.{key}": value for key, value in changes.items()}))


def play(markout: Markout, fills: list[tuple[float, Side]], mids: list[tuple[float, float]] = MIDS) -> None:
    waiting = list(fills)
    for at, mid in mids:
        markout.observe(at, mid)
        while waiting and waiting[0][0] == at:
            markout.on_fill(at, JudgedFill(waiting.pop(0)[1], 1.0, fair=mid))


@pytest.mark.parametrize(
    ("fill", "cost_bps"),
    zip(FILLS, [-2.000000000, -2.999400120, 1.999000500, 2.000600180, 2.999700030], strict=True),
)
def test_each_fill_of_the_published_path_costs_what_is_published(fill: tuple[float, Side], cost_bps: float) -> None:
    markout = a_markout()
    play(markout, [fill])
    assert markout.reading(fill[1]).measured * 1e4 == pytest.approx(cost_bps, abs=1e-8)
    assert markout.reading(fill[1].opposite).n_eff == 0.0


def test_a_side_reports_its_mean_its_error_and_the_prior_worth_twenty_fills() -> None:
    markout = a_markout()
    play(markout, FILLS)
    buys = markout.reading(BUY)
    keep = 2.0 ** (-1 / 50)
    costs, weights = (-2.000000000, -2.999400120, 2.999700030), (keep * keep, keep, 1.0)
    mean = sum(w * c for w, c in zip(weights, costs, strict=True)) / sum(weights)
    n_eff = sum(weights) ** 2 / sum(w * w for w in weights)
    variance = sum(w * c * c for w, c in zip(weights, costs, strict=True)) / sum(weights) - mean * mean
    assert buys.measured * 1e4 == pytest.approx(mean, abs=1e-8)
    assert buys.n_eff == pytest.approx(n_eff)
    assert buys.standard_error * 1e4 == pytest.approx(math.sqrt(variance / n_eff))
    assert buys.value * 1e4 == pytest.approx((20 * 0.5 + n_eff * mean) / (20 + n_eff))
    assert buys.value_error * 1e4 == pytest.approx(math.sqrt(variance / (20 + n_eff)))


def test_without_fills_the_prior_stands_on_both_sides() -> None:
    markout = a_markout(adverse_prior_bps=0.7)
    play(markout, [])
    assert markout.reading(BUY) == markout.reading(SELL)
    assert markout.reading(BUY).value == pytest.approx(0.7e-4)


def test_a_mid_that_comes_exactly_at_the_horizon_counts_and_a_later_one_does_not() -> None:
    markout = a_markout()
    play(markout, [(0.0, BUY)], [(0.0, 100.0), (1.0, 99.0), (1.1, 50.0)])
    assert markout.reading(BUY).measured == pytest.approx(0.01)


def test_a_fill_is_not_judged_before_its_horizon_has_passed() -> None:
    markout = a_markout()
    play(markout, [(0.0, BUY)], [(0.0, 100.0), (1.0, 99.0)])
    assert markout.reading(BUY).n_eff == 0.0


@pytest.mark.parametrize("mids", [[(0.0, 100.0), (0.9, 99.0), (2.1, 98.0)], [(0.0, 100.0), (3.0, 98.0)]])
def test_a_horizon_in_a_silence_of_the_feed_is_dropped(mids: list[tuple[float, float]]) -> None:
    markout = a_markout()
    play(markout, [(0.0, BUY)], mids)
    assert markout.reading(BUY).n_eff == 0.0


def test_prints_of_one_order_are_one_event() -> None:
    markout = a_markout()
    mids = [(0.0, 100.0), (0.9, 99.0), (1.1, 99.0)]
    play(markout, [(0.0, BUY), (0.0, BUY), (0.0, SELL)], mids)
    assert markout.reading(BUY).n_eff == markout.reading(SELL).n_eff == pytest.approx(1.0)
    assert markout.reading(BUY).measured == pytest.approx(0.01)


def test_a_move_the_fair_price_had_foreseen_is_not_charged() -> None:
    foreseen, unforeseen = a_markout(), a_markout()
    for markout, fair in ((foreseen, 99.0), (unforeseen, 100.0)):
        markout.observe(0.0, 100.0)
        markout.on_fill(0.0, JudgedFill(BUY, 1.0, fair=fair))
        markout.observe(0.9, 99.0)
        markout.observe(1.1, 99.0)
    assert foreseen.reading(BUY).value == pytest.approx(20 * 0.5e-4 / 21)
    assert unforeseen.reading(BUY).value == pytest.approx((20 * 0.5e-4 + 0.01) / 21)


def test_another_prior_acts_at_once_and_another_horizon_starts_anew() -> None:
    markout = a_markout()
    play(markout, FILLS)
    before = markout.reading(BUY)
    markout.reconfigure(DEFAULTS.with_values({"estimators.adverse_prior_bps": 2.0}))
    assert markout.reading(BUY).measured == before.measured
    assert markout.reading(BUY).value > before.value
    markout.reconfigure(DEFAULTS.with_values({"estimators.adverse_horizon_s": 5.0}))
    assert markout.reading(BUY).n_eff == 0.0


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan, math.inf])
def test_a_fill_without_a_size_is_ignored(size: float) -> None:
    markout = a_markout()
    markout.observe(0.0, 100.0)
    markout.on_fill(0.0, JudgedFill(BUY, size, fair=100.0))
    markout.observe(0.9, 99.0)
    markout.observe(1.1, 99.0)
    assert markout.reading(BUY).n_eff == 0.0


@given(
    st.lists(
        st.tuples(st.floats(-1.0, 3.0), st.sampled_from((BUY, SELL, None)), st.floats(1e-9, 1e12), st.floats()),
        max_size=80,
    )
)
def test_no_path_gives_a_cost_that_is_not_finite(events: list[tuple[float, Side | None, float, float]]) -> None:
    markout, now = a_markout(), 1.7e9
    for dt, side, price, size in events:
        now += dt
        if side is None:
            markout.observe(now, price)
        else:
            markout.on_fill(now, JudgedFill(side, size, fair=price))
    for side in (BUY, SELL):
        reading = markout.reading(side)
        assert all(math.isfinite(x) for x in (reading.value, reading.measured, reading.standard_error, reading.n_eff))
        assert abs(reading.value) <= 1.0
