"""Frames: what is taken, what is refused, and that nothing else comes out of bytes from outside."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.commands import Act, CancelSide, Command, Rearm, SetParameters, Verb
from mmtui.domain.history_view import HistoriesView, Sample
from mmtui.domain.instrument import Side
from mmtui.domain.view import LogLine, ParameterChange, View
from mmtui.runtime.control import frames
from mmtui.runtime.control.frames import (
    FRAME_MAX,
    SCHEMA,
    Ask,
    FrameError,
    FrameReader,
    Hello,
    Look,
    Past,
    Picture,
    Request,
    Watch,
    decode_reply,
    decode_request,
    encode,
    past_frames,
    picture_frame,
)
from tests.console.pictures import a_view

WORDS = st.text(min_size=1, max_size=40)
VALUES = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), WORDS)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(Act, id=WORDS, by=WORDS, verb=st.sampled_from(Verb), seen_at=st.floats(0, 2e9)),
    st.builds(CancelSide, id=WORDS, by=WORDS, side=st.sampled_from(Side)),
    st.builds(SetParameters, id=WORDS, by=WORDS, changes=st.dictionaries(WORDS, VALUES, max_size=8)),
    st.builds(Rearm, id=WORDS, by=WORDS, reason=WORDS),
)
REQUESTS: st.SearchStrategy[Request] = st.one_of(
    st.builds(Hello, schema=st.just(SCHEMA), name=WORDS),
    st.just(Look()),
    st.builds(Watch, rate_hz=st.floats(0, 10), history=st.booleans()),
    st.builds(Ask, command=COMMANDS, nonce=WORDS),
)


@given(st.lists(REQUESTS, max_size=6), st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_requests_arrive_whole_and_in_order_however_the_stream_is_cut(requests: list[Request], cuts: list[int]) -> None:
    stream, reader, seen = b"".join(map(encode, requests)), FrameReader(), []
    at, turn = 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        seen += [decode_request(body) for body in reader.feed(stream[at : at + size])]
        at, turn = at + size, turn + 1
    assert seen == requests


def test_a_frame_that_says_it_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameError, match="at most"):
        FrameReader().feed((FRAME_MAX + 1).to_bytes(4, "big"))
    assert FrameReader().feed(FRAME_MAX.to_bytes(4, "big")) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[" * 50_000,
        b'{"frame":"look","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"frame":"fly"}',
        b'{"frame":"watch","rate_hz":1e999}',
        b'{"frame":"watch","rate_hz":11}',
        b'{"frame":"watch","rate_hz":-1}',
        b'{"frame":"watch","rate_hz":NaN}',
        b'{"frame":"hello","schema":"1","name":"x"}',
        b'{"frame":"ask","command":{"type":"act","id":"1","by":"x","verb":"withdraw"}}',
        b'{"frame":"ask","command":{"type":"shell","id":"1","by":"x"}}',
        b'{"frame":"ask","command":{"type":"act","id":"","by":"x","verb":"kill"}}',
        b'{"frame":"ask","command":{"type":"act","id":"' + b"x" * 201 + b'","by":"x","verb":"kill"}}',
        b'{"frame":"ask","command":{"type":"set","id":"1","by":"x","changes":{"a":[1]}}}',
        b'{"frame":"ask","command":{"type":"set","id":"1","by":"x","changes":{"a":1e400}}}',
        b'{"frame":"ask","command":{"type":"rearm","id":"1","by":"x","reason":"' + b"y" * 201 + b'"}}',
        b"\xff\xfe{}",
    ],
    ids=range(19),
)
def test_what_is_no_request_is_refused_as_such(body: bytes) -> None:
    with pytest.raises(FrameError):
        decode_request(body)


def test_more_changes_than_a_person_makes_are_refused() -> None:
    changes = {f"k{i}": i for i in range(65)}
    body = msgspec.json.encode(Ask(command=SetParameters(id="1", by="x", changes=dict(changes))))
    with pytest.raises(FrameError, match="64 values"):
        decode_request(body)


def stuffed() -> View:
    """A view longer than any real one in every list that can grow."""
    view = a_view()
    lines = tuple(LogLine(seq=i, at=1.0, level="INFO", text="é" * 3_000) for i in range(500))
    change = ParameterChange(version=1, at=1.0, by="x", before={"trading.asset": "A" * 100}, after={"a": "b" * 100})
    engine = msgspec.structs.replace(
        view.engine,
        orders=view.engine.orders[:1] * 300,
        fills=view.engine.fills[:1] * 300,
        parameter_changes=(change,) * 50,
    )
    samples = tuple(Sample(at=1_795_176_271.25 + i, mid=100_000.123_456 + i) for i in range(1_800))
    return msgspec.structs.replace(view, engine=engine, log=lines, histories=HistoriesView(fine=samples))


def beyond_reason() -> View:
    """Longer still: every list of the engine, and sources with names as long as a path may be."""
    view = stuffed()
    engine = msgspec.structs.replace(
        view.engine,
        levels=view.engine.levels[:1] * 2_000,
        estimates=view.engine.estimates[:1] * 2_000,
        risk=view.engine.risk,
        alarms=view.engine.alarms[:1] * 2_000,
    )
    return msgspec.structs.replace(view, engine=engine, sources={f"key {i}": "p" * 4_000 for i in range(200)})


@pytest.mark.parametrize("view", [stuffed(), beyond_reason()], ids=["full", "beyond reason"])
def test_the_fullest_picture_and_its_past_fit_their_frames(view: View) -> None:
    for data in (picture_frame(view, "n"), *past_frames(view)):
        assert len(data) <= FRAME_MAX + 4
    (body,) = FrameReader().feed(picture_frame(view, "n"))
    picture = decode_reply(body)
    assert isinstance(picture, Picture)
    assert picture.view.engine.position == view.engine.position
    past = [decode_reply(body) for data in past_frames(view) for body in FrameReader().feed(data)]
    assert [s for p in past if isinstance(p, Past) for s in p.fine] == list(view.histories.fine)
    shown = [line.seq for p in past if isinstance(p, Past) for line in p.log]
    assert shown == list(range(450))


def test_an_ordinary_picture_arrives_unchanged_but_for_its_history() -> None:
    view = a_view()
    (body,) = FrameReader().feed(picture_frame(view, "abc"))
    picture = decode_reply(body)
    assert picture == Picture(
        nonce="abc",
        view=msgspec.structs.replace(view, histories=HistoriesView(), log=frames.cut(view.log[-50:])),
    )
