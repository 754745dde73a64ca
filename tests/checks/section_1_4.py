"""What gamma does at the preset: models.md 1.4."""

from collections.abc import Callable, Iterator

from mmtui.strategies import avellaneda_stoikov, glft
from tests.checks.preset import KAPPA, LIMIT_LOTS, REFERENCE_S, SIGMA, UNIT_USD, aversion, flow, risk
from tests.checks.printed import BPS, printed
from tests.checks.values import CheckValue

NAMES = (
    "aversion, 1/USD",
    "risk per lot",
    "risk over kappa",
    "base, bps",
    "slope without fee, bps",
    "slope with fee, bps",
    "half-spread when flat, bps",
    "skew at the limit, bps",
    "skew of the known horizon, bps",
)
TABLE = {
    0.1: "0.009128709 9.128709 0.003042903 3.3282721 0.1439101 0.1802219 4.9183831 0.9011096 0.5477226",
    0.3: "0.027386128 27.386128 0.009128709 3.3182108 0.2496376 0.3126269 4.9745242 1.5631344 1.6431677",
    0.5: "0.045643546 45.643546 0.015214515 3.3082301 0.3227676 0.4042092 5.0103347 2.0210458 2.7386128",
    1.0: "0.091287093 91.287093 0.030429031 3.2836242 0.4581757 0.5737839 5.0705161 2.8689194 5.4772256",
    2.0: "0.182574186 182.574186 0.060858062 3.2358393 0.6527604 0.8174666 5.1445726 4.0873332 10.9544512",
}


def _row(gamma: float) -> tuple[float, ...]:
    value, free, charged = risk(gamma), flow(0.0), flow()
    form = glft.closed_form(value, SIGMA, charged, charged)
    ending = avellaneda_stoikov.horizon_form(value, SIGMA, charged, charged, REFERENCE_S)
    return (
        aversion(gamma),
        value,
        value / KAPPA,
        form.base_bid * BPS,
        glft.inventory_slope(value, SIGMA, free) * BPS,
        form.slope * BPS,
        form.bid_distance(0) * BPS,
        (form.bid_distance(LIMIT_LOTS) - form.bid_distance(0)) * BPS,
        (ending.bid_distance(LIMIT_LOTS) - ending.bid_distance(0)) * BPS,
    )


def _cell(gamma: float, column: int) -> Callable[[], float]:
    return lambda: _row(gamma)[column]


def _rows() -> Iterator[CheckValue]:
    for gamma, figures in TABLE.items():
        for column, figure in enumerate(figures.split()):
            yield printed("1.4", f"gamma {gamma:g}: {NAMES[column]}", figure, _cell(gamma, column))


CHECKS = (printed("1.4", "risk unit, USD", "10.954451150", lambda: UNIT_USD), *_rows())
