"""The rehearsed exchange refuses nonces as the real one does: what is too low once stays too low."""

from mmtui.domain.events import RefusalReason
from mmtui.domain.intents import CancelOrders, Fence
from mmtui.research.drill.faults import Fault, Faults
from mmtui.research.drill.ports.truth import Truth
from mmtui.research.drill.ports.venue import SimVenue
from mmtui.research.simulation import ACCOUNT, synthetic_exchange
from mmtui.venues.exchange.direct import DirectVenue


def test_a_fence_that_is_refused_for_its_nonce_takes_the_request_along() -> None:
    faults = Faults(1, {Fault.BAD_NONCE: 1.0})
    direct = DirectVenue(synthetic_exchange("ETH", seed=1), "ETH", ACCOUNT)
    venue = SimVenue(faults, Truth(direct, ACCOUNT, "ETH"))
    faults.is_on = True
    fence = venue.judge(Fence(request_id=2, of_request_id=1, expires_at_ms=0), 100)
    faults.is_on = False
    request = CancelOrders(request_id=1, cloids=(), expires_at_ms=0)
    late, later = venue.judge(request, 100), venue.judge(request, 101)
    assert fence.failure is not None and fence.failure.reason is RefusalReason.BAD_NONCE
    assert late.intent is None and late.failure is not None and late.failure.reason is RefusalReason.BAD_NONCE
    assert later.intent is request and later.failure is None
