"""The screens for watching: the chart, and risk with latency. Pure."""

from mmtui.console.screens.plan import Placement, Plan, stack

SIDE_BY_SIDE = 110
LATENCY_HEIGHT = 13


def chart(width: int, y: int, height: int) -> Plan:
    """Everything over time."""
    return (Placement("chart-page", 0, y, width, height),)


def risk(width: int, y: int, height: int) -> Plan:
    """Every monitor, latency and the request budget."""
    if width >= SIDE_BY_SIDE:
        left = width // 2
        return (
            Placement("risk", 0, y, left, height),
            *stack(
                left,
                y,
                width - left,
                (("latency", min(LATENCY_HEIGHT, height)), ("estimators", height - LATENCY_HEIGHT)),
                has_divider=True,
            ),
        )
    latency = min(LATENCY_HEIGHT, height // 2)
    return stack(0, y, width, (("risk", height - latency), ("latency", latency)))
