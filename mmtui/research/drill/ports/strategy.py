"""The strategy of a simulated process: the real one, whose last ladder the judge may see.

Owns the fault of a strategy that cannot decide: every other ladder is empty, so that each order is
placed and taken off again at its price.
"""

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.strategies.quote import Ladder, QuoteContext
from mmtui.strategies.registry import Strategy


class SimStrategy:
    """A strategy that remembers its last ladder, and is fickle while told to be."""

    __slots__ = ("_count", "_inner", "is_fickle", "last")

    def __init__(self, inner: Strategy, *, is_fickle: bool = False) -> None:
        self._inner = inner
        self._count = 0
        self.is_fickle = is_fickle
        self.last: Ladder | None = None

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return self._inner.name

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        """The inner strategy's ladder, or none of it every second time."""
        ladder = self._inner.ladder(context, settings)
        self._count += 1
        if self.is_fickle and self._count % 2:
            ladder = msgspec.structs.replace(ladder, bids=(), asks=())
        self.last = ladder
        return ladder
