"""The venue's own misbehaviour: what it refuses, and how it garbles an answer.

Owns windows during which the venue refuses a class of orders, and faults of single requests. Requests
that pass go to the exchange's own rules; this only takes from them and from their answers. A nonce that
is refused as too low is too low from then on, whichever request carries it.
"""

import msgspec

from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, Outcome, OutcomeKind, RefusalReason
from mmtui.domain.intents import PlaceOrders, Send
from mmtui.domain.order import TimeInForce
from mmtui.research.drill.faults import Fault, Faults
from mmtui.research.drill.ports.truth import Truth

_ITEM_TEXTS = {
    RefusalReason.INSUFFICIENT_MARGIN: "Insufficient margin to place order.",
    RefusalReason.OPEN_INTEREST_CAP: "Order would increase open interest while open interest is capped",
    RefusalReason.POST_ONLY_WINDOW: "Only post-only orders allowed immediately after a network upgrade",
    RefusalReason.POST_ONLY_WOULD_CROSS: "Post only order would have immediately matched",
}


class Judged(msgspec.Struct):
    """What is left of a request, the answer to the rest, or the failure of the whole."""

    intent: Send | None
    failure: ActionFailed | None = None


class SimVenue:
    """Faults between the wire and the exchange's rules."""

    def __init__(self, faults: Faults, truth: Truth) -> None:
        self._faults = faults
        self._truth = truth
        self._held: dict[int, tuple[int, dict[int, Outcome]]] = {}
        self.windows: dict[Fault, int] = {}
        self.nonce_floor = 0

    def is_open(self, window: Fault) -> bool:
        """Whether a window of refusals is open."""
        return window in self.windows

    def judge(self, intent: Send, nonce: int) -> Judged:
        """Takes out what the venue refuses."""
        faults = self._faults
        if self.is_open(Fault.REVOKED):
            return _failed(intent, RefusalReason.SIGNER_UNKNOWN, "User or API Wallet does not exist.")
        if self.is_open(Fault.HALT):
            return _failed(intent, RefusalReason.VENUE_DOWN, "Trading is halted.")
        if faults.hit(Fault.RATE_LIMIT):
            return _failed(intent, RefusalReason.RATE_LIMITED, "429: too many requests")
        if faults.hit(Fault.BAD_NONCE):
            self.nonce_floor = max(self.nonce_floor, nonce)
        if nonce <= self.nonce_floor:
            return _failed(intent, RefusalReason.BAD_NONCE, "Invalid nonce: nonce too low")
        if faults.hit(Fault.BATCH_ERROR):
            if isinstance(intent, PlaceOrders):
                return _failed(intent, RefusalReason.INSUFFICIENT_MARGIN, "Insufficient margin to place order.")
            return _failed(intent, RefusalReason.OTHER, "Something nobody has seen before", Certainty.UNKNOWN)
        return self._items(intent) if isinstance(intent, PlaceOrders) else Judged(intent)

    def answer(self, answer: ActionAnswered) -> ActionAnswered:
        """Puts refused entries back, and garbles some answers."""
        held = self._held.pop(answer.request_id, None)
        outcomes = answer.outcomes
        if held is not None:
            count, refused = held
            rest = iter(outcomes)
            outcomes = tuple(refused[i] if i in refused else next(rest) for i in range(count))
        if outcomes and self._faults.hit(Fault.TRUNCATED):
            outcomes = outcomes[:-1]
        if len(outcomes) and self._faults.hit(Fault.NOVEL_STATUS):
            at = self._faults.stream(Fault.NOVEL_STATUS).randrange(len(outcomes))
            strange = Outcome(kind=OutcomeKind.UNKNOWN, text="quarantined")
            outcomes = (*outcomes[:at], strange, *outcomes[at + 1 :])
        return answer if outcomes is answer.outcomes else msgspec.structs.replace(answer, outcomes=outcomes)

    def _items(self, intent: PlaceOrders) -> Judged:
        refused: dict[int, Outcome] = {}
        for i, approved in enumerate(intent.orders):
            reason = self._reason(approved.terms.side, approved.terms.tif, reduce_only=approved.terms.reduce_only)
            if reason is not None:
                refused[i] = Outcome(kind=OutcomeKind.REFUSED, reason=reason, text=_ITEM_TEXTS[reason])
        if not refused:
            return Judged(intent)
        self._held[intent.request_id] = (len(intent.orders), refused)
        left = tuple(approved for i, approved in enumerate(intent.orders) if i not in refused)
        return Judged(msgspec.structs.replace(intent, orders=left))

    def _reason(self, side: int, tif: TimeInForce, *, reduce_only: bool) -> RefusalReason | None:
        if self.is_open(Fault.MARGIN) and not reduce_only:
            return RefusalReason.INSUFFICIENT_MARGIN
        if self.is_open(Fault.OI_CAP) and side * self._truth.position >= 0:
            return RefusalReason.OPEN_INTEREST_CAP
        if self.is_open(Fault.POST_ONLY) and tif is not TimeInForce.ALO:
            return RefusalReason.POST_ONLY_WINDOW
        if tif is TimeInForce.ALO and self._faults.hit(Fault.ITEM_REJECT):
            return RefusalReason.POST_ONLY_WOULD_CROSS
        return None


def _failed(intent: Send, reason: RefusalReason, text: str, certainty: Certainty = Certainty.NOT_EXECUTED) -> Judged:
    failure = ActionFailed(received_at=0.0, request_id=intent.request_id, certainty=certainty, reason=reason, text=text)
    return Judged(None, failure)
