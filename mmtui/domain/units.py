"""Exact numbers: prices, sizes and USD as integers, and their strict parsing and printing.

Owns the conversion between decimal text and integers. A price counts units of
``10**-price_decimals`` and a size units of ``10**-size_decimals`` of its instrument; on perps
``price * size`` is then exactly micro-USD. Never accepts NaN, infinities, exponents, signs where
none belong, underscores or absurd lengths: those raise ``UnitError``.
"""

import re
from typing import TypeAlias

Price: TypeAlias = int
Size: TypeAlias = int
UsdMicro: TypeAlias = int

MICRO = 1_000_000
BPS = 1e4
TEXT_LENGTH_MAX = 40

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


class UnitError(ValueError):
    """A decimal text that is not a plain finite number on the required grid."""


def parse_units(text: str, decimals: int) -> int:
    """Integer count of ``10**-decimals`` in a plain unsigned decimal text.

    Raises UnitError for anything else, and for non-zero digits beyond ``decimals``.
    """
    if len(text) > TEXT_LENGTH_MAX or not _PLAIN.fullmatch(text):
        raise UnitError(f"not a plain decimal number: {text[:TEXT_LENGTH_MAX]!r}")
    whole, _, fraction = text.partition(".")
    if fraction[decimals:].strip("0"):
        raise UnitError(f"{text} has more than {decimals} decimals")
    return int(whole) * int(10**decimals) + int(fraction[:decimals].ljust(decimals, "0") or "0")


def parse_signed_units(text: str, decimals: int) -> int:
    """As parse_units, with one optional leading minus."""
    return -parse_units(text[1:], decimals) if text.startswith("-") else parse_units(text, decimals)


def parse_rounded_units(text: str, decimals: int) -> int:
    """As parse_signed_units, but digits beyond ``decimals`` are rounded half away from zero.

    For venue sums that carry binary noise, such as ``2616763.2999999998``.
    """
    negative = text.startswith("-")
    body = text[1:] if negative else text
    if len(body) > TEXT_LENGTH_MAX or not _PLAIN.fullmatch(body):
        raise UnitError(f"not a plain decimal number: {text[:TEXT_LENGTH_MAX]!r}")
    whole, _, fraction = body.partition(".")
    value = int(whole) * int(10**decimals) + int(fraction[:decimals].ljust(decimals, "0") or "0")
    if fraction[decimals : decimals + 1] >= "5":
        value += 1
    return -value if negative else value


def parse_usd(text: str) -> UsdMicro:
    """Micro-USD of a signed decimal text, rounded to the micro-USD."""
    return parse_rounded_units(text, 6)


def format_units(value: int, decimals: int) -> str:
    """Canonical wire text: no exponent, no trailing zeros, ``"0"`` for zero."""
    if decimals == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def format_fixed(value: int, decimals: int) -> str:
    """Decimal text with every one of ``decimals`` digits, for aligned columns."""
    if decimals == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), 10**decimals)
    return f"{sign}{whole}.{fraction:0{decimals}d}"


def format_venue(value: int, decimals: int) -> str:
    """The venue's own style: canonical, with at least one fractional digit (``"31795.0"``)."""
    text = format_units(value, decimals)
    return text if "." in text else text + ".0"


def usd(value_micro: UsdMicro) -> float:
    """USD as a float, for models and display only."""
    return value_micro / MICRO
