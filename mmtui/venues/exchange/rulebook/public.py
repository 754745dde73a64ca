"""The public side of a block: background flow in, prints and book changes out.

Owns the step of a pit's market and what listeners hear of it. A silent pit, whose recorded feed was
down, is not heard at all; its accounts' own events still are.
"""

from mmtui.venues.exchange.markets.flow import Print
from mmtui.venues.exchange.records import PublicTrade
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.state import State


def step_market(state: State, settlement: Settlement) -> None:
    """Play the background due by now against the pit's book."""
    pit = settlement.pit
    pit.is_silent = pit.market.is_silent(state.now_ms)
    event_ms = pit.market.next_event_ms()
    if event_ms is None or event_ms > state.now_ms:
        return
    step = pit.market.advance(state.now_ms, pit.book, settlement.may_fill, settlement.settle)
    settlement.refuse(step.refused)
    pit.book_time_ms = step.book_time_ms
    pit.is_book_changed = pit.is_book_changed or step.is_book_changed or bool(step.prints)
    for seen in step.prints:
        pit.tape.add(_public(pit.coin, seen), state.now_ms)


def publish(state: State) -> None:
    """Tell the listener of the block's prints and changed books."""
    listener = state.listener
    for pit in state.pits.values():
        trades, pit.tape.block = pit.tape.block, []
        is_changed, pit.is_book_changed = pit.is_book_changed, False
        if listener is None or pit.is_silent:
            continue
        if trades:
            listener.on_trades(pit.coin, trades)
        if is_changed:
            listener.on_book(pit.coin)


def _public(coin: str, seen: Print) -> PublicTrade:
    return PublicTrade(
        coin, seen.side, seen.price, seen.size, seen.time_ms, seen.tid, seen.order_key, seen.buyer, seen.seller
    )
