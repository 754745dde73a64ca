"""Faults between one engine and its exchange, each named: what is lost, late, doubled, wrong or done by others.

``Faults`` stands in for the session's venue and passes everything on, except what a hook takes,
changes or holds back. What is done by hand goes straight to the exchange.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from mmtui.domain.events import (
    ActionAnswered,
    ActionFailed,
    AnyEvent,
    BookUpdate,
    Certainty,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    OrderReports,
    OrderStatusAnswer,
    Outcome,
    RefusalReason,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import PlaceOrders
from mmtui.research.simulation import SimulatedSession
from mmtui.venues.exchange import actions
from tests.simulation.truth import resting

MARKET = (BookUpdate, TouchUpdate, TradePrints, ContextUpdate)
WORDS = (ActionAnswered, ActionFailed, OrderReports)
CHANNELS: dict[str, tuple[type, ...]] = {
    "book": (BookUpdate,),
    "touch": (TouchUpdate,),
    "trades": (TradePrints,),
    "context": (ContextUpdate,),
    "market": MARKET,
    "fills": (FillsReceived,),
    "orders": (OrderReports,),
    "user": (FillsReceived, OrderReports),
}
FOREIGN = "0x" + "ab" * 16

EventHook = Callable[[AnyEvent], Iterable[AnyEvent] | None]


class Held(NamedTuple):
    """Something that leaves or arrives later than it should."""

    due_ms: int
    what: object


class Faults:
    """The session's venue with faults in between."""

    def __init__(self, session: SimulatedSession) -> None:
        self.session = session
        self.inner = session.venue
        self.events: list[EventHook] = []
        self.requests: list[Callable[[object], bool | float]] = []
        self.queries: list[Callable[[object], bool]] = []
        self.changes: list[Callable[[object], object]] = []
        self.sent: list[object] = []
        self.asked: list[object] = []
        self.taken: list[object] = []
        self._late_events: list[Held] = []
        self._late_requests: list[Held] = []
        session.venue = self  # type: ignore[assignment]

    def __getattr__(self, name):
        return getattr(self.inner, name)

    # What the session calls.

    def advance(self, now_ms: int) -> list[AnyEvent]:
        for held in [held for held in self._late_requests if held.due_ms <= now_ms]:
            self._late_requests.remove(held)
            self.inner.send(held.due_ms, [held.what])
        arrived: list[AnyEvent] = []
        for event in self.inner.advance(now_ms):
            arrived += self._through(event)
        due = [held for held in self._late_events if held.due_ms <= now_ms]
        self._late_events = [held for held in self._late_events if held.due_ms > now_ms]
        late = [msgspec.structs.replace(held.what, received_at=now_ms / 1000.0) for held in due]
        return arrived + late

    def send(self, now_ms: int, intents) -> None:
        for wanted in intents:
            intent = wanted
            self.sent.append(intent)
            for change in list(self.changes):
                intent = change(intent)
            if isinstance(intent, PlaceOrders) and not intent.orders:
                continue
            verdicts = [hook(intent) for hook in list(self.requests)]
            if any(verdict is False for verdict in verdicts):
                self.taken.append(intent)
                continue
            wait = max((verdict for verdict in verdicts if not isinstance(verdict, bool)), default=0.0)
            if wait:
                self.taken.append(intent)
                self._late_requests.append(Held(now_ms + round(wait * 1000), intent))
            else:
                self.inner.send(now_ms, [intent])

    def ask(self, intents) -> None:
        for intent in intents:
            self.asked.append(intent)
            if all(hook(intent) for hook in list(self.queries)):
                self.inner.ask([intent])

    def heal(self) -> None:
        """No more faults; what is under way still arrives late."""
        self.events.clear()
        self.requests.clear()
        self.queries.clear()
        self.changes.clear()

    # Requests and answers.

    def drop_request(self, kind: type | tuple[type, ...], times: int = 1_000_000) -> None:
        """Requests of ``kind`` never arrive."""
        self.requests.append(self._counted(kind, times, False))

    def delay_request(self, kind: type, seconds: float, times: int = 1_000_000) -> None:
        """Requests of ``kind`` arrive late."""
        self.requests.append(self._counted(kind, times, seconds))

    def drop_query(self, kind: type) -> None:
        """Questions of ``kind`` get no answer."""
        self.queries.append(lambda intent: not isinstance(intent, kind))

    def drop(self, *kinds: type, times: int = 1_000_000) -> None:
        """Events of these kinds are lost."""
        self.replace(*kinds, by=lambda _: (), times=times)

    def delay(self, kind: type, seconds: float, times: int = 1_000_000) -> None:
        """Events of ``kind`` arrive late."""

        def hold(event: AnyEvent) -> tuple[AnyEvent, ...]:
            self._late_events.append(Held(self.session.now_ms + round(seconds * 1000), event))
            return ()

        self.replace(kind, by=hold, times=times)

    def replace(self, *kinds: type, by: Callable, times: int = 1_000_000) -> None:
        """Events of these kinds are given to ``by``, which returns those that arrive; None leaves it as it was."""
        left = {"n": times}

        def hook(event: AnyEvent) -> Iterable[AnyEvent] | None:
            if not isinstance(event, kinds) or left["n"] <= 0:
                return None
            made = by(event)
            if made is not None:
                left["n"] -= 1
                self.taken.append(event)
            return made

        self.events.append(hook)

    def outage(self, *, executes: bool, text: str = "HTTP 502: bad gateway", kind: type | None = None) -> None:
        """Every request is answered with an error; whether it was carried out all the same is ``executes``."""

        def fail(intent) -> bool:
            if kind is not None and not isinstance(intent, kind):
                return True
            self._answer_later(intent, Certainty.UNKNOWN, RefusalReason.VENUE_DOWN, text)
            return executes

        self.requests.append(fail)
        self.events.append(lambda event: () if isinstance(event, ActionAnswered) else None)

    def refuse_requests(
        self,
        kind: type,
        reason: RefusalReason,
        text: str,
        *,
        times: int = 1_000_000,
        proven: bool = True,
        executes: bool = False,
    ) -> None:
        """Whole requests of ``kind`` are refused; ``executes`` carries them out all the same."""
        left = {"n": times}

        def refuse(intent) -> bool:
            if not isinstance(intent, kind) or left["n"] <= 0:
                return True
            left["n"] -= 1
            certainty = Certainty.NOT_EXECUTED if proven else Certainty.UNKNOWN
            self._answer_later(intent, certainty, reason, text)
            return executes

        self.requests.append(refuse)

    def reject_items(self, choose: Callable, refusal: Outcome, times: int = 1_000_000) -> None:
        """The venue refuses the entries of a place that ``choose`` picks, and takes the others."""
        left = {"n": times}
        answers: dict[int, list[bool]] = {}

        def without(intent):
            if not isinstance(intent, PlaceOrders):
                return intent
            chosen = [bool(choose(approved.terms)) and left["n"] > 0 for approved in intent.orders]
            left["n"] -= sum(chosen)
            if not any(chosen):
                return intent
            answers[intent.request_id] = chosen
            kept = tuple(one for one, gone in zip(intent.orders, chosen, strict=True) if not gone)
            if not kept:
                outcomes = tuple(refusal for _ in chosen)
                due = self.session.now_ms + 100
                answer = ActionAnswered(received_at=due / 1000.0, request_id=intent.request_id, outcomes=outcomes)
                self._late_events.append(Held(due, answer))
            return msgspec.structs.replace(intent, orders=kept)

        def put_back(event: AnyEvent):
            if not isinstance(event, ActionAnswered) or event.request_id not in answers:
                return None
            rest = iter(event.outcomes)
            chosen = answers.pop(event.request_id)
            return (msgspec.structs.replace(event, outcomes=tuple(refusal if gone else next(rest) for gone in chosen)),)

        self.changes.append(without)
        self.events.append(put_back)

    def answer_places(self, make: Callable[[PlaceOrders], tuple[Outcome, ...]], times: int = 1_000_000) -> None:
        """Places do not reach the book; their entries are answered by ``make``."""
        left = {"n": times}

        def refuse(intent) -> bool:
            if not isinstance(intent, PlaceOrders) or left["n"] <= 0:
                return True
            left["n"] -= 1
            due = self.session.now_ms + 100
            answer = ActionAnswered(
                received_at=due / 1000.0, request_id=intent.request_id, outcomes=tuple(make(intent))
            )
            self._late_events.append(Held(due, answer))
            return False

        self.requests.append(refuse)

    def freeze(self, channel: str) -> None:
        """One channel falls silent."""
        self.drop(*CHANNELS[channel])

    # What others do on the account.

    def submit(self, action: object, account: str | None = None) -> list[object]:
        """An action that does not come from the engine; returns where its reply will stand."""
        replies: list[object] = []
        self.session.exchange.submit(self.session.now_ms, account or self.session.account, action, replies.append)
        return replies

    def trade_by_hand(self, side: Side, size: int) -> None:
        """Somebody buys or sells on the account at the market."""
        mid = self.session.view.ladder.mid or 0.0
        self.submit(actions.OrderAction((self._order(side, mid * (1.0 + side * 0.05), size, actions.Tif.IOC, None),)))

    def foreign_order(self, side: Side, away: float, size: int, cloid: str | None = FOREIGN) -> None:
        """Somebody rests an order on the account, ``away`` of the mid as a fraction."""
        price = (self.session.view.ladder.mid or 0.0) * (1.0 - side * away)
        self.submit(actions.OrderAction((self._order(side, price, size, actions.Tif.GTC, cloid),)))

    def cancel_by_hand(self, count: int = 1_000) -> int:
        """Somebody cancels own orders of the engine on the web; returns how many."""
        asset = self.inner.instrument.asset_id
        chosen = resting(self.session)[:count]
        if chosen:
            self.submit(actions.CancelAction(tuple(actions.Cancel(asset, order.cloid) for order in chosen)))
        return len(chosen)

    def transfer(self, usd: float) -> None:
        """Somebody pays into the account, or out of it when negative."""
        state = self.session.exchange._state
        account = state.account(self.session.account)
        dex = self.inner.instrument.dex
        amount = round(usd * 1_000_000)
        account.dexes[dex].raw += amount
        opening = account.ledger[0]
        account.ledger.append(msgspec.structs.replace(opening, dex=dex, amount_micro=amount, time_ms=state.now_ms))

    def set_leverage(self, leverage: int, *, is_cross: bool = True) -> None:
        """Somebody changes the leverage of the asset."""
        self.submit(actions.UpdateLeverageAction(self.inner.instrument.asset_id, is_cross, leverage))

    def revoke_key(self) -> None:
        """The venue no longer knows the signer: nothing is carried out."""

        def refuse(intent) -> bool:
            text = "User or API Wallet 0x0000 does not exist."
            self._answer_later(intent, Certainty.NOT_EXECUTED, RefusalReason.SIGNER_UNKNOWN, text)
            return False

        self.requests.append(refuse)

    def liquidates(self) -> None:
        """Fills that are not our orders' are the venue's: a liquidation or auto-deleveraging."""

        def forced(event: FillsReceived):
            fills = tuple(
                msgspec.structs.replace(fill, is_liquidation=True) if fill.cloid is None else fill
                for fill in event.fills
            )
            return (msgspec.structs.replace(event, fills=fills),)

        self.replace(FillsReceived, by=forced)

    def said(self, cloid: str, status: str) -> None:
        """The venue calls the end of one order by another word."""

        def reworded(report):
            return msgspec.structs.replace(report, status=status) if report.cloid == cloid else report

        def reword(event: AnyEvent):
            if isinstance(event, OrderReports):
                return (msgspec.structs.replace(event, reports=tuple(reworded(one) for one in event.reports)),)
            if isinstance(event, OrderStatusAnswer) and event.report is not None:
                return (msgspec.structs.replace(event, report=reworded(event.report)),)
            return None

        self.events.append(reword)

    def feed_down(self, feed: Feed) -> None:
        self.session.feed(ConnectionChanged(received_at=self.now_s, feed=feed, is_up=False, text="cut"))

    def feed_up(self, feed: Feed) -> None:
        self.session.feed(ConnectionChanged(received_at=self.now_s, feed=feed, is_up=True))

    @property
    def now_s(self) -> float:
        return self.session.now_ms / 1000.0

    def _order(self, side: Side, price_usd: float, size: int, tif: actions.Tif, cloid: str | None):
        instrument = self.inner.instrument
        price = instrument.quote_price(side, price_usd)
        return actions.PlaceOrder(asset=instrument.asset_id, side=side, price=price, size=size, tif=tif, cloid=cloid)

    def _through(self, event: AnyEvent) -> list[AnyEvent]:
        batch = [event]
        for hook in list(self.events):
            made: list[AnyEvent] = []
            for one in batch:
                out = hook(one)
                made += [one] if out is None else list(out)
            batch = made
        return batch

    def _counted(self, kind, times: int, verdict: bool | float):
        left = {"n": times}

        def hook(intent) -> bool | float:
            if not isinstance(intent, kind) or left["n"] <= 0:
                return True
            left["n"] -= 1
            return verdict

        return hook

    def _answer_later(self, intent, certainty: Certainty, reason: RefusalReason, text: str) -> None:
        due = self.session.now_ms + 100
        failed = ActionFailed(
            received_at=due / 1000.0, request_id=intent.request_id, certainty=certainty, reason=reason, text=text
        )
        self._late_events.append(Held(due, failed))
