"""What a plan is made of, and the parts all screens share: three lines above, two below. Pure."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

MIN_WIDTH, MIN_HEIGHT = 40, 8
SHORT_HEIGHT = 20


class Placement(NamedTuple):
    """One pane's place. ``has_divider`` draws a line at its left edge."""

    pane: str
    x: int
    y: int
    width: int
    height: int
    has_divider: bool = False


Plan: TypeAlias = tuple[Placement, ...]
BodyPlan: TypeAlias = Callable[[int, int, int], Plan]


def whole(body: BodyPlan, width: int, height: int) -> Plan:
    """A full screen: status, alarm, the body, the bottom. Below 40x8 one line of status is all."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        bottom = (Placement("bottom", 0, height - 1, width, 1),) if height > 1 else ()
        filler = (Placement("compact", 0, 1, width, height - 2),) if height > 2 else ()
        return (Placement("status", 0, 0, width, 1), *filler, *bottom)
    foot = 1 if height < SHORT_HEIGHT else 2
    return (
        Placement("status", 0, 0, width, 2),
        Placement("alarm", 0, 2, width, 1),
        *body(width, 3, height - 3 - foot),
        Placement("bottom", 0, height - foot, width, foot),
    )


def overlaid(plan: Plan, pane: str, width: int, rows: int) -> Plan:
    """The plan with ``rows`` lines over the last lines of its body given to a pane; what is below it is not drawn."""
    foot = next(place for place in plan if place.pane == "bottom")
    top = foot.y - rows
    kept = [place._replace(height=min(place.height, top - place.y)) for place in plan[:-1] if place.y < top]
    return (*kept, Placement(pane, 0, top, width, rows), foot)


def stack(x: int, y: int, width: int, parts: tuple[tuple[str, int], ...], *, has_divider: bool = False) -> Plan:
    """Panes of one width below each other; panes of no height are left out."""
    placed: list[Placement] = []
    for pane, height in parts:
        if height > 0:
            placed.append(Placement(pane, x, y, width, height, has_divider))
            y += height
    return tuple(placed)
