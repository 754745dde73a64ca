"""What happens by the clock rather than by an action: prices, premiums, funding, switches, liquidations.

Owns when each is due. Every time is a block's; nothing fires between blocks.
"""

from mmtui.venues.exchange.ledger.funding import HOUR_MS, SAMPLE_MS
from mmtui.venues.exchange.ledger.mark_price import UPDATE_MS
from mmtui.venues.exchange.rulebook import reference_prices
from mmtui.venues.exchange.rulebook.cancellation import fire_scheduled
from mmtui.venues.exchange.rulebook.liquidation import Liquidator
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.state import State


class SlowClock:
    """Due times of the periodic rules."""

    __slots__ = ("_funding_ms", "_liquidator", "_prices_ms", "_sample_ms", "_state")

    def __init__(self, state: State, floor: dict[str, Settlement]) -> None:
        self._state = state
        self._liquidator = Liquidator(state, floor)
        self._prices_ms = 0
        self._sample_ms = 0
        self._funding_ms = 0

    def start(self) -> None:
        """Set the first prices and the first due times."""
        now_ms = self._state.now_ms
        for pit in self._state.pits.values():
            reference_prices.update_prices(self._state, pit)
            reference_prices.sample_premium(pit)
        self._prices_ms = now_ms + UPDATE_MS
        self._sample_ms = now_ms + SAMPLE_MS
        self._funding_ms = (now_ms // HOUR_MS + 1) * HOUR_MS

    def due_ms(self) -> int:
        """When something is due next."""
        due = min(self._prices_ms, self._sample_ms, self._funding_ms)
        for account in self._state.accounts.values():
            at_ms = account.scheduled_cancel.at_ms
            if at_ms is not None:
                due = min(due, at_ms)
        return due

    def tick(self) -> None:
        """Do whatever is due at this block; a missed period is done once."""
        state = self._state
        now_ms = state.now_ms
        pits = state.pits.values()
        fire_scheduled(state)
        is_repriced = now_ms >= self._prices_ms
        if is_repriced:
            self._prices_ms = now_ms + UPDATE_MS
            for pit in pits:
                reference_prices.update_prices(state, pit)
        if now_ms >= self._sample_ms:
            self._sample_ms = now_ms + SAMPLE_MS
            for pit in pits:
                reference_prices.sample_premium(pit)
        is_hour = now_ms >= self._funding_ms
        if is_hour:
            self._funding_ms = (now_ms // HOUR_MS + 1) * HOUR_MS
            for pit in pits:
                reference_prices.settle_funding(state, pit)
        if is_repriced or is_hour:
            self._liquidator.check()
            self._announce_contexts()

    def _announce_contexts(self) -> None:
        listener = self._state.listener
        if listener is None:
            return
        for pit in self._state.pits.values():
            if not pit.is_silent:
                listener.on_context(pit.coin)
