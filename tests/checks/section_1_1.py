"""The same quotes in fractions and in ticks: models.md 1.1."""

from mmtui.strategies import glft
from tests.checks.printed import printed

TICK = 2e-4


def _distance(risk: float, sigma: float, kappa: float) -> float:
    flow = glft.Flow(kappa, 0.9)
    return glft.closed_form(risk, sigma, flow, flow).bid_distance(0)


CHECKS = (
    printed("1.1", "bid when flat, as a fraction", "0.000662583039713", lambda: _distance(50.0, 6e-5, 1500.0)),
    printed("1.1", "the same in ticks", "3.312915199", lambda: _distance(50.0, 6e-5, 1500.0) / TICK),
    printed("1.1", "computed in ticks", "3.312915199", lambda: _distance(0.01, 0.3, 0.3)),
)
