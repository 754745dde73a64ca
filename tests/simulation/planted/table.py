"""The planted bugs, all of them, and what is recorded of each."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

RECORDED = Path(__file__).with_name("recorded.json")
Plant = Callable[[pytest.MonkeyPatch], None]


class Bug(msgspec.Struct, frozen=True):
    """A defect: what it breaks, the world that may show it, and the small change that makes it."""

    name: str
    breaks: str
    world: str
    plant: Plant


class Catch(msgspec.Struct, frozen=True, kw_only=True):
    """The first seed that shows a bug: its end, the simulated hours until then over all seeds tried, the words."""

    seed: int
    hours: float
    invariant: str
    text: str


def bug(name: str, breaks: str, world: str) -> Callable[[Plant], Bug]:
    """Names a function that plants a bug."""

    def named(plant: Plant) -> Bug:
        return Bug(name, breaks, world, plant)

    return named


def recorded() -> dict[str, Catch]:
    """What the last search found, by bug."""
    return msgspec.json.decode(RECORDED.read_bytes(), type=dict[str, Catch])
