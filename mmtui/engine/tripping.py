"""Gathers every limit for "what trips next", once a second, from the engine's memory; changes nothing else.

The monitors have their readings; the limits that no monitor owns (position, requests, caps of the quotes,
collar, margin, open interest) become gauges here.
"""

from collections.abc import Iterator

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.engine.conditions import DIVERGENCE_MAX
from mmtui.engine.state import EngineState
from mmtui.risk.budget import DESPERATE_SHARE
from mmtui.risk.margin import initial_margin, maintenance_margin
from mmtui.risk.trips import LIQUIDATION, NEAR_LIQUIDATION, Follows, Gauge, Stake, gauges_of, trips
from mmtui.strategies.quote import Ladder

APART_S = 1.0
FUNDING_HOURLY_MAX_PCT = 4.0


def follow(state: EngineState, now: float) -> None:
    """Measures the distance of every limit anew when the last measure is a second old."""
    risk = state.risk
    if risk.trips_at is not None and 0.0 <= now - risk.trips_at < APART_S:
        return
    risk.trips_at = now
    gauges = [*gauges_of(risk.kill_switch.readings), *_gauges(state, now)]
    risk.paces.note(now, {gauge.name: gauge.value for gauge in gauges})
    risk.trips = trips(gauges, _stake(state), risk.paces)


def _stake(state: EngineState) -> Stake:
    account, mid = state.account, _mid(state)
    day = account.day
    return Stake(
        position_usd=_position_usd(state),
        day_pnl_usd=account.limit_pnl() / 1e6,
        peak_pnl_usd=day.peak / 1e6 if day is not None else 0.0,
        opening_equity_usd=day.opening_equity / 1e6 if day is not None else 0.0,
        liquidation=account.liquidation_distance(state.instrument, mid) if mid else None,
    )


def _gauges(state: EngineState, now: float) -> Iterator[Gauge]:
    yield from _of_position(state)
    yield from _of_margin(state)
    yield from _of_market(state, now)
    yield from _of_requests(state, now)
    if state.quoting.ladder is not None:
        yield from _of_quotes(state, state.quoting.ladder)


def _of_position(state: EngineState) -> Iterator[Gauge]:
    settings, limit = state.settings, state.risk.limit
    value = abs(_position_usd(state))
    soft = settings.number("risk.max_position_value_usd")
    yield Gauge("position value, reduce-only", value, soft, "USD", Follows.REDUCE)
    held = state.instrument.size_base(abs(state.account.position.size))
    size = state.instrument.size_base(limit.size)
    yield Gauge(f"position limit ({limit.binding})", held, size, state.instrument.asset, Follows.REDUCE)


def _of_margin(state: EngineState) -> Iterator[Gauge]:
    account, instrument, mid = state.account, state.instrument, _mid(state)
    funding = account.funding_source(instrument.price_units(mid)) if mid else None
    if funding is None:
        return
    notional = abs(_position_usd(state))
    used = funding.others_usd + initial_margin(notional, funding.leverage)
    yield Gauge("margin used", used, funding.equity_usd, "USD", Follows.HOLD)
    away = account.liquidation_distance(instrument, mid)
    if away is None:
        return
    kept = maintenance_margin(instrument.tiers, notional)
    side = 1.0 if account.position.size > 0 else -1.0
    spare = away * notional * (1.0 - side * 0.5 / instrument.max_leverage)
    yield Gauge(LIQUIDATION, kept, kept + spare, "USD", Follows.LIQUIDATION)
    least = state.settings.number("risk.liquidation_distance_min_pct")
    yield Gauge(NEAR_LIQUIDATION, 100.0 * away, least, "%", Follows.REDUCE, is_floor=True)


def _of_market(state: EngineState, now: float) -> Iterator[Gauge]:
    settings, market = state.settings, state.market
    silence_s = market.silence_s(now)
    if silence_s is not None:
        yield Gauge("data age, pulled", silence_s, settings.number("risk.stale_data_s"), "s", Follows.PULL)
    severity = state.panel.cascade_severity(now)
    yield Gauge("cascade, pulled", severity, settings.number("risk.cascade_pull_threshold"), "", Follows.PULL)
    yield Gauge("book against oracle", 100.0 * market.divergence(), 100.0 * DIVERGENCE_MAX, "%", Follows.PULL)
    estimates = state.panel.estimates(now)
    if estimates is not None:
        hourly = 100.0 * abs(estimates.signals.funding_hourly)
        yield Gauge("funding clamp", hourly, FUNDING_HOURLY_MAX_PCT, "%/h", Follows.CAP)
    cap, context = state.instrument.open_interest_cap_usd, market.context
    if cap is not None and context is not None:
        yield Gauge("open interest", context.open_interest * context.mark, cap, "USD", Follows.SIDE)


def _of_requests(state: EngineState, now: float) -> Iterator[Gauge]:
    settings, risk = state.settings, state.risk
    run = max(risk.fill_run.length(now, side) for side in Side)
    yield Gauge("one-sided fills", run, settings.count("risk.one_sided_orders_max"), "orders", Follows.KILL)
    most = settings.number("risk.actions_per_min_max") * (1.0 - settings.number("risk.cancel_reserve_pct") / 100.0)
    yield Gauge("actions", risk.rate.last_minute(now), most, "/min", Follows.HOLD)
    left = risk.burn.left
    if left is not None:
        hours = risk.burn.burn(now, state.tape.counts["fills"]).hours_to_throttle
        time_s = None if hours is None else hours * 3600.0
        least = DESPERATE_SHARE * risk.burn.cap
        yield Gauge("requests", left, least, "orders", Follows.REDUCE, is_floor=True, time_s=time_s)


def _of_quotes(state: EngineState, ladder: Ladder) -> Iterator[Gauge]:
    settings = state.settings
    widened = sum([term.bps for term in ladder.widening])
    yield Gauge("widening cap", widened, settings.number("risk.max_widening_bps"), "bps", Follows.CAP)
    most = settings.number("strategy.max_half_spread_bps")
    yield Gauge("half-spread cap", ladder.half_spread_bps, most, "bps", Follows.CAP)
    if ladder.reference > 0.0 and ladder.reservation > 0.0:
        shift = abs(ladder.reservation / ladder.reference - 1.0) * BPS
        yield Gauge("skew cap", shift, settings.number("strategy.max_skew_bps"), "bps", Follows.CAP)
    farthest = max([level.distance_bps for level in (*ladder.bids, *ladder.asks)], default=0.0)
    yield Gauge("price collar", farthest / 100.0, settings.number("risk.price_collar_pct"), "%", Follows.HOLD)


def _position_usd(state: EngineState) -> float:
    return state.instrument.size_base(state.account.position.size) * _mid(state)


def _mid(state: EngineState) -> float:
    touch = state.market.touch
    return touch.mid if touch is not None else 0.0
