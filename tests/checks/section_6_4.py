"""Kappa from orders: models.md 6.4."""

from mmtui.estimators.arrivals.intensity import Gamma, ReachCount
from mmtui.estimators.ewma import decay, time_constant
from tests.checks.values import CheckValue

Z_BPS = (1.2, 4.5, 0.8, 2.9, 7.7, 3.3, 0.4, 5.1, 2.2, 1.9)
TAU_S = time_constant(300.0)


def _posterior() -> Gamma:
    count = ReachCount()
    count.advance(0.0, (TAU_S, TAU_S))
    for z in Z_BPS:
        count.add(z * 1e-4, is_first=True)
    seen = count.reached(0.0, TAU_S)
    return Gamma(10.0 + seen.weight, 0.004 + seen.excess)


def _likeliest() -> float:
    posterior = _posterior()
    return Gamma(posterior.shape - 10.0, posterior.rate - 0.004).mean


def _after_30_s() -> Gamma:
    count = ReachCount()
    count.advance(0.0, (TAU_S, TAU_S))
    for _ in range(15):
        count.add(0.0045 / 15.0, is_first=True)
    count.advance(30.0, (TAU_S, TAU_S))
    count.add(2.5e-4, is_first=True)
    seen = count.reached(30.0, TAU_S)
    return Gamma(10.0 + seen.weight, 0.004 + seen.excess)


CHECKS = (
    CheckValue("6.4", "shape after ten reaches", 20.0, lambda: _posterior().shape),
    CheckValue("6.4", "rate after ten reaches", 0.007, lambda: _posterior().rate),
    CheckValue("6.4", "kappa after ten reaches", 2857.142857143, lambda: _posterior().mean),
    CheckValue("6.4", "its deviation", 638.876565000, lambda: _posterior().deviation),
    CheckValue("6.4", "its likeliest value without the prior", 3333.333333333, _likeliest),
    CheckValue("6.4", "lower end of its interval", 1745.217084, lambda: _posterior().interval()[0]),
    CheckValue("6.4", "upper end of its interval", 4238.693367, lambda: _posterior().interval()[1]),
    CheckValue("6.4", "share kept after 30 s", 0.933032992, lambda: decay(30.0, TAU_S)),
    CheckValue("6.4", "shape one step on", 24.995494873, lambda: _after_30_s().shape),
    CheckValue("6.4", "rate one step on", 0.008448648462, lambda: _after_30_s().rate),
    CheckValue("6.4", "kappa one step on", 2958.519932, lambda: _after_30_s().mean),
)
