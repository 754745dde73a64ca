"""Drawdown: models.md 10.5."""

from functools import partial
from itertools import accumulate

from mmtui.risk.monitors.drawdown import drawdown
from tests.checks.values import CheckValue

PATH = (0.0, 12.0, 30.0, 18.0, -5.0, 22.0, 31.0, 10.0)
PEAKS = tuple(accumulate(PATH, max))
EXPECTED = (0.0, 0.0, 0.0, 0.011650485, 0.033980583, 0.007766990, 0.0, 0.020368574)

CHECKS = tuple(
    CheckValue("10.5", f"drawdown at step {i}", EXPECTED[i], partial(drawdown, PATH[i], PEAKS[i], 1000.0), abs=5e-10)
    for i in range(len(PATH))
)
