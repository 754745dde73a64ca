"""The venue's error texts, and the only file where they are matched.

Owns what each documented text means and what it proves about the request. A text that is not in the
tables proves nothing: the order's fate is unknown and must be asked for. Live texts end in
`` asset=N``, with or without a full stop, so they are matched by prefix. Source:
hyperliquid-protocol.md 1.1, 6.2 to 6.5; faults F04 to F11, F23, F53.
"""

import re
from typing import Final

import msgspec

from mmtui.domain.events import Certainty, RefusalReason
from mmtui.domain.instrument import Instrument
from mmtui.domain.units import Price, UnitError
from mmtui.errors import VenueCode

TEXT_LENGTH_MAX = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_BBO = re.compile(r"bbo was\s+([0-9.]{1,20})\s*@\s*([0-9.]{1,20}?)(?:\.?\s|\.?$)")
_PENDING_POST = re.compile(r"too many pending post requests id=([0-9]{1,18})", re.IGNORECASE)
_NONCE = re.compile(
    r"Invalid nonce: (?:duplicate nonce ([0-9]{1,15})|nonce too low [0-9]{1,15} < ([0-9]{1,15}))(?![0-9])"
)
_DUPLICATE_CLOID = re.compile(r"(?:duplicate|already used|reused).{0,40}(?:cloid|client order id)", re.IGNORECASE)
_HELD = re.compile(r'Already subscribed: .{0,200}?"type"\s*:\s*"([A-Za-z0-9]{1,40})"')
_STATUS = re.compile(r"\s*([1-5][0-9]{2})\b")


class Refusal(msgspec.Struct, frozen=True):
    """What a text means: the proof it gives, the reason for the engine, the name for the operator."""

    certainty: Certainty
    reason: RefusalReason
    code: VenueCode | None = None


_R = RefusalReason
_UNKNOWN: Final = Refusal(Certainty.UNKNOWN, _R.OTHER)


def _refused(reason: RefusalReason, code: VenueCode | None = None) -> Refusal:
    return Refusal(Certainty.NOT_EXECUTED, reason, code)


_GRID = _refused(_R.OFF_GRID, VenueCode.INVALID_PRICE)
_BAND = _refused(_R.PRICE_BAND, VenueCode.INVALID_PRICE)
_CAPPED = _refused(_R.OPEN_INTEREST_CAP)
_MARGIN = _refused(_R.INSUFFICIENT_MARGIN, VenueCode.INSUFFICIENT_MARGIN)
_SIGNER = _refused(_R.SIGNER_UNKNOWN)
_LIMITED = _refused(_R.RATE_LIMITED, VenueCode.RATE_LIMITED)
_OTHER = _refused(_R.OTHER)
_DUPLICATE = _refused(_R.DUPLICATE_CLOID)

_ADDRESS_LIMIT = "Too many cumulative requests sent"

_ORDER_TEXTS: tuple[tuple[str, Refusal], ...] = (
    ("Post only order would have immediately matched", _refused(_R.POST_ONLY_WOULD_CROSS)),
    ("Order could not immediately match against any resting orders", _refused(_R.NO_LIQUIDITY)),
    ("No liquidity available for market order", _refused(_R.NO_LIQUIDITY)),
    ("Insufficient margin to place order", _MARGIN),
    ("Insufficient spot balance", _MARGIN),
    (
        "Order would cause position to exceed margin tier limit",
        _refused(_R.INSUFFICIENT_MARGIN, VenueCode.ORDER_WOULD_BE_LIQUIDATED),
    ),
    (
        "Order would be immediately liquidated",
        _refused(_R.INSUFFICIENT_MARGIN, VenueCode.ORDER_WOULD_BE_LIQUIDATED),
    ),
    ("Reduce only order would increase position", _refused(_R.REDUCE_ONLY)),
    ("Order must have minimum value of", _refused(_R.MIN_NOTIONAL)),
    ("Price must be divisible by tick size", _GRID),
    ("Order has invalid price", _GRID),
    ("Order has invalid size", _GRID),
    ("Order has zero size", _GRID),
    ("Price too far from oracle", _BAND),
    ("Order price too far from oracle", _BAND),
    ("Order price cannot be more than", _BAND),
    ("Order would increase open interest", _CAPPED),
    ("Order rejected due to price more aggressive than oracle", _CAPPED),
    ("Too many open orders", _refused(_R.OPEN_ORDER_LIMIT)),
    ("Invalid TP/SL price", _OTHER),
)

_ACTION_TEXTS: tuple[tuple[str, Refusal], ...] = (
    ("User or API Wallet", _SIGNER),
    ("L1 error: User or API Wallet", _SIGNER),
    ("Must deposit before performing actions", _SIGNER),
    ("Unable to recover signer", _SIGNER),
    ("Vault may not perform this action", _SIGNER),
    ("Vault not registered", _SIGNER),
    ("Sub-account", _SIGNER),
    ("User has pending agent removal", _SIGNER),
    ("Invalid nonce: nonce too high", _refused(_R.NONCE_AHEAD)),
    ("Invalid nonce: duplicate nonce", _refused(_R.BAD_NONCE)),
    ("Invalid nonce: nonce too low", _refused(_R.BAD_NONCE)),
    ("Action already expired", _refused(_R.EXPIRED)),
    (_ADDRESS_LIMIT, _LIMITED),
    ("Only post-only orders allowed immediately after a network upgrade", _refused(_R.POST_ONLY_WINDOW)),
    ("Signed action over weight limit", _OTHER),
    ("Orders are empty", _OTHER),
    ("Unexpected number of trigger orders", _OTHER),
    ("Builder fee has not been approved", _OTHER),
    ("Insufficient delegatable balance for priority order", _OTHER),
    ("Action disabled when unified account is active", _OTHER),
    ("Cannot set scheduled cancel time until enough volume traded", _refused(_R.SWITCH_VOLUME)),
    ("Scheduled cancel time must be at least", _refused(_R.SWITCH_TOO_SOON)),
    ("Too many scheduled cancels triggered", _refused(_R.SWITCH_SPENT)),
    ("Cannot switch leverage type with open position", _OTHER),
    ("Invalid leverage value", _OTHER),
    ("Position does not use isolated margin", _OTHER),
    ("Cannot modify canceled or filled order", _OTHER),
)

_STATIC_PREFIXES = (
    "Order has zero size",
    "Order has invalid size",
    "Order has invalid price",
    "Order price cannot be more than",
    "Orders are empty",
    "Signed action over weight limit",
    "Unexpected number of trigger orders",
    "Builder fee has not been approved",
)

_GONE_TEXT = "Order was never placed, already canceled, or filled"
_MODIFY_PREFIX = "Error placing new order during modify: "


def plain(text: str) -> str:
    """``text`` of the venue without control and direction characters, in one short line."""
    return _CONTROL.sub(" ", text[: 4 * TEXT_LENGTH_MAX])[:TEXT_LENGTH_MAX].strip()


def order_refusal(text: str) -> Refusal:
    """What an entry's error text proves; unknown texts prove nothing."""
    if _DUPLICATE_CLOID.search(text[:TEXT_LENGTH_MAX]):
        return _DUPLICATE
    return _match(text.removeprefix(_MODIFY_PREFIX), _ORDER_TEXTS) or _match(text, _ACTION_TEXTS) or _UNKNOWN


def action_refusal(text: str) -> Refusal:
    """What a whole-action error text proves.

    Grid, size and band errors of one order refuse the complete batch, so they are known here too.
    """
    if _DUPLICATE_CLOID.search(text[:TEXT_LENGTH_MAX]):
        return _DUPLICATE
    return _match(text, _ACTION_TEXTS) or _match(text, _ORDER_TEXTS) or _UNKNOWN


def batch_refusal(text: str) -> Refusal | None:
    """What a single error in answer to a longer batch proves: a static check refused all of it."""
    return action_refusal(text) if text.startswith(_STATIC_PREFIXES) else None


def is_address_limit(text: str) -> bool:
    """Whether ``text`` says that the account's own request budget is used up, not the IP's."""
    return _ADDRESS_LIMIT in text


def is_gone(text: str) -> bool:
    """Whether a cancel came too late: the order is over, and how is in its fills."""
    return text.startswith(_GONE_TEXT)


def http_refusal(status: int, body: bytes) -> Refusal:
    """What an HTTP status of ``/exchange`` other than 200 proves.

    Only the venue's own words count: a gateway's 429 or an HTML page may hide an executed action.
    """
    text = body[:TEXT_LENGTH_MAX].strip()
    if status == 429 and text == b"null":
        return _LIMITED
    if status == 422 and text.startswith(b"Failed to deserialize"):
        return _OTHER
    if status == 400 and text.startswith(b"Failed to parse"):
        return _OTHER
    if status == 415 and text.startswith(b"Expected request with"):
        return _OTHER
    return Refusal(Certainty.UNKNOWN, _R.VENUE_DOWN if status >= 500 else _R.OTHER)


def post_refusal(text: str) -> Refusal:
    """What the error payload of a WebSocket post proves: it begins with an HTTP status."""
    found = _STATUS.match(text)
    if found is None:
        return action_refusal(text)
    status = int(found[1])
    if status == 429:
        return _LIMITED
    if status in {400, 415, 422}:
        return _OTHER
    return Refusal(Certainty.UNKNOWN, _R.VENUE_DOWN if status >= 500 else _R.OTHER)


def refused_post_id(text: str) -> int | None:
    """The id of a post that an error frame says was never taken."""
    found = _PENDING_POST.search(text)
    return int(found[1]) if found else None


def subscription_held(text: str) -> str | None:
    """The type of the feed that an error frame says we have already."""
    found = _HELD.match(text)
    return found[1] if found else None


def nonce_floor(text: str) -> int | None:
    """The nonce that the next one must exceed, where a refusal names it."""
    found = _NONCE.search(text)
    return int(found[1] or found[2]) if found else None


def quoted_touch(text: str, instrument: Instrument) -> tuple[Price, Price] | None:
    """The (bid, ask) that a post-only refusal quotes, or None when it is not a sane touch."""
    found = _BBO.search(text)
    if found is None:
        return None
    try:
        bid = instrument.parse_price(found[1])
        ask = instrument.parse_price(found[2])
    except UnitError:
        return None
    return (bid, ask) if 0 < bid < ask else None


def _match(text: str, table: tuple[tuple[str, Refusal], ...]) -> Refusal | None:
    for prefix, refusal in table:
        if text.startswith(prefix):
            return refusal
    return None
