"""Which parameters the page lists, where each value came from, and when a change of it takes effect. Pure."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from mmtui.console.drafts import LIVE_PARAMETERS, current
from mmtui.domain.parameters import PARAMETERS, Parameter
from mmtui.domain.view import ParameterChange, View

if TYPE_CHECKING:
    from mmtui.console.desk import Desk

PAGE = "parameters"
SHOWN = "parameters shown"


class Shown(enum.Enum):
    """Which of the parameters are listed."""

    LIVE = "live"
    CHANGED = "changed"
    ALL = "all"


class Origin(NamedTuple):
    """Where a value came from, and the engine time at which it was applied; 0 where it was there at the start."""

    source: str
    by: str
    at: float


def shown_kind(desk: Desk) -> Shown:
    """Which view is chosen."""
    return list(Shown)[desk.cursors.steps.get(SHOWN, 0)]


def choose_next(desk: Desk) -> Shown:
    """Choose the next view; the cursor goes to its first line."""
    desk.cursors.steps[SHOWN] = (desk.cursors.steps.get(SHOWN, 0) + 1) % len(Shown)
    desk.cursors.chosen[PAGE] = 0
    return shown_kind(desk)


def listed(desk: Desk, view: View | None) -> tuple[Parameter, ...]:
    """The parameters of the chosen view whose key, name in other files or help contains the filter."""
    kind = shown_kind(desk)
    rows = tuple(row for row in PARAMETERS if not row.secret) if kind is Shown.ALL else LIVE_PARAMETERS
    if kind is Shown.CHANGED:
        drafts = desk.drafts
        rows = tuple(
            row for row in rows if row.key in drafts.staged or row.key in drafts.clashes or is_changed(row, view)
        )
    needle = desk.cursors.filters.get(PAGE, "").lower()
    return tuple(row for row in rows if needle in f"{row.key} {' '.join(row.aliases)} {row.help}".lower())


def is_changed(row: Parameter, view: View | None) -> bool:
    """Whether a value is not its default, or was changed in this session."""
    return current(row, view) != row.default or last_change(row, view) is not None


def chosen(desk: Desk, view: View | None) -> Parameter | None:
    """The parameter under the cursor."""
    rows = listed(desk, view)
    place = desk.cursors.chosen.get(PAGE, 0)
    return rows[min(max(place, 0), len(rows) - 1)] if rows else None


def last_change(row: Parameter, view: View | None) -> ParameterChange | None:
    """The newest change of a parameter that the engine remembers."""
    changes = view.engine.parameter_changes if view is not None else ()
    return next((change for change in changes if row.key in change.after), None)


def origin(row: Parameter, view: View | None) -> Origin:
    """Where the value in force came from."""
    change = last_change(row, view)
    if change is not None:
        return Origin("live", change.by, change.at)
    source = view.sources.get(row.key, "default") if view is not None else "default"
    return Origin(source, short_source(source), 0.0)


def short_source(source: str) -> str:
    """A source in a word: default, flag, env, or the file's name and line."""
    if source.startswith("--"):
        return "flag"
    if source.startswith("MMTUI_"):
        return "env"
    return source.rpartition("/")[2]


def takes_effect(row: Parameter) -> str:
    """When a change of a parameter is felt."""
    if not row.live:
        return "restart"
    if row.section == "estimators":
        return "as it learns"
    return "now" if row.section in ("risk", "execution") else "next requote"
