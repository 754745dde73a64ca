"""What the exchange knows about a session, for comparing with what the engine believes."""

from mmtui.domain.cloid import is_ours
from mmtui.domain.instrument import Side
from mmtui.research.simulation import SimulatedSession
from mmtui.venues.exchange.records import OrderUpdate


def resting(session: SimulatedSession) -> list[OrderUpdate]:
    """Own orders that rest at the exchange now."""
    orders = session.exchange.statements.open_orders(session.account)
    return [order for order in orders if is_ours(order.cloid)]


def position(session: SimulatedSession) -> int:
    """The account's position at the exchange, size units."""
    statement = session.exchange.statements.statement(session.account, session.venue.instrument.dex)
    return next((row.size for row in statement.positions if row.coin == session.venue.instrument.coin), 0)


def cash(session: SimulatedSession) -> int:
    """The account's raw balance at the exchange, micro-USD."""
    statement = session.exchange.statements.statement(session.account, session.venue.instrument.dex)
    return statement.total.total_raw_usd_micro


def exposure(session: SimulatedSession, side: Side) -> int:
    """Position if every resting order of one side filled, signed toward that side."""
    return side * position(session) + sum(order.size for order in resting(session) if order.side is side)


def assert_books_agree(session: SimulatedSession) -> None:
    """Position, cash and own orders of engine and exchange are the same."""
    state = session.engine.state
    assert state.account.position.size == position(session)
    assert state.account.cash == cash(session)
    assert {order.cloid for order in state.ledger.live.values()} == {order.cloid for order in resting(session)}
    assert session.exchange.unaccounted_micro(session.venue.instrument.dex) == 0
