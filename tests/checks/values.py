"""Published and computed figures that the models must reproduce, one row each, and where each row comes from.

A module ``section_*.py`` of this folder holds the rows of one section of models.md in its tuple ``CHECKS``.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import tests.checks


@dataclass(frozen=True)
class CheckValue:
    """One figure: the section of models.md, what it is, the figure, and how ours is computed.

    Holds when the difference is at most ``rel`` of the figure or ``abs``, whichever is larger; ``abs`` is
    half a unit of the last digit printed where that is looser.
    """

    section: str
    name: str
    expected: float
    ours: Callable[[], float]
    rel: float = 1e-6
    abs: float = 0.0

    @property
    def allowed(self) -> float:
        """The largest difference that still agrees."""
        return max(self.rel * abs(self.expected), self.abs)


def check_values() -> Iterator[CheckValue]:
    """Every row of every section, in the order of the sections."""
    names = [info.name for info in pkgutil.iter_modules(tests.checks.__path__) if info.name.startswith("section_")]
    for name in sorted(names, key=_number):
        yield from importlib.import_module(f"tests.checks.{name}").CHECKS


def _number(module: str) -> tuple[int, ...]:
    return tuple(int(part) for part in module.split("_")[1:] if part.isdigit())
