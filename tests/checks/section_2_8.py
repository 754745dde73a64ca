"""Depths of a ladder: models.md 2.8."""

from collections.abc import Iterator

from mmtui.strategies.depth import inventory_offsets, spaced_bps
from mmtui.strategies.glft import closed_form
from tests.checks.preset import SIGMA, flow, risk
from tests.checks.printed import BPS, printed
from tests.checks.values import CheckValue

SPACED = {
    True: "5.000000 8.891397 15.811388 28.117066 50.000000",
    False: "5.0000 16.2500 27.5000 38.7500 50.0000",
}
BY_INVENTORY = {
    0: "4.896368 5.052681 5.208994 5.365308 5.521621",
    2: "5.521621 5.677935 5.834248 5.990562 6.146875",
}


def _by_inventory(n: int, level: int) -> float:
    form = closed_form(risk(), SIGMA, flow(), flow())
    return form.bid_distance(n) * BPS + inventory_offsets(form.slope * BPS, [0.5] * 5)[level]


def _rows() -> Iterator[CheckValue]:
    for is_geometric, figures in SPACED.items():
        shape = "geometric" if is_geometric else "linear"
        for i, figure in enumerate(figures.split()):
            yield printed(
                "2.8",
                f"{shape} spacing: level {i}, bps",
                figure,
                lambda i=i, g=is_geometric: spaced_bps(5.0, 50.0, 5, g)[i],
            )
    for n, figures in BY_INVENTORY.items():
        for i, figure in enumerate(figures.split()):
            name = f"by inventory, {n} lots held: level {i}, bps"
            yield printed("2.8", name, figure, lambda i=i, n=n: _by_inventory(n, i))


CHECKS = (*_rows(),)
