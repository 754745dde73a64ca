"""The formulas against the check values of models.md 1 and 2."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.strategies import glft
from mmtui.strategies.glft import Flow, RiskAttitude, closed_form

BPS = 1e4
FEE = 1.5e-4
UNIT = glft.risk_unit(0.05, 100_000.0, 2e-4, 120.0)


def test_the_risk_unit_of_the_preset_is_the_one_sigma_loss_of_a_full_position():
    assert pytest.approx(10.954451150, rel=1e-9) == UNIT


@pytest.mark.parametrize(
    ("gamma", "risk", "base", "slope_free", "slope", "half"),
    [
        (0.1, 9.128709, 3.3282721, 0.1439101, 0.1802219, 4.9183831),
        (0.3, 27.386128, 3.3182108, 0.2496376, 0.3126269, 4.9745242),
        (0.5, 45.643546, 3.3082301, 0.3227676, 0.4042092, 5.0103347),
        (1.0, 91.287093, 3.2836242, 0.4581757, 0.5737839, 5.0705161),
        (2.0, 182.574186, 3.2358393, 0.6527604, 0.8174666, 5.1445726),
    ],
)
def test_gamma_orders_spread_and_skew_of_the_preset(gamma, risk, base, slope_free, slope, half):
    value = glft.risk_per_lot(gamma, 1000.0, UNIT)
    assert value == pytest.approx(risk, rel=1e-7)
    assert glft.base_half_spread(value, 3000.0) * BPS == pytest.approx(base, rel=1e-7)
    assert glft.inventory_slope(value, 1e-4, Flow(3000.0, 0.2)) * BPS == pytest.approx(slope_free, rel=1e-6)
    form = closed_form(value, 1e-4, Flow(3000.0, 0.2, FEE), Flow(3000.0, 0.2, FEE))
    assert form.slope * BPS == pytest.approx(slope, rel=1e-6)
    assert form.bid_distance(0) * BPS == pytest.approx(half, rel=1e-7)


def test_the_closed_form_meets_its_published_values_in_ticks():
    form = closed_form(0.01, 0.3, Flow(0.3, 0.9), Flow(0.3, 0.9))
    assert form.slope == pytest.approx(0.0678658325, rel=1e-9)
    assert form.bid_distance(0) == pytest.approx(3.3129151986, rel=1e-10)
    assert form.bid_distance(5) == pytest.approx(3.6522443612, rel=1e-10)
    assert form.ask_distance(5) == pytest.approx(2.9735860359, rel=1e-10)


def test_the_closed_form_meets_the_public_tutorial():
    flow = Flow(0.04235741115084049, 2.986162360812285)
    form = closed_form(0.05, 10.69, flow, flow)
    assert form.bid_distance(0) == pytest.approx(20.472085338444, rel=1e-12)
    assert form.slope == pytest.approx(9.763268650292, rel=1e-12)


def test_prices_do_not_depend_on_the_unit_of_distance():
    tick = 2e-4
    ticks = closed_form(0.01, 0.3, Flow(0.3, 0.9), Flow(0.3, 0.9))
    fractions = closed_form(50.0, 6e-5, Flow(1500.0, 0.9), Flow(1500.0, 0.9))
    assert fractions.bid_distance(0) == pytest.approx(0.000662583039713, rel=1e-9)
    assert fractions.bid_distance(0) / tick == pytest.approx(ticks.bid_distance(0), rel=1e-12)


@given(
    unit=st.floats(1e-6, 1e6),
    x=st.floats(1e-9, 3.0),
    kappa=st.floats(200.0, 20_000.0),
    sigma=st.floats(1e-6, 1e-2),
    n=st.floats(-10, 10),
)
def test_any_change_of_unit_scales_every_distance_alike(unit, x, kappa, sigma, n):
    flow, other = Flow(kappa, 0.2, FEE), Flow(kappa * 0.7, 0.4, 2 * FEE)
    plain = closed_form(x * kappa, sigma, flow, other, persistence_s=60.0)
    scaled = closed_form(
        x * kappa / unit,
        sigma * unit,
        Flow(flow.kappa / unit, flow.intensity, flow.cost * unit),
        Flow(other.kappa / unit, other.intensity, other.cost * unit),
        persistence_s=60.0,
    )
    size = abs(plain.bid_distance(n)) + plain.base_bid + plain.slope
    assert scaled.bid_distance(n) / unit == pytest.approx(plain.bid_distance(n), abs=1e-9 * size)
    assert scaled.ask_distance(n) / unit == pytest.approx(plain.ask_distance(n), abs=1e-9 * size)


@pytest.mark.parametrize(
    ("bid", "ask", "n", "bid_distance", "ask_distance"),
    [
        (Flow(0.3, 1.2), Flow(0.3, 0.6), -3, 4.259493, 2.368366),
        (Flow(0.3, 1.2), Flow(0.3, 0.6), 0, 4.469175, 2.158684),
        (Flow(0.3, 1.2), Flow(0.3, 0.6), 3, 4.678856, 1.949002),
        (Flow(0.4, 1.5), Flow(0.25, 0.6), -3, 3.715081, 2.743222),
        (Flow(0.4, 1.5), Flow(0.25, 0.6), 0, 3.915992, 2.542311),
        (Flow(0.4, 1.5), Flow(0.25, 0.6), 3, 4.116903, 2.341400),
    ],
)
def test_sides_that_differ_for_ever_meet_the_closed_form(bid, ask, n, bid_distance, ask_distance):
    form = closed_form(0.01, 0.3, bid, ask)
    assert form.bid_distance(n) == pytest.approx(bid_distance, abs=1e-6)
    assert form.ask_distance(n) == pytest.approx(ask_distance, abs=1e-6)


def test_a_permanent_drift_moves_both_quotes_with_it():
    form = closed_form(0.01, 0.3, Flow(0.3, 0.9), Flow(0.3, 0.9), drift=0.002)
    assert form.bid_distance(0) == pytest.approx(3.162102, abs=1e-6)
    assert form.ask_distance(0) == pytest.approx(3.463728, abs=1e-6)


def test_a_drift_that_dies_in_seconds_moves_the_quotes_by_about_what_is_left_of_it():
    flow = Flow(3000.0, 0.2, FEE)
    risk = glft.risk_per_lot(0.3, 1000.0, UNIT)

    def shift(**drift):
        return (
            closed_form(risk, 1e-4, flow, flow).balance - closed_form(risk, 1e-4, flow, flow, **drift).balance
        ) * BPS

    assert shift(drift=2e-5, drift_decay=0.5) == pytest.approx(0.393113, rel=1e-5)
    assert shift(drift=2e-5) == pytest.approx(22.8310, rel=1e-5)


@pytest.mark.parametrize(
    ("persistence_s", "shift_bps"), [(10.0, 0.3678), (60.0, 0.2622), (300.0, 0.1103), (3000.0, 0.0147)]
)
def test_a_cost_on_one_side_widens_that_side_by_what_does_not_persist(persistence_s, shift_bps):
    risk = glft.risk_per_lot(0.3, 1000.0, UNIT)
    extra = 0.4e-4
    form = closed_form(
        risk, 1e-4, Flow(3000.0, 0.2, FEE + extra), Flow(3000.0, 0.2, FEE - extra), persistence_s=persistence_s
    )
    assert (form.bid_distance(0) - form.ask_distance(0)) / 2 * BPS == pytest.approx(shift_bps, abs=1e-3)


def test_inventory_reverts_in_the_stated_time():
    risk = glft.risk_per_lot(0.3, 1000.0, UNIT)
    slope = glft.inventory_slope(risk, 1e-4, Flow(3000.0, 0.2, FEE))
    assert glft.relaxation_time_s(risk, 1e-4, slope) == pytest.approx(114.155199, rel=1e-7)
    assert glft.relaxation_time_s(risk, 0.0, 0.0) is None


def test_without_risk_aversion_the_inventory_term_is_gone():
    form = closed_form(0.0, 1e-4, Flow(3000.0, 0.2), Flow(3000.0, 0.2), persistence_s=60.0)
    assert (form.slope, form.balance) == (0.0, 0.0)
    assert form.bid_distance(4) == pytest.approx(1 / 3000.0, rel=1e-12)


def test_almost_no_risk_aversion_gives_one_over_kappa():
    form = closed_form(1e-9, 1e-4, Flow(3000.0, 0.2), Flow(3000.0, 0.2))
    assert form.bid_distance(0) * BPS == pytest.approx(3.333334086, rel=1e-9)


@given(kappa=st.floats(200.0, 20_000.0))
def test_series_and_exact_expressions_meet_where_one_takes_over(kappa):
    for x in (glft.SERIES_BELOW * 0.999, glft.SERIES_BELOW * 1.001):
        exact_exponent = (1 + 1 / x) * math.log1p(x)
        assert glft.utility_exponent(x) == pytest.approx(exact_exponent, rel=1e-9)
        assert glft.base_half_spread(x * kappa, kappa) == pytest.approx(math.log1p(x) / (x * kappa), rel=1e-9)


def test_the_penalty_attitude_is_risk_neutral_on_fills():
    risk = glft.risk_per_lot(0.3, 1000.0, UNIT)
    flow = Flow(3000.0, 0.2, FEE)
    penalty = closed_form(risk, 1e-4, flow, flow, attitude=RiskAttitude.PENALTY)
    assert penalty.base_bid == pytest.approx(1 / 3000.0, rel=1e-12)
    eta = 0.2 / math.e * math.exp(-3000.0 * FEE)
    assert penalty.slope == pytest.approx(math.sqrt(risk * 1e-8 / (2 * 3000.0 * eta)), rel=1e-12)
    cara = closed_form(risk, 1e-4, flow, flow)
    assert 0.0 < (penalty.bid_distance(0) - cara.bid_distance(0)) * BPS < 0.02


def test_levels_priced_by_inventory_meet_their_check_values():
    form = closed_form(glft.risk_per_lot(0.3, 1000.0, UNIT), 1e-4, Flow(3000.0, 0.2, FEE), Flow(3000.0, 0.2, FEE))
    for n, wanted in ((0, 4.896368), (2, 5.521621)):
        # The first half-lot level is filled at a quarter lot, where the standard fill has its half.
        assert (form.bid_distance(n) - 0.25 * form.slope) * BPS == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("gamma", "half_bps"),
    [(0.1, 3.333277779), (0.3, 3.333166678), (0.5, 3.333055586), (1.0, 3.332777901), (2.0, 3.332222716)],
)
def test_the_literal_half_spread_hardly_knows_gamma(gamma, half_bps):
    assert glft.literal_half_spread(gamma, 3000.0) * BPS == pytest.approx(half_bps, rel=1e-9)


@pytest.mark.parametrize(
    ("kappa", "half_bps"), [(50.0, 199.4024), (85.2, 117.1647), (100.0, 99.8503), (500.0, 19.9940), (5000.0, 1.9999)]
)
def test_the_literal_half_spread_explodes_with_a_kappa_from_the_book(kappa, half_bps):
    assert glft.literal_half_spread(0.3, kappa) * BPS == pytest.approx(half_bps, abs=6e-5)


def test_the_literal_half_spread_depends_on_the_unit():
    assert glft.literal_half_spread(0.3, 0.3) == pytest.approx(2.310491, rel=1e-6)
    assert glft.literal_half_spread(0.3, 0.03) / 100_000.0 * BPS == pytest.approx(0.799298, rel=1e-6)


def test_the_literal_skew_is_smaller_than_any_grid():
    assert glft.literal_skew(1.0, 0.3, 1e-4, 120.0) * BPS == pytest.approx(0.0036, rel=1e-9)
    assert glft.literal_skew(1.0, 0.3, 2e-4, 120.0) * BPS == pytest.approx(0.0144, rel=1e-9)
    assert glft.literal_skew(1.0, 0.3, 1e-4, 3.0) * BPS == pytest.approx(0.00009, rel=1e-9)


def test_the_literal_horizon_is_the_time_of_one_volume_tick_up_to_its_cap():
    assert glft.literal_horizon_s(1 / 3, 120.0) == pytest.approx(3.0)
    assert glft.literal_horizon_s(0.0, 120.0) == 120.0
    assert glft.literal_horizon_s(math.nan, 120.0) == 120.0


def test_the_literal_quotes_lean_down_when_long():
    bid, ask = glft.literal_quotes(100.0, 5e-4, 1e-4)
    assert (bid, ask) == (pytest.approx(99.94), pytest.approx(100.04))
