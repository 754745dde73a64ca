"""``--dry-run``: live data through the whole pipeline; shows what would be sent, signs nothing.

Without a key there is no account to read, so the run takes a flat one with twice the equity that
the position limit needs, and says so.
"""

import asyncio
import secrets
from collections.abc import Sequence

from mmtui.domain.events import AccountSnapshot, AnyEvent, Tick
from mmtui.domain.intents import Intent, PlaceOrders, QueryAccount
from mmtui.domain.parameters import Settings
from mmtui.domain.view import EngineView
from mmtui.engine.engine import Engine
from mmtui.engine.state import EngineOptions
from mmtui.errors import PreflightError
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.options import RunOptions
from mmtui.runtime.wiring import Parts, check_tradable, make_strategy

TICK_S = 0.1
EXTRA_S = 30.0
EQUITY_RATIO = 2.0


class _Rehearsal:
    """An engine whose sends are kept instead of sent."""

    def __init__(self, parts: Parts) -> None:
        run = EngineOptions(run=secrets.randbits(32))
        self._clock: EngineClock = parts.clock
        self._settings: Settings = parts.settings
        self.engine = Engine(parts.venue.instrument, parts.settings, make_strategy(parts.settings), run)
        self.placed: PlaceOrders | None = None

    def take(self, event: AnyEvent) -> None:
        """Gives the engine an event and answers its questions."""
        answers: list[AnyEvent] = []
        for intent in self.engine.step(event):
            answer = self._answer(intent)
            if answer is not None:
                answers.append(answer)
        for answer in answers:
            self.take(answer)

    def _answer(self, intent: Intent) -> AnyEvent | None:
        if isinstance(intent, PlaceOrders):
            self.placed = self.placed or intent
        if isinstance(intent, QueryAccount):
            return _flat_account(self._settings, intent.request_id, self._clock())
        return None


async def dry_run(parts: Parts, options: RunOptions) -> None:
    """Prints the first orders that would be sent; raises PreflightError when none come in time."""
    waiting: list[AnyEvent] = []
    await parts.venue.open(waiting.append)
    check_tradable(parts)
    rehearsal = _Rehearsal(parts)
    instrument = parts.venue.instrument
    print(f"dry run on {parts.network.name}: {instrument.coin}, asset {instrument.asset_id}, nothing is signed")  # noqa: T201
    print(f"assumed account: flat, equity {EQUITY_RATIO:g} x the position limit")  # noqa: T201
    patience_s = options.duration_s or parts.settings.number("strategy.warmup_timeout_s") + EXTRA_S
    print(f"warming up, at most {patience_s:.0f} s", flush=True)  # noqa: T201
    deadline = parts.clock() + patience_s
    while rehearsal.placed is None:
        events, waiting[:] = list(waiting), []
        for event in events:
            rehearsal.take(event)
        rehearsal.take(Tick(received_at=parts.clock()))
        if parts.clock() > deadline:
            view = rehearsal.engine.view()
            raise PreflightError(
                f"no quote within {patience_s:.0f} s: {', '.join(view.why_no_quotes) or view.mode.value}",
                remedy="see the reason; `--duration SECONDS` waits longer",
            )
        await asyncio.sleep(TICK_S)
    for line in _lines(rehearsal.placed, rehearsal.engine.view()):
        print(line)  # noqa: T201


def _lines(placed: PlaceOrders, view: EngineView) -> Sequence[str]:
    levels = {(level.side, level.level): level for level in view.levels if level.price is not None}
    lines = [f"mid {view.ladder.mid}, fair {view.ladder.fair}; would send one action with {len(placed.orders)} orders:"]
    for approved in placed.orders:
        terms = approved.terms
        level = levels.get((terms.side.name, terms.level))
        if level is None:
            continue
        reason = "  ".join(f"{term.name} {term.bps:+.2f}" for term in level.terms)
        lines.append(f"  {terms.side.name:<4} {level.price:>12g} x {level.size:<10g} {reason} bps")
    return lines


def _flat_account(settings: Settings, request_id: int, now: float) -> AccountSnapshot:
    equity = int(EQUITY_RATIO * settings.number("trading.max_position_usd") * 1e6)
    return AccountSnapshot(
        received_at=now,
        request_id=request_id,
        venue_time_ms=int(now * 1000),
        position=0,
        entry_cost=0,
        account_value=equity,
        cash=equity,
        margin_used=0,
        withdrawable=equity,
        leverage=5,
        is_cross=True,
        liquidation_price=None,
        open_orders=(),
        fills=(),
    )
