"""The documents' search over the control space, given the value of inventory.

Owns the objective and its best point among multiples of a base distance; the objective separates, so
each control is searched alone. Penalty form: fills are valued at what they bring. Source: models.md 4.5.
"""

import bisect
import functools
import math

import msgspec

from mmtui.strategies import glft
from mmtui.strategies.hjb.problem import Problem, Taker
from mmtui.strategies.hjb.value import ValueFunction

DOCUMENTS_MULTIPLES = (0.5, 0.75, 1.0, 1.25, 1.5)
MULTIPLE_MAX = 4.0


class Best(msgspec.Struct, frozen=True, gc=False):
    """The best point of one state: multiples (None where no quote is allowed), taker rates, the objective."""

    bid: float | None
    ask: float | None
    taker_buy: float
    taker_sell: float
    objective: float


@functools.cache
def multiples(points: int) -> tuple[float, ...]:
    """The multiples tried: the documents' five, or evenly from 0 to 4."""
    if points <= len(DOCUMENTS_MULTIPLES):
        return DOCUMENTS_MULTIPLES
    return tuple(MULTIPLE_MAX * i / (points - 1) for i in range(points))


def fill_value(flow: glft.Flow, gap: float, distance: float) -> float:
    """What quoting one lot at ``distance`` earns per second, the change of the inventory's value included."""
    return flow.intensity * math.exp(-flow.kappa * distance) * (distance - flow.cost - gap)


def best_multiple(flow: glft.Flow, gap: float, distance: float, tried: tuple[float, ...]) -> tuple[float, float]:
    """The best of the rising multiples of ``distance``, and its value; the smaller of two that are equal.

    The value has one peak over the distance, so that only the multiples beside it need to be looked at.
    """
    peak = (1.0 / flow.kappa + flow.cost + gap) / distance
    above = bisect.bisect_left(tried, peak)
    best, best_value = tried[0], -math.inf
    for multiple in tried[max(above - 1, 0) : above + 1]:
        value = fill_value(flow, gap, multiple * distance)
        if value > best_value:
            best, best_value = multiple, value
    return best, best_value


def taker_value(taker: Taker, gap: float) -> float:
    """What the best taker rate earns per second."""
    return taker.rate_at(gap) * (-gap - taker.cost)


def best_point(problem: Problem, value: ValueFunction, n: int, distance: float, tried: tuple[float, ...]) -> Best:
    """Search of every control at ``n`` lots without drift."""
    objective = -0.5 * problem.risk * problem.sigma * problem.sigma * n * n
    bid = ask = None
    buying = selling = 0.0
    if n < problem.lots:
        gap = value.bid_gap(n, 0.0)
        bid, gained = best_multiple(problem.bid, gap, distance, tried)
        objective += gained + taker_value(problem.taker, gap)
        buying = problem.taker.rate_at(gap)
    if n > -problem.lots:
        gap = value.ask_gap(n, 0.0)
        ask, gained = best_multiple(problem.ask, gap, distance, tried)
        objective += gained + taker_value(problem.taker, gap)
        selling = problem.taker.rate_at(gap)
    return Best(bid, ask, buying, selling, objective)


def best_objective(problem: Problem, value: ValueFunction, n: int, j: int) -> float:
    """The objective at its continuous maximum, in one state: the growth rate, if ``value`` solves the equation.

    ``j`` is the point of the drift.
    """
    drift = problem.drift.grid[j]
    eta_bid, eta_ask = problem.intensities
    total = drift * n - 0.5 * problem.risk * problem.sigma * problem.sigma * n * n
    if n < problem.lots:
        gap = value.bid_gap(n, drift)
        total += eta_bid / problem.bid.kappa * math.exp(-problem.bid.kappa * gap) + taker_value(problem.taker, gap)
    if n > -problem.lots:
        gap = value.ask_gap(n, drift)
        total += eta_ask / problem.ask.kappa * math.exp(-problem.ask.kappa * gap) + taker_value(problem.taker, gap)
    row = value.theta[n + problem.lots]
    up, down = problem.drift.rates()
    if j + 1 < len(row):
        total += up[j] * (row[j + 1] - row[j])
    if j:
        total += down[j] * (row[j - 1] - row[j])
    return total
