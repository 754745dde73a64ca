"""The keys of the palette: up and down choose, tab fills in, enter fills in what is not whole or runs what is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmtui.console.keys import BY_ID, Danger
from mmtui.console.palette.choosing import Choice, choices

if TYPE_CHECKING:
    from mmtui.console.desk import Desk
    from mmtui.console.field import Field
    from mmtui.console.moment import Moment

STEPS = {"up": -1, "down": 1}


def press(desk: Desk, field: Field, key: str, now: Moment) -> bool:
    """Takes a key that means something to the palette; False leaves it to the field."""
    if key in STEPS and (field.text or key == "down") and not field.is_recalling:
        offered = choices(desk, field.text, now)
        field.chosen = min(max(field.chosen + STEPS[key], 0), max(len(offered) - 1, 0))
        return True
    if key == "tab":
        _fill(desk, field, now)
        return True
    return False


def line_to_run(desk: Desk, field: Field, now: Moment) -> str:
    """The line that enter runs; empty when it only fills in, because what was typed is not a whole name."""
    text = field.text.strip()
    name = text.partition(" ")[0]
    choice = chosen(desk, field, now)
    if choice is None or (name == text and name in BY_ID and field.chosen < 0):
        return text
    action = BY_ID.get(choice.line.partition(" ")[0])
    is_whole = choice.line.strip() == text
    if is_whole or (action is not None and action.danger is Danger.NONE and not choice.line.endswith(" ")):
        return choice.line.strip()
    _fill(desk, field, now)
    return ""


def chosen(desk: Desk, field: Field, now: Moment) -> Choice | None:
    """The choice that tab fills in: the one gone to with the arrows, or else the best."""
    offered = choices(desk, field.text, now)
    return offered[min(max(field.chosen, 0), len(offered) - 1)] if offered else None


def _fill(desk: Desk, field: Field, now: Moment) -> None:
    choice = chosen(desk, field, now)
    if choice is not None:
        field.replace(choice.line)
