"""Parameter edits not yet sent. Pure.

Owns staging and its checks: type and bounds of the schema, relations between settings, limits of
``[risk]`` only tighter, and in LIVE at most a doubling or halving at once unless that tightens a
limit. Nothing here is sent; the engine checks all of it again.
"""

from collections.abc import Mapping

from mmtui.domain.parameters import PARAMETERS, Parameter, Refusal, Settings, Value, cross_problems, find
from mmtui.domain.parameters.schema import Kind, Tightens
from mmtui.domain.view import View

STEP_RATIO_MAX = 2.0
LIVE_PARAMETERS: tuple[Parameter, ...] = tuple(p for p in PARAMETERS if p.live and not p.secret)


def current(row: Parameter, view: View | None) -> Value:
    """The value the engine last confirmed, or the default before the first picture."""
    return row.default if view is None else view.engine.parameters.get(row.key, row.default)


def shown(value: Value) -> str:
    """A value as one types it."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_one_way(row: Parameter) -> bool:
    """Whether a running engine takes only tighter values; sizes of ``[trading]`` go both ways."""
    return row.section == "risk" and row.tightens is not None


class Drafts:
    """Staged values by key."""

    __slots__ = ("staged",)

    def __init__(self) -> None:
        self.staged: dict[str, Value] = {}

    def refusal(self, row: Parameter, text: str, view: View | None) -> str:
        """Why ``text`` cannot be staged for a parameter; empty when it can."""
        value = row.parse(text)
        if isinstance(value, Refusal):
            return str(value)
        old = current(row, view)
        return _loosens(row, old, value) or _leaps(row, old, value, view) or conflict(row, value, view, self.staged)

    def stage_text(self, key: str, text: str, view: View | None) -> str:
        """Stage a value by name; why not, or empty."""
        row = find(key)
        if row is None:
            return f"no parameter {key!r}"
        if not row.live or row.secret:
            return f"{row.key} cannot be changed while running; set it in the file and restart"
        refusal = self.refusal(row, text, view)
        if refusal:
            return refusal
        value = row.parse(text)
        assert not isinstance(value, Refusal)
        if value == current(row, view):
            self.staged.pop(row.key, None)
        else:
            self.staged[row.key] = value
        return ""

    def forget_applied(self, view: View | None) -> None:
        """Drop staged values that the engine now has."""
        if view is not None and self.staged:
            now = view.engine.parameters
            self.staged = {key: value for key, value in self.staged.items() if key not in now or now[key] != value}


def conflict(row: Parameter, value: Value, view: View | None, staged: Mapping[str, Value]) -> str:
    """Which relation between settings a value would break, beside the others staged; empty when none."""
    before = _settings(view, staged)
    known = {key for key, _ in cross_problems(before)}
    for key, refusal in cross_problems(before.with_values({row.key: value})):
        if key not in known:
            return f"{key}: {refusal}"
    return ""


def _settings(view: View | None, staged: Mapping[str, Value]) -> Settings:
    settings = Settings.defaults()
    if view is not None:
        known = {p.key for p in PARAMETERS}
        settings = settings.with_values({k: v for k, v in view.engine.parameters.items() if k in known})
    return settings.with_values(staged)


def _loosens(row: Parameter, old: Value, new: Value) -> str:
    if not is_one_way(row) or new == old:
        return ""
    remedy = "loosening needs the file and a restart"
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return "" if old is None else f"a risk limit can only be tightened here; {remedy}"
    way = "below" if row.tightens is Tightens.DOWN else "above"
    return (
        "" if _is_tighter(row, old, new) else f"a risk limit can only be tightened here, {way} {shown(old)}; {remedy}"
    )


def _is_tighter(row: Parameter, old: float, new: float) -> bool:
    return row.tightens is not None and (new < old if row.tightens is Tightens.DOWN else new > old)


def _leaps(row: Parameter, old: Value, new: Value, view: View | None) -> str:
    if view is None or view.session.run_kind != "LIVE" or row.kind is not Kind.NUMBER:
        return ""
    if not isinstance(old, int | float) or not isinstance(new, int | float) or not old or not new:
        return ""
    if _is_tighter(row, old, new):
        return ""
    if 1 / STEP_RATIO_MAX <= new / old <= STEP_RATIO_MAX:
        return ""
    return f"more than x{STEP_RATIO_MAX:g} in one change while LIVE; go from {shown(old)} in steps"
