"""The parsers of everything that comes from outside, each as a function from bytes to nothing.

A target takes any bytes. It may raise nothing at all: the one error that its parser is allowed is caught here,
by its type, and what came out instead is held to ``soundness``.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from mmtui.console.themes.theming import FILE_SIZE_MAX, ThemeError, parse
from mmtui.domain.cloid import counter_of, is_ours, make_cloid, run_of
from mmtui.domain.commands import Act, SetParameters, Verb
from mmtui.domain.events import AnyEvent
from mmtui.errors import ConfigError, JournalError, VenueError
from mmtui.journal.recording import read_recording
from mmtui.runtime.config import load
from mmtui.runtime.control.frames import (
    Ask,
    FrameError,
    FrameReader,
    Hello,
    Picture,
    Watch,
    decode_reply,
    decode_request,
    encode,
)
from mmtui.runtime.instances import running_instances
from mmtui.runtime.state import MarketFiles
from mmtui.venues.exchange.gateway.wire import decode_envelope
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.recording_rows import RecordingReader
from mmtui.venues.hyperliquid import answers, errors, instruments
from mmtui.venues.hyperliquid.feeds import Feeds
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from tests.console.pictures import a_view
from tests.fuzz.soundness import sound

BTC = default_listing().instrument("BTC")
assert BTC is not None
NOW_S = 1_790_000_000.0
MEMORY = Path("/dev/shm")  # files that cost no disk, where the system has them
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-", dir=MEMORY if MEMORY.is_dir() else None))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
THEME = (Path(__file__).resolve().parents[2] / "themes" / "default.toml").read_bytes()
CONFIG = (Path(__file__).resolve().parents[2] / "market_maker.toml.example").read_bytes()


class Target(NamedTuple):
    """A parser and good inputs of it; a slow one gets a twentieth of the inputs of a long run."""

    run: Callable[[bytes], None]
    seeds: list[bytes]
    is_slow: bool = False


class Nobody:
    """Listens to what is not an event and keeps nothing."""

    def on_post(self, _: object) -> None: ...
    def on_error(self, text: str) -> None:
        assert isinstance(text, str)

    def on_subscribed(self, _: object) -> None: ...
    def on_fills(self, fills: object) -> None:
        sound(fills)

    def on_disturbance(self) -> None: ...


def _event(event: AnyEvent) -> None:
    sound(event)


FEEDS = Feeds(BTC, _event, Nobody(), clock=lambda: NOW_S, venue_clock=VenueClock())
ORDERS = answers.Sent(request_id=1, batch=answers.Batch.ORDERS, count=2, sent_at=NOW_S)
CANCELS = answers.Sent(request_id=1, batch=answers.Batch.CANCELS, count=2, sent_at=NOW_S)


def venue_frames(data: bytes) -> None:
    FEEDS.receive(data)


def exchange_answers(data: bytes) -> None:
    for sent in (ORDERS, CANCELS):
        sound(answers.read_answer(sent, data, BTC, NOW_S))
        sound(answers.read_post_error(sent, data, NOW_S))


def refusals(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for status in (200, 429, 500, 502):
        sound(errors.http_refusal(status, data))
    for read in (errors.order_refusal, errors.action_refusal, errors.batch_refusal, errors.post_refusal):
        sound(read(text))
    shown = errors.plain(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    sound(errors.refused_post_id(text))
    sound(errors.nonce_floor(text))
    touch = errors.quoted_touch(text, BTC)
    assert touch is None or 0 < touch[0] <= touch[1] or touch[0] > 0


def reference_data(data: bytes) -> None:
    for decode in (instruments.decode_meta, instruments.decode_dexes, instruments.decode_tokens):
        try:
            decoded = decode(data)
        except VenueError:
            continue
        if isinstance(decoded, instruments.Meta):
            try:
                found = instruments.find_instrument("BTC", decoded, dex_index=0, dex=None, tokens={})
            except (ConfigError, VenueError):
                continue
            assert 0 <= found.size_decimals <= 6
            sound(found)


def posted_actions(data: bytes) -> None:
    try:
        decode_envelope(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # what the route that calls it answers as damage
        return


def configurations(data: bytes) -> None:
    path = FOLDER / "market_maker.toml"
    path.write_bytes(data)
    try:
        config = load(path=path, environment={}, flags={}, folder=FOLDER)
    except ConfigError:
        return
    sound(config.settings)


def themes(data: bytes) -> None:
    if len(data) > FILE_SIZE_MAX:  # refused before it is read
        return
    try:
        theme = parse("fuzz", data.decode("utf-8", "replace"))
    except ThemeError:
        return
    assert theme.styles


def control_requests(data: bytes) -> None:
    reader = FrameReader()
    try:
        for body in [*reader.feed(data), data]:
            request = decode_request(body)
            if isinstance(request, Ask) and isinstance(request.command, SetParameters):
                sound(request.command.changes)
    except FrameError:
        return


def control_replies(data: bytes) -> None:
    try:
        for body in [*FrameReader().feed(data), data]:
            decode_reply(body)
    except FrameError:
        return


def market_recordings(data: bytes) -> None:
    path = FOLDER / "market.jsonl"
    path.write_bytes(data)
    try:
        for row in RecordingReader(path, BTC):
            sound(row)
    except ConfigError:
        return


def session_recordings(data: bytes) -> None:
    path = FOLDER / "session.jsonl"
    path.write_bytes(data)
    try:
        for _ in read_recording(path):
            pass
    except JournalError:
        return


def client_order_ids(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if is_ours(text):
        assert make_cloid(run_of(text), counter_of(text))[:18] == text.lower()[:18]


def state_files(data: bytes) -> None:
    files = MarketFiles(FOLDER, "testnet-BTC-ab")
    for ending in ("latch.json", "day.json", "kill"):
        (FOLDER / f"testnet-BTC-ab.{ending}").write_bytes(data)
    (FOLDER / "testnet-BTC-ab.running.json").write_bytes(data)
    assert files.latched() is not None, "a damaged latch is a latch"
    assert files.kill_asked()
    try:
        sound(files.day())
    except JournalError:
        (FOLDER / "testnet-BTC-ab.day.json").unlink()
    assert running_instances(FOLDER) == []
    nonces = FOLDER / "nonces"
    nonces.write_bytes(data)
    try:
        nonce = NonceSource(nonces).take(1_790_000_000_000)
    except JournalError:
        return
    assert 0 < nonce < 2**64


def _json(*values: object) -> list[bytes]:
    return [msgspec.json.encode(value) for value in values]


_LEVELS = [[{"px": "100000.0", "sz": "0.5", "n": 2}], [{"px": "100001.0", "sz": "1.25", "n": 1}]]
_ORDER = {
    "coin": "BTC", "side": "B", "limitPx": "99990.0", "sz": "0.01", "oid": 77, "timestamp": 1_790_000_000_000,
    "origSz": "0.01", "cloid": make_cloid(1, 1), "reduceOnly": False,
}  # fmt: skip
_FILL = {
    "coin": "BTC", "px": "99990.0", "sz": "0.01", "side": "B", "time": 1_790_000_000_000, "startPosition": "0.0",
    "dir": "Open Long", "closedPnl": "0.0", "hash": "0x" + "0" * 64, "oid": 77, "crossed": False, "fee": "0.15",
    "tid": 9, "feeToken": "USDC", "cloid": make_cloid(1, 1),
}  # fmt: skip
_TRADE = {
    "coin": "BTC", "side": "A", "px": "100000.0", "sz": "0.1", "time": 1_790_000_000_000, "hash": "0x" + "1" * 64,
    "tid": 5, "users": ["0x" + "1" * 40, "0x" + "2" * 40],
}  # fmt: skip
_CONTEXT = {
    "funding": "0.0000125", "openInterest": "100.5", "prevDayPx": "99000.0", "dayNtlVlm": "1000000.0", "premium": "0.0",
    "oraclePx": "100000.0", "markPx": "100000.5", "midPx": "100000.5", "impactPxs": ["100000.0", "100001.0"],
}  # fmt: skip
_FRAMES = [
    {"channel": "l2Book", "data": {"coin": "BTC", "time": 1_790_000_000_000, "levels": _LEVELS}},
    {"channel": "bbo", "data": {"coin": "BTC", "time": 1_790_000_000_000, "bbo": [_LEVELS[0][0], _LEVELS[1][0]]}},
    {"channel": "trades", "data": [_TRADE, {**_TRADE, "tid": 6}]},
    {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": _CONTEXT}},
    {"channel": "orderUpdates", "data": [{"order": _ORDER, "status": "open", "statusTimestamp": 1_790_000_000_000}]},
    {"channel": "userFills", "data": {"isSnapshot": True, "user": "0x" + "1" * 40, "fills": [_FILL]}},
    {"channel": "user", "data": {"fills": [_FILL]}},
    {"channel": "userFundings", "data": {"isSnapshot": False, "user": "0x" + "1" * 40, "fundings": [
        {"time": 1_790_000_000_000, "coin": "BTC", "usdc": "-0.1", "szi": "0.5", "fundingRate": "0.0000125"}]}},
    {"channel": "post", "data": {"id": 4, "response": {"type": "action", "payload": {"status": "ok"}}}},
    {"channel": "subscriptionResponse", "data": {"method": "subscribe", "subscription": {"type": "bbo"}}},
    {"channel": "error", "data": "Already subscribed"},
    {"channel": "pong"},
]  # fmt: skip
_ANSWERS = [
    {"status": "ok", "response": {"type": "order", "data": {"statuses": [
        {"resting": {"oid": 1}}, {"filled": {"totalSz": "0.01", "avgPx": "100.0", "oid": 2}}]}}},
    {"status": "ok", "response": {"type": "order", "data": {"statuses": [{"error": "Order must have minimum value"}]}}},
    {"status": "ok", "response": {"type": "cancel", "data": {"statuses": ["success", {"error": "Order was never"}]}}},
    {"status": "err", "response": "Invalid nonce: 5"},
    {"status": "ok", "response": {"type": "default"}},
]  # fmt: skip
_META = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
        {"name": "ETH", "szDecimals": 4, "maxLeverage": 25},
    ]
}
_ENVELOPE = {
    "action": {"type": "order", "orders": [{"a": 0, "b": True, "p": "100000", "s": "0.01", "r": False,
        "t": {"limit": {"tif": "Alo"}}, "c": make_cloid(1, 2)}], "grouping": "na"},
    "nonce": 1_790_000_000_000, "signature": {"r": "0x" + "1" * 64, "s": "0x" + "2" * 64, "v": 27},
    "vaultAddress": None,
}  # fmt: skip
_REQUESTS = [
    Hello(schema=1, name="ann"),
    Watch(rate_hz=2.0),
    Ask(command=Act(id="a", by="b", verb=Verb.RESUME, seen_at=1.0), nonce="n"),
    Ask(command=SetParameters(id="a", by="b", changes={"trading.risk_aversion": 0.5, "x": "y", "z": True})),
]
_TEXTS = [
    b"Post only order would have immediately matched, bbo was 100000.0@100001.0. asset=0",
    b"Order 0x[/red] was rejected \x1b[31m", b"Insufficient margin to place order. asset=0",
    b"Invalid nonce: 123 < 456",
    b"Too many cumulative requests sent (5 > 4) for cumulative volume traded $1.0.", b'"Rate limited"',
    b"Error parsing JSON into valid websocket request: {\"method\":\"post\",\"id\":12}",
    b"<html>502 Bad Gateway</html>",
]  # fmt: skip
_MARKET = b"\n".join(_json(*({"ts": 1_790_000_000_000 + i, "msg": f} for i, f in enumerate(_FRAMES[:4]))))
_FILES = [
    b"1790000000000", b'{"reason":"x","detail":"","position_base":0.1,"at":1.0}',
    b'{"utc_day":20000,"opening_equity":1,"peak_pnl":0,"pnl":0}',
    b'{"id":"testnet-BTC-ab","pid":1,"network":"testnet","account":"","coin":"BTC","started_at":1.0,"version":"","run_kind":"LIVE"}',
]  # fmt: skip

TARGETS: dict[str, Target] = {
    "venue frames": Target(venue_frames, _json(*_FRAMES)),
    "exchange answers": Target(exchange_answers, _json(*_ANSWERS)),
    "refusals": Target(refusals, _TEXTS),
    "reference data": Target(
        reference_data, _json(_META, [None, {"name": "hyna"}], {"tokens": [{"name": "U", "index": 1}]})
    ),
    "posted actions": Target(posted_actions, _json(_ENVELOPE)),
    "configurations": Target(configurations, [CONFIG, *CONFIG.split(b"\n\n")[:40]], is_slow=True),
    "themes": Target(themes, [THEME], is_slow=True),
    "control requests": Target(control_requests, [*map(encode, _REQUESTS), *_json(*_REQUESTS)]),
    "control replies": Target(control_replies, _json(Picture(nonce="n", view=a_view())), is_slow=True),
    "market recordings": Target(market_recordings, [_MARKET], is_slow=True),
    "session recordings": Target(session_recordings, [_MARKET], is_slow=True),
    "client order ids": Target(client_order_ids, [make_cloid(1, 2).encode(), make_cloid(2**32 - 1, 9).encode()]),
    "state files": Target(state_files, _FILES, is_slow=True),
}
