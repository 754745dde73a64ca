"""Numbers for people: four digits, without an exponent where that is readable. Pure."""

DIGITS = 4
PLAIN_MIN, PLAIN_MAX = 1e-3, 1e9


def figure(value: float) -> str:
    """``value`` to four digits: 15810, 0.4450, 4.45e-05."""
    if value and not PLAIN_MIN <= abs(value) < PLAIN_MAX:
        return f"{value:.{DIGITS - 1}e}"
    rounded = float(f"{value:.{DIGITS}g}")
    return f"{rounded:.0f}" if abs(rounded) >= 10 ** (DIGITS - 1) else f"{rounded:.{DIGITS}g}"


def probability(value: float) -> str:
    """A probability as part of a line."""
    return "p<.001" if value < 0.001 else f"p {value:.3f}"
