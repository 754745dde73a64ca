"""Which UTC day the limits count for, over midnight and over clocks that are set back."""

from hypothesis import given
from hypothesis import strategies as st

from mmtui.engine.account import SECONDS_A_DAY, Day, DayState, day_number

MIDNIGHT = 20_371 * SECONDS_A_DAY


@given(back_s=st.floats(0.001, SECONDS_A_DAY - 1.0))
def test_a_clock_set_back_over_midnight_goes_on_with_the_day_that_had_begun(back_s: float) -> None:
    assert day_number(MIDNIGHT - back_s, known=20_371) == 20_371
    assert day_number(MIDNIGHT - back_s, known=20_370) == 20_370
    assert day_number(MIDNIGHT - back_s, known=None) == 20_370


def test_a_day_far_ahead_is_not_believed_and_a_past_one_is_over() -> None:
    assert day_number(MIDNIGHT + 1.0, known=20_400) == 20_371
    assert day_number(MIDNIGHT + 1.0, known=20_370) == 20_371


def test_the_opening_equity_of_the_begun_day_survives_the_clock() -> None:
    kept = DayState(utc_day=20_371, opening_equity=100, peak_pnl=5, pnl=-7)
    day = Day(day_number(MIDNIGHT - 45.0, kept.utc_day), 93, kept)
    assert (day.number, day.opening_equity, day.peak, day.before) == (20_371, 100, 5, -7)
