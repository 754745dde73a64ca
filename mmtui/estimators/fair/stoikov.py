"""The micro-price of Stoikov: where the mid settles once the book's present lean has worked itself out.

Owns the solution of the chain: states, transitions with and without a move of the mid, and the expected
sum of all moves from each state. Plain elimination, a millisecond for twenty states. Knows nothing of
books. Source: models.md 6.10.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

Row: TypeAlias = list[float]
Matrix: TypeAlias = list[Row]

PIVOT_MIN = 1e-12
BALANCE_MAX = 1e-6


def first_moves(stay: Sequence[Sequence[float]], moved: Sequence[float]) -> Row | None:
    """Expected next move of the mid from each state, G1 = (I - Q)^-1 R K; ``moved`` is R K."""
    solved = _solve(_identity_less(stay), [[value] for value in moved])
    return None if solved is None else [row[0] for row in solved]


def settled_moves(
    stay: Sequence[Sequence[float]], jump: Sequence[Sequence[float]], moved: Sequence[float]
) -> Row | None:
    """Expected sum of all moves from each state, G*; None where it does not converge.

    ``stay`` and ``jump`` are the chances that the next state comes without and with a move of the mid;
    together a row sums to 1. The states after moves form a chain of their own, B, from whose stationary law
    the first moves must average 0.
    """
    size = len(moved)
    right = [[moved[i], *jump[i]] for i in range(size)]
    solved = _solve(_identity_less(stay), right)
    if solved is None:
        return None
    first, chain = [row[0] for row in solved], [row[1:] for row in solved]
    law = _stationary(chain)
    if law is None:
        return None
    drift = math.fsum(p * g for p, g in zip(law, first, strict=True))
    if not abs(drift) <= BALANCE_MAX:
        return None
    # I - B alone is singular, since B is stochastic; the projection onto its law makes it not so.
    projected = _identity_less(chain)
    for row in projected:
        for j in range(size):
            row[j] += law[j]
    settled = _solve(projected, [[value] for value in first])
    return None if settled is None else [row[0] for row in settled]


def partial_sum(
    stay: Sequence[Sequence[float]], jump: Sequence[Sequence[float]], moved: Sequence[float], terms: int
) -> Row | None:
    """G1 and ``terms`` further terms of the series that ``settled_moves`` sums to the end."""
    size = len(moved)
    solved = _solve(_identity_less(stay), [[moved[i], *jump[i]] for i in range(size)])
    if solved is None:
        return None
    term = [row[0] for row in solved]
    total = list(term)
    for _ in range(terms):
        term = [math.fsum(b * g for b, g in zip(row[1:], term, strict=True)) for row in solved]
        total = [a + b for a, b in zip(total, term, strict=True)]
    return total


def _identity_less(matrix: Sequence[Sequence[float]]) -> Matrix:
    return [[(1.0 if i == j else 0.0) - value for j, value in enumerate(row)] for i, row in enumerate(matrix)]


def _stationary(chain: Matrix) -> Row | None:
    """The law that the chain leaves as it is: pi (I - B + 1 1') = 1'; None where it is not the only one."""
    size = len(chain)
    transposed = [[(1.0 if i == j else 0.0) - chain[j][i] + 1.0 for j in range(size)] for i in range(size)]
    solved = _solve(transposed, [[1.0] for _ in range(size)])
    if solved is None or not all(row[0] >= -PIVOT_MIN for row in solved):
        return None
    return [row[0] for row in solved]


def _solve(left: Matrix, right: Matrix) -> Matrix | None:
    """X of left X = right by elimination with row exchange; None where ``left`` is singular. Uses up both."""
    size = len(left)
    rows = [[*left[i], *right[i]] for i in range(size)]
    width = len(rows[0]) if rows else 0
    for column in range(size):
        pivot = max(range(column, size), key=lambda i: abs(rows[i][column]))
        head = rows[pivot]
        if not PIVOT_MIN < abs(head[column]) < math.inf:
            return None
        rows[column], rows[pivot] = head, rows[column]
        scale = 1.0 / head[column]
        head[column:] = [value * scale for value in head[column:]]
        for i in range(size):
            factor = rows[i][column]
            if i == column or factor == 0.0:
                continue
            row = rows[i]
            for j in range(column, width):
                row[j] -= factor * head[j]
    return [row[size:] for row in rows]
