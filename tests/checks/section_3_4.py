"""The inventory-aware strategy: models.md 3.4, quotes of the strategy itself before the grid."""

from mmtui.domain.book import Touch
from tests.checks.printed import BPS, printed
from tests.checks.quotes import quotes
from tests.unit.strategies.quote_contexts import context, estimates, settings

VALUES = settings(strategy__half_spread_bps=5.0, strategy__inventory_skew_factor=0.6)
TOUCH = Touch(0, 99.98, 1.0, 100.02, 1.0)


def _price(share: float, side: int) -> float:
    """The quote by its centre and half-spread, since a full position leaves the side that would add to it empty."""
    held = context(position=round(5_000_000 * share), limit=5_000_000, touch=TOUCH, view=estimates(mid=100.0))
    ladder = quotes(held, VALUES, "inventory_aware")
    return ladder.reservation - side * ladder.reference * ladder.half_spread_bps / BPS


CHECKS = (
    printed("3.4", "half a limit held: bid", "99.935000", lambda: _price(0.5, 1)),
    printed("3.4", "half a limit held: ask", "100.035000", lambda: _price(0.5, -1)),
    printed("3.4", "a limit short: bid", "99.980000", lambda: _price(-1.0, 1)),
    printed("3.4", "a limit short: ask", "100.080000", lambda: _price(-1.0, -1)),
)
