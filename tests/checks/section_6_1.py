"""The volume clock with a fixed threshold: models.md 6.1."""

import math
from collections.abc import Iterator
from itertools import pairwise

from mmtui.estimators.volatility.volume_clock import VolumeBucket
from tests.checks.values import CheckValue

TRADES = (
    (0.0, 100.00, 0.4), (0.5, 100.02, 0.3), (0.9, 100.01, 0.5), (1.4, 100.03, 0.8), (1.5, 99.99, 0.4),
    (2.6, 99.98, 0.9), (3.0, 100.02, 0.2), (3.3, 100.04, 1.3), (4.1, 100.01, 0.6), (4.2, 100.00, 0.5),
)  # fmt: skip
THRESHOLD = 1.0
VWAPS = (100.009166667, 100.016666667, 99.987272727, 100.040000000, 100.005454545)
CLOSED_AT = (0.9, 1.5, 3.0, 3.3, 4.2)
RETURNS = (7.499031379e-05, -2.939336065e-04, 5.272008485e-04, -3.453760543e-04)


def _buckets() -> list[tuple[float, float]]:
    """Time and price of each bucket as it closes."""
    bucket, closed = VolumeBucket(), []
    for at, price, size in TRADES:
        bucket.add(at, price, size)
        if bucket.volume >= THRESHOLD:
            closed.append((at, bucket.close().vwap))
    return closed


def _returns() -> list[float]:
    return [math.log(later / earlier) for (_, earlier), (_, later) in pairwise(_buckets())]


def _rows() -> Iterator[CheckValue]:
    yield CheckValue("6.1", "buckets", 5.0, lambda: float(len(_buckets())))
    for i, (at, vwap) in enumerate(zip(CLOSED_AT, VWAPS, strict=True)):
        yield CheckValue("6.1", f"price of bucket {i + 1}", vwap, lambda i=i: _buckets()[i][1])
        yield CheckValue("6.1", f"close of bucket {i + 1}", at, lambda i=i: _buckets()[i][0])
    for i, figure in enumerate(RETURNS):
        yield CheckValue("6.1", f"return {i + 1}", figure, lambda i=i: _returns()[i])


CHECKS = tuple(_rows())
