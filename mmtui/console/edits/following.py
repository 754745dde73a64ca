"""What follows a draft at every look: values changed elsewhere are set aside, and its preview is kept young. Pure.

A preview is asked for at once when the draft changes and then once a second, and never while the last one is out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mmtui.console.drafts import Asked
from mmtui.console.moment import Moment
from mmtui.domain.consultations import Finding, Preview, Previewed, Unable
from mmtui.domain.parameters import Refusal, Value, find

if TYPE_CHECKING:
    from mmtui.console.desk import Desk

LABEL = "preview"
REFRESH_S = 1.0
# A copy of the estimators costs the engine's loop more than one of the strategy.
REFRESH_ESTIMATORS_S = 5.0
AGAIN_S = 10.0
OLD_S = 3.0


def candidate(desk: Desk) -> dict[str, Value]:
    """What is staged, and what is being typed where that could be staged."""
    values = dict(desk.drafts.staged)
    field = desk.field
    row = find(field.purpose_key) if field is not None and field.purpose == "edit" else None
    if field is not None and row is not None:
        value = row.parse(field.text)
        current = desk.view.engine.parameters.get(row.key) if desk.view is not None else None
        if not isinstance(value, Refusal) and value != current and not desk.drafts.objection(row, value, desk.view):
            values[row.key] = value
    return values


def previewed(desk: Desk) -> Previewed | None:
    """The preview of what is staged and typed now; None while it is worked out."""
    found = desk.findings.latest(Previewed)
    return found if found is not None and found.changes == candidate(desk) else None


def follow(desk: Desk, now: Moment) -> None:
    """Compare what is staged with what the engine has, and keep its preview young."""
    for line in desk.drafts.follow(desk.view):
        desk.say(line, now, "warn")
    changes = candidate(desk)
    if not changes:
        desk.findings.drop(Previewed)
        desk.drafts.asked = Asked()
    elif _is_due(desk, changes, now.real):
        _ask(desk, changes, now)


def progress(desk: Desk) -> str:
    """What is said instead of a preview that is not there."""
    asked = desk.drafts.asked
    return asked.problem or ("working" if asked.changes else "")


def _is_due(desk: Desk, changes: Mapping[str, Value], now: float) -> bool:
    asked = desk.drafts.asked
    if desk.view is None or any(waiting.label == LABEL for waiting in desk.findings.pending.values()):
        return False
    if changes != asked.changes:
        return now - asked.at >= REFRESH_S / 2.0
    return now >= asked.next_at


def _ask(desk: Desk, changes: dict[str, Value], now: Moment) -> None:
    wait_s = REFRESH_ESTIMATORS_S if any(key.startswith("estimators.") for key in changes) else REFRESH_S

    def heard(finding: Finding) -> None:
        if isinstance(finding, Unable) and desk.drafts.asked.changes == changes:
            desk.drafts.asked = desk.drafts.asked._replace(next_at=now.real + AGAIN_S, problem=finding.text)

    desk.drafts.asked = Asked(changes, now.real, now.real + wait_s)
    desk.findings.ask(desk.link, LABEL, lambda made: Preview(id=made, changes=changes), now.real, heard)
