"""The strategies by name, and what every strategy must offer.

A strategy is made once per session by its factory and may keep small state of its own between calls
(rate limits); that state depends on the contexts it was given and on nothing else, so that a replay
repeats it. Installed strategies of other packages are factories of the same kind: loading them is the
runtime's task.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from mmtui.domain.parameters import Settings
from mmtui.strategies.ladder import glft_strategy, ladder_strategy
from mmtui.strategies.quote import Ladder, QuoteContext
from mmtui.strategies.simple import inventory_aware_strategy, symmetric_strategy


class Strategy(Protocol):
    """Numbers in, desired ladder out."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        """The quotes wanted now; never raises on market data, never returns a non-finite number."""


StrategyFactory: TypeAlias = Callable[[], Strategy]


def hjb_strategy() -> Strategy:
    """The documents' controller; its solver's library is loaded only by who chooses it, and before trading."""
    from mmtui.strategies.hjb.strategy import HjbStrategy  # noqa: PLC0415 - numpy comes with it

    return HjbStrategy()


BUILT_IN: dict[str, StrategyFactory] = {
    "symmetric": symmetric_strategy,
    "inventory_aware": inventory_aware_strategy,
    "glft": glft_strategy,
    "ladder": ladder_strategy,
    "hjb": hjb_strategy,
}
