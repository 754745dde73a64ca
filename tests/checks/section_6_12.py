"""The local level: models.md 6.12."""

from collections.abc import Iterator

from mmtui.estimators.fair.kalman import Level, gain, update
from tests.checks.values import CheckValue

START, PROCESS, NOISE = Level(100.0, 0.04), 0.01, 0.09
OBSERVED = (100.2, 99.9, 100.4)
VALUES = (100.071428571, 100.016756757, 100.132003360)
VARIANCES = (0.032142857, 0.028702703, 0.027064259)


def _after(observations: tuple[float, ...]) -> Level:
    level = START
    for observed in observations:
        level = update(level, observed, PROCESS, NOISE)
    return level


def _settled() -> float:
    """Variance before an observation, once it no longer changes."""
    return _after((100.0,) * 200).variance + PROCESS


def _rows() -> Iterator[CheckValue]:
    for i, (value, variance) in enumerate(zip(VALUES, VARIANCES, strict=True), start=1):
        seen = OBSERVED[:i]
        yield CheckValue("6.12", f"level after {i}", value, lambda s=seen: _after(s).value, abs=5e-10)
        yield CheckValue("6.12", f"variance after {i}", variance, lambda s=seen: _after(s).variance, abs=5e-10)
    yield CheckValue("6.12", "settled variance before an observation", 0.035413812651, _settled)
    yield CheckValue("6.12", "settled gain", 0.282375696128, lambda: gain(_settled(), NOISE))


CHECKS = tuple(_rows())
