"""The jump test's constants and the forecast of the square-root process: models.md 6.3."""

import math

from mmtui.estimators.volatility import lee_mykland
from mmtui.estimators.volatility.stochastic import average, forecast
from tests.checks.values import CheckValue

MEAN, REVERSION, NOW = 1e-8, 1.0 / 300.0, 4e-8

CHECKS = (
    CheckValue("6.3", "C of 100 returns", 2.594650334, lambda: lee_mykland.location(100.0)),
    CheckValue("6.3", "S of 100 returns", 0.329505114, lambda: lee_mykland.scale(100.0)),
    CheckValue("6.3", "threshold of 100 returns at 1 %", 4.110423032, lambda: lee_mykland.threshold(100.0, 0.01)),
    CheckValue("6.3", "threshold of 1000 returns at 1 %", 4.540577289, lambda: lee_mykland.threshold(1000.0, 0.01)),
    CheckValue("6.3", "threshold of 1000 returns at 5 %", 4.102054798, lambda: lee_mykland.threshold(1000.0, 0.05)),
    CheckValue("6.3", "variance in 60 s", 3.456192259e-08, lambda: forecast(NOW, MEAN, REVERSION, 60.0)),
    CheckValue("6.3", "mean variance over 60 s", 3.719038704e-08, lambda: average(NOW, MEAN, REVERSION, 60.0)),
    CheckValue("6.3", "its sigma", 1.928480932e-04, lambda: math.sqrt(average(NOW, MEAN, REVERSION, 60.0))),
    CheckValue("6.3", "mean variance over 300 s", 2.896361676e-08, lambda: average(NOW, MEAN, REVERSION, 300.0)),
)
