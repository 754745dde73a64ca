"""The table of all parameters and an immutable set of values for it."""

from collections.abc import Iterator, Mapping

from mmtui.domain.parameters.adverse import ADVERSE
from mmtui.domain.parameters.allocation import ALLOCATION
from mmtui.domain.parameters.carry import ARRIVALS
from mmtui.domain.parameters.estimators import ESTIMATORS
from mmtui.domain.parameters.gamma import GAMMA
from mmtui.domain.parameters.hjb import HJB
from mmtui.domain.parameters.risk import LIMITS
from mmtui.domain.parameters.schema import Parameter, Value
from mmtui.domain.parameters.strategy import STRATEGY
from mmtui.domain.parameters.system import EXECUTION, SYSTEM
from mmtui.domain.parameters.trading import NETWORK, TRADING

PARAMETERS: tuple[Parameter, ...] = (
    *NETWORK,
    *TRADING,
    *STRATEGY,
    *ALLOCATION,
    *HJB,
    *ESTIMATORS,
    *ARRIVALS,
    *GAMMA,
    *ADVERSE,
    *LIMITS,
    *EXECUTION,
    *SYSTEM,
)
SECTIONS: tuple[str, ...] = tuple(dict.fromkeys(p.section for p in PARAMETERS))

_BY_KEY: dict[str, Parameter] = {p.key: p for p in PARAMETERS}
_BY_ALIAS: dict[str, Parameter] = {
    (alias if "." in alias else f"{p.section}.{alias}"): p for p in PARAMETERS for alias in p.aliases
}
assert len(_BY_KEY) == len(PARAMETERS), "a key appears twice in the schema"


def parameter(key: str) -> Parameter:
    """The row of ``key``; raises KeyError."""
    return _BY_KEY[key]


def find(name: str) -> Parameter | None:
    """The row of a key, of an alias, or of a bare name that only one section has."""
    row = _BY_KEY.get(name) or _BY_ALIAS.get(name)
    if row is not None or "." in name:
        return row
    rows = {p.key: p for p in PARAMETERS if p.name == name or name in p.aliases}
    return next(iter(rows.values())) if len(rows) == 1 else None


class Settings:
    """Checked values of every parameter, with typed access; an edit makes another object."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Value]) -> None:
        assert values.keys() == _BY_KEY.keys(), "settings must hold exactly the schema's keys"
        self._values = dict(values)

    @classmethod
    def defaults(cls) -> "Settings":
        """Every parameter at its default."""
        return cls({p.key: p.default for p in PARAMETERS})

    def with_values(self, changes: Mapping[str, Value]) -> "Settings":
        """These settings with some values replaced; the values must have passed ``check``."""
        assert changes.keys() <= _BY_KEY.keys(), f"not in the schema: {sorted(changes.keys() - _BY_KEY.keys())}"
        return Settings({**self._values, **changes})

    def number(self, key: str) -> float:
        """A number; 0.0 when unset."""
        value = self._values[key]
        if isinstance(value, float):
            return value
        if value is None:
            return 0.0
        assert isinstance(value, int), key
        return float(value)

    def count(self, key: str) -> int:
        """A whole number; 0 when unset."""
        value = self._values[key]
        if value is None:
            return 0
        assert isinstance(value, int), key
        return int(value)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._values[key]
        assert isinstance(value, bool), key
        return value

    def text(self, key: str) -> str:
        """Text or a choice; empty when unset."""
        value = self._values[key]
        if isinstance(value, str):
            return value
        assert value is None, key
        return ""

    def value(self, key: str) -> Value:
        """The bare value."""
        return self._values[key]

    def items(self) -> Iterator[tuple[Parameter, Value]]:
        """Each row with its value, in schema order."""
        return ((p, self._values[p.key]) for p in PARAMETERS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))
