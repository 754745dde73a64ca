"""Numbers, ages, times and foreign text as people read them. Pure.

Owns the rule that nothing unprintable or double-width reaches the screen, so that the length of a
text is its width in cells. Never cuts a number: a caller that lacks room drops the whole item.
"""

import math
import unicodedata
from datetime import UTC, datetime

NOTHING = "."
LARGE = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))


def is_number(value: float | None) -> bool:
    """Whether there is a finite value to show."""
    return value is not None and math.isfinite(value)


def number(value: float | None, decimals: int) -> str:
    """Fixed decimals, ``.`` for nothing; a negative zero loses its sign."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def signed(value: float | None, decimals: int) -> str:
    """As ``number`` with the sign always shown."""
    text = number(value, decimals)
    return text if text == NOTHING or text.startswith("-") else "+" + text


def compact(value: float | None, digits: int = 4) -> str:
    """About ``digits`` significant digits in at most ``digits + 4`` cells: 0.0312, 1.81, 732, 12.3k, 1.2e-07."""
    text = aligned(value, digits)
    if "." in text and "e" not in text and text[-1].isdigit():
        return text.rstrip("0").rstrip(".")
    return text


def aligned(value: float | None, digits: int = 4) -> str:
    """As ``compact``, keeping zeros at the end so that columns of like numbers stay in line."""
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if size >= 1e12 or 0 < size < 1e-4:
        return f"{value:.{max(digits - 3, 0)}e}"
    for start, scale, letter in LARGE:
        if size >= start:
            return f"{value / scale:.{max(digits - len(str(int(size / scale))) - 1, 0)}f}{letter}"
    whole = len(str(int(size))) if size >= 1 else 0
    leading = 0 if size >= 1 or size == 0 else max(0, -math.floor(math.log10(size)) - 1)
    decimals = digits - whole + leading if size else 2
    return number(value, max(0, min(6, decimals)))


def percent(ratio: float | None) -> str:
    """A share as whole per cent; capped so that it never outgrows four cells."""
    if ratio is None or not math.isfinite(ratio):
        return NOTHING
    return f"{min(round(ratio * 100), 999):d}%"


def age(seconds: float | None) -> str:
    """0.3s, 12s, 4m, 2h, 3d."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    for limit, divisor, unit in ((99.5, 1, "s"), (5_970, 60, "m"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / divisor:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def milliseconds(value: float | None) -> str:
    """0.4ms, 38ms, 2.1s."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value >= 999.5:
        return age(value / 1e3)
    return f"{value:.1f}ms" if value < 9.95 else f"{value:.0f}ms"


def duration(seconds: float) -> str:
    """3:12:44."""
    whole = int(max(seconds, 0.0)) if math.isfinite(seconds) else 0
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def clock(at: float, decimals: int = 0) -> str:
    """UTC time of day of an engine second; ``--:--:--`` when there is none."""
    if not math.isfinite(at) or not 0 < at < 1e11:
        return "--:--:--"
    moment = datetime.fromtimestamp(at, UTC)
    text = moment.strftime("%H:%M:%S")
    return f"{text}.{moment.microsecond // 10 ** (6 - decimals):0{decimals}d}" if decimals else text


def date(at: float) -> str:
    """UTC day of an engine second."""
    if not math.isfinite(at) or not 0 < at < 1e11:
        return ""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def plain(text: str) -> str:
    """Text of any origin, safe to draw: no control characters, each character one cell wide, read left to right."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_one_cell(char) for char in text)


def _one_cell(char: str) -> str:
    if char in "\t\r\n":
        return " "
    if not char.isprintable() or unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return ""
    is_mirrored = unicodedata.bidirectional(char) in ("R", "AL", "AN")
    return "?" if is_mirrored or unicodedata.east_asian_width(char) in "FW" else char


def short_account(account: str) -> str:
    """0x3f..91c2."""
    return f"{account[:4]}..{account[-4:]}" if len(account) > 12 else account


def cut(text: str, width: int) -> str:
    """Words shortened to ``width`` with a visible mark; a number is left out whole rather than cut."""
    if len(text) <= width:
        return text
    mark = ".."[: max(width, 0)]
    room = max(width - len(mark), 0)
    kept = text[:room].rstrip()
    start = kept.rfind(" ") + 1
    word = text[start:].split(" ", 1)[0]
    if any(char.isdigit() for char in word) and (len(kept) < start + len(word) or len(kept) + 1 > room):
        kept = text[:start].rstrip()
    # The mark right behind a number would read as more digits.
    return f"{kept} {mark}" if kept[-1:].isdigit() and len(kept) < room else kept + mark
