"""Actions on their way: signed, sent, answered, or left unknown.

Owns the table of requests in flight. Posts go over the account's WebSocket; HTTP carries what
provably never left, and everything while the socket owes an answer for too long: a connection that is
dead without having been closed takes every frame. A request that may have arrived is never sent again,
its outcome is unknown and its ``expiresAfter`` fences it. Never blocks and never decides. Faults F01 to
F13, F31 to F33, F36; performance.md 4.
"""

import asyncio
from collections.abc import Coroutine

import msgspec

from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, RefusalReason
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import Committing, Fence, Send
from mmtui.errors import CredentialError, JournalError
from mmtui.venues.hyperliquid import actions, answers, errors, wire
from mmtui.venues.hyperliquid.answers import Sent
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.limits import EXPIRED_COST, POSTS_IN_FLIGHT_MAX, AddressBudget
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.requests import LIFE_MS_MAX, SentNonces, action_of, expiry_of, is_quotes, sent_as
from mmtui.venues.hyperliquid.signing import Signer
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from mmtui.venues.hyperliquid.ws import Socket, Ticket
from mmtui.venues.port import Clock, Sink

PLACING_IN_FLIGHT_MAX = 20  # far below the 100 nonces the venue keeps: none can be pushed out (F32)
LATE_S = 60.0
DEFAULT_LIFE_MS = 8_000
CLOCK_LEAD_S_MAX = 10.0
NONCE_HINT_MS_MAX = 3_600_000
_NOT_EXECUTED = Certainty.NOT_EXECUTED


class _InFlight(msgspec.Struct):
    """One post without an answer; ``is_late`` once its time-out was reported."""

    sent: Sent
    envelope: actions.Envelope
    ticket: Ticket
    timer: asyncio.TimerHandle | None = None
    is_late: bool = False


class Credentials(msgspec.Struct, frozen=True):
    """What signing needs."""

    signer: Signer
    nonces: NonceSource


class Tasks:
    """Work under way; a defect in one is reported at once rather than when it is forgotten."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Runs ``work`` beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Cancels what is left and waits for its end."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            task.get_loop().call_exception_handler({"message": "a task of the venue failed", "exception": error})


class OrderDesk:
    """Sends actions for one instrument and reports what became of each."""

    __slots__ = (
        "_clock",
        "_credentials",
        "_in_flight",
        "_instrument",
        "_last_id",
        "_mute_until",
        "_nonces",
        "_rest",
        "_sink",
        "_socket",
        "_tasks",
        "_timeout_s",
        "_venue_clock",
        "budget",
    )

    def __init__(
        self,
        instrument: Instrument,
        credentials: Credentials | None,
        *,
        rest: Rest,
        sink: Sink,
        clock: Clock,
        venue_clock: VenueClock,
        timeout_s: float,
    ) -> None:
        self._instrument = instrument
        self._credentials = credentials
        self._rest = rest
        self._sink = sink
        self._clock = clock
        self._venue_clock = venue_clock
        self._timeout_s = timeout_s
        self._socket: Socket | None = None
        self._in_flight: dict[int, _InFlight] = {}
        self._tasks = Tasks()
        self._last_id = 0
        self._mute_until = 0.0
        self._nonces = SentNonces()
        self.budget = AddressBudget()

    def use(self, socket: Socket) -> None:
        """Posts go over ``socket`` from now on, while it is up."""
        self._socket = socket

    def send(self, intent: Send) -> None:
        """Signs and sends one intent; its result is an event."""
        now_s = self._clock()
        action = action_of(self._instrument, intent)
        sent = sent_as(action, intent.request_id, now_s)
        nonce = self._nonces.of(intent.of_request_id) if isinstance(intent, Fence) else None
        if isinstance(intent, Fence) and nonce is None:
            self._fail(sent, _NOT_EXECUTED, RefusalReason.OTHER, "that request was never signed, or too long ago")
            return
        reason, obstacle = self._obstacle(intent, now_s)
        if obstacle:
            self._fail(sent, _NOT_EXECUTED, reason, obstacle)
            return
        expires_at_ms = expiry_of(intent, int(now_s * 1000), self._venue_clock.estimate_ms(now_s))
        try:
            envelope = self._sign(action, expires_at_ms, nonce)
        except CredentialError as error:
            self._fail(sent, _NOT_EXECUTED, RefusalReason.SIGNER_UNKNOWN, str(error))
            return
        except JournalError as error:
            self._fail(sent, _NOT_EXECUTED, RefusalReason.OTHER, str(error))
            return
        if nonce is None:
            self._nonces.remember(intent.request_id, envelope.nonce)
        self._dispatch(sent, envelope)

    async def execute(
        self, action: actions.Action, *, expires_at_ms: int | None = None, nonce: int | None = None
    ) -> ActionAnswered | ActionFailed:
        """Sends one action over HTTP and returns its result: for margin, the guard and the emergency
        verbs. A given ``nonce`` fences the request that used it before.

        Raises CredentialError without a key and JournalError when no nonce can be had.
        """
        now_s = self._clock()
        later_ms = max(int(now_s * 1000), self._venue_clock.estimate_ms(now_s))
        expires_at_ms = min(expires_at_ms or later_ms + DEFAULT_LIFE_MS, later_ms + LIFE_MS_MAX)
        return await self._exchange(sent_as(action, 0, now_s), self._sign(action, expires_at_ms, nonce))

    def on_post(self, post: wire.Post) -> None:
        """Takes the answer to a post; a late one is still told to the engine."""
        self._mute_until = 0.0
        entry = self._take(post.id)
        if entry is None:
            return
        now, payload = self._clock(), bytes(post.response.payload)
        if post.response.type == "error":
            self._report(entry.sent, answers.read_post_error(entry.sent, payload, now))
        else:
            self._report(entry.sent, answers.read_answer(entry.sent, payload, self._instrument, now))

    def on_error(self, text: str) -> None:
        """Takes an error frame: it may say that a post was never taken."""
        post_id = errors.refused_post_id(text)
        entry = self._take(post_id) if post_id is not None else None
        if entry is not None and not entry.is_late:
            self._fail(entry.sent, _NOT_EXECUTED, RefusalReason.RATE_LIMITED, errors.plain(text))

    def on_down(self) -> None:
        """The socket is gone: what never left goes by HTTP, what may have arrived is unknown."""
        waiting, self._in_flight = self._in_flight, {}
        self._mute_until = 0.0
        for entry in waiting.values():
            if entry.timer is not None:
                entry.timer.cancel()
            if entry.is_late:
                continue
            if entry.ticket.has_left:
                self._fail(
                    entry.sent, Certainty.UNKNOWN, RefusalReason.VENUE_DOWN, "the connection was lost before the answer"
                )
            else:
                self._tasks.start(self._by_http(entry.sent, entry.envelope))

    def refill(self) -> Coroutine[object, object, None] | None:
        """The work that keeps a block of nonces ready off the event loop, when there is any."""
        if self._credentials is None:
            return None
        now_ms = self._venue_clock.nonce_ms(self._clock())
        nonces = self._credentials.nonces
        return _refill(nonces, now_ms) if nonces.is_low(now_ms) else None

    async def close(self) -> None:
        """Waits for nothing: open requests stay unknown."""
        for entry in self._in_flight.values():
            if entry.timer is not None:
                entry.timer.cancel()
        self._in_flight.clear()
        await self._tasks.stop()

    def _sign(self, action: actions.Action, expires_at_ms: int, nonce: int | None) -> actions.Envelope:
        if self._credentials is None:
            raise CredentialError("no key was given, so nothing can be signed", remedy="give an agent key")
        signer = self._credentials.signer
        if nonce is None:
            adds_risk = isinstance(action, actions.Order | actions.BatchModify)
            wall_ms = self._venue_clock.nonce_ms(self._clock())
            nonce = self._credentials.nonces.take(wall_ms, must_give=not adds_risk)
        signature = signer.sign(action, nonce, expires_at_ms)
        return actions.Envelope(action, nonce, signature, signer.vault_address, expires_at_ms)

    def _obstacle(self, intent: Send, now_s: float) -> tuple[RefusalReason, str]:
        """Why an intent is not signed now, or "". What takes risk off the book never meets one."""
        ahead_s = self._venue_clock.lead_ms(now_s) / 1000.0
        if ahead_s > CLOCK_LEAD_S_MAX and isinstance(intent, Committing):
            return RefusalReason.CLOCK, f"our clock is {ahead_s:.0f} s ahead of the exchange's: set the clock"
        waits = self._quotes_wait_for(now_s) if is_quotes(intent) else ""
        return RefusalReason.RATE_LIMITED, waits

    def _quotes_wait_for(self, now_s: float) -> str:
        """Why quotes do not go out now, or "". Flattening and cancels never wait."""
        wait_s = self.budget.wait_s(now_s)
        if wait_s > 0.0:
            return f"RateLimited: the request budget is used up, one action in ten seconds; {wait_s:.0f} s left"
        unanswered = sum(not entry.is_late for entry in self._in_flight.values()) + len(self._tasks)
        return "too many requests are without an answer" if unanswered >= PLACING_IN_FLIGHT_MAX else ""

    def _dispatch(self, sent: Sent, envelope: actions.Envelope) -> None:
        is_mute = self._clock() < self._mute_until
        if self._socket is not None and not is_mute and len(self._in_flight) < POSTS_IN_FLIGHT_MAX:
            self._last_id += 1
            entry = _InFlight(sent, envelope, Ticket())
            if self._socket.send(actions.post_frame(self._last_id, envelope), entry.ticket):
                self.budget.spend(max(1, sent.count))
                self._in_flight[self._last_id] = entry
                loop = asyncio.get_running_loop()
                entry.timer = loop.call_later(self._timeout_s, self._expire, self._last_id)
                return
        self._tasks.start(self._by_http(sent, envelope))

    def _expire(self, post_id: int) -> None:
        entry = self._in_flight[post_id]
        if entry.is_late:
            del self._in_flight[post_id]
            return
        entry.is_late = True
        self._mute_until = self._clock() + LATE_S
        entry.timer = asyncio.get_running_loop().call_later(LATE_S, self._expire, post_id)
        self._fail(entry.sent, Certainty.UNKNOWN, RefusalReason.VENUE_DOWN, f"no answer in {self._timeout_s:g} s")

    async def _by_http(self, sent: Sent, envelope: actions.Envelope) -> None:
        self._report(sent, await self._exchange(sent, envelope))

    async def _exchange(self, sent: Sent, envelope: actions.Envelope) -> ActionAnswered | ActionFailed:
        self.budget.spend(max(1, sent.count))
        answer = await self._rest.exchange(actions.http_body(envelope), sent.count)
        now = self._clock()
        if answer.is_ok:
            return answers.read_answer(sent, answer.body, self._instrument, now)
        if answer.status:
            return answers.read_http_error(sent, answer.status, answer.body, now)
        certainty = Certainty.UNKNOWN if answer.has_left else Certainty.NOT_EXECUTED
        refusal = errors.Refusal(certainty, RefusalReason.VENUE_DOWN)
        return answers.failed(sent, refusal, answer.error, now)

    def _report(self, sent: Sent, event: ActionAnswered | ActionFailed) -> None:
        if isinstance(event, ActionFailed):
            if errors.is_address_limit(event.text):
                self.budget.refuse(self._clock())
            elif event.reason is RefusalReason.EXPIRED:
                self.budget.spend((EXPIRED_COST - 1) * max(1, sent.count))
            elif event.reason is RefusalReason.BAD_NONCE:
                self._repair_nonces(event.text)
        self._sink(event)

    def _repair_nonces(self, text: str) -> None:
        floor = errors.nonce_floor(text)
        most = self._venue_clock.estimate_ms(self._clock()) + NONCE_HINT_MS_MAX
        if floor is not None and floor <= most and self._credentials is not None:
            self._credentials.nonces.skip_past(floor)

    def _fail(self, sent: Sent, certainty: Certainty, reason: RefusalReason, text: str) -> None:
        self._sink(answers.failed(sent, errors.Refusal(certainty, reason), text, self._clock()))

    def _take(self, post_id: int) -> _InFlight | None:
        entry = self._in_flight.pop(post_id, None)
        if entry is not None and entry.timer is not None:
            entry.timer.cancel()
        return entry


async def _refill(nonces: NonceSource, now_ms: int) -> None:
    try:
        await asyncio.to_thread(nonces.refill, now_ms)
    except JournalError:
        return  # the next ``take`` meets the same disk and refuses the send with this reason
