"""Cost of a fill by depth: models.md 7.3."""

from functools import cache

from mmtui.estimators.adverse.depth_costs import DecayLaw, DepthBin, fit_decay
from tests.checks.printed import printed

BINS = tuple(
    DepthBin(depth, cost, weight)
    for depth, cost, weight in zip(
        (2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 20.0),
        (2.6, 2.1, 1.6, 1.45, 0.8, 0.62, 0.35),
        (40.0, 35.0, 25.0, 20.0, 12.0, 8.0, 5.0),
        strict=True,
    )
)


@cache
def _law() -> DecayLaw:
    law = fit_decay(BINS)
    assert law is not None, "the published bins carry a law"
    return law


CHECKS = (
    printed("7.3", "cost at depth zero, bps", "3.2298547", lambda: _law().zero_bps),
    printed("7.3", "decay, bps", "9.171919", lambda: _law().decay_bps),
    printed("7.3", "misfit", "0.4507662", lambda: _law().squares),
)
