"""Sizes that fall geometrically: models.md 2.10."""

from collections.abc import Iterator

from mmtui.strategies.sizing import geometric_weights
from tests.checks.printed import printed
from tests.checks.values import CheckValue

DECAY = 0.53
SIZES = "0.122628259 0.064992977 0.034446278 0.018256527 0.009675959"
FROM_FIRST = "0.02200000 0.01166000 0.00617980 0.00327529 0.00173591"


def _weights() -> tuple[float, ...]:
    return geometric_weights(5, DECAY)


def _rows() -> Iterator[CheckValue]:
    for i, figure in enumerate(SIZES.split()):
        yield printed("2.10", f"size of level {i} of 0.25 in all", figure, lambda i=i: 0.25 * _weights()[i])
    yield printed("2.10", "their sum", "0.25", lambda: 0.25 * sum(_weights()))
    for i, figure in enumerate(FROM_FIRST.split()):
        name = f"size of level {i} after a first of 0.022"
        yield printed("2.10", name, figure, lambda i=i: 0.022 * _weights()[i] / _weights()[0])


CHECKS = (*_rows(),)
