"""The dealer of a known horizon: models.md 3.1."""

from mmtui.strategies.avellaneda_stoikov import reservation_price, total_spread
from tests.checks.printed import BPS, printed
from tests.checks.quotes import first, quotes, term_bps
from tests.unit.strategies.quote_contexts import PURE, context

GAMMA, SIGMA, KAPPA = 0.1, 2.0, 1.5
# The inventory multiplier of gamma is no part of the figure.
HORIZON = PURE.with_values({"strategy.glft_mode": "as_horizon", "risk.inventory_sensitivity": 0.0})


def _skew_bps() -> float:
    return term_bps(first(quotes(context(position=5000), HORIZON), 1), "inventory skew")


CHECKS = (
    printed("3.1", "spread with 1 to go", "1.690770423", lambda: total_spread(GAMMA, SIGMA, KAPPA, 1.0)),
    printed("3.1", "reservation with 3 held", "98.800000", lambda: reservation_price(100.0, 3, GAMMA, SIGMA, 1.0)),
    printed("3.1", "spread with 0.5 to go", "1.490770423", lambda: total_spread(GAMMA, SIGMA, KAPPA, 0.5)),
    printed("3.1", "reservation with -2 held", "100.400000", lambda: reservation_price(100.0, -2, GAMMA, SIGMA, 0.5)),
    printed("3.1", "preset: shift at the limit, bps", "-1.643167673", lambda: -_skew_bps()),
    printed("3.1", "preset: half-spread, bps", "4.982527548", lambda: quotes(context(), HORIZON).half_spread_bps),
    printed(
        "3.1",
        "preset: quotes are centred, bps",
        "0.000000",
        lambda: (1.0 - quotes(context(), HORIZON).reservation / 100_000.0) * BPS,
    ),
)
