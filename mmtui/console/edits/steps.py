"""One step up or down of a value while it is typed: the next round number, choice or switch. Pure."""

import math

from mmtui.console.drafts import shown
from mmtui.domain.parameters import Parameter, Refusal
from mmtui.domain.parameters.schema import Kind

SHARE = 0.05
FROM_ZERO = 0.001
DIGITS = 12


def step_size(row: Parameter, value: float) -> float:
    """A step near a twentieth of the value: 1, 2 or 5 of a decade; of the span from where it is zero."""
    if row.kind is Kind.COUNT:
        return 1.0
    span = row.high - row.low if math.isfinite(row.high - row.low) else 1.0
    wanted = abs(value) * SHARE or span * FROM_ZERO
    decade = 10.0 ** math.floor(math.log10(wanted))
    return max(factor * decade for factor in (1.0, 2.0, 5.0) if factor * decade <= wanted * (1.0 + 1e-9))


def stepped(row: Parameter, text: str, count: int, size: float) -> str:
    """The text after ``count`` steps; unchanged where it is no value or stands at its bound."""
    value = row.parse(text)
    if row.kind is Kind.CHOICE:
        place = row.choices.index(text.strip()) if text.strip() in row.choices else 0
        return row.choices[(place + (1 if count > 0 else -1)) % len(row.choices)]
    if isinstance(value, Refusal):
        number = _number(text)
        return text if number is None else shown(min(max(number, row.low), row.high))
    if row.kind is Kind.FLAG:
        return "false" if value is True else "true"
    if not isinstance(value, int | float):
        return text
    # On multiples of the step, so that a step up and one down come back.
    onto = round(value / size) * size if abs(value / size - round(value / size)) < 1e-6 else value
    moved = min(max(onto + count * size, row.low), row.high)
    checked = row.check(round(moved) if row.kind is Kind.COUNT else float(f"{moved:.{DIGITS}g}"))
    return text if isinstance(checked, Refusal) else shown(checked)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
