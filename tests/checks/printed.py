"""Rows from figures as they are printed, so that each is held to the last digit it shows."""

import math
from collections.abc import Callable

from tests.checks.values import CheckValue

BPS = 1e4


def printed(section: str, name: str, figure: str, ours: Callable[[], float | None]) -> CheckValue:
    """A row for a figure in its printed form; half a unit of its last digit is allowed where that is looser."""
    mantissa, _, exponent = figure.partition("e")
    half_digit = 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    # A figure rounded to its last digit is at most half of it away; the rest is the float of the figure itself.
    return CheckValue(section, name, float(figure), lambda: number(ours()), abs=half_digit * (1.0 + 1e-6))


def number(value: float | None) -> float:
    """The value, or nothing that agrees with any figure."""
    return math.inf if value is None else value
