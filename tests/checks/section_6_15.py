"""Funding: models.md 6.15."""

from collections.abc import Callable

from mmtui.estimators.carry import rates
from mmtui.strategies import glft
from tests.checks.values import CheckValue

TERMS = rates.FundingTerms()
BOOKS = (
    ("above", 100_080.0, 100_100.0, 0.0008, 0.0003, 0.0000375),
    ("below", 99_950.0, 99_970.0, -0.0003, 0.0001, 0.0000125),
    ("around", 99_990.0, 100_010.0, 0.0, 0.0001, 0.0000125),
)


def _premium(bid: float, ask: float, *, is_builder: bool = False) -> float:
    found = rates.premium(100_000.0, bid, ask, is_builder=is_builder)
    assert found is not None
    return found


def _hourly_payment() -> float:
    return rates.payment_usd(0.05, 100_000.0, rates.hourly_rate(0.0008, TERMS))


def _eight_hour_payment() -> float:
    return rates.expected_cost_usd(0.05, 100_000.0, rates.hourly_rate(0.0008, TERMS), 8.0 * rates.HOUR_S)


def _risk() -> float:
    return glft.risk_per_lot(0.3, 1000.0, glft.risk_unit(0.05, 100_000.0, 2e-4, 120.0))


def _predicted() -> float:
    return rates.predicted_premium(1500.0, 8e-4, 2e-4)


def _row(name: str, expected: float, ours: Callable[[], float]) -> CheckValue:
    return CheckValue("6.15", name, expected, ours, abs=1e-12)


CHECKS = (
    *(
        row
        for name, bid, ask, premium, eight, hourly in BOOKS
        for row in (
            _row(f"premium, impact prices {name}", premium, lambda b=bid, a=ask: _premium(b, a)),  # type: ignore[misc]
            _row(f"8 h rate, {name}", eight, lambda p=premium: rates.eight_hour_rate(p, TERMS)),  # type: ignore[misc]
            _row(f"hourly rate, {name}", hourly, lambda p=premium: rates.hourly_rate(p, TERMS)),  # type: ignore[misc]
        )
    ),
    _row("official example", 0.0095, lambda: rates.eight_hour_rate(0.01, TERMS)),
    _row("premium of a builder's contract", 0.0009, lambda: _premium(100_080.0, 100_100.0, is_builder=True)),
    _row("payment an hour, USD", 0.1875, _hourly_payment),
    _row("payment over eight hours, USD", 1.5, _eight_hour_payment),
    _row("predicted premium", 0.00045, _predicted),
    _row("its hourly rate", 0.0000125, lambda: rates.hourly_rate(_predicted(), TERMS)),
    CheckValue("6.15", "target, lots", -0.019018144, lambda: rates.target_lots(3.75e-5, 0.5, _risk(), 1e-4), abs=5e-10),
    CheckValue(
        "6.15", "target at 1 % an hour, lots", -5.0715, lambda: rates.target_lots(0.01, 0.5, _risk(), 1e-4), abs=5e-5
    ),
)
