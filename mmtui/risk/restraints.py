"""What holds trading back for a while: each with its cause, its effect and its end.

A restraint is put by whoever saw the cause and ends by itself, or when the cause is gone. It never adds
risk and never keeps a cancel back. Deciding what causes one is the engine's.
"""

import enum

import msgspec

from mmtui.domain.instrument import Side

RESTRAINTS_MAX = 32
LEVELS_ANY = 1000
FOREVER = float("inf")


class Effect(enum.IntEnum):
    """What a restraint does, mildest first."""

    SLOW = 0
    WIDEN = 1
    FEWER_LEVELS = 2
    SIDE_OFF = 3
    NO_TAKER = 4
    HOLD_QUOTES = 5
    HOLD = 6
    REDUCE_ONLY = 7
    STALE = 8


class Restraint(msgspec.Struct, frozen=True, kw_only=True):
    """One cause that holds trading back until an engine time; ``text`` says it to a person.

    ``side`` is the side that SIDE_OFF takes off, ``levels`` how many levels a side FEWER_LEVELS leaves.
    """

    key: str
    effect: Effect
    text: str
    until: float = FOREVER
    side: Side | None = None
    levels: int = LEVELS_ANY


class Restraints:
    """The restraints in force, one a key; at most ``RESTRAINTS_MAX``."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, Restraint] = {}

    def __len__(self) -> int:
        return len(self._held)

    def put(self, restraint: Restraint) -> bool:
        """Puts or renews a restraint; returns whether it was not in force with this effect before.

        When there is no room the mildest gives way.
        """
        known = self._held.pop(restraint.key, None)
        if len(self._held) >= RESTRAINTS_MAX:
            mildest = min(self._held.values(), key=lambda held: held.effect)
            del self._held[mildest.key]
        self._held[restraint.key] = restraint
        return known is None or known.effect is not restraint.effect

    def lift(self, key: str) -> bool:
        """Ends a restraint; returns whether it was in force."""
        return self._held.pop(key, None) is not None

    def expire(self, now: float) -> list[Restraint]:
        """Ends what is over and returns it."""
        over = [held for held in self._held.values() if now >= held.until]
        for held in over:
            del self._held[held.key]
        return over

    def keys(self) -> tuple[str, ...]:
        """The causes in force, oldest first."""
        return tuple(self._held)

    def find(self, key: str) -> Restraint | None:
        """The restraint with this key, if in force."""
        return self._held.get(key)

    def first(self, *effects: Effect) -> Restraint | None:
        """The oldest restraint with one of these effects."""
        if not self._held:
            return None
        return next((held for held in self._held.values() if held.effect in effects), None)

    def off(self, side: Side) -> Restraint | None:
        """What takes a side off."""
        if not self._held:
            return None
        found = (held for held in self._held.values() if held.effect is Effect.SIDE_OFF and held.side is side)
        return next(found, None)

    @property
    def levels_max(self) -> int:
        """Most levels a side."""
        return min((held.levels for held in self._held.values()), default=LEVELS_ANY)
