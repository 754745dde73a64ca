"""A person at the keys: every verb, any live setting, fresh and stale pictures, at random; and who looks at a latch.

Owns what the person does and when. A halt is looked at after a while: the engine is re-armed with a reason, or
started again where only that helps. What the person set is gone once the faults are over.
"""

import math
import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mmtui.domain.commands import Act, CancelSide, SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import PARAMETERS, Kind, Parameter, Value
from mmtui.research.drill.faults import Fault

if TYPE_CHECKING:
    from mmtui.research.drill.world import World

EVERY_MS = 1_000
LOOKS_AFTER_MS = (15_000, 60_000)
BACK_AFTER_MS = (1_000, 40_000)
STALE_S = (2.1, 60.0)
VERBS = (
    Verb.PAUSE, Verb.RESUME, Verb.REDUCE_ONLY, Verb.FLATTEN, Verb.FLATTEN, Verb.UNDO, Verb.UNDO, Verb.KILL, Verb.STOP,
)  # fmt: skip
LIMITS = ("trading.max_absolute_position_size", "trading.order_notional_usd")
LIVE = tuple(one for one in PARAMETERS if one.live)
ONLY_A_START_HELPS = frozenset({"delisted", "instrument changed", "account mode changed"})


class Person:
    """The person of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._latched_ms: int | None = None
        self._patience_ms = 0
        self.has_edited = False

    def begin(self) -> None:
        """Looks once a second, from now on."""
        self._world.timeline.after(EVERY_MS, self._watch)

    def act(self) -> bool:
        """Does something; returns whether there was a program to do it to."""
        if self._world.process.shell is None:
            return False
        rng = self._rng
        kind = rng.random()
        if kind < 0.5:
            self._edit(rng)
        elif kind < 0.6:
            self._world.hands.give(partial(CancelSide, side=rng.choice((Side.BUY, Side.SELL))))
        else:
            self._press(rng)
        return True

    def start_over(self) -> None:
        """The faults are over: what was set at the keys is set back by a start."""
        if self.has_edited and self._world.process.shell is not None:
            self._world.hands.command(Verb.STOP)
        self.has_edited = False

    def must_start_again(self) -> bool:
        """Whether the halt in force is one that no re-arm mends."""
        latch = self._world.process.latch
        return latch is not None and latch.reason in ONLY_A_START_HELPS

    @property
    def _rng(self) -> random.Random:
        return self._world.faults.stream(Fault.PERSON)

    def _press(self, rng: random.Random) -> None:
        verb = rng.choice(VERBS)
        if verb in (Verb.KILL, Verb.STOP) and rng.random() < 0.7:
            verb = Verb.PAUSE
        seen_at = 0.0 if rng.random() < 0.6 else self._world.clock() - rng.uniform(*STALE_S)
        self._world.hands.give(partial(Act, verb=verb, seen_at=seen_at))
        self._world.timeline.after(rng.randint(*BACK_AFTER_MS), partial(self._world.hands.command, Verb.RESUME))

    def _edit(self, rng: random.Random) -> None:
        self.has_edited = True
        changes: dict[str, Value] = {}
        if rng.random() < 0.4:
            changes[LIMITS[0]] = round(rng.choice((0.0005, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9)), 4)
        else:
            for row in rng.sample(LIVE, rng.choice((1, 1, 2, 3))):
                changes[row.key] = _value(row, rng)
        seen_at = 0.0 if rng.random() < 0.8 else self._world.clock() - rng.uniform(*STALE_S)
        self._world.hands.give(partial(SetParameters, changes=changes, seen_at=seen_at))
        if rng.random() < 0.5:
            undo: Callable[[], None] = partial(self._world.hands.command, Verb.UNDO)
            self._world.timeline.after(rng.randint(*BACK_AFTER_MS), undo)

    def _watch(self) -> None:
        """A halt of a program that lives is looked at after a while; one that is gone is the warden's."""
        world = self._world
        world.timeline.after(EVERY_MS, self._watch)
        if world.process.latch is None or world.process.shell is None or not world.faults.is_on:
            self._latched_ms = None
            return
        now_ms = world.timeline.now_ms
        if self._latched_ms is None:
            self._latched_ms, self._patience_ms = now_ms, self._rng.randint(*LOOKS_AFTER_MS)
        elif now_ms - self._latched_ms > self._patience_ms:
            self._latched_ms = None
            world.ending.resume()


def _value(row: Parameter, rng: random.Random) -> Value:
    """Something to set: near the default mostly, at the bounds, outside them, or no number at all."""
    if row.kind is Kind.FLAG:
        return rng.random() < 0.5
    if row.kind not in (Kind.NUMBER, Kind.COUNT):
        return rng.choice(row.choices or ("none", "0.5", "nonsense"))
    default = row.default if isinstance(row.default, int | float) else 1.0
    picked = rng.choice(
        (default * rng.uniform(0.3, 3.0), default * rng.uniform(0.8, 1.2), default, row.low, row.high, row.high * 2.0,
         -1.0, float("nan"))
    )  # fmt: skip
    return int(min(picked, 1e9)) if row.kind is Kind.COUNT and not math.isnan(picked) else picked
