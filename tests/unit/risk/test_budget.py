"""Scarce requests slow the cadence and thin the ladder; the less is left, the more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import parameter
from mmtui.risk.budget import DESPERATE, RELAXED, SCARCE, Pressure, pressure
from tests.unit.properties import examples


@pytest.mark.parametrize(
    ("left", "wanted"),
    [
        (10_000, RELAXED),
        (2000, RELAXED),
        (1999, SCARCE),
        (500, SCARCE),
        (499, DESPERATE),
        (0, DESPERATE),
        (-50, DESPERATE),
    ],
)
def test_pressure_follows_the_share_that_is_left(left, wanted):
    assert pressure(left, 10_000) is wanted


@pytest.mark.parametrize(("left", "cap"), [(None, 10_000), (None, None), (5, None), (5, 0)])
def test_an_unknown_allowance_puts_no_pressure(left, cap):
    assert pressure(left, cap) is RELAXED


def test_the_last_requests_are_spent_on_one_level_every_ten_seconds():
    interval_s = parameter("execution.requote_interval_ms").default / 1000.0
    assert DESPERATE.interval_factor * interval_s == 10.0
    assert DESPERATE.levels_max == 1


def test_scarce_requests_are_spent_on_the_inner_levels_once_a_second():
    interval_s = parameter("execution.requote_interval_ms").default / 1000.0
    assert SCARCE.interval_factor * interval_s == 1.0
    assert SCARCE.levels_max == 3


def test_without_pressure_nothing_is_changed():
    assert RELAXED.interval_factor == 1.0
    assert RELAXED.levels_max >= parameter("strategy.ladder_config.num_levels").high


@given(left=st.integers(-1000, 100_000), less=st.integers(0, 100_000), cap=st.integers(1, 100_000))
@examples(100)
def test_less_left_is_never_faster_nor_more_levels(left, less, cap):
    before, after = pressure(left, cap), pressure(left - less, cap)
    assert after.interval_factor >= before.interval_factor >= 1.0
    assert 1 <= after.levels_max <= before.levels_max


def test_pressure_has_nothing_to_say_about_prices():
    assert set(Pressure.__struct_fields__) == {"interval_factor", "levels_max", "tolerance_factor"}
