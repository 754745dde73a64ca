"""The screens that are mostly one list: orders, reasons, fills, parameters, log, help. Pure."""

from mmtui.console.screens.plan import Placement, Plan, stack

ABOUT_HEIGHT = 8
WHY_HEIGHT = 13
LEVELS_WIDTH, LEVELS_HEIGHT = 30, 8
MARKOUT_HEIGHT, MARKOUT_LEAST = 13, 5
BLOTTER_LEAST = 10


def orders(width: int, y: int, height: int) -> Plan:
    """The orders, and below them why each level stands where it stands."""
    why = min(WHY_HEIGHT, height // 2)
    return stack(0, y, width, (("orders-page", height - why), ("why", why)))


def why(width: int, y: int, height: int) -> Plan:
    """All levels, and beside or below them the chosen one explained."""
    if width < LEVELS_WIDTH * 2:
        levels = min(LEVELS_HEIGHT, height // 3)
        return stack(0, y, width, (("why-levels", levels), ("why-chosen", height - levels)))
    return (
        Placement("why-levels", 0, y, LEVELS_WIDTH, height),
        Placement("why-chosen", LEVELS_WIDTH, y, width - LEVELS_WIDTH, height, has_divider=True),
    )


def fills(width: int, y: int, height: int) -> Plan:
    """The blotter, and below it what the fills were worth a while later."""
    markout = min(MARKOUT_HEIGHT, height // 3) if height >= BLOTTER_LEAST + MARKOUT_LEAST else 0
    return stack(0, y, width, (("fills-page", height - markout), ("markout", markout)))


def parameters(width: int, y: int, height: int) -> Plan:
    """The list and the chosen parameter explained."""
    about = ABOUT_HEIGHT if height >= 18 else 0
    return stack(0, y, width, (("parameters-page", height - about), ("about", about)))


def log(width: int, y: int, height: int) -> Plan:
    """The whole log."""
    return (Placement("log-page", 0, y, width, height),)


def help_page(width: int, y: int, height: int) -> Plan:
    """The keys."""
    return (Placement("help", 0, y, width, height),)
