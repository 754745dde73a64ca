"""Arrivals where orders are smaller than a lot: what the setting does to the quotes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.arrivals.order_size import LotConsistency, arrival_share, lot_share, share_of_orders
from tests.checks.quotes import quotes
from tests.unit.properties import examples
from tests.unit.strategies.quote_contexts import PURE, context, estimates

# P1: a limit of 0.05 in five lots is 0.01 a lot.
LOT = 0.01
LONG = {"position": 3000}


def lean_bps(mean_order: float, consistency: str, **view: float) -> float:
    """Downward shift of a long position's quotes."""
    seen = estimates(mean_order_bid=mean_order, mean_order_ask=mean_order, **view)
    settings = PURE.with_values({"strategy.lot_consistency": consistency, "strategy.lots_per_limit": 5.0})
    ladder = quotes(context(view=seen, **LONG), settings)
    return (1.0 - ladder.reservation / ladder.reference) * 1e4


def test_orders_of_half_a_lot_count_for_half_the_arrivals() -> None:
    assert lean_bps(LOT / 2.0, "reduced") == pytest.approx(lean_bps(0.0, "off", intensity=0.1))
    assert lean_bps(LOT / 2.0, "reduced") == pytest.approx(lean_bps(0.0, "off") * math.sqrt(2.0))


def test_only_orders_of_a_lot_count_by_their_probability() -> None:
    found = lean_bps(LOT / 2.0, "probability")
    assert found == pytest.approx(lean_bps(0.0, "off", intensity=0.2 * math.exp(-2.0)))


def test_orders_larger_than_a_lot_change_nothing() -> None:
    assert lean_bps(3.0 * LOT, "reduced") == lean_bps(3.0 * LOT, "off") == lean_bps(0.0, "reduced")


@pytest.mark.parametrize("consistency", ["reduced", "probability"])
def test_orders_of_unknown_size_change_nothing(consistency: str) -> None:
    assert lean_bps(0.0, consistency) == lean_bps(0.0, "off")


def test_one_sided_small_orders_lean_the_quotes_towards_the_busier_side() -> None:
    seen = estimates(mean_order_bid=LOT / 4.0, mean_order_ask=LOT)
    ladder = quotes(context(view=seen), PURE.with_values({"strategy.lots_per_limit": 5.0}))
    # Sellers bring less, so the bid may come closer and the ask steps back.
    assert ladder.reservation > ladder.reference


@examples(100)
@given(st.floats(), st.floats(), st.sampled_from(LotConsistency))
def test_a_share_is_a_share_whatever_comes(lot: float, mean: float, mode: LotConsistency) -> None:
    assert 0.0 <= arrival_share(lot, mean, mode) <= 1.0


@examples(100)
@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), st.floats(1.0, 100.0))
def test_a_larger_lot_never_finds_more_orders(lot: float, mean: float, factor: float) -> None:
    assert share_of_orders(factor * lot, mean) <= share_of_orders(lot, mean)
    assert lot_share(factor * lot, mean) <= lot_share(lot, mean)
