"""Which plan each page has, which function draws each pane, and how often. Pure."""

from collections.abc import Callable
from typing import TypeAlias

from mmtui.console.palette import listing
from mmtui.console.panes import (
    alarm,
    bottom,
    chart,
    compact,
    estimators,
    explain,
    fills,
    ladder,
    latency,
    log,
    markout,
    orders,
    parameters,
    pnl,
    position,
    risk,
    status,
    why,
)
from mmtui.console.panes import (
    help as help_pane,
)
from mmtui.console.rows import Lines, divided
from mmtui.console.scene import Scene
from mmtui.console.screens import lists, main, watch
from mmtui.console.screens.plan import BodyPlan, Placement, Plan, overlaid, whole

Draw: TypeAlias = Callable[[Scene, int, int], Lines]

PANES: dict[str, Draw] = {
    "status": status.rows,
    "alarm": alarm.rows,
    "bottom": bottom.rows,
    "palette": listing.rows,
    "compact": compact.rows,
    "ladder": ladder.rows,
    "position": position.rows,
    "pnl": pnl.rows,
    "why": why.rows,
    "markout": markout.rows,
    "estimators": estimators.rows,
    "model-or-why": estimators.model_or_why,
    "risk": risk.rows,
    "latency": latency.rows,
    "orders": orders.rows,
    "fills": fills.rows,
    "chart": chart.rows,
    "log": log.rows,
    "orders-page": orders.page_rows,
    "fills-page": fills.page_rows,
    "log-page": log.page_rows,
    "parameters-page": parameters.rows,
    "about": parameters.detail_rows,
    "why-levels": explain.level_rows,
    "why-chosen": explain.chosen_rows,
    "help": help_pane.rows,
}
BODIES: dict[str, BodyPlan] = {
    "main": main.body,
    "orders": lists.orders,
    "fills": lists.fills,
    "parameters": lists.parameters,
    "log": lists.log,
    "help": lists.help_page,
    "chart": watch.chart,
    "risk": watch.risk,
    "why": lists.why,
}
FRAME = ("status", "alarm", "bottom", "palette")

GROUPS: dict[str, tuple[str, ...]] = {
    "ladder": ("ladder", "compact"),
    "frame": FRAME,
    "money": ("position", "pnl", "risk"),
    "orders": ("orders", "orders-page", "why", "why-levels", "why-chosen"),
    "models": ("estimators", "model-or-why", "markout", "latency", "parameters-page", "about"),
    "events": ("fills", "fills-page", "log", "log-page", "help"),
    "chart": ("chart",),
}


def plan(page: str, width: int, height: int, only: str = "", palette_rows: int = 0) -> Plan:
    """Where each pane of a page stands; with ``only`` a pane, that one has the whole body."""
    body = BODIES[page]
    if only:
        body = lambda across, y, high: (Placement(only, 0, y, across, high),)  # noqa: E731
    laid = whole(body, width, height)
    return overlaid(laid, "palette", width, palette_rows) if palette_rows else laid


def draw(scene: Scene, page: str, width: int, height: int) -> list[str]:
    """The whole screen as plain text, without a terminal: for tests and for reading."""
    canvas = [" " * width for _ in range(height)]
    for place in plan(page, width, height):
        offset = 1 if place.has_divider else 0
        lines = PANES[place.pane](scene, place.width - offset, place.height)
        for row, line in enumerate(lines):
            text = "".join(part for part, _ in (divided(line, scene.glyphs) if place.has_divider else line))
            old = canvas[place.y + row]
            canvas[place.y + row] = old[: place.x] + text + old[place.x + len(text) :]
    return [line.rstrip() for line in canvas]
