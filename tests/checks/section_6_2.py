"""Realised and bipower variation with the correction for averaged prices: models.md 6.2."""

import math
from collections.abc import Iterator

from mmtui.estimators.volatility.realised import Variation, VolatilityReading, correction, neighbour_correlation
from tests.checks.values import CheckValue

MANY = 1e9
HALF_LIFE_TICKS = 20.0
# Trades a bucket, lag, RV, BV, D, sigma by BV, sigma by RV, ratio.
SMOOTH = (
    (1.0, 1, 5.481207319e-09, 4.973100056e-09, 1.016878414, 6.993250491e-05, 7.341817764e-05, 1.102171132),
    (MANY, 1, 5.481207319e-09, 4.973100056e-09, 1.016878414, 8.433499100e-05, 8.991853653e-05, 1.136796830),
    (MANY, 2, 5.481207319e-09, 7.256576955e-09, 1.016878414, 1.034610825e-04, 8.991853653e-05, 0.755343374),
)
JUMP = (
    (1.0, 1, 2.257213653e-08, 1.108509942e-08, 1.016878414, 1.044083619e-04, 1.489881818e-04, 2.036259278),
    (MANY, 1, 2.257213653e-08, 1.108509942e-08, 1.016878414, 1.259110949e-04, 1.824725115e-04, 2.100230196),
    (MANY, 2, 2.257213653e-08, 9.639359410e-09, 1.016878414, 1.192436338e-04, 1.824725115e-04, 2.341663545),
)
# Trades a bucket, factor of RV, correlation of neighbours, factor of BV at lag 1.
CORRECTIONS = (
    (MANY, 2.0 / 3.0, 0.25, 0.687610600225),
    (10.0, 0.67, 0.246268656716, 0.690421768141),
    (1.0, 1.0, 0.0, 1.0),
)


def _series(size: float, trades: float, lag: int) -> Variation:
    variation = Variation(HALF_LIFE_TICKS, lag)
    for i in range(1, 41):
        log_return = 1e-4 * math.sin(1.7 * i) * (1.0 + 0.5 * math.cos(0.9 * i)) + (size if i == 20 else 0.0)
        variation.add(log_return, 1.0 + 0.3 * math.sin(i), trades)
    return variation


def _reading(size: float, trades: float, lag: int) -> VolatilityReading:
    return _series(size, trades, lag).measure(0.0, 1.0)


def _series_rows(name: str, size: float, rows: tuple[tuple[float, int, float, float, float, float, float, float], ...]):
    for trades, lag, rv, bv, duration, sigma, sigma_rv, ratio in rows:
        case = (size, trades, lag)
        what = f"{name}, lag {lag}, {'averaged prices' if trades > 1.0 else 'no averaging'}"
        yield CheckValue("6.2", f"{what}: RV", rv, lambda c=case: _series(*c).rv)
        yield CheckValue("6.2", f"{what}: BV", bv, lambda c=case: _series(*c).bv)
        yield CheckValue("6.2", f"{what}: D", duration, lambda c=case: _series(*c).duration_s)
        yield CheckValue("6.2", f"{what}: sigma", sigma, lambda c=case: _reading(*c).sigma)
        yield CheckValue("6.2", f"{what}: sigma by RV", sigma_rv, lambda c=case: _reading(*c).sigma_rv)
        yield CheckValue("6.2", f"{what}: ratio", ratio, lambda c=case: _reading(*c).jump_ratio)


def _correction_rows() -> Iterator[CheckValue]:
    for trades, rv, rho, bv in CORRECTIONS:
        what = f"{trades:g} trades a bucket" if trades < MANY else "many trades a bucket"
        yield CheckValue("6.2", f"{what}: factor of RV", rv, lambda m=trades: correction(m, 1).rv)
        yield CheckValue("6.2", f"{what}: correlation", rho, lambda m=trades: neighbour_correlation(m), abs=5e-13)
        yield CheckValue("6.2", f"{what}: factor of BV, lag 1", bv, lambda m=trades: correction(m, 1).bv)
        yield CheckValue("6.2", f"{what}: factor of BV, lag 2", rv, lambda m=trades: correction(m, 2).bv)


CHECKS = (*_series_rows("smooth", 0.0, SMOOTH), *_series_rows("jump", 8e-4, JUMP), *_correction_rows())
