"""Every recorded frame decodes, and no hostile one raises or yields an absurd number."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import BookRefusal, book_refusal
from mmtui.domain.instrument import Instrument, Side
from mmtui.venues.hyperliquid import translate, wire

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)


def _frames(shared: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted((shared / "fixtures" / "hyperliquid" / "ws").glob("*.json")):
        content = json.loads(path.read_text())
        for frame in content.get("frames") or [content["frame"]]:
            yield path.name, frame


def _decode(frame: Any) -> wire.Frame:
    return wire.decode(json.dumps(frame).encode())


def test_every_recorded_frame_decodes(shared: Path) -> None:
    seen = set()
    for name, frame in _frames(shared):
        found = _decode(frame)
        assert not isinstance(found, wire.Refused), (name, found)
        assert isinstance(found, wire.UnknownFrame) == (frame["channel"] not in wire.CHANNELS), name
        seen.add(frame["channel"])
    assert {"l2Book", "bbo", "trades", "activeAssetCtx", "orderUpdates", "userFills", "user", "error"} <= seen


def test_the_recorded_book_touch_and_context_arrive_in_the_domain(shared: Path) -> None:
    frames = {(name, frame["channel"]): _decode(frame) for name, frame in _frames(shared)}
    l2 = frames["l2Book_fast_and_bbo_testnet.json", "l2Book"]
    assert isinstance(l2, wire.L2BookFrame)
    book = translate.book(l2.data)
    assert book is not None
    assert book_refusal(book) is None
    assert (book.bid_prices[0], book.ask_sizes[0], len(book.bid_prices)) == (63460.0, 0.01246, 5)
    bbo = frames["bbo_BTC_2026.json", "bbo"]
    assert isinstance(bbo, wire.BboFrame)
    touch = translate.touch(bbo.data)
    assert touch is not None
    assert (touch.bid, touch.ask, touch.venue_time_ms) == (83757.0, 83758.0, 1790358617881)
    ctx = frames["activeAssetCtx_BTC_2026.json", "activeAssetCtx"]
    assert isinstance(ctx, wire.ContextFrame)
    context = translate.context(ctx.data.ctx)
    assert context is not None
    assert (context.mark, context.oracle, context.premium) == (83757.0, 83778.1, -0.0001348801)


def test_the_recorded_liquidation_fill_is_exact(shared: Path) -> None:
    frames = [_decode(frame) for name, frame in _frames(shared) if name == "user_fill_liquidation_maker.json"]
    assert isinstance(frames[0], wire.UserEventsFrame)
    assert frames[0].data.fills is not None
    fill = translate.fill(frames[0].data.fills[0], BTC)
    assert fill is not None
    assert (fill.side, fill.price, fill.size, fill.fee) == (Side.SELL, 666530, 100, 9997)
    assert (fill.start_position, fill.is_taker, fill.is_liquidation) == (-2130, False, True)
    assert fill.key == ("BTC", 1781528065899, 745210434703679, 55030848197)


def test_the_recorded_order_life_is_read(shared: Path) -> None:
    name = "orderUpdates_open_then_canceled_testnet.json"
    reports = []
    for frame in (_decode(frame) for found, frame in _frames(shared) if found == name):
        assert isinstance(frame, wire.OrderUpdatesFrame)
        reports += [
            translate.order_report(update.order, update.status, update.status_timestamp, BTC) for update in frame.data
        ]
    assert [(r.status, r.price, r.size, r.filled) for r in reports if r] == [
        ("open", 317950, 37, 0),
        ("canceled", 317950, 37, 0),
    ]


def test_a_partly_filled_order_states_what_was_filled() -> None:
    order = wire.WireOrder("BTC", "A", "100.0", "0.2", 7, 1, orig_sz="0.5", reduce_only=True)
    report = translate.order_report(order, "open", 5, BTC)
    assert report is not None
    assert (report.size, report.filled, report.side, report.reduce_only) == (50_000, 30_000, Side.SELL, True)


def test_prints_of_one_order_share_a_key_and_others_do_not() -> None:
    def key(side: str, digest: str, users: tuple[str, ...], time: int = 5) -> str:
        trade = translate.trade(wire.WireTrade("BTC", side, 1.0, 1.0, time, 1, digest, users))
        assert trade is not None
        return trade.order_key

    assert key("B", "0x1", ("a", "b")) == key("B", "0x1", ("a", "c"))
    assert key("A", "0x1", ("a", "b")) == key("A", "0x1", ("c", "b")) != key("B", "0x1", ("a", "b"))
    assert key("B", translate.NO_HASH, ("a", "b"), 5) != key("B", translate.NO_HASH, ("a", "b"), 6)
    assert key("B", translate.NO_HASH, ()) == ""


def test_a_print_tells_its_parties_and_whether_the_exchange_sent_it() -> None:
    ours, theirs = "0x" + "aB" * 20, "0x" + "CD" * 20
    zero, some = "0x" + "0" * 64, "0x" + "1" * 64
    forced = translate.trade(wire.WireTrade("BTC", "A", 1.0, 1.0, 5, 1, zero, (ours, theirs)))
    usual = translate.trade(wire.WireTrade("BTC", "A", 1.0, 1.0, 5, 2, some, ()))
    unknown = translate.trade(wire.WireTrade("BTC", "A", 1.0, 1.0, 5, 3, "", ()))
    assert forced is not None
    assert usual is not None
    assert unknown is not None
    assert (forced.buyer, forced.seller, forced.is_system) == (ours.lower(), theirs.lower(), True)
    assert (usual.buyer, usual.seller, usual.is_system) == ("", "", False)
    assert not unknown.is_system


def test_an_empty_side_is_stated_and_left_to_the_engine() -> None:
    touch = translate.touch(wire.Bbo("BTC", 5, (None, wire.Level(2.0, 1.0))))
    assert touch is not None
    assert (touch.bid, touch.bid_size, touch.ask) == (0.0, 0.0, 2.0)
    book = translate.book(wire.L2Book("BTC", 5, ([], [wire.Level(2.0, 1.0)])))
    assert book is not None
    assert book_refusal(book) is BookRefusal.EMPTY_SIDE


@pytest.mark.fault("F52")
def test_a_greeting_and_an_unread_channel_are_no_damage() -> None:
    assert wire.decode(wire.GREETING) == wire.UnknownFrame("greeting")
    assert wire.decode(b'{"channel":"webData3","data":{"x":[1]}}') == wire.UnknownFrame("webData3")


HOSTILE_NUMBERS = [
    "NaN", "nan", "Infinity", "-Infinity", "inf", "1e999", "", " ", "1_000", "-1", "0", "0.0", "+1",
    "0x10", "9" * 400, "1" * 41, "1e40", "١", "1.2.3", "1,000", "--1", None, True, [], {}, -1, 0, 1e300,
]  # fmt: skip


@pytest.mark.fault("F43")
@pytest.mark.parametrize("number", HOSTILE_NUMBERS)
@pytest.mark.parametrize("key", ["px", "sz"])
@pytest.mark.parametrize("side", [0, 1])
def test_no_hostile_number_enters_a_book_or_touch(number: object, key: str, side: int) -> None:
    levels = [[{"px": "99.0", "sz": "1.0"}], [{"px": "100.0", "sz": "1.0"}]]
    levels[side].append({"px": "98.0", "sz": "1.0", key: number})
    found = _decode({"channel": "l2Book", "data": {"coin": "BTC", "time": 5, "levels": levels}})
    assert isinstance(found, wire.Refused) or translate.book(found.data) is None
    bbo = [levels[0][0], levels[1][0]]
    bbo[side] = levels[side][-1]
    found = _decode({"channel": "bbo", "data": {"coin": "BTC", "time": 5, "bbo": bbo}})
    assert isinstance(found, wire.Refused) or translate.touch(found.data) is None


@pytest.mark.fault("F43")
@pytest.mark.parametrize("number", [n for n in HOSTILE_NUMBERS if n not in ("0", "0.0", "-1")])
@pytest.mark.parametrize("key", ["px", "sz", "fee", "startPosition", "closedPnl"])
def test_no_hostile_number_enters_a_fill(number: object, key: str) -> None:
    fill = {
        "coin": "BTC", "px": "100.0", "sz": "1.0", "side": "B", "time": 5, "startPosition": "0.0",
        "closedPnl": "0.0", "oid": 1, "crossed": True, "fee": "0.1", "tid": 2, key: number,
    }  # fmt: skip
    found = _decode({"channel": "userFills", "data": {"user": "0x", "fills": [fill]}})
    assert isinstance(found, wire.Refused) or translate.fill(found.data.fills[0], BTC) is None


@pytest.mark.parametrize("time", [0, -1, 10**14, 10**30, "x", None, 1.5])
def test_no_hostile_time_enters(time: object) -> None:
    level = {"px": "99.0", "sz": "1.0"}
    found = _decode({"channel": "bbo", "data": {"coin": "BTC", "time": time, "bbo": [level, level]}})
    assert isinstance(found, wire.Refused) or translate.touch(found.data) is None


_text = st.one_of(st.sampled_from([n for n in HOSTILE_NUMBERS if isinstance(n, str)]), st.text(max_size=12))
_number = st.one_of(_text, st.floats(), st.integers(), st.none(), st.floats(0.1, 1e6).map(str))
_level = st.fixed_dictionaries({"px": _number, "sz": _number})
_fill = st.fixed_dictionaries(
    {
        "coin": st.just("BTC"), "px": _number, "sz": _number, "side": st.sampled_from(["A", "B", "X"]),
        "time": st.integers(), "startPosition": _number, "oid": st.integers(), "crossed": st.booleans(),
        "fee": _number, "tid": st.integers(), "closedPnl": _number,
    }
)  # fmt: skip
_frame = st.one_of(
    st.fixed_dictionaries(
        {
            "channel": st.just("l2Book"),
            "data": st.fixed_dictionaries(
                {
                    "coin": st.just("BTC"),
                    "time": st.integers(),
                    "levels": st.lists(st.lists(_level, max_size=3), min_size=2, max_size=2),
                }
            ),
        }
    ),
    st.fixed_dictionaries(
        {"channel": st.just("user"), "data": st.fixed_dictionaries({"fills": st.lists(_fill, max_size=2)})}
    ),
)


@given(_frame)
def test_whatever_is_in_a_frame_only_sane_numbers_come_out(frame: Any) -> None:
    found = wire.decode(json.dumps(frame).encode("utf-8", "surrogatepass"))
    if isinstance(found, wire.L2BookFrame):
        book = translate.book(found.data)
        rows = () if book is None else (*book.bid_prices, *book.bid_sizes, *book.ask_prices, *book.ask_sizes)
        assert all(math.isfinite(value) and value > 0 for value in rows)
    elif isinstance(found, wire.UserEventsFrame):
        for data in found.data.fills or []:
            fill = translate.fill(data, BTC)
            if fill is not None:
                assert 0 < fill.price <= 10**13
                assert 0 < fill.size <= 10**20
                assert abs(fill.fee) <= translate.USD_MAX


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode())))
def test_arbitrary_bytes_never_raise(raw: bytes) -> None:
    assert isinstance(wire.decode(raw), msgspec.Struct)


@given(st.data())
def test_a_damaged_recorded_frame_never_raises(data: st.DataObject) -> None:
    base = b'{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"1.0","sz":"2","time":3,"tid":4}]}'
    raw = bytearray(base)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    found = wire.decode(bytes(raw))
    if isinstance(found, wire.TradesFrame):
        for trade in map(translate.trade, found.data):
            assert trade is None or (math.isfinite(trade.price) and trade.price > 0 and trade.size > 0)


@pytest.mark.fault("F51")
def test_deep_nesting_is_refused() -> None:
    deep = b"[" * 100_000
    assert isinstance(wire.decode(deep), wire.Refused)
    assert isinstance(wire.decode(b'{"channel":"pong","x":' + deep + b"}"), wire.Refused)


def test_payments_and_contexts_are_bounded() -> None:
    good = wire.WireFunding(5, "BTC", "-1.25", "0.5", 0.0000125)
    payment = translate.funding_payment(good, BTC)
    assert payment is not None
    assert (payment.amount, payment.position) == (-1_250_000, 50_000)
    assert translate.funding_payment(wire.WireFunding(5, "BTC", "1", "0.5", math.nan), BTC) is None
    assert translate.funding_payment(wire.WireFunding(5, "BTC", "NaN", "0.5", 0.0), BTC) is None
    for bad in (math.nan, math.inf, -1.0, 0.0):
        assert translate.context(wire.AssetCtx(0.0, 1.0, bad, 100.0)) is None
        assert translate.context(wire.AssetCtx(0.0, 1.0, 100.0, bad)) is None
    assert translate.context(wire.AssetCtx(math.nan, 1.0, 1.0, 1.0)) is None
    assert translate.context(wire.AssetCtx(0.0, 1.0, 1.0, 1.0, math.inf)) is None
