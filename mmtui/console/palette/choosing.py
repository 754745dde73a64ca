"""Which commands are meant by what has been typed so far, best first, and why some cannot be done now. Pure.

Owns the matching: an exact name first, then beginnings, then letters in order, then words of the help. A line that
is not a name yet is only ever filled in, never run, so that no guess can trade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mmtui.console.attending.attendance import looks_on
from mmtui.console.keys import BY_ID, COMMANDS, Action, Danger
from mmtui.console.palette.arguments import arguments

if TYPE_CHECKING:
    from mmtui.console.desk import Desk
    from mmtui.console.moment import Moment

NEEDS_FRESH = frozenset({"resume", "flatten", "rearm", "apply", "undo", "set", "size-up", "tighter"})
DANGER_WORDS = {Danger.NONE: "", Danger.QUOTES: "at once", Danger.ASKS: "asks", Danger.STOPS: "kills"}
HELP_MIN = 3


class Choice(NamedTuple):
    """One line of the palette: what it fills in, how it reads, its key, what it does, and why not now."""

    line: str
    name: str
    key: str
    help: str
    danger: str
    refusal: str = ""


def choices(desk: Desk, text: str, now: Moment) -> tuple[Choice, ...]:
    """What the typed text may mean, best first; after a command's name, what may follow it."""
    head, space, tail = text.lstrip().partition(" ")
    action = BY_ID.get(head)
    if space and action is not None and action.argument:
        return tuple(
            Choice(f"{head} {word}{end}", word, "", words, "") for word, words, end in arguments(desk, head, tail)
        )
    ranked = [(rank, place, one) for place, one in enumerate(COMMANDS) if (rank := _rank(head, one)) is not None]
    return tuple(_choice(desk, one, now) for _, _, one in sorted(ranked, key=lambda entry: entry[:2]))


def _choice(desk: Desk, action: Action, now: Moment) -> Choice:
    key = desk.keymap.key_of(action.id).replace("escape", "esc")
    name = f":{action.id} {action.argument}".strip()
    line = action.id + (" " if action.argument and not action.argument.startswith("[") else "")
    return Choice(line, name, key, action.help, DANGER_WORDS[action.danger], why_not(desk, action, now))


def _rank(typed: str, action: Action) -> int | None:
    """How well an action is meant by a text, 0 best; None when it is not."""
    if not typed or typed == action.id:
        return 0
    if action.id.startswith(typed):
        return 1
    if any(part.startswith(typed) for part in action.id.split("-")):
        return 2
    if _in_order(typed, action.id):
        return 3
    return 4 if len(typed) >= HELP_MIN and typed.lower() in action.help.lower() else None


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def why_not(desk: Desk, action: Action, now: Moment) -> str:
    """Why an action would be refused now, as far as the console can see; empty when it would not."""
    view = desk.view
    refusal = looks_on(desk.link.standing(), action)
    if refusal:
        return refusal.partition(": ")[2]
    if action.id in NEEDS_FRESH and desk.sight.is_silent(now.engine):
        return f"the picture is {desk.sight.age_s(now.engine):.1f} s old"
    if view is None:
        return ""
    is_killed = view.engine.kill.is_fired
    reasons = {
        "flatten": "" if view.engine.position.size else "there is no position",
        "rearm": "" if is_killed else "the kill switch has not fired",
        "kill": "killed already" if is_killed else "",
        "kill-now": "killed already" if is_killed else "",
        "resume": "killed; re-arm first" if is_killed else "",
        "apply": "" if desk.drafts.staged else "nothing is staged",
        "undo": "" if view.engine.parameter_changes else "nothing to undo in this session",
        "acknowledge": "" if desk.sight.worst_alarm() is not None else "there is no alarm",
    }
    return reasons.get(action.id, "")
