"""What comes back for a person who keeps parameters: a difference to be agreed to, a preset to be staged. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mmtui.console.asks import Ask
from mmtui.console.edits.listing import PAGE
from mmtui.console.format import plain
from mmtui.console.moment import Moment
from mmtui.domain.consultations import Presets, Saved, SaveParameters
from mmtui.domain.parameters import Value

if TYPE_CHECKING:
    from mmtui.console.desk import Desk

SAVING, PRESET, KEEPING, LISTING = "save", "preset", "preset-keep", "presets"
SAVE_S = 60.0


def stage_values(desk: Desk, values: Mapping[str, Value], what: str, now: Moment) -> None:
    """Stage several values and say what came of it; nothing is sent."""
    before = len(desk.drafts.staged)
    refused = desk.drafts.stage_all(values, desk.view)
    desk.cursors.open(PAGE)
    count = len(desk.drafts.staged)
    if refused:
        key, reason = next(iter(refused.items()))
        desk.say(f"{what}: {len(values) - len(refused)} of {len(values)} staged; not {key}: {reason}", now, "warn")
    elif not count and not before:
        desk.say(f"{what}: nothing differs from the values in force", now)
    else:
        desk.say(f"{what}: {count} staged; a applies, esc drops", now)


def arrive(desk: Desk, now: Moment) -> None:
    """Do what a finding of this kind was asked for, once."""
    saved, presets = desk.findings.latest(Saved), desk.findings.latest(Presets)
    if saved is not None and saved.id not in desk.drafts.arrived:
        desk.drafts.note_arrival(saved.id)
        _saved(desk, saved, now)
    if presets is not None and presets.id not in desk.drafts.arrived:
        desk.drafts.note_arrival(presets.id)
        _offered(desk, presets, now)


def _offered(desk: Desk, presets: Presets, now: Moment) -> None:
    known = desk.cursors.offered.get("preset", ())
    names = tuple(plain(name) for name in presets.names)
    desk.cursors.offered["preset"] = tuple(dict.fromkeys((*names, *known))) if presets.values else names
    if not presets.values:
        desk.say(f"{len(names)} presets; :preset NAME stages one", now)
        return
    desk.findings.drop(Presets)
    if presets.text:
        desk.say(plain(presets.text), now)
    else:
        stage_values(desk, presets.values, f"preset {names[0]}", now)


def _saved(desk: Desk, saved: Saved, now: Moment) -> None:
    if saved.is_written:
        desk.findings.drop(Saved)
        desk.say(f"saved to {plain(saved.path)}; comments kept", now, "ok")
        return
    changed = sum(1 for line in saved.diff if line[:1] in ("+", "-") and line[:3] not in ("+++", "---"))
    if not changed:
        desk.findings.drop(Saved)
        reason = next((line.removeprefix("# ") for line in saved.diff if line.startswith("# ")), "")
        desk.say(f"nothing to save: {plain(reason) or 'the file gives the values in force'}", now)
        return
    headline = f"{changed} lines of {plain(saved.path)}, as shown above"

    def write(desk: Desk, now: Moment) -> None:
        desk.findings.drop(Saved)
        desk.findings.ask(desk.link, SAVING, lambda made: SaveParameters(id=made, diff_id=saved.id), now.real)

    options = "y write the file   any other key: no"
    desk.ask = Ask("SAVE", headline, options, {"y": write}, opened_at=now.real, lasts_s=SAVE_S)
