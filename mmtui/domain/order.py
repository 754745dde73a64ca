"""Orders and the one table of their life.

Every change of an order's state goes through ``TRANSITIONS``. An order's fate that is not proven
keeps its reservation: ``UNKNOWN`` until a query or an expired fence decides, ``SETTLING`` until the
known fills equal the size the venue says was filled.
"""

import enum

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size
from mmtui.errors import InvariantError


class OrderState(enum.Enum):
    """Where an order is in its life; the value is what people read."""

    # An enum hashes its name in Python, and sets of states are looked into for every order of every cycle.
    __hash__ = object.__hash__

    SUBMITTED = "Submitted"
    RESTING = "Resting"
    PARTIALLY_FILLED = "PartialFilled"
    CANCEL_PENDING = "CancelPending"
    UNKNOWN = "Unknown"
    SETTLING = "Settling"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    REJECTED = "Rejected"
    LOST = "Lost"


class Happening(enum.Enum):
    """What can happen to an order."""

    RESTED = "the venue says it rests"
    FILL_PART = "a fill left a remainder"
    FILL_ALL = "fills reached the full size"
    CANCEL_SENT = "a cancel was sent"
    CANCEL_FAILED = "the cancel did not reach it"
    UNANSWERED = "no answer in time"
    CLOSED = "the venue says it is over; fills may be on the way"
    SETTLED = "over, and all its fills are known"
    REFUSED = "the venue refused it"
    PROVEN_DEAD = "it can never execute"


_S = OrderState
_H = Happening
_LIVE = (_S.SUBMITTED, _S.RESTING, _S.PARTIALLY_FILLED, _S.CANCEL_PENDING, _S.UNKNOWN)

TRANSITIONS: dict[tuple[OrderState, Happening], OrderState] = {
    (_S.SUBMITTED, _H.RESTED): _S.RESTING,
    (_S.UNKNOWN, _H.RESTED): _S.RESTING,
    (_S.RESTING, _H.RESTED): _S.RESTING,
    (_S.PARTIALLY_FILLED, _H.RESTED): _S.PARTIALLY_FILLED,
    (_S.CANCEL_PENDING, _H.RESTED): _S.CANCEL_PENDING,
    (_S.SUBMITTED, _H.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.RESTING, _H.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _H.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.CANCEL_PENDING, _H.FILL_PART): _S.CANCEL_PENDING,
    (_S.UNKNOWN, _H.FILL_PART): _S.UNKNOWN,
    (_S.SETTLING, _H.FILL_PART): _S.SETTLING,
    **{(state, _H.FILL_ALL): _S.FILLED for state in (*_LIVE, _S.SETTLING)},
    (_S.SUBMITTED, _H.CANCEL_SENT): _S.CANCEL_PENDING,
    (_S.RESTING, _H.CANCEL_SENT): _S.CANCEL_PENDING,
    (_S.PARTIALLY_FILLED, _H.CANCEL_SENT): _S.CANCEL_PENDING,
    (_S.CANCEL_PENDING, _H.CANCEL_SENT): _S.CANCEL_PENDING,
    (_S.UNKNOWN, _H.CANCEL_SENT): _S.UNKNOWN,
    (_S.CANCEL_PENDING, _H.CANCEL_FAILED): _S.UNKNOWN,
    (_S.UNKNOWN, _H.CANCEL_FAILED): _S.UNKNOWN,
    **{(state, _H.UNANSWERED): _S.UNKNOWN for state in _LIVE},
    **{(state, _H.CLOSED): _S.SETTLING for state in _LIVE},
    (_S.SETTLING, _H.CLOSED): _S.SETTLING,
    **{(state, _H.SETTLED): _S.CANCELLED for state in (*_LIVE, _S.SETTLING)},
    (_S.SUBMITTED, _H.REFUSED): _S.REJECTED,
    (_S.UNKNOWN, _H.REFUSED): _S.REJECTED,
    (_S.CANCEL_PENDING, _H.REFUSED): _S.REJECTED,
    (_S.SUBMITTED, _H.PROVEN_DEAD): _S.LOST,
    (_S.UNKNOWN, _H.PROVEN_DEAD): _S.LOST,
    (_S.CANCEL_PENDING, _H.PROVEN_DEAD): _S.LOST,
}

TERMINAL = frozenset({_S.FILLED, _S.CANCELLED, _S.REJECTED, _S.LOST})
ACTIVE = frozenset({_S.RESTING, _S.PARTIALLY_FILLED})


class TimeInForce(enum.Enum):
    """How long an order waits; the value is the wire's word."""

    ALO = "Alo"
    IOC = "Ioc"
    GTC = "Gtc"


class Purpose(enum.Enum):
    """Why an order exists."""

    QUOTE = "quote"
    FLATTEN = "flatten"


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided: the part of an order that never changes.

    ``level`` is the rung of the ladder, ``expires_at_ms`` the exchange time after which it cannot
    execute any more if it has not reached the exchange.
    """

    cloid: str
    side: Side
    price: Price
    size: Size
    tif: TimeInForce
    purpose: Purpose
    reduce_only: bool
    level: int
    created_at: float
    expires_at_ms: int


class Order:
    """One own order from the moment it is decided until all its fills are known.

    ``filled`` is the sum of the fills we have applied; ``venue_filled`` the final filled size the
    venue has stated for an order that is over, None while it has not. ``confirmed_at`` is when the
    venue last said that it rests; ``rested_ms`` the venue's time at which it came to rest, 0 until told.
    """

    __slots__ = (
        "acked_at",
        "cancel_sent_at",
        "confirmed_at",
        "filled",
        "oid",
        "placed_by",
        "reason",
        "rested_ms",
        "state",
        "terms",
        "unknown_since",
        "venue_filled",
        "was_cancelling",
    )

    def __init__(self, terms: OrderTerms) -> None:
        assert terms.size > 0 and terms.price > 0, "an order needs a size and a price"
        self.terms = terms
        self.oid: int | None = None
        self.placed_by = 0
        self.state = OrderState.SUBMITTED
        self.reason = ""
        self.filled: Size = 0
        self.venue_filled: Size | None = None
        self.acked_at = 0.0
        self.rested_ms = 0
        self.confirmed_at = 0.0
        self.unknown_since = 0.0
        self.cancel_sent_at = 0.0
        self.was_cancelling = False

    @property
    def cloid(self) -> str:
        """Our own identifier, 0x and 32 hexadecimal digits."""
        return self.terms.cloid

    @property
    def side(self) -> Side:
        """Which way it trades."""
        return self.terms.side

    @property
    def price(self) -> Price:
        """Limit price."""
        return self.terms.price

    @property
    def size(self) -> Size:
        """Size as sent."""
        return self.terms.size

    @property
    def remaining(self) -> Size:
        """Size not filled by the fills we know."""
        return self.terms.size - self.filled

    @property
    def is_active(self) -> bool:
        """Resting on the book, as far as we know, with nothing under way."""
        return self.state in ACTIVE

    @property
    def is_terminal(self) -> bool:
        """Nothing can happen to it any more."""
        return self.state in TERMINAL

    @property
    def reserved(self) -> Size:
        """Size that may still fill and change the position."""
        if self.state in TERMINAL:
            return 0
        if self.state is OrderState.SETTLING and self.venue_filled is not None:
            return max(0, self.venue_filled - self.filled)
        return self.terms.size - self.filled

    @property
    def shown_state(self) -> str:
        """The state in the requirement documents' words."""
        if self.state is OrderState.FILLED and self.was_cancelling:
            return "FilledDuringCancel"
        if self.state is OrderState.FILLED and self.acked_at == 0.0:
            return "FilledImmediately"
        if self.state is OrderState.SETTLING and self.was_cancelling:
            return "CancelConfirmed"
        return self.state.value

    def happens(self, happening: Happening, reason: str = "") -> OrderState:
        """Moves to the state the table gives; raises InvariantError when it has no such row."""
        after = TRANSITIONS.get((self.state, happening))
        if after is None:
            raise InvariantError(f"order {self.cloid}: {happening.name} cannot happen in {self.state.name}")
        if happening is Happening.CANCEL_SENT:
            self.was_cancelling = True
        elif happening is Happening.CANCEL_FAILED:
            self.was_cancelling = False
        self.state = after
        if reason:
            self.reason = reason
        return after
