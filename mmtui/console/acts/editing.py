"""Choosing, editing, staging, applying and undoing parameters. Pure."""

from mmtui.console.acts.trading import act, is_live, is_stale, send_parameters
from mmtui.console.asks import Ask
from mmtui.console.desk import Desk, Handler
from mmtui.console.drafts import LIVE_PARAMETERS, current, shown
from mmtui.console.field import Field
from mmtui.console.moment import Moment
from mmtui.domain.commands import Verb
from mmtui.domain.parameters import Parameter

PAGE = "parameters"
HEADLINE_MAX = 56


def visible_parameters(filter_text: str) -> tuple[Parameter, ...]:
    """The live parameters whose key or help contains the text."""
    needle = filter_text.lower()
    return tuple(p for p in LIVE_PARAMETERS if needle in p.key.lower() or needle in p.help.lower())


def chosen_parameter(desk: Desk) -> Parameter | None:
    """The parameter under the cursor."""
    rows = visible_parameters(desk.cursors.filters.get(PAGE, ""))
    place = desk.cursors.chosen.get(PAGE, 0)
    return rows[min(place, len(rows) - 1)] if rows else None


def _open(desk: Desk, _argument: str, _now: Moment) -> None:
    desk.cursors.open(PAGE)


def _edit(desk: Desk, _: str, now: Moment) -> None:
    row = chosen_parameter(desk)
    if row is None:
        desk.say("no parameter matches the filter; esc clears it", now, "warn")
        return
    value = desk.drafts.staged.get(row.key, current(row, desk.view))
    text = "" if value is None else shown(value)
    desk.field = Field("edit", row.name, text=text, purpose_key=row.key, complete=lambda _: row.choices)


def describe(desk: Desk) -> str:
    """The staged changes in words."""
    staged = desk.drafts.staged
    rows = (row for row in LIVE_PARAMETERS if row.key in staged)
    return ", ".join(f"{row.name} {shown(current(row, desk.view))} -> {shown(staged[row.key])}" for row in rows)


def _apply(desk: Desk, _: str, now: Moment) -> None:
    if not desk.drafts.staged:
        desk.say("nothing staged; e edits the chosen parameter", now)
    elif is_stale(desk, "apply", now):
        return
    elif is_live(desk.view):
        words = describe(desk)
        headline = words if len(words) <= HEADLINE_MAX else f"{len(desk.drafts.staged)} changes, as staged in the table"
        desk.ask = Ask("APPLY", headline, "y yes   any other key: no", {"y": _apply_now}, opened_at=now.real)
    else:
        _apply_now(desk, now)


def _apply_now(desk: Desk, now: Moment) -> None:
    if not is_stale(desk, "apply", now):
        send_parameters(desk, dict(desk.drafts.staged), "apply", now)


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
    if is_live(view):
        desk.ask = Ask("UNDO", words, "y yes   any other key: no", {"y": _undo_now}, opened_at=now.real)
    else:
        _undo_now(desk, now)


def _undo_now(desk: Desk, now: Moment) -> None:
    if not is_stale(desk, "undo", now):
        act(desk, Verb.UNDO, "undo", now)


def _drop(desk: Desk, _: str, now: Moment) -> None:
    if desk.cursors.filters.pop(desk.page, None) is not None:
        desk.say("filter cleared", now)
    elif desk.cursors.zoomed:
        desk.cursors.zoom()
    elif desk.page == PAGE and desk.drafts.staged:
        count = len(desk.drafts.staged)
        desk.drafts.staged.clear()
        desk.say(f"{count} staged value{'s' if count > 1 else ''} dropped, nothing sent", now)
    else:
        desk.note = None


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


EDITING: dict[str, Handler] = {
    "parameters-edit": _open,
    "edit": _edit,
    "apply": _apply,
    "undo": _undo,
    "drop": _drop,
    "set": _set,
}
