"""Queue ahead: models.md 9.1."""

from mmtui.estimators.queue.ahead import QueueModel, after_book, decayed
from tests.checks.values import CheckValue


def _power(front: float, before: float, after: float, traded: float, power: float) -> float:
    return after_book(front, before, after, traded, QueueModel.POWER, power)


CHECKS = (
    CheckValue("9.1", "(30, 100, 80, 0), n=2", 26.896551724, lambda: _power(30, 100, 80, 0, 2), abs=5e-10),
    CheckValue("9.1", "(30, 100, 80, 5), n=2", 27.672413793, lambda: _power(30, 100, 80, 5, 2), abs=5e-10),
    CheckValue("9.1", "(30, 100, 110, 0), n=2", 30.0, lambda: _power(30, 100, 110, 0, 2)),
    CheckValue("9.1", "(80, 100, 40, 0), n=3", 20.923076923, lambda: _power(80, 100, 40, 0, 3), abs=5e-10),
    CheckValue("9.1", "(30, 100, 20, 0), n=1", 6.0, lambda: _power(30, 100, 20, 0, 1)),
    CheckValue(
        "9.1", "(30, 100, 80, 0), log", 21.076690292, lambda: after_book(30, 100, 80, 0, QueueModel.LOG), abs=5e-10
    ),
    CheckValue("9.1", "decay of 30 over 2.5 s", 17.173002067, lambda: decayed(30.0, 2.5), abs=5e-10),
)
