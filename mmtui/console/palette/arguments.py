"""What may follow a command's name: parameters with their values and bounds, themes, presets, engines. Pure.

Each as (word, what it is, what stands behind the word when it is filled in).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from mmtui.console.drafts import LIVE_PARAMETERS, current, shown
from mmtui.console.format import plain
from mmtui.domain.consultations import Presets
from mmtui.domain.parameters import Parameter, find

if TYPE_CHECKING:
    from mmtui.console.desk import Desk

Following: TypeAlias = Iterator[tuple[str, str, str]]


def arguments(desk: Desk, action_id: str, typed: str) -> Following:
    """What may follow the name of a command, as far as it is known here, for what is typed behind it."""
    if action_id == "set":
        yield from _settings(desk, typed)
        return
    words: dict[str, str] = dict.fromkeys(desk.cursors.offered.get(action_id, ()), "")
    if action_id == "switch" and desk.roster is not None:
        words = {plain(one.id): plain(f"{one.run_kind} {one.mode or one.note}") for one in desk.roster.instances()}
    presets = desk.findings.latest(Presets)
    if not words and "preset" in action_id and presets is not None:
        words = dict.fromkeys((plain(name) for name in presets.names), "kept values")
    yield from ((word, what, "") for word, what in words.items() if typed.lower() in word.lower())


def _settings(desk: Desk, typed: str) -> Following:
    name, space, value = typed.partition(" ")
    row = find(name)
    if space and row is not None:
        if row.choices:
            yield from ((f"{name} {word}", row.help, "") for word in row.choices if word.startswith(value))
        else:
            yield f"{name} {value}", _about(desk, row), ""
        return
    meant = [one for one in LIVE_PARAMETERS if name.lower() in one.key]
    for one in sorted(meant, key=lambda one: not one.name.startswith(name.lower())):
        yield one.key, _about(desk, one), " "


def _about(desk: Desk, row: Parameter) -> str:
    unit = f" {row.unit}" if row.unit else ""
    return f"{shown(current(row, desk.view))}{unit}, {row.bounds}; {row.help}"
