"""What a refusal of the venue means for what is sent next, by its reason.

A refusal is never only logged: each documented reason changes price, levels, sides, pace or mode. Faults
F06, F23 to F29, F72.
"""

from collections.abc import Callable

import msgspec

from mmtui.domain.events import RefusalReason
from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Side
from mmtui.domain.order import Order, OrderTerms
from mmtui.domain.units import Price
from mmtui.engine.control.governing import fire
from mmtui.engine.control.restraining import restrain
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.risk.restraints import Effect, Restraint

WINDOW_S = 60.0
MARGIN_REPEATS = 3
MARGIN_HOLD_S = 60.0
LEVELS_HOLD_S = 300.0
INTEREST_HOLD_S = 60.0
BAND_REPEATS = 3
BAND_HOLD_S = 10.0
WINDOW_HOLD_S = 60.0
RATE_HOLD_MAX_S = 10.0
JITTER_SHARE = 0.25


class Refused(msgspec.Struct, frozen=True):
    """One refused order: why, in the venue's words, and the touch it quoted back."""

    order: Order
    reason: RefusalReason
    text: str
    touch: tuple[Price, Price] | None = None


def take_refusals(state: EngineState, out: Outbox, refused: list[Refused]) -> None:
    """Draws the consequences of one answer: each reason counts once, however many orders it names."""
    by_reason: dict[RefusalReason, list[Refused]] = {}
    for entry in refused:
        by_reason.setdefault(entry.reason, []).append(entry)
    for reason, entries in by_reason.items():
        consequence = _CONSEQUENCES.get(reason)
        if consequence is not None:
            consequence(state, out, entries)


def rate_limited(state: EngineState, out: Outbox) -> None:
    """Places nothing for a second, then two, four, eight; cancels and closing orders go out."""
    count = state.risk.occasions.count(out.now, "rate limited", WINDOW_S)
    wait_s = min(RATE_HOLD_MAX_S, 2.0 ** min(count - 1, 10))
    wait_s *= 1.0 + JITTER_SHARE * _spread(state.ledger.numbering.run, count)
    text = f"requests limited by the exchange, {count} in a minute: nothing placed for {wait_s:.1f} s"
    restrain(state, out, _hold("rate limited", Effect.HOLD_QUOTES, text, out.now + wait_s))


def _spread(run: int, count: int) -> float:
    """A share from 0 to 1 that differs between runs, so that two engines do not come back together."""
    return (run * 2_654_435_761 + count * 40_503) % 1_000 / 1_000.0


def _hold(key: str, effect: Effect, text: str, until: float) -> Restraint:
    return Restraint(key=key, effect=effect, text=text, until=until)


def _crossed(state: EngineState, out: Outbox, entries: list[Refused]) -> None:
    for entry in entries:
        if entry.touch is not None:
            state.market.take_hint(out.now, entry.touch)
    count = state.risk.occasions.count(out.now, "post-only", WINDOW_S)
    text = f"post-only refused ×{count} in a minute: priced again from the exchange's own touch"
    state.tape.alarm("post-only", out.now, 1, text, lasts_s=WINDOW_S)
    state.quoting.urgent = True


def _margin(state: EngineState, out: Outbox, _entries: list[Refused]) -> None:
    count = state.risk.occasions.count(out.now, "margin", WINDOW_S)
    levels = _fewer(state, out, "margin", f"margin does not suffice, refused ×{count}")
    if count >= MARGIN_REPEATS:
        text = f"margin refused ×{count} in a minute, also with {levels} levels: only reducing"
        restrain(state, out, _hold("margin short", Effect.REDUCE_ONLY, text, out.now + MARGIN_HOLD_S))


def _fewer(state: EngineState, out: Outbox, key: str, why: str) -> int:
    """Takes the farthest level off each side; returns how many are left."""
    configured = state.settings.count("strategy.ladder_config.num_levels")
    levels = max(1, min(configured, state.risk.restraints.levels_max) - 1)
    text = f"{why}: {levels} levels"
    restrain(
        state,
        out,
        Restraint(key=key, effect=Effect.FEWER_LEVELS, text=text, until=out.now + LEVELS_HOLD_S, levels=levels),
    )
    return levels


def _too_many(state: EngineState, out: Outbox, _entries: list[Refused]) -> None:
    resting = len(state.ledger.live) + len(state.account.foreign)
    _fewer(state, out, "open orders", f"too many open orders on the account, about {resting} here")


def _mismatch(state: EngineState, out: Outbox, entries: list[Refused]) -> None:
    wrong = next((entry for entry in entries if not _may_be_a_race(entry)), None)
    if wrong is not None:
        fire(state, out, "rule mismatch", f"the exchange refused what our rules allow: {wrong.text[:120]}")


def _may_be_a_race(entry: Refused) -> bool:
    """Whether the venue may see another position than the one that the order was measured by."""
    terms = entry.order.terms
    return terms.reduce_only or (
        entry.reason is RefusalReason.MIN_NOTIONAL and terms.price * terms.size < MIN_NOTIONAL_USD_MICRO
    )


def _interest(state: EngineState, out: Outbox, entries: list[Refused]) -> None:
    sides = {entry.order.side: None for entry in entries if not _reduces(state, entry.order.terms)}
    for side in sides:
        text = f"open interest is capped: {_NAMES[side]} off for {INTEREST_HOLD_S:.0f} s"
        key = f"open interest {side.name}"
        until = out.now + INTEREST_HOLD_S
        restrain(state, out, Restraint(key=key, effect=Effect.SIDE_OFF, text=text, until=until, side=side))


def _band(state: EngineState, out: Outbox, _entries: list[Refused]) -> None:
    count = state.risk.occasions.count(out.now, "price band", WINDOW_S)
    state.tape.alarm("price band", out.now, 1, f"price too far from the oracle ×{count}", lasts_s=WINDOW_S)
    if count >= BAND_REPEATS:
        text = f"price too far from the exchange's oracle ×{count} in a minute: our reference is not trusted"
        restrain(state, out, _hold("price band", Effect.STALE, text, out.now + BAND_HOLD_S))


def _post_only_window(state: EngineState, out: Outbox, _entries: list[Refused]) -> None:
    text = "post-only window after an upgrade of the exchange: quotes go on, closing orders are not taken"
    restrain(state, out, _hold("post-only window", Effect.NO_TAKER, text, out.now + WINDOW_HOLD_S))


def _rate(state: EngineState, out: Outbox, _entries: list[Refused]) -> None:
    rate_limited(state, out)


def _reduces(state: EngineState, terms: OrderTerms) -> bool:
    return terms.side * state.account.position.size < 0 and terms.size <= abs(state.account.position.size)


_NAMES = {Side.BUY: "bids", Side.SELL: "asks"}

_CONSEQUENCES: dict[RefusalReason, Callable[[EngineState, Outbox, list[Refused]], None]] = {
    RefusalReason.POST_ONLY_WOULD_CROSS: _crossed,
    RefusalReason.INSUFFICIENT_MARGIN: _margin,
    RefusalReason.OFF_GRID: _mismatch,
    RefusalReason.MIN_NOTIONAL: _mismatch,
    RefusalReason.OPEN_INTEREST_CAP: _interest,
    RefusalReason.PRICE_BAND: _band,
    RefusalReason.OPEN_ORDER_LIMIT: _too_many,
    RefusalReason.POST_ONLY_WINDOW: _post_only_window,
    RefusalReason.RATE_LIMITED: _rate,
}
