"""What the documents' formulas give in numbers: models.md 1.2."""

from collections.abc import Callable

from mmtui.strategies import glft
from tests.checks import section_12_3
from tests.checks.preset import KAPPA, LIMIT_LOTS, PRICE
from tests.checks.printed import BPS, printed

HALVES = (
    (0.1, "3.333277779", "-5.56e-05"),
    (0.3, "3.333166678", "-1.67e-04"),
    (0.5, "3.333055586", "-2.78e-04"),
    (1.0, "3.332777901", "-5.55e-04"),
    (2.0, "3.332222716", "-1.11e-03"),
)
FROM_BOOKS = ((50.0, "199.4024"), (85.2, "117.1647"), (100.0, "99.8503"), (500.0, "19.9940"), (2000.0, "4.9996"))


def _half_bps(gamma: float, kappa: float = KAPPA) -> float:
    return glft.literal_half_spread(gamma, kappa) * BPS


def _half(gamma: float, kappa: float = KAPPA) -> Callable[[], float]:
    return lambda: _half_bps(gamma, kappa)


def _change(gamma: float) -> Callable[[], float]:
    return lambda: _half_bps(gamma) - BPS * glft.base_half_spread(0.0, KAPPA)


def _skew(sigma: float, horizon_s: float) -> Callable[[], float]:
    return lambda: glft.literal_skew(1.0, 0.3, sigma, horizon_s) * BPS


def _law(policy: str, n: int) -> float:
    quotes = section_12_3.literal() if policy == "literal" else section_12_3.exact(0.3)
    return section_12_3.figures(quotes).law[n + LIMIT_LOTS]


CHECKS = (
    *(printed("1.2", f"literal half-spread, gamma {g:g}, bps", text, _half(g)) for g, text, _ in HALVES),
    *(printed("1.2", f"its change against 1/kappa, gamma {g:g}, bps", text, _change(g)) for g, _, text in HALVES),
    printed("1.2", "change from gamma 0.1 to 2, bps", "0.001055", lambda: _half_bps(0.1) - _half_bps(2.0)),
    printed("1.2", "the same market with kappa per bp, bps", "2.310491", lambda: glft.literal_half_spread(0.3, 0.3)),
    printed("1.2", "with kappa per USD, bps", "0.799298", lambda: glft.literal_half_spread(0.3, 0.03) / PRICE * BPS),
    *(printed("1.2", f"half-spread with kappa {k:g} from a book, bps", text, _half(0.3, k)) for k, text in FROM_BOOKS),
    printed("1.2", "half-spread with kappa 5000, bps", "1.9999", _half(0.3, 5000.0)),
    printed("1.2", "half-spread where a published table has 9.2, bps", "19.990007", _half(0.5, 500.0)),
    printed("1.2", "literal skew of a full position", "3.6e-07", lambda: glft.literal_skew(1.0, 0.3, 1e-4, 120.0)),
    printed("1.2", "literal skew of a full position, bps", "0.003600", _skew(1e-4, 120.0)),
    printed("1.2", "the same in USD", "0.0360", lambda: glft.literal_skew(1.0, 0.3, 1e-4, 120.0) * PRICE),
    printed("1.2", "literal skew at twice the volatility, bps", "0.014400", _skew(2e-4, 120.0)),
    printed("1.2", "literal skew with one volume tick for T, bps", "0.000090", _skew(1e-4, 3.0)),
    printed("1.2", "literal: share of time at a limit, %", "18.12", lambda: 200.0 * _law("literal", LIMIT_LOTS)),
    printed("1.2", "literal: share of time flat, %", "9.11", lambda: 100.0 * _law("literal", 0)),
    printed("1.2", "consistent: share of time at a limit, %", "1.28", lambda: 200.0 * _law("exact", LIMIT_LOTS)),
    printed("1.2", "consistent: share of time flat, %", "19.33", lambda: 100.0 * _law("exact", 0)),
    printed("1.2", "change from gamma 0.3 to 0.75, bps", "0.000250", lambda: _half_bps(0.3) - _half_bps(0.75)),
)
