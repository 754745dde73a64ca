"""The screen for changing parameters: the list, the chosen one, and with room what a change would do. Pure."""

from mmtui.console.screens.plan import Placement, Plan, stack

BESIDE_WIDTH = 104
PREVIEW_WIDTH = 66
PREVIEW_SHARE = 0.5
LEAST, NARROW, LOWER_MAX = 18, 9, 24


def parameters(width: int, y: int, height: int) -> Plan:
    """The list over the chosen one; on a wide screen its preview stands beside that."""
    if height < LEAST:
        return stack(0, y, width, (("parameters-page", height),))
    if width < BESIDE_WIDTH:
        return stack(0, y, width, (("parameters-page", height - NARROW), ("about-or-aside", NARROW)))
    lower = min(LOWER_MAX, height // 2)
    beside = max(PREVIEW_WIDTH, round(width * PREVIEW_SHARE)) if width > 2 * PREVIEW_WIDTH else PREVIEW_WIDTH
    top = height - lower
    return (
        Placement("parameters-page", 0, y, width, top),
        Placement("about", 0, y + top, width - beside, lower),
        Placement("preview", width - beside, y + top, beside, lower, has_divider=True),
    )
