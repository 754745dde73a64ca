"""A warm engine that quotes ten orders, with the program's own path from a frame's bytes to a post's bytes.

The engine is warmed by two minutes against the local exchange. From then on frames are bytes for
``Feeds``, its events go to ``Engine.step``, and what that sends goes to the ``OrderDesk``, which signs
and encodes; a stand-in for the socket notes the bytes. Nothing of the program is replaced but the
socket, the clock (virtual) and the journal, whose disk is by design off this path. What the exchange
would answer is answered in bytes too, outside of the timed part.
"""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from mmtui.domain.events import AnyEvent, Fill, OrderReport, Tick
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, Intent, PlaceOrders, QueryAccount
from mmtui.domain.order import Order
from mmtui.domain.parameters import Settings
from mmtui.engine import modes
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.venues.hyperliquid import wire
from mmtui.venues.hyperliquid.desk import Credentials, OrderDesk
from mmtui.venues.hyperliquid.feeds import Feeds
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.networks import TESTNET
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.signing import Secret, Signer
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from mmtui.venues.hyperliquid.ws import Ticket

COIN = "BTC"
SEED = 21
WARM_S = 120.0
LEVELS = 20
# An order's last word: by our cancel, and by the exchange for a cause that is nobody's doing.
CANCELLED = "canceled"
TAKEN_OFF = "marginCanceled"
KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
TICK_S = 0.1
PAUSE_TICKS = 45
FRAME_AHEAD_MS = 450
REACH_BPS = 3.0
REST_TICKS_MAX = 100

_encode = msgspec.json.encode


class Timed(msgspec.Struct, frozen=True):
    """One frame: nanoseconds to the decision and to the last byte sent, and what was sent."""

    decision_ns: int
    request_ns: int
    sent: tuple[PlaceOrders | CancelOrders, ...]

    @property
    def placed(self) -> int:
        """Orders in the signed request."""
        return sum(len(intent.orders) for intent in self.sent if isinstance(intent, PlaceOrders))


class _WireEnd:
    """Where the socket would be: keeps the bytes of each post."""

    def __init__(self) -> None:
        self.posts: list[bytes] = []

    def send(self, data: bytes, ticket: Ticket) -> bool:
        ticket.has_left = True
        self.posts.append(data)
        return True


class QuotingRig:
    """The path under measurement, and the world around it. Needs a running event loop."""

    def __init__(self, folder: Path) -> None:
        self.rng = random.Random(SEED)
        session = _warm_session()
        self.engine = session.engine
        self.state = session.engine.state
        self.instrument = self.state.instrument
        self.now = session.now_ms / 1000.0
        touch = self.state.market.touch
        assert touch is not None, "a warm engine has seen the market"
        self.base_tick = round(touch.mid)
        self.signer = Signer(Secret(KEY), is_mainnet=False)
        self.nonces = NonceSource(folder / "nonces")
        self.wire_end = _WireEnd()
        self.desk = self._desk()
        self.feeds = Feeds(self.instrument, self._take, self, clock=lambda: self.now, venue_clock=VenueClock())
        self._sent: list[PlaceOrders | CancelOrders] = []
        self._questions: list[QueryAccount] = []
        self._decided_ns = 0
        self._oid = 10_000_000
        self._tid = 10_000_000

    def time_frame(self, frame: bytes, before: Callable[[], None] | None = None) -> Timed:
        """Sends one market frame down the path; ``before`` runs just ahead of the timed part."""
        self._sent = []
        if before is not None:
            before()
        began = time.perf_counter_ns()
        self._receive(frame)
        ended = time.perf_counter_ns()
        timed = Timed(self._decided_ns - began, ended - began, tuple(self._sent))
        self._answer_posts()
        return timed

    def rest(self, *, is_cleared: bool = False) -> None:
        """Half a second as in life: prints, ticks, and a cycle one requote interval before now.

        With ``is_cleared`` the exchange then cancels every own order, so that nothing rests.
        """
        self._print()
        self._state_context()
        self._tick()
        self._tick_until_a_cycle()
        self._print()
        self._tick()
        self._tick()
        if is_cleared:
            self._report_over(self.resting(), TAKEN_OFF)
        self.now += 0.055

    async def pause(self) -> None:
        """Seconds between two runs of frames, so that no rate limit of ours or of the venue is reached."""
        refill = self.desk.refill()
        if refill is not None:
            await refill
        for _ in range(PAUSE_TICKS):
            self._tick()
        await asyncio.sleep(0)

    def book_frame(self, shift_bps: float) -> bytes:
        """A full book around the base price moved by ``shift_bps``, for after the next rest; sizes differ."""
        middle = self._middle(shift_bps)
        sides = [[self._level(middle - i) for i in range(LEVELS)], [self._level(middle + 1 + i) for i in range(LEVELS)]]
        return _encode(
            {"channel": "l2Book", "data": {"coin": COIN, "time": self._venue_ms() + FRAME_AHEAD_MS, "levels": sides}}
        )

    def bbo_frame(self, shift_bps: float) -> bytes:
        """The touch alone, for after the next rest."""
        middle = self._middle(shift_bps)
        touch = [self._level(middle), self._level(middle + 1)]
        return _encode(
            {"channel": "bbo", "data": {"coin": COIN, "time": self._venue_ms() + FRAME_AHEAD_MS, "bbo": touch}}
        )

    def resting(self) -> list[Order]:
        """Own orders that rest."""
        return [order for order in self.state.ledger.live.values() if order.is_active]

    def on_post(self, post: wire.Post) -> None:
        self.desk.on_post(post)

    def on_error(self, text: str) -> None:
        raise AssertionError(text)

    def on_subscribed(self, kind: str) -> None: ...

    def on_fills(self, fills: tuple[Fill, ...]) -> None: ...

    def on_disturbance(self) -> None:
        raise AssertionError("the rig's own orders must be readable")

    def _receive(self, frame: bytes) -> None:
        self.feeds.receive(frame)

    def _desk(self) -> OrderDesk:
        credentials = Credentials(self.signer, self.nonces)
        desk = OrderDesk(
            self.instrument,
            credentials,
            rest=Rest(TESTNET, clock=lambda: self.now),
            sink=self._take,
            clock=lambda: self.now,
            venue_clock=VenueClock(),
            timeout_s=60.0,
        )
        desk.use(self.wire_end)
        return desk

    def _take(self, event: AnyEvent) -> None:
        intents = self.engine.step(event)
        self._decided_ns = time.perf_counter_ns()
        for intent in intents:
            self._carry_out(intent)

    def _carry_out(self, intent: Intent) -> None:
        if isinstance(intent, PlaceOrders | CancelOrders):
            self.desk.send(intent)
            self._sent.append(intent)
        elif isinstance(intent, QueryAccount):
            self._questions.append(intent)

    def _tick_until_a_cycle(self) -> None:
        """Raises AssertionError when the engine does not quote, so that no benchmark waits for ever."""
        for _ in range(REST_TICKS_MAX):
            if self.state.quoting.last_at == self.now:
                return
            self._tick()
        mode, reason = modes.mode(self.state, self.now)
        raise AssertionError(f"the warm engine no longer quotes: {mode.value} {reason} {self.state.quoting.why_not}")

    def _tick(self) -> None:
        self.now += TICK_S
        self._take(Tick(received_at=self.now))
        self._answer_posts()
        self._answer_questions()

    def _print(self) -> None:
        """One small aggressive order that reaches a few bps into the book."""
        touch = self.state.market.touch
        assert touch is not None, "a warm engine has seen the market"
        side = self.rng.choice((Side.BUY, Side.SELL))
        self._tid += 1
        price = round(touch.mid * (1.0 + side * self.rng.expovariate(1e4 / REACH_BPS)))
        row = {"coin": COIN, "side": side.wire, "px": f"{price}.0", "sz": "0.0001", "time": self._venue_ms()}
        row |= {"hash": f"0x{self._tid:064x}", "tid": self._tid, "users": ["0x" + "1" * 40, "0x" + "2" * 40]}
        self.feeds.receive(_encode({"channel": "trades", "data": [row]}))

    def _state_context(self) -> None:
        """Mark and oracle at the mid."""
        touch = self.state.market.touch
        assert touch is not None, "a warm engine has seen the market"
        mid = f"{touch.mid:.1f}"
        told = {"funding": "0.0000125", "openInterest": "20000.0", "oraclePx": mid, "markPx": mid, "premium": "0.0"}
        self.feeds.receive(_encode({"channel": "activeAssetCtx", "data": {"coin": COIN, "ctx": told}}))

    def _answer_questions(self) -> None:
        """The account as it was read last, with the orders that rest now."""
        questions, self._questions = self._questions, []
        snapshot = self.state.account.snapshot
        assert snapshot is not None, "a warm engine knows its account"
        for question in questions:
            self._take(
                msgspec.structs.replace(
                    snapshot,
                    received_at=self.now,
                    request_id=question.request_id,
                    venue_time_ms=self._venue_ms(),
                    open_orders=tuple(self._report(order) for order in self.resting()),
                    fills=(),
                    funding=(),
                )
            )

    def _report(self, order: Order) -> OrderReport:
        assert order.oid is not None, "an order that rests has the exchange's id"
        return OrderReport(
            coin=COIN,
            oid=order.oid,
            cloid=order.cloid,
            side=order.side,
            price=order.price,
            size=order.size,
            filled=order.filled,
            status="open",
            status_time_ms=self._venue_ms(),
            reduce_only=order.terms.reduce_only,
        )

    def _answer_posts(self) -> None:
        """Every order rests and every cancel succeeds, at once."""
        while self.wire_end.posts:
            posts, self.wire_end.posts = self.wire_end.posts, []
            for data in posts:
                post = msgspec.json.decode(data)
                self._answer(post["id"], post["request"]["payload"]["action"])

    def _answer(self, post_id: int, action: dict[str, list[dict[str, str]]]) -> None:
        cancels = action.get("cancels")
        if cancels is None:
            statuses: list[object] = []
            for _ in action["orders"]:
                self._oid += 1
                statuses.append({"resting": {"oid": self._oid}})
        else:
            statuses = ["success"] * len(cancels)
        payload = {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}
        answer = {"type": "action", "payload": payload}
        self.feeds.receive(_encode({"channel": "post", "data": {"id": post_id, "response": answer}}))
        if cancels is not None:
            self._report_over([self.state.ledger.live[cancel["cloid"]] for cancel in cancels], CANCELLED)

    def _report_over(self, orders: list[Order], status: str) -> None:
        at, instrument = self._venue_ms(), self.instrument
        rows = [
            {
                "order": {
                    "coin": COIN,
                    "side": order.side.wire,
                    "limitPx": instrument.wire_price(order.price),
                    "sz": instrument.wire_size(order.size),
                    "origSz": instrument.wire_size(order.size),
                    "oid": order.oid,
                    "timestamp": at,
                    "cloid": order.cloid,
                },
                "status": status,
                "statusTimestamp": at,
            }
            for order in orders
        ]
        if rows:
            self.feeds.receive(_encode({"channel": "orderUpdates", "data": rows}))

    def _middle(self, shift_bps: float) -> int:
        return round(self.base_tick * (1.0 + shift_bps / 1e4))

    def _level(self, price: int) -> dict[str, object]:
        return {"px": f"{price}.0", "sz": f"{self.rng.uniform(0.5, 1.5):.5f}", "n": self.rng.randint(1, 9)}

    def _venue_ms(self) -> int:
        return int(self.now * 1000) - 50


def _warm_session() -> SimulatedSession:
    settings = Settings.defaults().with_values({"trading.asset": COIN})
    session = SimulatedSession(synthetic_exchange(COIN, seed=SEED), COIN, settings, options=EngineOptions(run=1))
    session.run(WARM_S)
    assert len(session.engine.state.ledger.live) == 10, "a warm engine quotes ten orders"
    return session
