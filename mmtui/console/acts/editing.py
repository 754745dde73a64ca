"""Choosing, editing, staging, applying and undoing parameters. Pure."""

from collections.abc import Mapping

from mmtui.console.acts.trading import act, is_live, is_stale
from mmtui.console.asks import Ask
from mmtui.console.desk import Desk, Handler
from mmtui.console.drafts import current, shown
from mmtui.console.edits.arriving import stage_values
from mmtui.console.edits.following import candidate, previewed
from mmtui.console.edits.listing import PAGE, Shown, choose_next, chosen
from mmtui.console.edits.steps import step_size, stepped
from mmtui.console.edits.words import quotes_line
from mmtui.console.field import Field
from mmtui.console.findings import Findings
from mmtui.console.moment import Moment
from mmtui.domain.commands import SetParameters, Verb
from mmtui.domain.consultations import Presets, Rehearse, Rehearsed, Saved
from mmtui.domain.parameters import PARAMETERS, Parameter, Value

HEADLINE_MAX = 56
MINUTES_DEFAULT, MINUTES_MAX = 5.0, 120.0
REHEARSAL = "rehearse"
_NAMES = {
    Shown.LIVE: "all that can be changed while running",
    Shown.CHANGED: "those that are not at their default, staged or changed in this session",
    Shown.ALL: "all, also those that need a restart",
}


def _open(desk: Desk, _argument: str, _now: Moment) -> None:
    desk.cursors.open(PAGE)


def _edit(desk: Desk, _: str, now: Moment) -> None:
    row = chosen(desk, desk.view)
    if row is None:
        desk.say("no parameter to edit here; esc clears the filter, v shows others", now, "warn")
    elif not row.live:
        desk.say(f"{row.key} takes effect at the next start only; set it in the file", now, "warn")
    else:
        desk.field = _field(row, desk)


def _field(row: Parameter, desk: Desk) -> Field:
    value = desk.drafts.staged.get(row.key, current(row, desk.view))
    text = "" if value is None else shown(value)
    size = step_size(row, float(value)) if isinstance(value, int | float) else 1.0
    field = Field("edit", row.name, text=text, purpose_key=row.key, complete=lambda _: row.choices)
    field.step = lambda typed, count: stepped(row, typed, count, size)
    return field


def describe(desk: Desk, changes: Mapping[str, Value]) -> str:
    """Changes in words, each with the value in force."""
    rows = (row for row in PARAMETERS if row.key in changes)
    return ", ".join(f"{row.name} {shown(current(row, desk.view))} -> {shown(changes[row.key])}" for row in rows)


def _apply(desk: Desk, _: str, now: Moment) -> None:
    if not desk.drafts.staged:
        desk.say("nothing staged; e edits the chosen parameter", now)
    elif is_stale(desk, "apply", now):
        return
    elif is_live(desk.view):
        _ask_to_apply(desk, now)
    else:
        _apply_now(desk, now)


def _ask_to_apply(desk: Desk, now: Moment) -> None:
    words = describe(desk, desk.drafts.staged)
    headline = words if len(words) <= HEADLINE_MAX else f"{len(desk.drafts.staged)} changes, as staged in the table"
    asked = dict(desk.drafts.staged)

    def foretell(desk: Desk, _: Moment) -> None:
        found = previewed(desk)
        ask.detail = quotes_line(found) if found is not None else ""

    def confirmed(desk: Desk, now: Moment) -> None:
        # What was staged after the question was drawn has not been agreed to.
        if desk.drafts.staged == asked:
            _apply_now(desk, now)
        else:
            desk.say("apply refused: what is staged has changed since; look again", now, "bad")

    options = "y yes   any other key: no"
    ask = Ask("APPLY", headline, options, {"y": confirmed}, opened_at=now.real, renew=foretell)
    foretell(desk, now)
    desk.ask = ask


def _apply_now(desk: Desk, now: Moment) -> None:
    if is_stale(desk, "apply", now):
        return
    send(desk, dict(desk.drafts.staged), "apply", now)


def send(desk: Desk, changes: dict[str, Value], label: str, now: Moment) -> None:
    """Send staged values, all or none, with the time of the picture and of the staging."""
    command_id = desk.outbox.register(label, now.real)
    seen_at = desk.view.engine.at if desk.view is not None else 0.0
    desk.link.send(
        SetParameters(
            id=command_id, by=desk.outbox.name, changes=changes, seen_at=seen_at, staged_at=desk.drafts.staged_at
        )
    )
    desk.say_sent(label, now)


def _undo(desk: Desk, _: str, now: Moment) -> None:
    view = desk.view
    if is_stale(desk, "undo", now) or view is None:
        return
    changes = view.engine.parameter_changes
    if not changes:
        desk.say("nothing to undo in this session", now)
        return
    words = ", ".join(
        f"{key} {shown(changes[0].after.get(key))} -> {shown(old)}" for key, old in changes[0].before.items()
    )
    asked = changes[0].version

    def confirmed(desk: Desk, now: Moment) -> None:
        # An edit that came after the question was drawn has not been agreed to.
        last = desk.view.engine.parameter_changes if desk.view is not None else ()
        if last and last[0].version == asked:
            _undo_now(desk, now)
        else:
            desk.say("undo refused: there has been another change since; look again", now, "bad")

    if is_live(view):
        desk.ask = Ask("UNDO", words, "y yes   any other key: no", {"y": confirmed}, opened_at=now.real)
    else:
        _undo_now(desk, now)


def _undo_now(desk: Desk, now: Moment) -> None:
    if not is_stale(desk, "undo", now):
        act(desk, Verb.UNDO, "undo", now)


def values_before(desk: Desk, count: int) -> dict[str, Value]:
    """The values as they were before the last ``count`` changes, where they differ from those now."""
    view = desk.view
    if view is None:
        return {}
    values: dict[str, Value] = {}
    for change in view.engine.parameter_changes[:count]:
        values |= change.before
    return {key: value for key, value in values.items() if view.engine.parameters.get(key) != value}


def _back(desk: Desk, argument: str, now: Moment) -> None:
    known = len(desk.view.engine.parameter_changes) if desk.view is not None else 0
    if not (argument.isascii() and argument.isdigit() and 1 <= int(argument) <= known):
        text = f"use :back with how many changes, 1 to {known}" if known else "no changes in this session"
        desk.say(text, now, "warn")
        return
    stage_values(desk, values_before(desk, int(argument)), f"the values {argument} changes ago", now)


def _keep_mine(desk: Desk, _: str, now: Moment) -> None:
    clashes = dict(desk.drafts.clashes)
    if not clashes:
        desk.say("nothing was set aside: no staged value was changed elsewhere", now)
        return
    stage_values(desk, {key: clash.mine for key, clash in clashes.items()}, "your values, over those of others", now)


def _drop(desk: Desk, _: str, now: Moment) -> None:
    if desk.page == PAGE and _put_away(desk.findings):
        desk.note = None
    elif desk.cursors.filters.pop(desk.page, None) is not None:
        desk.say("filter cleared", now)
    elif desk.cursors.zoomed:
        desk.cursors.zoom()
    elif desk.page == PAGE and (desk.drafts.staged or desk.drafts.clashes):
        count = len(desk.drafts.staged) + len(desk.drafts.clashes)
        desk.drafts.clear()
        desk.say(f"{count} staged value{'s' if count > 1 else ''} dropped, nothing sent", now)
    else:
        desk.note = None


def _put_away(findings: Findings) -> bool:
    """Take off the page what was worked out and read; False when there was nothing."""
    kinds = (Rehearsed, Saved, Presets)
    is_there = any(findings.latest(kind) is not None for kind in kinds)
    for kind in kinds:
        findings.drop(kind)
    return is_there


def _set(desk: Desk, argument: str, now: Moment) -> None:
    key, _, text = argument.partition(" ")
    if not text:
        desk.say("use :set KEY VALUE", now, "warn")
        return
    refusal = desk.drafts.stage_text(key, text.strip(), desk.view)
    if refusal:
        desk.say(f"{key}: {refusal}", now, "bad")
        return
    _apply(desk, "", now)


def _show_others(desk: Desk, _: str, now: Moment) -> None:
    desk.say(f"parameters shown: {_NAMES[choose_next(desk)]}", now)


def _rehearse(desk: Desk, argument: str, now: Moment) -> None:
    minutes = _minutes(argument)
    changes = candidate(desk)
    if minutes is None:
        desk.say(f"use :rehearse with minutes, above 0 to {MINUTES_MAX:g}", now, "warn")
    elif not changes:
        desk.say("nothing staged to rehearse; e edits the chosen parameter", now)
    elif desk.findings.progress(REHEARSAL):
        desk.say("a rehearsal is under way", now)
    else:
        desk.findings.drop(Rehearsed)
        desk.drafts.rehearsed = describe(desk, changes)
        desk.cursors.open(PAGE)
        desk.findings.ask(
            desk.link, REHEARSAL, lambda made: Rehearse(id=made, changes=changes, span_s=minutes * 60.0), now.real
        )
        desk.say(f"rehearsing the last {minutes:g} minutes with old and new values; quoting goes on", now)


def _minutes(argument: str) -> float | None:
    try:
        minutes = float(argument) if argument else MINUTES_DEFAULT
    except ValueError:
        return None
    return minutes if 0.0 < minutes <= MINUTES_MAX else None


EDITING: dict[str, Handler] = {
    "parameters-edit": _open,
    "edit": _edit,
    "apply": _apply,
    "undo": _undo,
    "back": _back,
    "keep-mine": _keep_mine,
    "drop": _drop,
    "set": _set,
    "others": _show_others,
    "rehearse": _rehearse,
}
