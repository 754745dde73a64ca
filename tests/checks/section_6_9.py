"""Micro-price by ridge regression: models.md 6.9."""

import math

from mmtui.domain.parameters import Settings
from mmtui.estimators.fair.microprice import Microprice
from mmtui.estimators.fair.ridge import Fit, RegressionSums
from tests.checks.values import CheckValue


def _sums() -> RegressionSums:
    sums = RegressionSums()
    for i in range(1, 61):
        x1, x2 = math.sin(0.7 * i), 0.8 * math.cos(1.3 * i)
        sums.add(x1, x2, 4e-5 * x1 + 2e-5 * x2 + 1e-5 * math.sin(5 * i) + 1e-6)
    return sums


def _fit(penalty: float) -> Fit:
    return _sums().fit(penalty)


def _uncentred() -> Fit:
    return _sums().fit(1e-3, is_centred=False)


def _price() -> float:
    microprice = Microprice(Settings.defaults().with_values({"estimators.microprice_clamp": "2"}))
    microprice.fit = _fit(1e-3)
    return 100_000.0 * (1.0 + microprice.deviation(0.4, -0.25, 1e-5)[0])


CHECKS = (
    CheckValue("6.9", "slope on the book, no penalty", 4.033185520e-05, lambda: _fit(0.0).beta_book),
    CheckValue("6.9", "slope on flow, no penalty", 2.596366084e-05, lambda: _fit(0.0).beta_flow),
    CheckValue("6.9", "slope on the book, penalty 0.001", 4.025075468e-05, lambda: _fit(1e-3).beta_book),
    CheckValue("6.9", "slope on flow, penalty 0.001", 2.588063005e-05, lambda: _fit(1e-3).beta_flow),
    CheckValue("6.9", "slope on the book, penalty 0.1", 3.357463900e-05, lambda: _fit(0.1).beta_book),
    CheckValue("6.9", "slope on flow, penalty 0.1", 1.964815667e-05, lambda: _fit(0.1).beta_flow),
    CheckValue("6.9", "slope on the book, uncentred", 4.029114433e-05, lambda: _uncentred().beta_book),
    CheckValue("6.9", "slope on flow, uncentred", 2.586063509e-05, lambda: _uncentred().beta_flow),
    CheckValue("6.9", "micro-price", 100_000.96301444, _price, rel=0.0, abs=5e-9),
)
