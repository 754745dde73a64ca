"""Each monitor below its warning, at it, and at its limit; nonsense never passes for safety."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.risk.monitors import drawdown, liquidation, loss, position_value, rate_limit, staleness
from mmtui.risk.readings import Verdict, limit_reading
from tests.unit.properties import examples
from tests.unit.risk.facts import facts

DEFAULTS = Settings.defaults()
FINE, WARN, SLOW, REDUCE, PULL, KILL = Verdict


@pytest.mark.parametrize(
    ("monitor", "changes", "verdict"),
    [
        (loss.reading, {"day_pnl_usd": 1000.0}, FINE),
        (loss.reading, {"day_pnl_usd": -159.99}, FINE),
        (loss.reading, {"day_pnl_usd": -160.0}, WARN),
        (loss.reading, {"day_pnl_usd": -199.99}, WARN),
        (loss.reading, {"day_pnl_usd": -200.0}, KILL),
        (drawdown.reading, {"day_pnl_usd": -399.99}, FINE),
        (drawdown.reading, {"day_pnl_usd": -400.01}, WARN),
        (drawdown.reading, {"day_pnl_usd": -499.99}, WARN),
        (drawdown.reading, {"day_pnl_usd": -500.01}, KILL),
        (drawdown.reading, {"day_pnl_usd": 450.0, "peak_pnl_usd": 1000.0}, KILL),
        (drawdown.reading, {"day_pnl_usd": 451.0, "peak_pnl_usd": 1000.0}, WARN),
        (position_value.reading, {"position_value_usd": 7999.0}, FINE),
        (position_value.reading, {"position_value_usd": 8000.0}, WARN),
        (position_value.reading, {"position_value_usd": 9999.0}, WARN),
        (position_value.reading, {"position_value_usd": 10_001.0}, REDUCE),
        (position_value.reading, {"position_value_usd": 14_999.0}, REDUCE),
        (position_value.reading, {"position_value_usd": 15_000.0}, KILL),
        (staleness.reading, {"data_age_s": None}, FINE),
        (staleness.reading, {"data_age_s": 4.99}, FINE),
        (staleness.reading, {"data_age_s": 5.0}, PULL),
        (staleness.reading, {"data_age_s": 59.9}, PULL),
        (staleness.reading, {"data_age_s": 60.0}, KILL),
        (rate_limit.errors_reading, {"rate_limit_errors": 7}, FINE),
        (rate_limit.errors_reading, {"rate_limit_errors": 8}, WARN),
        (rate_limit.errors_reading, {"rate_limit_errors": 10}, SLOW),
        (rate_limit.errors_reading, {"rate_limit_errors": 10_000}, SLOW),
        (rate_limit.delivery_reading, {"cancel_undelivered_s": 23.9}, FINE),
        (rate_limit.delivery_reading, {"cancel_undelivered_s": 24.0}, WARN),
        (rate_limit.delivery_reading, {"cancel_undelivered_s": 30.0}, KILL),
        (liquidation.reading, {"liquidation_distance": None}, FINE),
        (liquidation.reading, {"liquidation_distance": 0.02}, FINE),
        (liquidation.reading, {"liquidation_distance": 0.0199}, REDUCE),
        (liquidation.reading, {"liquidation_distance": 0.0}, REDUCE),
    ],
)
def test_a_reading_demands_what_its_value_calls_for(monitor, changes, verdict):
    assert monitor(facts(**changes), DEFAULTS).verdict is verdict


@pytest.mark.parametrize(
    ("monitor", "name", "demand"),
    [
        (loss.reading, "day_pnl_usd", KILL),
        (drawdown.reading, "day_pnl_usd", KILL),
        (position_value.reading, "position_value_usd", KILL),
        (staleness.reading, "data_age_s", KILL),
        (rate_limit.delivery_reading, "cancel_undelivered_s", KILL),
        (liquidation.reading, "liquidation_distance", REDUCE),
    ],
)
def test_a_value_that_is_not_a_number_counts_as_a_breach(monitor, name, demand):
    assert monitor(facts(**{name: math.nan}), DEFAULTS).verdict is demand


@pytest.mark.parametrize(
    ("equity", "limit"), [(10_000.0, 200.0), (25_000.0, 500.0), (1e6, 500.0), (100.0, 2.0), (0.0, 0.0), (-5.0, 0.0)]
)
def test_the_loss_limit_is_the_smaller_of_500_usd_and_two_percent(equity, limit):
    assert loss.loss_limit_usd(DEFAULTS, equity) == pytest.approx(limit)


def test_an_account_without_equity_is_killed_by_a_loss_and_not_by_having_none():
    assert loss.reading(facts(opening_equity_usd=0.0), DEFAULTS).verdict is FINE
    assert loss.reading(facts(opening_equity_usd=0.0, day_pnl_usd=-0.01), DEFAULTS).verdict is KILL


def test_no_loss_is_shown_as_nothing_and_not_as_less():
    for pnl in (0.0, -0.0, 50.0):
        assert str(loss.reading(facts(day_pnl_usd=pnl), DEFAULTS).value) == "0.0"


def test_the_check_values_of_the_drawdown_come_out():
    path = [0, 12, 30, 18, -5, 22, 31, 10]
    wanted = [0.0, 0.0, 0.0, 0.011650485, 0.033980583, 0.007766990, 0.0, 0.020368574]
    peaks = [max([0, *path[: step + 1]]) for step in range(len(path))]
    found = [drawdown.drawdown(now, peak, 1000.0) for now, peak in zip(path, peaks, strict=True)]
    assert found == pytest.approx(wanted, abs=1e-9)


def test_a_day_that_only_loses_has_a_drawdown_from_zero():
    assert drawdown.drawdown(-50.0, -20.0, 1000.0) == pytest.approx(0.05)


@pytest.mark.incident("B20")
def test_a_drawdown_on_a_tiny_account_is_measured_against_a_floor():
    assert drawdown.drawdown(-5.0, 0.0, 1.0) == pytest.approx(0.05)
    assert drawdown.drawdown(-5.0, 0.0, -1000.0) == pytest.approx(0.05)


def test_the_position_kills_at_one_and_a_half_times_the_value_that_reduces():
    reading = position_value.reading(facts(position_value_usd=12_000.0), DEFAULTS)
    assert (reading.limit, reading.ratio, reading.kills) == (15_000.0, 0.8, True)


def test_data_that_never_came_has_no_age_and_old_data_shows_its_own():
    assert staleness.reading(facts(data_age_s=None), DEFAULTS).value == 0.0
    assert staleness.reading(facts(data_age_s=7.5), DEFAULTS).value == 7.5


def test_the_distance_to_the_liquidation_is_said_in_words():
    assert liquidation.reading(facts(), DEFAULTS).text == "flat"
    assert liquidation.reading(facts(liquidation_distance=0.25), DEFAULTS).text == "25.0 % away, least 2"


def test_nearness_of_the_liquidation_grows_to_its_limit_and_beyond():
    ratios = [
        liquidation.reading(facts(liquidation_distance=distance), DEFAULTS).ratio
        for distance in (None, 0.5, 0.04, 0.02, 0.01, 0.0)
    ]
    assert ratios[:5] == pytest.approx([0.0, 0.04, 0.5, 1.0, 2.0])
    assert ratios[5] >= 2.0


def test_a_limit_of_nothing_has_no_share_in_use():
    assert limit_reading("any", 5.0, 0.0, unit="", breach=WARN).ratio == 0.0
    assert limit_reading("any", 5.0, 0.5, unit="", breach=WARN).ratio == 10.0


@given(value=st.floats(allow_nan=True), limit=st.floats(0.01, 1e6))
@examples(300)
def test_a_limit_is_fine_below_eighty_percent_and_breached_from_a_hundred(value, limit):
    reading = limit_reading("any", value, limit, unit="USD", breach=KILL)
    if math.isnan(value) or value >= limit:
        assert reading.verdict is KILL
    else:
        assert reading.verdict is (WARN if value >= 0.8 * limit else FINE)


@given(
    low=st.floats(0.0, 2e4), more=st.floats(0.0, 2e4), name=st.sampled_from(["loss", "position", "age", "undelivered"])
)
@examples(200)
def test_a_worse_value_never_demands_less(low, more, name):
    monitor, field, sign = {
        "loss": (loss.reading, "day_pnl_usd", -1.0),
        "position": (position_value.reading, "position_value_usd", 1.0),
        "age": (staleness.reading, "data_age_s", 1.0),
        "undelivered": (rate_limit.delivery_reading, "cancel_undelivered_s", 1.0),
    }[name]
    before, after = (monitor(facts(**{field: sign * value}), DEFAULTS) for value in (low, low + more))
    assert after.verdict >= before.verdict


@pytest.mark.parametrize(
    ("monitor", "key", "tighter", "changes"),
    [
        (loss.reading, "risk.max_daily_loss_usd", 50.0, {"day_pnl_usd": -50.0}),
        (loss.reading, "risk.max_daily_loss_pct", 0.5, {"day_pnl_usd": -50.0}),
        (drawdown.reading, "risk.max_drawdown_pct", 1.0, {"day_pnl_usd": -101.0}),
        (position_value.reading, "risk.max_position_value_usd", 1000.0, {"position_value_usd": 1500.0}),
        (staleness.reading, "risk.stale_kill_s", 6.0, {"data_age_s": 6.0}),
        (rate_limit.delivery_reading, "risk.cancel_undelivered_kill_s", 5.0, {"cancel_undelivered_s": 5.0}),
    ],
)
def test_each_limit_is_the_one_of_the_settings(monitor, key, tighter, changes):
    assert monitor(facts(**changes), DEFAULTS).verdict is not KILL
    assert monitor(facts(**changes), DEFAULTS.with_values({key: tighter})).verdict is KILL
