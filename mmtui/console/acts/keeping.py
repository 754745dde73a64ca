"""Keeping parameters for later: into the configuration file after its difference was seen, and as named sets. Pure."""

import re

from mmtui.console.desk import Desk, Handler
from mmtui.console.edits.arriving import KEEPING, LISTING, PRESET, SAVING
from mmtui.console.edits.listing import PAGE
from mmtui.console.moment import Moment
from mmtui.domain.consultations import KeepPreset, ListPresets, Presets, ReadPreset, Saved, SaveParameters
from mmtui.domain.parameters import Value

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
NAME_WORDS = "letters, digits, - and _, at most 40"


def _save(desk: Desk, _: str, now: Moment) -> None:
    desk.cursors.open(PAGE)
    desk.findings.drop(Saved)
    if desk.drafts.staged:
        desk.say("staged values are not saved: apply them first; the difference shows what is in force", now, "warn")
    desk.findings.ask(desk.link, SAVING, lambda made: SaveParameters(id=made), now.real)


def _preset(desk: Desk, name: str, now: Moment) -> None:
    if not NAME.fullmatch(name):
        desk.say(f"no such name for a preset: {NAME_WORDS}", now, "warn")
        return
    desk.findings.drop(Presets)
    desk.findings.ask(desk.link, PRESET, lambda made: ReadPreset(id=made, name=name), now.real)


def _keep(desk: Desk, name: str, now: Moment) -> None:
    values = kept_values(desk)
    if not NAME.fullmatch(name):
        desk.say(f"no such name for a preset: {NAME_WORDS}", now, "warn")
    elif not values:
        desk.say("nothing staged and nothing changed in this session: there is nothing to keep", now, "warn")
    else:
        desk.findings.drop(Presets)
        desk.findings.ask(desk.link, KEEPING, lambda made: KeepPreset(id=made, name=name, values=values), now.real)


def kept_values(desk: Desk) -> dict[str, Value]:
    """What was changed in this session as it is in force, and what is staged over it."""
    view = desk.view
    changed = {key for change in view.engine.parameter_changes for key in change.after} if view is not None else set()
    now = view.engine.parameters if view is not None else {}
    return {key: now[key] for key in sorted(changed) if key in now} | desk.drafts.staged


def _list(desk: Desk, _: str, now: Moment) -> None:
    desk.cursors.open(PAGE)
    desk.findings.drop(Presets)
    desk.findings.ask(desk.link, LISTING, lambda made: ListPresets(id=made), now.real)


KEEPING_ACTS: dict[str, Handler] = {
    "save": _save,
    "preset": _preset,
    "preset-keep": _keep,
    "presets": _list,
}
