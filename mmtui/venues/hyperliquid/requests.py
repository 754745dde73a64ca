"""From an intent to the action that is signed, and what is remembered of it.

Owns the choice of action, how long it may live, and the nonces of the requests sent: a fence is signed
with the nonce of the request it stops. Never signs and never sends. Mechanisms M4 and M5, invariant I10.
"""

from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import AddMargin, CancelOrders, Fence, PlaceOrders, ScheduleCancel, Send
from mmtui.domain.order import Purpose
from mmtui.errors import InvariantError
from mmtui.venues.hyperliquid import actions
from mmtui.venues.hyperliquid.answers import Batch, Sent

LIFE_MS_MAX = 10_000
NONCES_REMEMBERED = 1_000


class SentNonces:
    """The nonces of the latest requests by request id."""

    __slots__ = ("_nonces",)

    def __init__(self) -> None:
        self._nonces: dict[int, int] = {}

    def remember(self, request_id: int, nonce: int) -> None:
        """Keeps one; the oldest goes when there are too many."""
        self._nonces[request_id] = nonce
        if len(self._nonces) > NONCES_REMEMBERED:
            del self._nonces[next(iter(self._nonces))]

    def of(self, request_id: int) -> int | None:
        """The nonce that a request was signed with; None when it never was, or too long ago."""
        return self._nonces.get(request_id)


def action_of(instrument: Instrument, intent: Send) -> actions.Action:
    """The action that an intent means."""
    if isinstance(intent, PlaceOrders):
        return actions.place_action(instrument, intent.orders)
    if isinstance(intent, CancelOrders):
        return actions.cancel_action(instrument, intent.cloids)
    if isinstance(intent, ScheduleCancel):
        return actions.schedule_action(intent.at_ms)
    if isinstance(intent, Fence):
        return actions.Noop()
    if isinstance(intent, AddMargin):
        return actions.add_margin_action(instrument, intent.amount)
    return actions.leverage_action(instrument, intent.leverage, is_cross=intent.is_cross)


def expiry_of(intent: Send, now_ms: int, venue_ms: int) -> int:
    """The exchange time after which the intent's action dies, at most ten seconds ahead.

    ``venue_ms`` is the exchange's time as far as we know it. What takes risk off the book must arrive
    also where our clock or that estimate has fallen behind. Raises InvariantError for anything else
    that was given a longer life by our own clock.
    """
    if isinstance(intent, CancelOrders | Fence):
        return min(intent.expires_at_ms, max(now_ms, venue_ms) + LIFE_MS_MAX)
    if not intent.expires_at_ms <= now_ms + LIFE_MS_MAX:
        raise InvariantError(f"request {intent.request_id} would live {intent.expires_at_ms - now_ms} ms")
    return min(intent.expires_at_ms, venue_ms + LIFE_MS_MAX)


def is_quotes(intent: Send) -> bool:
    """Whether an intent places quotes and nothing else."""
    if not isinstance(intent, PlaceOrders):
        return False
    return all(approved.terms.purpose is Purpose.QUOTE for approved in intent.orders)


def sent_as(action: actions.Action, request_id: int, now_s: float) -> Sent:
    """What has to be known of an action to read its answer."""
    if isinstance(action, actions.Order):
        return Sent(request_id, Batch.ORDERS, len(action.orders), now_s)
    if isinstance(action, actions.BatchModify):
        return Sent(request_id, Batch.ORDERS, len(action.modifies), now_s)
    if isinstance(action, actions.Cancel | actions.CancelByCloid):
        return Sent(request_id, Batch.CANCELS, len(action.cancels), now_s)
    return Sent(request_id, Batch.NOTHING, 0, now_s)
