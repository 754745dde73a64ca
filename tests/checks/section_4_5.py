"""The documents' search over multiples of the half-spread: models.md 4.5, preset P1 in penalty form."""

from collections.abc import Callable

from mmtui.strategies.hjb.problem import taker_cost
from mmtui.strategies.hjb.search import best_objective, best_point, multiples
from tests.checks.section_4_6 import BPS, PENALTY, TAKER, solved
from tests.checks.values import CheckValue

DISTANCE = 5e-4
THETA = (-5.669383, -3.174817, -1.689097, -0.730775, -0.180386, 0.0)
FIGURES = {0: (1.0, 1.0, 2.962824431e-05), 3: (1.25, 0.75, 2.961128480e-05), -4: (0.75, 1.5, 2.945472688e-05)}
CONTINUOUS = 2.962849593e-05
LOTS = PENALTY.lots


def _theta(n: int) -> Callable[[], float]:
    return lambda: solved(PENALTY).value(n, 0.0) * BPS


def _point(n: int, field: str) -> Callable[[], float]:
    def ours() -> float:
        best = best_point(PENALTY, solved(PENALTY), n, DISTANCE, multiples(5))
        return float(getattr(best, field))

    return ours


def _no_taker(n: int) -> Callable[[], float]:
    def ours() -> float:
        value = solved(PENALTY)
        buying = TAKER.rate_at(value.bid_gap(n, 0.0)) if n < LOTS else 0.0
        return buying + (TAKER.rate_at(value.ask_gap(n, 0.0)) if n > -LOTS else 0.0)

    return ours


def _continuous(n: int) -> Callable[[], float]:
    return lambda: best_objective(PENALTY, solved(PENALTY), n, 0)


CHECKS = (
    *(
        CheckValue("4.5", f"value in bps, n = {n}", THETA[LOTS - abs(n)], _theta(n), abs=5e-7)
        for n in range(-LOTS, LOTS + 1)
    ),
    *(
        CheckValue("4.5", f"best {field} at n = {n}", figure, _point(n, field), abs=5e-15 if i == 2 else 0.0)
        for n, figures in FIGURES.items()
        for i, (field, figure) in enumerate(zip(("bid", "ask", "objective"), figures, strict=True))
    ),
    *(CheckValue("4.5", f"no taker at n = {n}", 0.0, _no_taker(n)) for n in FIGURES),
    *(
        CheckValue("4.5", f"continuous maximum, n = {n}", CONTINUOUS, _continuous(n), abs=5e-15)
        for n in range(-LOTS, LOTS + 1)
    ),
    CheckValue("4.5", "cost of a taker, bps", 4.55, lambda: taker_cost(1e-5, 4.5e-4) * BPS),
)
