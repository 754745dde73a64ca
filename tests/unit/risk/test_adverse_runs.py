"""Runs of losing fills, and the share of its size that a side keeps in a cascade."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.risk.adverse import AdverseRun, share_kept


def test_a_run_counts_fills_and_ends_with_the_first_that_is_worth_it() -> None:
    run = AdverseRun()
    assert [run.count(judged, 3.0, 2.0) for judged in (1, 1, 4)] == [1, 1, 4]
    assert run.count(4, 1.0, 2.0) == 4
    assert run.count(5, 1.0, 2.0) == 0
    run.count(9, 3.0, 2.0)
    run.restart()
    assert run.count(10, 3.0, 2.0) == 1


@pytest.mark.parametrize("cost", [math.nan, math.inf])
def test_a_cost_that_is_no_number_is_no_loss(cost: float) -> None:
    assert AdverseRun().count(50, cost, 2.0) == 0


@given(st.floats(0.0, 1.0), st.floats(0.05, 1.0))
def test_the_share_falls_with_severity_from_the_threshold_on(severity: float, threshold: float) -> None:
    share = share_kept(severity, threshold)
    assert 0.0 <= share <= 1.0
    assert share == (1.0 if severity < threshold else 1.0 - severity)
