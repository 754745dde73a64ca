"""What is not right with data, disk or estimates, and how it holds trading back until it is right again.

Watches what nothing else measures: mark and oracle against the book, their age, the venue's clock against
ours, estimates that cannot be, orders that the venue no longer confirms, a disk that is slow. Faults F36,
F47 to F49, F62, F71, F93.
"""

import math

from mmtui.domain.estimates import Estimate, Provenance
from mmtui.domain.events import DiskSlow, VenueNotice
from mmtui.domain.intents import LogLevel
from mmtui.domain.units import BPS
from mmtui.engine.control import restraining
from mmtui.engine.control.governing import fire
from mmtui.engine.control.restraining import lift, restrain
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting import exposure
from mmtui.engine.state import EngineState
from mmtui.estimators.fair.microprice import BETA_MAX
from mmtui.risk.budget import DESPERATE_SHARE
from mmtui.risk.limits import LIQUIDATION_CAP, wanted_distance
from mmtui.risk.margin import safe_leverage
from mmtui.risk.restraints import Effect, Restraint
from mmtui.strategies.gamma import unusable_inputs
from mmtui.strategies.sizing import is_dust

DIVERGENCE_MAX = 0.01
DIVERGENCE_PATIENCE_S = 10.0
DEGENERATE_WIDEN_S = 60.0
DEGENERATE_STOP_S = 120.0
CONTEXT_AGE_SHOWN_S = 15.0
AHEAD_SHOWN_S = 2.0
DISK_ALARM_S = 1.0
DISK_HALT_S = 5.0
UNCONFIRMED_INTERVALS = 3.0
NOTICE_S = 60.0
UNANSWERED_S = 60.0
GAMMA_INPUTS = "gamma inputs"
SLOPES = "slopes"


def watch(state: EngineState, out: Outbox) -> None:
    """Measures everything that is watched, ten times a second."""
    market = state.market
    market.pass_time(out.now)
    state.tape.pass_time(out.now)
    state.panel.pass_time(out.now)
    restraining.pass_time(state, out)
    _diverged(state, out)
    _degenerate(state, out)
    _scarce(state, out)
    _unanswered(state, out)
    exposure.watch(state, out)
    _leverage(state, out)
    _unusable(state, out)
    age = market.context_age(out.now)
    is_old = age is not None and age > CONTEXT_AGE_SHOWN_S
    _tell(state, out, "context", f"mark and oracle are {age:.0f} s old and not used" if is_old else "")
    ahead_s = market.ahead_s
    is_ahead = ahead_s > AHEAD_SHOWN_S
    _tell(
        state, out, "clock", f"clock {-ahead_s:+.1f} s: this machine is behind the exchange, set it" if is_ahead else ""
    )
    late_s = market.late_s or 0.0
    is_late = late_s > state.settings.number("risk.venue_age_max_s")
    text = f"pictures come {late_s:.1f} s late by the exchange's clock: nothing is placed; is this clock ahead?"
    _tell(state, out, "late", text if is_late else "")
    _dust(state, out)
    _doubtful_slopes(state, out)
    oldest = oldest_unconfirmed_s(state, out.now)
    most = UNCONFIRMED_INTERVALS * state.settings.number("execution.reconcile_interval_s")
    _tell(state, out, "unconfirmed", f"an order was last confirmed {oldest:.0f} s ago" if oldest > most else "")


def caution_bps(state: EngineState) -> float:
    """Widening asked for while something is not right: as much as all widening may be, or nothing."""
    held = state.risk.restraints.first(Effect.WIDEN)
    return state.settings.number("risk.max_widening_bps") if held is not None else 0.0


def oldest_unconfirmed_s(state: EngineState, now: float) -> float:
    """Longest time since the venue last confirmed one of the orders that may rest; 0 without orders."""
    ages = [now - max(order.confirmed_at, order.terms.created_at) for order in state.ledger.live.values()]
    return max(ages, default=0.0)


def take_disk(state: EngineState, out: Outbox, event: DiskSlow) -> None:
    """A durable write waits: nothing is placed while it does, and trading ends when it waits too long."""
    if event.waited_s > DISK_HALT_S:
        fire(state, out, "disk", f"the journal has not been written for {event.waited_s:.1f} s")
    if event.waited_s > DISK_ALARM_S:
        text = f"disk {event.waited_s:.1f} s: nothing is placed until it is written"
        restrain(state, out, Restraint(key="disk", effect=Effect.HOLD, text=text))
    else:
        lift(state, out, "disk")


def take_notice(state: EngineState, out: Outbox, event: VenueNotice) -> None:
    """Something the venue's client noticed: shown, and no quotes while a feed is blind for it."""
    key = f"venue {event.code}"
    if event.count <= 0:
        lift(state, out, key)
        state.tape.clear(key)
        return
    text = f"{event.text} ×{event.count}" if event.count > 1 else event.text
    out.log(LogLevel.WARN, "Venue notice", kind=event.code, text=event.text, count=event.count)
    if event.is_blind:
        restrain(state, out, Restraint(key=key, effect=Effect.STALE, text=text))
    else:
        state.tape.alarm(key, out.now, 1, text, lasts_s=NOTICE_S)


def _dust(state: EngineState, out: Outbox) -> None:
    text = ""
    if _is_dust(state):
        size = state.instrument.wire_size(state.account.position.size)
        text = f"dust {size}: below the exchange's minimum, carried into the next fill"
    _tell(state, out, "dust", text)


def _is_dust(state: EngineState) -> bool:
    size, touch = state.account.position.size, state.market.touch
    if not size or touch is None:
        return False
    return is_dust(state.instrument, size, state.instrument.price_units(touch.mid))


def _tell(state: EngineState, out: Outbox, key: str, text: str) -> None:
    """Shows an alarm, or with "" ends it."""
    if text:
        state.tape.alarm(key, out.now, 1, text)
    elif key in state.tape.alarms:
        state.tape.clear(key)


def _doubtful_slopes(state: EngineState, out: Outbox) -> None:
    """Slopes of the micro-price beyond any market are set to 0, and said. Source: models.md 6.9."""
    is_refused = state.panel.is_slope_refused
    if is_refused and SLOPES not in state.tape.alarms:
        out.log(LogLevel.WARN, "Micro-price slopes refused", limit_bps=round(BETA_MAX * BPS, 1))
    _tell(state, out, SLOPES, "micro-price slopes beyond any market are not used" if is_refused else "")


def _diverged(state: EngineState, out: Outbox) -> None:
    market = state.market
    gap = market.divergence()
    if not gap > DIVERGENCE_MAX:
        market.diverged_since = None
        lift(state, out, "divergence")
        return
    if market.diverged_since is None:
        market.diverged_since = out.now
    is_long = out.now - market.diverged_since >= DIVERGENCE_PATIENCE_S
    text = f"book≠oracle {100.0 * gap:.1f} %: {'nothing is quoted' if is_long else 'quotes are wider'}"
    effect = Effect.STALE if is_long else Effect.WIDEN
    restrain(state, out, Restraint(key="divergence", effect=effect, text=text))


def _degenerate(state: EngineState, out: Outbox) -> None:
    quoting = state.quoting
    sigma = state.panel.sigma(out.now)
    what = degenerate(sigma) if sigma is not None else ""
    if not what:
        quoting.degenerate_since = None
        lift(state, out, "estimate")
        return
    if quoting.degenerate_since is None:
        quoting.degenerate_since = out.now
    lasting_s = out.now - quoting.degenerate_since
    if lasting_s < DEGENERATE_WIDEN_S:
        return
    is_long = lasting_s >= DEGENERATE_STOP_S
    text = f"{what} held at its bound for {lasting_s:.0f} s: {'nothing is quoted' if is_long else 'quotes are wider'}"
    effect = Effect.STALE if is_long else Effect.WIDEN
    restrain(state, out, Restraint(key="estimate", effect=effect, text=text))


def _leverage(state: EngineState, out: Outbox) -> None:
    """Tells what leverage would do where an isolated market is not quoted because of the one that is set."""
    text = ""
    limit, snapshot, sigma = state.risk.limit, state.account.snapshot, state.panel.sigma(out.now)
    if limit.binding == LIQUIDATION_CAP and not limit.size and snapshot is not None and sigma is not None:
        distance = wanted_distance(state.settings, sigma.value)
        most = math.floor(safe_leverage(state.instrument.tiers, distance))
        remedy = f"set trading.leverage to {most} or less" if most >= 1 else "no leverage is low enough now"
        text = f"at {snapshot.leverage}x isolated, liquidation is nearer than {100.0 * distance:.1f} %: {remedy}"
    _tell(state, out, "leverage too high", text)


def _unusable(state: EngineState, out: Outbox) -> None:
    """Warns, once each time, of inputs of gamma that are not numbers; their multipliers are 1 meanwhile."""
    estimates, warned = state.panel.estimates(out.now), state.risk.warned
    names = ", ".join(unusable_inputs(estimates)) if estimates is not None else ""
    if names == warned.get(GAMMA_INPUTS, ""):
        return
    warned[GAMMA_INPUTS] = names
    if names:
        out.log(LogLevel.WARN, "Gamma input unusable", code="RISK_WARN", inputs=names)


def _scarce(state: EngineState, out: Outbox) -> None:
    """At the last twentieth of the allowance a position is only reduced.

    A flat account, or one with dust that no order can take away, goes on at the slowest pace: only fills earn
    requests, and a quote that may not be made could never earn the next one.
    """
    burn = state.risk.burn
    left = burn.left
    is_flat = not state.account.position.size or _is_dust(state)
    if left is None or left > DESPERATE_SHARE * burn.cap or is_flat:
        lift(state, out, "requests")
        return
    text = f"requests {100.0 * left / max(burn.cap, 1):.0f} %: 1/10 s, the position is only reduced"
    restrain(state, out, Restraint(key="requests", effect=Effect.REDUCE_ONLY, text=text))


def _unanswered(state: EngineState, out: Outbox) -> None:
    """Without the venue's own word on the account for a minute nothing is added, however lively its pushes are.

    A push may be missed without a trace; only an answer shows that position and orders are what they seem.
    """
    since = state.account.unanswered_since
    if since is None or not out.now - since >= UNANSWERED_S:
        lift(state, out, "account")
        return
    text = f"the exchange has not answered for the account in {UNANSWERED_S:.0f} s: the position is only reduced"
    restrain(state, out, Restraint(key="account", effect=Effect.REDUCE_ONLY, text=text))


def degenerate(sigma: Estimate) -> str:
    """The name of the estimate if it cannot be what the market does, or "".

    A volatility at its bound is one: prices that never move, or that are no prices. A kappa at its bound
    is not: a wide market has one for days.
    """
    return "sigma" if sigma.provenance is Provenance.CLAMPED else ""
