"""The constrained optimiser of sizes: models.md 2.11."""

from collections.abc import Iterator

from mmtui.strategies import allocation
from mmtui.strategies.allocation import SizeMode
from mmtui.strategies.edge_sizing import AllocationSettings, SideEdge
from mmtui.strategies.inputs import AdverseCost
from mmtui.strategies.sizing import geometric_weights
from tests.checks.preset import FEE, INTENSITY, KAPPA, PRICE, SIGMA
from tests.checks.printed import BPS, printed
from tests.checks.values import CheckValue

DEPTHS = tuple(bps / BPS for bps in (4.0, 6.0, 9.0, 13.5, 20.0))
MEAN_ORDER, CAP = 0.01, 0.02
VALUES = "1.102178024e-05 1.306254087e-05 9.534352462e-06 4.091038295e-06 9.104290528e-07"
OPTIMAL = {
    0.04: ("0.01241543 0.01411418 0.01096571 0.00250468 0.00000000", "3.184612221e-06"),
    0.01: ("0.00325032 0.00494908 0.00180060 0.00000000 0.00000000", "7.963281047e-06"),
}
PROPORTIONAL = "0.01141558 0.01352925 0.00987501 0.00423721 0.00094296"


def edge() -> SideEdge:
    """The side as the strategies know it; the adverse move falls by e every 10 bps from 1 bp."""
    settings = AllocationSettings(SizeMode.VARIATIONAL, 1.0, allocation.Kelly())
    law = AdverseCost(0.0, 1e-4, 1.0 / 10e-4)
    return SideEdge(settings, KAPPA, INTENSITY, FEE, law, sigma=SIGMA, mean_order=MEAN_ORDER, equity=0.0)


def edges() -> list[float]:
    """What a unit filled at each level earns."""
    return [edge().gain(depth) for depth in DEPTHS]


def values() -> list[float]:
    """What a unit of size earns at each level, 1/s."""
    return [edge().worth(depth, depth) for depth in DEPTHS]


def optimal(budget: float) -> allocation.Allocation:
    return allocation.variational(values(), MEAN_ORDER, budget, CAP)


def income_usd(sizes: tuple[float, ...]) -> float:
    """What sizes earn, USD/s."""
    return allocation.expected_income(values(), sizes, MEAN_ORDER) * PRICE


def _rows() -> Iterator[CheckValue]:
    for i, figure in enumerate(VALUES.split()):
        yield printed("2.11", f"worth of level {i}, 1/s", figure, lambda i=i: values()[i])
    for budget, (figures, marginal) in OPTIMAL.items():
        for i, figure in enumerate(figures.split()):
            name = f"{budget:g} in all: size of level {i}"
            yield printed("2.11", name, figure, lambda i=i, b=budget: optimal(b).sizes[i])
        yield printed("2.11", f"{budget:g} in all: marginal worth", marginal, lambda b=budget: optimal(b).marginal)
    for i, figure in enumerate(PROPORTIONAL.split()):
        name = f"in proportion: size of level {i}"
        yield printed("2.11", name, figure, lambda i=i: allocation.proportional(values(), 0.04, CAP)[i])


CHECKS = (
    *_rows(),
    printed("2.11", "income of the optimum, USD/s", "0.024971263", lambda: income_usd(optimal(0.04).sizes)),
    printed(
        "2.11",
        "income in proportion, USD/s",
        "0.024666075",
        lambda: income_usd(allocation.proportional(values(), 0.04, CAP)),
    ),
    printed(
        "2.11",
        "income of the geometric sizes, USD/s",
        "0.023124116",
        lambda: income_usd(tuple(0.04 * weight for weight in geometric_weights(5, 0.53))),
    ),
)
