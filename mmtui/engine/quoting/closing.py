"""The one kind of order that takes: reduce-only, immediate or cancelled. A flatten and urgent takers send it."""

from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.units import Price, Size
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.cycle import place
from mmtui.engine.quoting.pulling import expiry_ms
from mmtui.engine.state import EngineState


def take(state: EngineState, out: Outbox, side: Side, price: Price, size: Size) -> bool:
    """Sends a closing order through the controls; returns whether it left."""
    terms = OrderTerms(
        cloid=state.ledger.numbering.cloid(),
        side=side,
        price=price,
        size=size,
        tif=TimeInForce.IOC,
        purpose=Purpose.FLATTEN,
        reduce_only=True,
        level=0,
        created_at=out.now,
        expires_at_ms=expiry_ms(state, out.now),
    )
    return place(state, out, [terms])
