"""Everything at a glance, in four forms: 60x14, 80x24, 120x40 and 200x60, and all sizes between. Pure."""

from mmtui.console.screens.plan import Placement, Plan, stack

LADDER_WIDTH, LADDER_NARROW = 62, 49
SMALL, MEDIUM, LARGE = (78, 17), (110, 29), (178, 46)


def body(width: int, y: int, height: int) -> Plan:
    """The largest form that fits; room left over goes to the ladder and the log."""
    if width >= LARGE[0] and height >= LARGE[1]:
        return _large(width, y, height)
    if width >= MEDIUM[0] and height >= MEDIUM[1]:
        return _medium(width, y, height)
    if width >= SMALL[0] and height >= SMALL[1]:
        return _small(width, y, height)
    return (Placement("compact", 0, y, width, height),)


def _small(width: int, y: int, height: int) -> Plan:
    left = LADDER_NARROW
    middle = 6 if height < 26 else 9
    log = 3 if height < 22 else 5
    top = height - middle - log
    pnl = max(min(top - 3, 10), top - 5 if top < 14 else 10)
    position = top - pnl
    return (
        Placement("ladder", 0, y, left, top),
        *stack(left, y, width - left, (("position", position), ("pnl", pnl)), has_divider=True),
        Placement("risk", 0, y + top, left, middle),
        Placement("model-or-why", left, y + top, width - left, middle, has_divider=True),
        Placement("log", 0, y + top + middle, width, log),
    )


def _medium(width: int, y: int, height: int) -> Plan:
    left, right = LADDER_WIDTH, width - LADDER_WIDTH
    risk = 10 if height < 44 else 14
    foot = 7 if height < 44 else 10
    column = height - foot
    model = 6 if height < 40 else 9
    why = 9 if height < 40 else 12
    position = 5 if column - model - why >= 14 else 4
    pnl = min(column - position - why - model, 10)
    why = column - position - pnl - model
    return (
        *stack(0, y, left, (("ladder", column - risk), ("risk", risk))),
        *stack(
            left,
            y,
            right,
            (("position", position), ("pnl", pnl), ("why", why), ("estimators", model)),
            has_divider=True,
        ),
        Placement("log", 0, y + column, left, foot),
        Placement("orders", left, y + column, right, foot, has_divider=True),
    )


def _large(width: int, y: int, height: int) -> Plan:
    left, middle = LADDER_WIDTH, 63
    right = width - left - middle
    foot = 9 if height < 60 else 14
    column = height - foot
    risk = 14
    latency = 13
    orders = min(14, column - latency - 18)
    chart = 10
    markout = 5 if column >= 44 else 0
    why = 13 if markout else 15
    fills = column - orders - chart - latency
    return (
        *stack(0, y, left, (("ladder", column - risk), ("risk", risk))),
        *stack(
            left,
            y,
            middle,
            (
                ("position", 5),
                ("pnl", 11),
                ("why", why),
                ("markout", markout),
                ("estimators", column - 16 - why - markout),
            ),
            has_divider=True,
        ),
        *stack(
            left + middle,
            y,
            right,
            (("fills", fills), ("orders", orders), ("chart", chart), ("latency", latency)),
            has_divider=True,
        ),
        Placement("log", 0, y + column, width, foot),
    )
