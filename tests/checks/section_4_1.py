"""Drift score: models.md 4.1."""

from mmtui.estimators.carry.drift import drift_rate, smoothed_score
from tests.checks.values import CheckValue

BOOKS = ((0.7, 8.0, 0.037037037), (0.8, 8.0, 0.088888889), (0.4, 12.0, 0.062142857))


def _score(books: int) -> float:
    score = 0.0
    for share, spread_bps, _ in BOOKS[:books]:
        score = smoothed_score(score, share, spread_bps, 0.1)
    return score


CHECKS = (
    CheckValue("4.1", "score after one book", BOOKS[0][2], lambda: _score(1), abs=5e-10),
    CheckValue("4.1", "score after two books", BOOKS[1][2], lambda: _score(2), abs=5e-10),
    CheckValue("4.1", "score after three books", BOOKS[2][2], lambda: _score(3), abs=5e-10),
    CheckValue("4.1", "drift of a full score, 1/s", 2.5e-5, lambda: drift_rate(1.0, 0.5, 0.5)),
)
