"""Rate limits are counted as the venue counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.venues.hyperliquid import limits
from mmtui.venues.hyperliquid.limits import AddressBudget, SlidingWindow


def test_weights_are_those_of_the_documents() -> None:
    assert [limits.info_weight(kind) for kind in ("l2Book", "userRole", "meta", "openOrders")] == [2, 60, 20, 20]
    assert [limits.action_weight(n) for n in (1, 39, 40, 79, 80, 200)] == [1, 1, 2, 2, 3, 6]
    assert limits.answer_weight("userFillsByTime", 2000) == 100
    assert limits.answer_weight("candleSnapshot", 120) == 2
    assert limits.answer_weight("meta", 500) == 0


@pytest.mark.fault("F50")
@given(
    charges=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 100)), max_size=80),
    limit=st.integers(1, 500),
)
def test_no_window_ever_holds_more_than_its_limit(charges: list[tuple[float, int]], limit: int) -> None:
    window = SlidingWindow(limit)
    sent: list[tuple[float, int]] = []
    now_s = 0.0
    for pause_s, weight in charges:
        now_s += pause_s
        if window.fits(now_s, weight):
            window.charge(now_s, weight)
            sent.append((now_s, weight))
        for start, _ in sent:
            in_window = sum(w for at, w in sent if start <= at < start + 60.0)
            assert in_window <= limit


@given(
    charges=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 50)), max_size=40),
    weight=st.integers(1, 50),
)
def test_after_the_stated_wait_the_weight_fits(charges: list[tuple[float, int]], weight: int) -> None:
    window = SlidingWindow(100)
    now_s = 0.0
    for pause_s, charged in charges:
        now_s += pause_s
        window.charge(now_s, charged)
    wait_s = window.wait_s(now_s, weight)
    assert (wait_s == 0.0) == window.fits(now_s, weight)
    assert window.fits(now_s + wait_s + 1e-6, weight)


@pytest.mark.incident("B26")
def test_a_reserve_is_left_for_cancels() -> None:
    window = SlidingWindow(1200)
    window.charge(0.0, 1000)
    assert not window.fits(1.0, 1, reserve=200)
    assert window.fits(1.0, 1)
    window.exhaust(1.0)
    assert not window.fits(2.0)
    assert window.used(61.5) == 0


def test_a_window_keeps_few_rows_in_a_storm() -> None:
    window = SlidingWindow(10**9)
    for i in range(100_000):
        window.charge(i * 0.001)
    assert len(window._entries) <= 602


def test_cancels_outlive_the_budget_for_placing() -> None:
    budget = AddressBudget()
    assert (budget.is_known, budget.left) == (False, 0)
    budget.state(cap=10_000, used=9_990)
    budget.spend(25)
    assert (budget.left, budget.cancels_left, budget.used) == (0, 9_985, 10_015)
    budget.state(cap=1_000_000, used=1_000_000)
    assert budget.cancels_left == limits.CANCEL_EXTRA


def test_volume_buys_actions_until_the_venue_states_them() -> None:
    budget = AddressBudget()
    budget.state(cap=10_000, used=10_000)
    budget.earn(99.6)
    budget.earn(float("nan"))
    budget.earn(float("inf"))
    budget.earn(0.4)
    assert budget.left == 100
    budget.state(cap=10_100, used=10_000)
    assert budget.left == 100


def test_a_refusal_throttles_to_one_action_in_ten_seconds() -> None:
    budget = AddressBudget()
    budget.state(cap=97_456, used=97_000)
    budget.refuse(50.0)
    assert (budget.left, budget.wait_s(50.0), budget.wait_s(55.0), budget.wait_s(61.0)) == (0, 10.0, 5.0, 0.0)
    assert budget.cancels_left > 0
