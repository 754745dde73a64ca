"""The micro-price of states: the solution, what it needs, and how it is learned."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings
from mmtui.estimators.fair.stoikov import partial_sum, settled_moves
from mmtui.estimators.fair.transitions import LEANS, STATES, Transitions, mirrored, state_of
from tests.unit.properties import examples

DEFAULTS = Settings.defaults()
BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
MID = 100_000.5
SPREAD = 1.0 / MID


def learning() -> Transitions:
    return Transitions(DEFAULTS, BTC)


def walk(states: Transitions, steps: int, *, seed: int = 1, pull: float = 0.2, ticks: float = 1.0) -> None:
    """A mid that follows the lean of the book: up by some ticks with a chance that rises with the imbalance."""
    rng, mid, lean = random.Random(seed), MID, 0.0
    for i in range(steps):
        states.observe(1000.0 + i * 0.1, mid, lean, SPREAD * MID / mid)
        if rng.random() < 0.3:
            mid += ticks if rng.random() < 0.5 + pull * lean else -ticks
            lean = 0.0
        lean = min(max(lean + rng.uniform(-0.5, 0.5), -1.0), 1.0)


@st.composite
def mirrored_chains(draw: st.DrawFn) -> tuple[list[list[float]], list[list[float]], list[float]]:
    """Chains whose data were mirrored: what state x does up, its twin does down."""
    size = draw(st.sampled_from([2, 3, 4, 5]))
    weights = st.lists(st.floats(0.05, 1.0), min_size=size, max_size=size)
    stay = [draw(weights) for _ in range(size)]
    jump = [draw(weights) for _ in range(size)]
    moves = draw(st.lists(st.floats(-1.0, 1.0), min_size=size, max_size=size))
    for x in range(size):
        twin = size - 1 - x
        stay[twin], jump[twin], moves[twin] = stay[x][::-1], jump[x][::-1], -moves[x]
    if size % 2:
        middle = size // 2
        stay[middle] = [(a + b) / 2 for a, b in zip(stay[middle], stay[middle][::-1], strict=True)]
        jump[middle] = [(a + b) / 2 for a, b in zip(jump[middle], jump[middle][::-1], strict=True)]
        moves[middle] = 0.0
    moved = []
    for x in range(size):
        total = sum(stay[x]) + sum(jump[x])
        stay[x], jump[x] = [value / total for value in stay[x]], [value / total for value in jump[x]]
        moved.append(moves[x] * sum(jump[x]))
    return stay, jump, moved


@examples(100)
@given(mirrored_chains())
def test_the_projected_solution_is_the_end_of_the_series(
    chain: tuple[list[list[float]], list[list[float]], list[float]],
) -> None:
    settled = settled_moves(*chain)
    series = partial_sum(*chain, 300)
    assert settled is not None and series is not None
    assert settled == pytest.approx(series, abs=1e-6)
    for x, ticks in enumerate(settled):
        assert ticks == pytest.approx(-settled[-1 - x], abs=1e-9)


def test_moves_that_do_not_balance_have_no_settled_price() -> None:
    stay = ((0.5, 0.2), (0.2, 0.5))
    jump = ((0.2, 0.1), (0.1, 0.2))
    assert settled_moves(stay, jump, [0.15, 0.15]) is None


def test_two_worlds_that_never_meet_have_no_single_law() -> None:
    stay = ((0.5, 0.0), (0.0, 0.5))
    jump = ((0.5, 0.0), (0.0, 0.5))
    assert settled_moves(stay, jump, [-0.25, 0.25]) is None


@examples(100)
@given(st.floats(-1.0, 1.0), st.floats(0.0, 100.0))
def test_every_book_has_a_state_and_its_mirror_image_the_mirrored_one(imbalance: float, spread_ticks: float) -> None:
    state = state_of(imbalance, spread_ticks)
    assert 0 <= state < STATES
    assert mirrored(mirrored(state)) == state
    edges = [abs((imbalance + 1.0) / 2.0 * LEANS - k) for k in range(LEANS + 1)]
    if min(edges) > 1e-9:
        assert state_of(-imbalance, spread_ticks) == mirrored(state)


def test_a_book_that_leads_the_mid_is_learned_on_both_sides_alike() -> None:
    states = learning()
    walk(states, 6000)
    states.settle()
    moves = [states.expected_move(MID, lean, SPREAD)[0] * MID for lean in (-0.9, -0.5, 0.0, 0.5, 0.9)]
    assert moves == sorted(moves)
    assert moves[2] == pytest.approx(0.0, abs=1e-9)
    assert moves[4] == pytest.approx(-moves[0], abs=1e-9)
    # The next move goes up with a chance of 0.68 at a lean of 0.9: 0.36 ticks, and the rest reverts.
    assert 0.1 < moves[4] < 0.45


def test_a_market_that_moves_by_many_ticks_at_once_is_learned_too() -> None:
    small, large = learning(), learning()
    walk(small, 6000)
    walk(large, 6000, ticks=25.0)
    for states in (small, large):
        states.settle()
    ratio = large.expected_move(MID, 0.9, SPREAD)[0] / small.expected_move(MID, 0.9, SPREAD)[0]
    assert ratio == pytest.approx(25.0, rel=0.01)


def test_a_book_that_says_nothing_moves_nothing_much() -> None:
    states = learning()
    walk(states, 6000, pull=0.0)
    states.settle()
    assert abs(states.expected_move(MID, 0.9, SPREAD)[0] * MID) < 0.12


def test_a_state_seen_less_than_thirty_times_moves_nothing() -> None:
    states = learning()
    walk(states, 200)
    states.settle()
    move, visits = states.expected_move(MID, 0.99, SPREAD)
    assert visits < 30.0 and move == 0.0
    assert states.expected_move(MID, 0.5, 50.0 / MID) == (0.0, 0.0)


def test_the_table_is_made_anew_only_when_that_is_due() -> None:
    states = learning()
    walk(states, 1000)
    states.pass_time(1119.0)
    assert states.expected_move(MID, 0.5, SPREAD)[0] == 0.0
    states.pass_time(1120.0)
    assert states.expected_move(MID, 0.5, SPREAD)[0] > 0.0


def test_a_shorter_time_between_solutions_holds_at_once() -> None:
    states = learning()
    walk(states, 1000)
    states.reconfigure(DEFAULTS.with_values({"estimators.stoikov_refit_s": 60.0}))
    states.pass_time(1061.0)
    assert states.expected_move(MID, 0.5, SPREAD)[0] > 0.0


def test_nothing_is_counted_across_a_gap() -> None:
    states = learning()
    states.observe(1.0, MID, 0.5, SPREAD)
    states.skip()
    states.observe(100.0, MID + 50.0, 0.5, SPREAD)
    assert states.expected_move(MID, 0.5, SPREAD)[1] == 0.0


@examples(100)
@given(
    st.lists(st.tuples(st.floats(1.0, 1e12), st.floats(-1.0, 1.0), st.floats(0.0, 0.5)), max_size=80),
    st.floats(-1.0, 1.0),
)
def test_no_stream_of_books_makes_a_price_that_is_none(books: list[tuple[float, float, float]], lean: float) -> None:
    states = learning()
    for i, (mid, imbalance, spread) in enumerate(books):
        states.observe(float(i), mid, imbalance, spread)
    states.settle()
    move, visits = states.expected_move(MID, lean, SPREAD)
    assert math.isfinite(move) and 0.0 <= visits <= len(books)
