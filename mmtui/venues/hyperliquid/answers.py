"""What the venue's answer to an action proves, entry by entry.

Owns the decoding of ``/exchange`` answers, from HTTP and from WebSocket posts alike. An answer that
is not understood, or whose entries do not match those sent, proves nothing: the outcome is unknown.
Source: hyperliquid-protocol.md 5.1, 5.2, 6; faults F05, F08 to F11, F13, F19.
"""

import enum

import msgspec

from mmtui.domain.events import (
    ActionAnswered,
    ActionFailed,
    Certainty,
    Outcome,
    OutcomeKind,
    RefusalReason,
)
from mmtui.domain.instrument import Instrument
from mmtui.domain.units import UnitError
from mmtui.venues.hyperliquid import errors


class Resting(msgspec.Struct, frozen=True, gc=False):
    """The order, or its remainder, is on the book."""

    oid: int


class Filled(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """No remainder stays."""

    oid: int
    total_sz: str


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One status object; exactly one key is present."""

    resting: Resting | None = None
    filled: Filled | None = None
    error: str | None = None


class Statuses(msgspec.Struct, frozen=True, gc=False):
    """One status for each entry sent."""

    statuses: list[Entry | str]


class Body(msgspec.Struct, frozen=True, gc=False):
    """The response of an accepted action."""

    type: str
    data: Statuses | None = None


class ExchangeAnswer(msgspec.Struct, frozen=True, gc=False):
    """``ok`` with a body, or ``err`` with a text."""

    status: str
    response: Body | str


class Batch(enum.Enum):
    """What an action's answer lists."""

    ORDERS = "orders"
    CANCELS = "cancels"
    NOTHING = "nothing"


class Sent(msgspec.Struct, frozen=True):
    """What has to be known of a request to read its answer."""

    request_id: int
    batch: Batch
    count: int
    sent_at: float


_decoder = msgspec.json.Decoder(ExchangeAnswer)
_error_decoder = msgspec.json.Decoder(str)


def read_answer(sent: Sent, body: bytes, instrument: Instrument, now_s: float) -> ActionAnswered | ActionFailed:
    """The event that an answer with HTTP status 200, or the payload of a post, amounts to."""
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        start = body[: errors.TEXT_LENGTH_MAX].decode("utf-8", "replace")
        return failed(sent, _not_understood(), f"an answer that is not understood: {start}", now_s)
    response = answer.response
    if isinstance(response, str):
        if answer.status == "err":
            return failed(sent, errors.action_refusal(response), response, now_s)
        return failed(sent, _not_understood(), response, now_s)
    if answer.status != "ok":
        return failed(sent, _not_understood(), f"status {answer.status}", now_s)
    statuses = response.data.statuses if response.data else []
    if len(statuses) != sent.count:
        return _count_differs(sent, statuses, now_s)
    return ActionAnswered(
        received_at=now_s,
        request_id=sent.request_id,
        outcomes=tuple([_outcome(sent.batch, status, instrument) for status in statuses]),
        latency_ms=max(0.0, (now_s - sent.sent_at) * 1000.0),
    )


def read_post_error(sent: Sent, payload: bytes, now_s: float) -> ActionFailed:
    """The event that a post's payload of type ``error`` amounts to."""
    try:
        text = _error_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = payload[: errors.TEXT_LENGTH_MAX].decode("utf-8", "replace")
    return failed(sent, errors.post_refusal(text), text, now_s)


def read_http_error(sent: Sent, status: int, body: bytes, now_s: float) -> ActionFailed:
    """The event that an HTTP status other than 200 amounts to."""
    text = body[: errors.TEXT_LENGTH_MAX].decode("utf-8", "replace")
    return failed(sent, errors.http_refusal(status, body), f"HTTP {status}: {text}", now_s)


def failed(sent: Sent, refusal: errors.Refusal, text: str, now_s: float) -> ActionFailed:
    """A whole-request failure; ``text`` is cleaned, and named where the operator knows a name."""
    shown = errors.plain(text)
    return ActionFailed(
        received_at=now_s,
        request_id=sent.request_id,
        certainty=refusal.certainty,
        reason=refusal.reason,
        text=f"{refusal.code.value}: {shown}" if refusal.code else shown,
    )


def _not_understood() -> errors.Refusal:
    return errors.Refusal(Certainty.UNKNOWN, RefusalReason.OTHER)


def _count_differs(sent: Sent, statuses: list[Entry | str], now_s: float) -> ActionFailed:
    only = statuses[0] if len(statuses) == 1 else None
    if isinstance(only, Entry) and only.error is not None:
        refusal = errors.batch_refusal(only.error)
        if refusal is not None:
            return failed(sent, refusal, only.error, now_s)
    text = f"malformed answer: {len(statuses)} statuses for {sent.count} entries"
    return failed(sent, _not_understood(), text, now_s)


def _outcome(batch: Batch, status: Entry | str, instrument: Instrument) -> Outcome:
    if isinstance(status, str):
        if batch is Batch.CANCELS and status == "success":
            return Outcome(kind=OutcomeKind.CANCELLED)
        return Outcome(kind=OutcomeKind.UNKNOWN, text=errors.plain(status))
    if status.error is not None:
        return _refused(batch, status.error, instrument)
    if batch is Batch.ORDERS and status.resting is not None:
        return Outcome(kind=OutcomeKind.RESTING, oid=status.resting.oid)
    if batch is Batch.ORDERS and status.filled is not None:
        try:
            size = instrument.parse_size(status.filled.total_sz)
        except UnitError:
            return Outcome(kind=OutcomeKind.UNKNOWN, oid=status.filled.oid, text="a size that cannot be")
        return Outcome(kind=OutcomeKind.FILLED, oid=status.filled.oid, filled=size)
    return Outcome(kind=OutcomeKind.UNKNOWN, text="a status that is not documented")


def _refused(batch: Batch, text: str, instrument: Instrument) -> Outcome:
    shown = errors.plain(text)
    if batch is Batch.CANCELS:
        kind = OutcomeKind.GONE if errors.is_gone(text) else OutcomeKind.UNKNOWN
        return Outcome(kind=kind, text=shown)
    refusal = errors.order_refusal(text)
    if refusal.certainty is not Certainty.NOT_EXECUTED:
        return Outcome(kind=OutcomeKind.UNKNOWN, text=shown)
    return Outcome(
        kind=OutcomeKind.REFUSED,
        reason=refusal.reason,
        text=f"{refusal.code.value}: {shown}" if refusal.code else shown,
        venue_touch=errors.quoted_touch(text, instrument),
    )
