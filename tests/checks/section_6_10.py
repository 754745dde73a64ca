"""Micro-price of Stoikov: models.md 6.10."""

from mmtui.estimators.fair.stoikov import first_moves, partial_sum, settled_moves
from tests.checks.values import CheckValue

STAY = ((0.55, 0.20, 0.05), (0.15, 0.50, 0.15), (0.05, 0.20, 0.55))
DOWN_UP = ((0.17, 0.03), (0.10, 0.10), (0.03, 0.17))
JUMP = ((0.10, 0.06, 0.04), (0.06, 0.08, 0.06), (0.04, 0.06, 0.10))
MOVED = [0.5 * (up - down) for down, up in DOWN_UP]


def _of(moves: list[float] | None, state: int) -> float:
    assert moves is not None
    return moves[state]


CHECKS = tuple(
    CheckValue("6.10", f"{what}, state {state}", expected, lambda f=find, i=state: _of(f(), i), abs=5e-10)  # type: ignore[misc]
    for what, find, figures in (
        ("next move", lambda: first_moves(STAY, MOVED), (-0.14, 0.0, 0.14)),
        ("six terms more", lambda: partial_sum(STAY, JUMP, MOVED, 6), (-0.159090852, 0.0, 0.159090852)),
        ("limit", lambda: settled_moves(STAY, JUMP, MOVED), (-0.159090909, 0.0, 0.159090909)),
    )
    for state, expected in enumerate(figures)
)
