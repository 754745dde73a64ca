"""Parameter edits not yet sent, for each engine of its own. Pure.

Owns staging and its checks: type and bounds of the schema, relations between settings, limits of ``[risk]`` only
tighter, and in LIVE at most a doubling or halving at once unless that tightens a limit. A value that somebody else
changes while it is staged is set aside. Nothing here is sent; the engine checks all of it again.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from mmtui.domain.parameters import PARAMETERS, Parameter, Refusal, Settings, Value, cross_problems, find
from mmtui.domain.parameters.checks import leap
from mmtui.domain.parameters.schema import Tightens
from mmtui.domain.view import View

ARRIVED_MAX = 20
LIVE_PARAMETERS: tuple[Parameter, ...] = tuple(p for p in PARAMETERS if p.live and not p.secret)
_KNOWN = frozenset(p.key for p in PARAMETERS)


def current(row: Parameter, view: View | None) -> Value:
    """The value the engine last confirmed, or the default before the first picture."""
    return row.default if view is None else view.engine.parameters.get(row.key, row.default)


def shown(value: Value) -> str:
    """A value as one types it."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def is_one_way(row: Parameter) -> bool:
    """Whether a running engine takes only tighter values; sizes of ``[trading]`` go both ways."""
    return row.section == "risk" and row.tightens is not None


class Clash(NamedTuple):
    """A staged value set aside, because somebody else changed the parameter meanwhile."""

    mine: Value
    before: Value
    theirs: Value
    by: str


class Asked(NamedTuple):
    """The last preview asked for: its changes, when, and when another may be, in real seconds; why it failed."""

    changes: Mapping[str, Value] = MappingProxyType({})
    at: float = -math.inf
    next_at: float = -math.inf
    problem: str = ""


class _Stage:
    """What is staged for one engine: values, what the engine had then and when, and what was set aside."""

    __slots__ = ("at", "bases", "clashes", "staged")

    def __init__(self) -> None:
        self.staged: dict[str, Value] = {}
        self.bases: dict[str, Value] = {}
        self.at: dict[str, float] = {}
        self.clashes: dict[str, Clash] = {}


class Drafts:
    """Staged values by key, of the engine looked at; ``rehearsed`` are the changes of the last rehearsal in words."""

    __slots__ = ("_run", "_stages", "arrived", "asked", "rehearsed")

    def __init__(self) -> None:
        self.asked = Asked()
        self.arrived: tuple[str, ...] = ()
        self.rehearsed = ""
        self._run = ""
        self._stages: dict[str, _Stage] = {}

    @property
    def staged(self) -> dict[str, Value]:
        """The values to be sent."""
        return self._stage.staged

    @property
    def clashes(self) -> dict[str, Clash]:
        """What was staged and changed elsewhere."""
        return self._stage.clashes

    @property
    def staged_at(self) -> float:
        """Engine time of the oldest value still staged; 0 without one."""
        return min((at for key, at in self._stage.at.items() if key in self.staged), default=0.0)

    @property
    def _stage(self) -> _Stage:
        return self._stages.setdefault(self._run, _Stage())

    def _look_at(self, view: View | None) -> None:
        if view is not None:
            self._run = view.session.run_id

    def refusal(self, row: Parameter, text: str, view: View | None) -> str:
        """Why ``text`` cannot be staged for a parameter; empty when it can."""
        value = row.parse(text)
        if isinstance(value, Refusal):
            return str(value)
        return self.objection(row, value, view)

    def objection(self, row: Parameter, value: Value, view: View | None) -> str:
        """Why a checked value cannot be staged for a parameter; empty when it can."""
        if not row.live or row.secret:
            return f"{row.key} cannot be changed while running; set it in the file and restart"
        old = current(row, view)
        return _loosens(row, old, value) or _leaps(row, old, value, view) or conflict(row, value, view, self.staged)

    def stage_text(self, key: str, text: str, view: View | None) -> str:
        """Stage a value by name; why not, or empty."""
        row = find(key)
        if row is None:
            return f"no parameter {key!r}"
        value = row.parse(text) if row.live and not row.secret else None
        return str(value) if isinstance(value, Refusal) else self.stage(row, value, view)

    def stage(self, row: Parameter, value: Value, view: View | None) -> str:
        """Stage a checked value; why not, or empty."""
        self._look_at(view)
        refusal = self.objection(row, value, view)
        if refusal:
            return refusal
        stage, old = self._stage, current(row, view)
        stage.clashes.pop(row.key, None)
        if value == old:
            self.drop(row.key)
            return ""
        stage.staged[row.key], stage.bases[row.key] = value, old
        stage.at.setdefault(row.key, view.engine.at if view is not None else 0.0)
        return ""

    def stage_all(self, values: Mapping[str, Value], view: View | None) -> dict[str, str]:
        """Stage several values, each beside the others; the refused ones with the reason."""
        left = dict(values)
        while True:
            refused: dict[str, str] = {}
            for key, value in left.items():
                row = find(key)
                reason = self.stage(row, value, view) if row is not None else "no such parameter"
                if reason:
                    refused[key] = reason
            if len(refused) in (0, len(left)):
                return refused
            left = {key: values[key] for key in refused}

    def drop(self, key: str) -> None:
        """Forget one staged value."""
        self._stage.staged.pop(key, None)
        self._stage.at.pop(key, None)

    def clear(self) -> None:
        """Forget all staged values, and those set aside."""
        self._stages[self._run] = _Stage()

    def note_arrival(self, finding_id: str) -> None:
        """Remember that a finding was acted upon, so that it is not twice."""
        self.arrived = (*self.arrived, finding_id)[-ARRIVED_MAX:]

    def follow(self, view: View | None) -> list[str]:
        """Take in what the engine has now; says in words which staged values were set aside."""
        if view is None:
            return []
        self._look_at(view)
        stage, now = self._stage, view.engine.parameters
        news = []
        for key, mine in list(stage.staged.items()):
            theirs = now.get(key, mine)
            if theirs == mine:
                self.drop(key)
            elif theirs != stage.bases.get(key, theirs):
                clash = Clash(mine, stage.bases[key], theirs, _changed_by(key, view))
                stage.clashes[key] = clash
                self.drop(key)
                news.append(f"{key} was changed to {shown(theirs)} by {clash.by}; your {shown(mine)} is set aside")
        return news


def conflict(row: Parameter, value: Value, view: View | None, staged: Mapping[str, Value]) -> str:
    """Which relation between settings a value would break, beside the others staged; empty when none."""
    before = settings_of(view).with_values(staged)
    known = {key for key, _ in cross_problems(before)}
    for key, refusal in cross_problems(before.with_values({row.key: value})):
        if key not in known:
            return f"{key}: {refusal}"
    return ""


def settings_of(view: View | None) -> Settings:
    """The settings in force as far as the picture shows them."""
    settings = Settings.defaults()
    if view is None:
        return settings
    return settings.with_values({key: value for key, value in view.engine.parameters.items() if key in _KNOWN})


def _changed_by(key: str, view: View) -> str:
    return next((change.by for change in view.engine.parameter_changes if key in change.after), "somebody else")


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
    return leap(row, old, new) if view is not None and view.session.run_kind == "LIVE" else ""
