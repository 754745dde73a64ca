"""The screens that are mostly one list: orders, reasons, fills, log, help. Pure."""

from mmtui.console.screens.plan import Placement, Plan, stack

STORY_HEIGHT = 14
LEVELS_WIDTH, LEVELS_HEIGHT = 30, 8
MARKOUT_HEIGHT = 11
BLOTTER_LEAST = 22


def orders(width: int, y: int, height: int) -> Plan:
    """The orders, and below them the life of the chosen one."""
    story = min(STORY_HEIGHT, height // 2)
    return stack(0, y, width, (("orders-page", height - story), ("order-story", story)))


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
    """The blotter, and below it the averages of the engine where there is room."""
    markout = MARKOUT_HEIGHT if height >= BLOTTER_LEAST + MARKOUT_HEIGHT else 0
    return stack(0, y, width, (("fills-page", height - markout), ("markout", markout)))


def log(width: int, y: int, height: int) -> Plan:
    """The whole log."""
    return (Placement("log-page", 0, y, width, height),)


def report(width: int, y: int, height: int) -> Plan:
    """The session's report."""
    return (Placement("report-page", 0, y, width, height),)


def help_page(width: int, y: int, height: int) -> Plan:
    """The keys."""
    return (Placement("help", 0, y, width, height),)


def instances(width: int, y: int, height: int) -> Plan:
    """The engines that run here."""
    return (Placement("instances", 0, y, width, height),)
