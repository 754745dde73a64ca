"""The live settings: their version, their history, and the check of an edit."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeAlias

from mmtui.domain.parameters import Refusal, Settings, Value, cross_problems, find
from mmtui.domain.parameters.checks import leap
from mmtui.domain.parameters.schema import Parameter, Tightens
from mmtui.domain.view import ParameterChange

HISTORY_MAX = 50
PICTURE_AGE_MAX_S = 2.0


Objection: TypeAlias = Callable[[Settings], str]


def _no_objection(_: Settings) -> str:
    return ""


class EditRefusedError(ValueError):
    """An edit that changes nothing, with the reason for the person who asked."""


class LiveSettings:
    """Owner of the settings in force; ``is_stepwise`` where no number may be changed far at once."""

    __slots__ = ("history", "is_stepwise", "settings", "version")

    def __init__(self, settings: Settings, *, is_stepwise: bool = False) -> None:
        self.settings = settings
        self.is_stepwise = is_stepwise
        self.version = 1
        self.history: deque[ParameterChange] = deque(maxlen=HISTORY_MAX)

    def apply(
        self,
        changes: Mapping[str, Value],
        *,
        by: str,
        now: float,
        picture_age_s: float,
        objection: Objection = _no_objection,
        staged_at: float = 0.0,
        sent_at: float = 0.0,
    ) -> ParameterChange:
        """Applies all changes or none; raises EditRefusedError, also with what ``objection`` says to the outcome."""
        after: dict[str, Value] = {}
        for name, value in changes.items():
            row, checked = self._checked(name, value)
            after[row.key] = checked
            self._permit(row, checked, picture_age_s)
            far = leap(row, self.settings.value(row.key), checked) if self.is_stepwise else ""
            if far:
                raise EditRefusedError(f"{row.key}: {far}")
        text = objection(self.settings.with_values(after))
        if text:
            raise EditRefusedError(text)
        return self._replace(after, by=by, now=now, times=(staged_at, sent_at))

    def undo(self, *, by: str, now: float, seen_at: float = 0.0) -> ParameterChange:
        """Sends the values before the last edit as another version; raises EditRefusedError.

        ``seen_at`` is when the picture was made on which the edit to undo was seen as the last one (0: from none).
        """
        if not self.history:
            raise EditRefusedError("there is no edit to undo")
        last = self.history[0]
        if 0.0 < seen_at < last.at:
            raise EditRefusedError(
                f"v{last.version} by {last.by} came after the picture this was asked from; look again"
            )
        for key, value in last.before.items():
            self._permit(self._checked(key, value)[0], value, max(0.0, now - seen_at) if seen_at > 0.0 else 0.0)
        return self._replace(dict(last.before), by=by, now=now)

    def _checked(self, name: str, value: Value) -> tuple[Parameter, Value]:
        row = find(name)
        if row is None:
            raise EditRefusedError(f"{name}: no such parameter")
        if not row.live:
            raise EditRefusedError(f"{row.key}: takes effect at the next start only; edit the configuration file")
        checked = row.parse(value) if isinstance(value, str) else row.check(value)
        if isinstance(checked, Refusal):
            raise EditRefusedError(f"{row.key}: {checked}")
        return row, checked

    def _permit(self, row: Parameter, value: Value, picture_age_s: float) -> None:
        if not loosens(row, self.settings.value(row.key), value):
            return
        if row.section == "risk":
            raise EditRefusedError(f"{row.key}: a risk limit is only tightened live; edit the configuration file")
        if picture_age_s > PICTURE_AGE_MAX_S:
            raise EditRefusedError(f"{row.key}: loosened from a picture {picture_age_s:.1f} s old; look again")

    def _replace(
        self, after: dict[str, Value], *, by: str, now: float, times: tuple[float, float] = (0.0, 0.0)
    ) -> ParameterChange:
        before = {key: self.settings.value(key) for key in after}
        settings = self.settings.with_values(after)
        problems = cross_problems(settings)
        if problems:
            key, refusal = problems[0]
            raise EditRefusedError(f"{key}: {refusal}")
        self.settings = settings
        self.version += 1
        change = ParameterChange(
            version=self.version,
            at=now,
            by=by,
            before=before,
            after=after,
            staged_at=min(times[0], now),
            sent_at=min(times[1], now),
        )
        self.history.appendleft(change)
        return change


def loosens(row: Parameter, before: Value, after: Value) -> bool:
    """Whether a change makes a limit less strict."""
    if row.tightens is None or isinstance(before, str | bool) or isinstance(after, str | bool):
        return False
    if before is None or after is None:
        return before is not after
    return after > before if row.tightens is Tightens.DOWN else after < before
