"""What is left of the requests, what they earn, and when the venue throttles at this pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.risk.burn import HOURS_SHOWN_MAX, BurnMeter
from tests.unit.properties import examples


def meter(*, growth_mode: bool = False, left: int = 10_000) -> BurnMeter:
    made = BurnMeter(growth_mode=growth_mode)
    made.state(left, 20_000)
    return made


def test_nothing_is_said_before_anything_is_known() -> None:
    burn = BurnMeter(growth_mode=False).burn(0.0, 0)
    assert (burn.requests_left, burn.requests_per_fill, burn.usd_per_request, burn.hours_to_throttle) == (None,) * 4


def test_what_was_spent_since_the_statement_is_no_longer_left() -> None:
    made = meter(left=100)
    made.sent(0.0, 30)
    assert made.left == 70
    made.sent(1.0, 100)
    assert made.left == 0
    made.state(90, 20_000)
    assert made.left == 90


def test_averages_are_of_the_session() -> None:
    made = meter()
    made.sent(0.0, 40)
    made.traded(1.0, 1_000.0)
    burn = made.burn(2.0, 8)
    assert burn.requests_per_fill == 5.0
    assert burn.usd_per_request == 25.0


def test_ten_requests_a_second_without_volume_end_ten_thousand_in_a_quarter_of_an_hour() -> None:
    made = meter()
    for second in range(120):
        made.sent(float(second), 10)
    assert made.burn(120.0, 0).hours_to_throttle == pytest.approx(8_800 / 10 / 3600, rel=0.02)


def test_volume_that_earns_more_than_is_spent_has_no_end_and_growth_mode_earns_a_tenth() -> None:
    hours = {}
    for growth_mode in (False, True):
        made = meter(growth_mode=growth_mode)
        for second in range(120):
            made.sent(float(second), 1)
            made.traded(float(second), 2.0)
        hours[growth_mode] = made.burn(120.0, 1).hours_to_throttle
    assert hours[False] is None
    assert hours[True] is not None


@examples(100)
@given(st.lists(st.tuples(st.floats(0.0, 600.0), st.integers(0, 50), st.floats(0.0, 1e6)), max_size=60))
def test_whatever_happens_the_figures_are_finite_and_the_memory_is_capped(steps) -> None:
    made, now = meter(), 0.0
    for gap, entries, usd in steps:
        now += gap
        made.sent(now, entries)
        made.traded(now, usd)
        burn = made.burn(now, 3)
        assert burn.requests_left is not None
        assert 0 <= burn.requests_left <= 10_000
        assert burn.hours_to_throttle is None or 0.0 <= burn.hours_to_throttle <= HOURS_SHOWN_MAX
    assert len(made._minutes) <= 60
