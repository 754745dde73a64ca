"""One-sidedness of the volume: models.md 6.7 and 7.5."""

from mmtui.domain.instrument import Side
from mmtui.estimators.vpin import Vpin
from tests.checks.values import CheckValue

BUYS = (6.0, 3.0, 8.0, 5.0, 2.0)
BUCKET = 10.0


def _vpin() -> float:
    vpin = Vpin()
    for i, bought in enumerate(BUYS):
        vpin.on_trade(float(i), Side.BUY, bought, BUCKET)
        vpin.on_trade(float(i), Side.SELL, BUCKET - bought, BUCKET)
    return vpin.value


CHECKS = (CheckValue("7.5", "five buckets of ten", 0.36, _vpin),)
