"""Everything at a glance, in four forms: 60x14, 80x24, 120x40 and 200x60, and all sizes between. Pure."""

from mmtui.console.screens.plan import Placement, Plan, stack

LADDER_NARROW, LADDER_WIDTH, LADDER_WIDEST = 49, 62, 74
MIDDLE_WIDTH, WITH_AGES = 63, 214
SMALL, MEDIUM, LARGE = (78, 17), (110, 29), (178, 46)
PNL_HEIGHT, PNL_FULL = 8, 11
MARKOUT_HEIGHT, QUOTING_HEIGHT = 4, 7
WHY_LEAST = 9


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
    pnl = max(min(top - 3, 10), top - 6 if top < 14 else 10)
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
    position = 6 if column >= 30 else 5 if column >= 27 else 4
    pnl = PNL_HEIGHT if column < 36 else PNL_FULL
    left_over = column - position - pnl
    markout = MARKOUT_HEIGHT if left_over >= 14 else 0
    quoting = min(QUOTING_HEIGHT, max(left_over - markout - 6, 4))
    model = left_over - markout - quoting
    why = model - 6 if model >= WHY_LEAST + 6 else 0
    return (
        *stack(0, y, left, (("ladder", column - risk), ("risk", risk))),
        *stack(
            left,
            y,
            right,
            (
                ("position", position),
                ("pnl", pnl),
                ("markout", markout),
                ("quoting-or-why", quoting),
                ("why", why),
                ("estimators", model - why),
            ),
            has_divider=True,
        ),
        Placement("log", 0, y + column, left, foot),
        Placement("orders", left, y + column, right, foot, has_divider=True),
    )


def _large(width: int, y: int, height: int) -> Plan:
    left, middle = LADDER_WIDEST if width >= WITH_AGES else LADDER_WIDTH, MIDDLE_WIDTH
    right = width - left - middle
    foot = 9 if height < 60 else 14
    column = height - foot
    risk = 14
    latency = 15 if column >= 44 else 13
    orders = min(14, column - latency - 18)
    chart = 10
    markout = MARKOUT_HEIGHT + 1 if column >= 44 else MARKOUT_HEIGHT
    quoting = QUOTING_HEIGHT
    why = 13 if column >= 58 else WHY_LEAST if column >= 44 else 0
    fills = column - orders - chart - latency
    return (
        *stack(0, y, left, (("ladder", column - risk), ("risk", risk))),
        *stack(
            left,
            y,
            middle,
            (
                ("position", 6),
                ("pnl", PNL_FULL),
                ("markout", markout),
                ("quoting-or-why", quoting),
                ("why", why),
                ("estimators", column - 6 - PNL_FULL - markout - quoting - why),
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
