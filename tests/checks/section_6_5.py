"""Kappa and A from interval maxima, and A from orders: models.md 6.5."""

from mmtui.estimators.arrivals.gumbel import GumbelFit, Maxima, gumbel_fit, log_likelihood
from mmtui.estimators.arrivals.intensity import Gamma, at_touch
from tests.checks.values import CheckValue

MAXIMA = Maxima(
    tuple(bps * 1e-4 for bps in (2.1, 5.6, 0.7, 3.3, 9.4, 1.1, 4.2, 2.6, 6.8)), silent=3, interval_s=1.0, floor=0.5e-4
)


def _fit() -> GumbelFit:
    fit = gumbel_fit(MAXIMA)
    assert fit is not None
    return fit


CHECKS = (
    CheckValue("6.5", "A of the maxima", 1.670470, lambda: _fit().intensity, abs=5e-7),
    CheckValue("6.5", "kappa of the maxima", 3867.6288, lambda: _fit().kappa, abs=5e-5),
    CheckValue(
        "6.5",
        "log-likelihood at its maximum",
        56.115405451,
        lambda: log_likelihood(MAXIMA, _fit().intensity, _fit().kappa),
    ),
    CheckValue("6.5", "log-likelihood at (1, 3000)", 55.183439041, lambda: log_likelihood(MAXIMA, 1.0, 3000.0)),
    CheckValue("6.5", "rate of orders beyond the floor", 0.166666667, lambda: Gamma(5.0 + 10.0, 50.0 + 40.0).mean),
    CheckValue(
        "6.5",
        "A of the orders",
        0.221785366,
        lambda: at_touch(Gamma(5.0 + 10.0, 50.0 + 40.0).mean, 2857.142857, 1e-4),
    ),
)
