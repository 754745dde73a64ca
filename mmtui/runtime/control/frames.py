"""What travels over the control socket: length-prefixed JSON of known types, nothing else.

Owns the types of both directions, their schema version and the bounds of a frame. A frame is four bytes
of length, most significant first, then that many bytes of JSON, at most ``REQUEST_MAX`` from a client and
``FRAME_MAX`` from the engine. What does not
decode to one of the types raises ``FrameError`` and nothing else. Never touches a socket.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from mmtui.domain.commands import Command, CommandResult
from mmtui.domain.consultations import Consultation, Finding, WriteBundle
from mmtui.domain.history_view import BlotterRow, HistoriesView, Sample
from mmtui.domain.standing import Standing
from mmtui.domain.view import LadderView, LogLine, View

SCHEMA: Final = 2
REQUEST_MAX: Final = 200 * 1024
FRAME_MAX: Final = 256 * 1024
TEXT_MAX: Final = 200
CHANGES_MAX: Final = 64
SCREEN_MAX: Final = 64 * 1024
RATE_MAX_HZ: Final = 10.0
_PREFIX: Final = 4
_SCREEN_BYTES: Final = 96 * 1024
_LOG_LINES: Final = 50
_ROWS_IF_LARGE: Final = 20
_LINE_MAX: Final = 200
TAKE: Final = "take"
_SAMPLES: Final = 400
_FILLS: Final = 400


class FrameError(ValueError):
    """Bytes that are no frame of this protocol."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", tag_field="frame"):
    """A client's first frame. ``name`` is shown beside what it asks for.

    Scripts only ask. A console (``is_console``) is counted, takes part in control, and asks for it with ``claims``;
    ``may_take`` is off for one that was opened to look only.
    """

    schema: int
    name: str
    version: str = ""
    is_console: bool = False
    claims: bool = False
    may_take: bool = True
    tty: str = ""


class Look(msgspec.Struct, frozen=True, kw_only=True, tag="look", tag_field="frame"):
    """Asks for one picture."""


class Watch(msgspec.Struct, frozen=True, kw_only=True, tag="watch", tag_field="frame"):
    """Asks for pictures until told otherwise: 0 stops. ``history`` asks for what came before, once."""

    rate_hz: float
    history: bool = False


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag="ask", tag_field="frame"):
    """A command. One that may add risk names the picture it was decided on by ``nonce`` or ``seen_at``."""

    command: Command
    nonce: str = ""


class Take(msgspec.Struct, frozen=True, kw_only=True, tag="take", tag_field="frame"):
    """Moves control to this console. A refusal comes with the id ``TAKE``."""


class Who(msgspec.Struct, frozen=True, kw_only=True, tag="who", tag_field="frame"):
    """Asks who is in control; the answer is ``Stands``."""


class Consult(msgspec.Struct, frozen=True, kw_only=True, tag="consult", tag_field="frame"):
    """Has something worked out or written beside the engine."""

    consultation: Consultation


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome", tag_field="frame"):
    """The engine's first frame: which instance this is."""

    schema: int
    id: str
    run_id: str
    pid: int
    version: str


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag="picture", tag_field="frame"):
    """The view, with the last log lines and without what came before."""

    nonce: str
    view: View


class Past(msgspec.Struct, frozen=True, kw_only=True, tag="past", tag_field="frame"):
    """Part of what came before the first picture, oldest first."""

    log: tuple[LogLine, ...] = ()
    fine: tuple[Sample, ...] = ()
    coarse: tuple[Sample, ...] = ()
    blotter: tuple[BlotterRow, ...] = ()


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered", tag_field="frame"):
    """The engine's answer to a command of this client."""

    result: CommandResult


class Found(msgspec.Struct, frozen=True, kw_only=True, tag="found", tag_field="frame"):
    """What came of a consultation of this client."""

    finding: Finding


class Stands(msgspec.Struct, frozen=True, kw_only=True, tag="stands", tag_field="frame"):
    """Where this client stands: sent to consoles at each change, to others when they ask."""

    standing: Standing


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended", tag_field="frame"):
    """The session is over, with its reason and exit code; the engine's last frame."""

    text: str
    code: int


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused", tag_field="frame"):
    """What the socket itself refuses; ``id`` is the command's, empty when the connection ends with this."""

    text: str
    id: str = ""


Request: TypeAlias = Hello | Look | Watch | Ask | Take | Who | Consult
Reply: TypeAlias = Welcome | Picture | Past | Answered | Found | Stands | Ended | Refused

_encoder = msgspec.json.Encoder()
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_replies: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


def encode(frame: Request | Reply) -> bytes:
    """The bytes of a frame; an answer too long for one is cut by its sender, never here."""
    body = _encoder.encode(frame)
    assert len(body) <= FRAME_MAX, "a frame has a bound"
    return len(body).to_bytes(_PREFIX, "big") + body


def decode_request(body: bytes) -> Request:
    """What a client sent; raises FrameError."""
    try:
        request = _requests.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise FrameError(f"not a request: {str(error)[:TEXT_MAX]}") from None
    if isinstance(request, Watch) and not 0.0 <= request.rate_hz <= RATE_MAX_HZ:
        raise FrameError(f"at most {RATE_MAX_HZ:g} pictures a second")
    if isinstance(request, Ask):
        _check(request.command, request.nonce)
    if isinstance(request, Consult):
        _check(request.consultation)
    return request


def decode_reply(body: bytes) -> Reply:
    """What an engine sent; raises FrameError."""
    try:
        return _replies.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise FrameError(f"not a reply: {str(error)[:TEXT_MAX]}") from None


def _check(asked: Command | Consultation, nonce: str = "") -> None:
    """Raises FrameError for a request whose id is missing or whose texts and numbers are out of all measure."""
    if not asked.id:
        raise FrameError("whatever is asked has an id")
    fields = {name: getattr(asked, name) for name in asked.__struct_fields__}
    screen = fields.pop("screen", "")
    if len(screen) > SCREEN_MAX:
        raise FrameError(f"a screen is longer than {SCREEN_MAX} characters")
    changes = {**fields.pop("changes", {}), **fields.pop("values", {})}
    if len(changes) > CHANGES_MAX:
        raise FrameError(f"at most {CHANGES_MAX} values at once")
    texts = [nonce, *changes, *changes.values(), *fields.values()]
    if any(len(text) > TEXT_MAX for text in texts if isinstance(text, str)):
        raise FrameError(f"a text is longer than {TEXT_MAX} characters")


def consult(consultation: Consultation) -> Consult:
    """The request for a consultation; of a screen that is too large for one the top goes with it."""
    if isinstance(consultation, WriteBundle):
        top = consultation.screen[:SCREEN_MAX].encode(errors="replace")[:_SCREEN_BYTES].decode(errors="ignore")
        consultation = msgspec.structs.replace(consultation, screen=top)
    return Consult(consultation=consultation)


class FrameReader:
    """Cuts a stream of bytes into frames; holds at most one unfinished frame."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = FRAME_MAX) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are complete now; raises FrameError for one that would be too long."""
        self._buffer += data
        frames: list[bytes] = []
        start = 0
        while len(self._buffer) - start >= _PREFIX:
            size = int.from_bytes(self._buffer[start : start + _PREFIX], "big")
            if size > self._limit:
                raise FrameError(f"a frame of {size} bytes; at most {self._limit}")
            end = start + _PREFIX + size
            if len(self._buffer) < end:
                break
            frames.append(bytes(self._buffer[start + _PREFIX : end]))
            start = end
        del self._buffer[:start]
        return frames


def picture_frame(view: View, nonce: str) -> bytes:
    """A picture as bytes within the bound: a very full one loses rows of its long lists, then whole lists."""
    shown = msgspec.structs.replace(view, log=cut(view.log[-_LOG_LINES:]), histories=HistoriesView())
    body = _encoder.encode(Picture(nonce=nonce, view=shown))
    for less in _LESS:
        if len(body) <= FRAME_MAX:
            break
        shown = less(shown)
        body = _encoder.encode(Picture(nonce=nonce, view=shown))
    assert len(body) <= FRAME_MAX, "what is left of a picture has a bound"
    return len(body).to_bytes(_PREFIX, "big") + body


def _with_fewer_rows(view: View) -> View:
    engine = msgspec.structs.replace(
        view.engine,
        fills=view.engine.fills[:_ROWS_IF_LARGE],
        orders=view.engine.orders[:_ROWS_IF_LARGE],
        parameter_changes=view.engine.parameter_changes[:1],
    )
    return msgspec.structs.replace(view, engine=engine, log=view.log[-_ROWS_IF_LARGE:])


def _without_details(view: View) -> View:
    engine = msgspec.structs.replace(
        view.engine, markouts=(), levels=(), estimates=view.engine.estimates[:_ROWS_IF_LARGE]
    )
    return msgspec.structs.replace(view, engine=engine, sources={})


def _without_lists(view: View) -> View:
    engine = msgspec.structs.replace(
        view.engine,
        fills=(),
        orders=(),
        next_trips=(),
        parameters={},
        parameter_changes=(),
        ladder=LadderView(),
        alarms=view.engine.alarms[:_ROWS_IF_LARGE],
    )
    return msgspec.structs.replace(view, engine=engine, log=())


_LESS = (_with_fewer_rows, _without_details, _without_lists)


def past_frames(view: View) -> list[bytes]:
    """Everything that came before in frames within the bound, each kind oldest first."""
    past, lines = view.histories, cut(view.log[:-_LOG_LINES])
    logs = [Past(log=lines[i : i + _LOG_LINES]) for i in range(0, len(lines), _LOG_LINES)]
    fills = [Past(blotter=past.blotter[i : i + _FILLS]) for i in range(0, len(past.blotter), _FILLS)]
    fine = [Past(fine=past.fine[i : i + _SAMPLES]) for i in range(0, len(past.fine), _SAMPLES)]
    coarse = [Past(coarse=past.coarse[i : i + _SAMPLES]) for i in range(0, len(past.coarse), _SAMPLES)]
    return [encode(frame) for frame in (*fills, *fine, *coarse, *logs)]


def cut(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Log lines whose texts are no longer than a screen needs."""
    return tuple(
        line if len(line.text) <= _LINE_MAX else msgspec.structs.replace(line, text=line.text[:_LINE_MAX])
        for line in lines
    )
