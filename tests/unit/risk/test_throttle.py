"""Rates: placing never touches the cancel reserve, runs of fills and replacements are counted as distinct things."""

from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.risk.throttle import ActionRate, FillRun, Occasions, ReplaceRate
from tests.unit.properties import examples

BUY, SELL = Side.BUY, Side.SELL
DEFAULTS = Settings.defaults()


def place_until_refused(rate, now, settings=DEFAULTS):
    placed = 0
    while rate.may_place(now, settings):
        rate.sent(now)
        placed += 1
        assert placed <= 1200
    return placed


def test_placing_may_use_the_rate_of_a_second_but_for_the_reserve():
    rate = ActionRate()
    assert place_until_refused(rate, 0.0) == 5
    assert not rate.may_place(0.999, DEFAULTS)
    assert place_until_refused(rate, 1.0) == 5


def test_placing_may_use_the_rate_of_a_minute_but_for_the_reserve():
    rate = ActionRate()
    assert sum(place_until_refused(rate, float(second)) for second in range(60)) == 168
    assert rate.last_minute(59.0) == 168
    assert place_until_refused(rate, 59.5) == 0
    assert place_until_refused(rate, 60.0) == 5


def test_the_reserve_is_a_share_of_the_rate():
    half = {"risk.cancel_reserve_pct": 50.0, "risk.actions_per_s_max": 100.0, "risk.actions_per_min_max": 1200.0}
    rate, settings = ActionRate(), DEFAULTS.with_values(half)
    assert sum(place_until_refused(rate, float(second), settings) for second in range(60)) == 600


def test_without_a_reserve_the_whole_rate_is_for_placing():
    whole = DEFAULTS.with_values({"risk.cancel_reserve_pct": 0.0})
    assert place_until_refused(ActionRate(), 0.0, whole) == 8


def test_the_slowest_rate_still_places_once_a_second():
    slowest = DEFAULTS.with_values({"risk.actions_per_s_max": 1.0, "risk.cancel_reserve_pct": 90.0})
    rate = ActionRate()
    assert place_until_refused(rate, 0.0, slowest) == 1
    assert place_until_refused(rate, 0.9, slowest) == 0
    assert place_until_refused(rate, 1.0, slowest) == 1


def test_cancels_use_up_the_rate_of_placing_but_are_never_refused_themselves():
    rate = ActionRate()
    for _ in range(50):
        rate.sent(0.0)
    assert not rate.may_place(0.5, DEFAULTS)
    assert rate.may_place(1.0, DEFAULTS)
    assert rate.last_minute(1.0) == 50


@given(
    gaps=st.lists(st.integers(0, 6).map(lambda tenths: tenths / 10), min_size=1, max_size=100),
    is_cancel=st.lists(st.booleans(), min_size=100, max_size=100),
    per_second=st.integers(2, 10),
    per_minute=st.integers(10, 60),
)
@examples(60)
def test_no_window_holds_more_placing_actions_than_the_reserve_leaves(gaps, is_cancel, per_second, per_minute):
    values = {"risk.actions_per_s_max": float(per_second), "risk.actions_per_min_max": float(per_minute)}
    settings, rate, now, placed = DEFAULTS.with_values(values), ActionRate(), 0.0, []
    for gap, cancels in zip(gaps, is_cancel, strict=False):
        now += gap
        if cancels:
            rate.sent(now)
        elif rate.may_place(now, settings):
            rate.sent(now)
            placed.append(now)
            assert sum(1 for at in placed if at > now - 1.0) <= 0.7 * per_second
            assert sum(1 for at in placed if at > now - 60.0) <= 0.7 * per_minute


def test_prints_of_one_order_are_one_fill_of_the_run():
    run = FillRun()
    assert [run.filled(0.0, BUY, cloid) for cloid in ("a", "a", "b", "a", "c")] == [1, 1, 2, 2, 3]


def test_a_fill_on_the_other_side_ends_the_run():
    run = FillRun()
    run.filled(0.0, BUY, "a")
    run.filled(0.1, BUY, "b")
    assert run.filled(0.2, SELL, "c") == 1
    assert run.filled(0.3, BUY, "d") == 1


def test_a_run_counts_the_last_minute_only():
    run = FillRun()
    run.filled(0.0, BUY, "a")
    run.filled(30.0, BUY, "b")
    assert run.filled(59.9, BUY, "c") == 3
    assert run.filled(60.0, BUY, "d") == 3
    run.reset()
    assert run.filled(60.0, BUY, "e") == 1


def test_replacements_are_counted_by_side_level_and_price_within_ten_seconds():
    rate = ReplaceRate()
    assert [rate.replaced(float(second), BUY, 0, 100) for second in range(10)] == list(range(1, 11))
    assert rate.replaced(10.0, BUY, 0, 100) == 10
    assert rate.replaced(10.0, BUY, 1, 100) == 1
    assert rate.replaced(10.0, SELL, 0, 100) == 1
    rate.reset()
    assert rate.replaced(10.0, BUY, 0, 100) == 1


def test_a_quote_that_follows_the_market_is_no_runaway():
    rate = ReplaceRate()
    counts = [rate.replaced(0.1 * step, BUY, 0, 1_000_000 + 300 * step) for step in range(5_000)]
    assert max(counts) == 1
    assert rate.replaced(10_000.0, BUY, 0, 1_000_000) == 1


def test_occasions_are_counted_by_name_within_their_window():
    occasions = Occasions()
    assert occasions.last("margin") is None
    assert [occasions.count(at, "margin", 60.0) for at in (0.0, 10.0, 59.9, 60.0)] == [1, 2, 3, 3]
    assert occasions.count(60.0, "band", 60.0) == 1
    assert occasions.last("margin") == 60.0
