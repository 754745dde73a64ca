"""The path of one book stage by stage: what each step costs alone, on the live state of a warm engine.

The stages are timed in turn, each called on its own; their sum leaves out what ``step`` adds around
them. ``model`` is part of ``ladder`` and is paid when an estimate has moved since the last cycle.
"""

from collections.abc import Callable

import msgspec

from benchmarks.measure import in_turn
from benchmarks.quoting import QuotingRig
from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.parameters import Settings
from mmtui.engine import modes
from mmtui.engine.quoting import cycle
from mmtui.engine.quoting.requote import Tolerance, plan
from mmtui.engine.state import EngineState
from mmtui.risk.controls import review
from mmtui.strategies.quote import Ladder, QuoteContext
from mmtui.venues.hyperliquid import actions, translate, wire

ROUNDS = 60
REPEATS = 20


class _Listening:
    """Stands before the strategy for one cycle and keeps what it was asked."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._inner = state.quoting.strategy
        self.context: QuoteContext | None = None
        state.quoting.strategy = self

    @property
    def name(self) -> str:
        return self._inner.name

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        self.context = context
        self._state.quoting.strategy = self._inner
        return self._inner.ladder(context, settings)


def stages(rig: QuotingRig) -> dict[str, float]:
    """Median microseconds by stage."""
    frame = rig.book_frame(0.0)
    rig.rest()
    heard = _Listening(rig.state)
    rig.time_frame(frame)
    assert heard.context is not None, "the book after a rest is quoted on"
    ways = {**_before_the_cycle(rig, frame), **_cycle(rig, heard.context), **_after_the_decision(rig)}
    return in_turn(ways, rounds=ROUNDS, repeats=REPEATS)


def _before_the_cycle(rig: QuotingRig, frame: bytes) -> dict[str, Callable[[], object]]:
    state, now = rig.state, rig.now
    decoded = wire.decode(frame)
    assert isinstance(decoded, wire.L2BookFrame), "the rig's book is a book"
    book = translate.book(decoded.data)
    assert book is not None, "the rig's book has sane numbers"
    return {
        "decode": lambda: wire.decode(frame),
        "to the domain": lambda: translate.book(decoded.data),
        "data gate": lambda: state.market.take_book(now, book),
        "estimators": lambda: state.panel.on_book(now, book),
        "mode": lambda: modes.mode(state, now),
    }


def _cycle(rig: QuotingRig, context: QuoteContext) -> dict[str, Callable[[], object]]:
    state, now, strategy = rig.state, rig.now, rig.state.quoting.strategy
    tolerance = Tolerance(max_bps_diff=2.0, size_share=0.2)
    ladder = strategy.ladder(context, state.settings)
    sides = ((Side.BUY, ladder.bids), (Side.SELL, ladder.asks))
    moved = [msgspec.structs.replace(context, maker_rate=context.maker_rate + i * 1e-9) for i in range(REPEATS)]
    turn = [0]

    def moved_ladder() -> None:
        turn[0] = (turn[0] + 1) % REPEATS
        strategy.ladder(moved[turn[0]], state.settings)

    def requote() -> None:
        for side, levels in sides:
            plan(levels, (order for order in state.ledger.live.values() if order.side is side), tolerance)

    return {
        "estimates": lambda: state.panel.estimates(now),
        "ladder, model kept": lambda: strategy.ladder(context, state.settings),
        "ladder, model made": moved_ladder,
        "requote": requote,
    }


def _after_the_decision(rig: QuotingRig) -> dict[str, Callable[[], object]]:
    state, now, instrument = rig.state, rig.now, rig.instrument
    ladder = state.quoting.ladder
    assert ladder is not None, "a ladder was just made"
    terms = [_terms(state, level, now) for level in (*ladder.bids, *ladder.asks)]
    gate = cycle.gate(state, now)
    approved = review(terms, gate, ()).approved
    assert len(approved) == 10, "the controls let ten plain quotes pass"
    action = actions.place_action(instrument, approved)
    nonce = int(now * 1000)
    envelope = actions.Envelope(action, nonce, rig.signer.sign(action, nonce, nonce), None, nonce)
    return {
        "what the controls know": lambda: cycle.gate(state, now),
        "controls, ten orders": lambda: review(terms, gate, ()),
        "wire form": lambda: actions.place_action(instrument, approved),
        "sign": lambda: rig.signer.sign(action, nonce, nonce),
        "encode": lambda: actions.post_frame(1, envelope),
    }


def _terms(state: EngineState, level: object, now: float) -> OrderTerms:
    return OrderTerms(
        cloid=state.ledger.numbering.cloid(),
        side=level.side,
        price=level.price,
        size=level.size,
        tif=TimeInForce.ALO,
        purpose=Purpose.QUOTE,
        reduce_only=False,
        level=level.index,
        created_at=now,
        expires_at_ms=int(now * 1000) + 8_000,
    )
