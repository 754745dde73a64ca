"""Which plan each page has, which function draws each pane, and how often. Pure."""

from collections.abc import Callable
from typing import TypeAlias

from mmtui.console.pages import blotter, report
from mmtui.console.pages import chart as chart_page
from mmtui.console.pages import log as log_page
from mmtui.console.pages import orders as orders_page
from mmtui.console.palette import listing
from mmtui.console.panes import (
    alarm,
    bottom,
    compact,
    estimators,
    explain,
    fills,
    instances,
    ladder,
    latency,
    log,
    markout,
    orders,
    parameters,
    pnl,
    position,
    quoting,
    risk,
    status,
    why,
)
from mmtui.console.panes import (
    help as help_pane,
)
from mmtui.console.panes.editing import about, preview
from mmtui.console.rows import Lines, divided
from mmtui.console.scene import Scene
from mmtui.console.screens import editing, lists, main, watch
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
    "quoting": quoting.rows,
    "quoting-or-why": quoting.quoting_or_why,
    "markout": markout.rows,
    "estimators": estimators.rows,
    "model-or-why": estimators.model_or_why,
    "risk": risk.rows,
    "latency": latency.rows,
    "orders": orders.rows,
    "fills": fills.rows,
    "chart": chart_page.small_rows,
    "chart-page": chart_page.rows,
    "report-page": report.rows,
    "log": log.rows,
    "orders-page": orders_page.rows,
    "order-story": orders_page.story_rows,
    "fills-page": blotter.rows,
    "log-page": log_page.rows,
    "parameters-page": parameters.rows,
    "about": about.rows,
    "about-or-aside": about.or_aside,
    "preview": preview.rows,
    "why-levels": explain.level_rows,
    "why-chosen": explain.chosen_rows,
    "help": help_pane.rows,
    "instances": instances.rows,
}
BODIES: dict[str, BodyPlan] = {
    "main": main.body,
    "orders": lists.orders,
    "fills": lists.fills,
    "parameters": editing.parameters,
    "log": lists.log,
    "help": lists.help_page,
    "instances": lists.instances,
    "chart": watch.chart,
    "report": lists.report,
    "risk": watch.risk,
    "why": lists.why,
}
FRAME = ("status", "alarm", "bottom", "palette")

GROUPS: dict[str, tuple[str, ...]] = {
    "ladder": ("ladder", "compact"),
    "frame": FRAME,
    "money": ("position", "pnl", "risk"),
    "orders": ("orders", "orders-page", "order-story", "why", "why-levels", "why-chosen"),
    "models": (
        "estimators",
        "quoting",
        "quoting-or-why",
        "model-or-why",
        "markout",
        "latency",
        "parameters-page",
        "about",
        "about-or-aside",
        "preview",
    ),
    "events": ("fills", "fills-page", "log", "log-page", "help", "report-page", "instances"),
    "chart": ("chart", "chart-page"),
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
    zoomed, palette_rows = scene.desk.cursors.zoomed, listing.height(scene.desk, height)
    for place in plan(page, width, height, zoomed, palette_rows):
        offset = 1 if place.has_divider else 0
        lines = PANES[place.pane](scene, place.width - offset, place.height)
        for row, line in enumerate(lines):
            text = "".join(part for part, _ in (divided(line, scene.glyphs) if place.has_divider else line))
            old = canvas[place.y + row]
            canvas[place.y + row] = old[: place.x] + text + old[place.x + len(text) :]
    return [line.rstrip() for line in canvas]
