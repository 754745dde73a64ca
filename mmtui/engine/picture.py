"""The engine's part of the view, made from its memory; changes nothing."""

import msgspec

from mmtui.domain.estimates import Estimates
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Value
from mmtui.domain.trip_view import RiskBar, TripView
from mmtui.domain.view import (
    BudgetView,
    Counters,
    EngineView,
    FeedView,
    KillView,
    LevelView,
    Mode,
    PnlView,
    PositionView,
    TermView,
    WarmupView,
)
from mmtui.engine import modes
from mmtui.engine.control import guarding
from mmtui.engine.control.rearming import changes_since
from mmtui.engine.picture_of_estimates import estimate_rows, funding_due
from mmtui.engine.picture_of_fills import cascade_causes, fill_rows, markout_rows
from mmtui.engine.picture_of_orders import OwnQuotes, may_rest, queue_view
from mmtui.engine.picture_of_strategy import strategy_note, strategy_rows
from mmtui.engine.state import EngineState
from mmtui.estimators.warmup import WarmupStatus
from mmtui.risk.monitors.drawdown import drawdown, drawdown_base_usd
from mmtui.strategies.quote import Ladder, Level
from mmtui.strategies.sizing import is_dust


def picture(state: EngineState, now: float, mode: Mode, mode_since: float) -> EngineView:
    """Everything worth showing at ``now``."""
    estimates = state.panel.estimates(now)
    ladder = state.quoting.ladder
    live = [order for order in state.ledger.live.values() if may_rest(order)]
    reason = modes.mode(state, now)[1]
    changes = tuple(state.live.history)
    own = OwnQuotes(state, now, estimates, ladder)
    return EngineView(
        at=now,
        mode=mode,
        mode_reason=reason,
        mode_since=mode_since,
        bids_quoted=sum(1 for order in live if order.side is Side.BUY),
        asks_quoted=sum(1 for order in live if order.side is Side.SELL),
        why_no_quotes=state.quoting.why_not,
        widened_by=tuple(TermView(t.name, t.bps) for t in ladder.widening) if ladder else (),
        kill=_kill(state),
        ladder=own.book(),
        levels=_levels(state, ladder),
        position=_position(state, estimates),
        pnl=_pnl(state),
        strategy_note=strategy_note(state),
        estimates=(*estimate_rows(state, estimates, now), *strategy_rows(estimates, ladder)),
        risk=_risk(state),
        next_trips=_next_trips(state),
        orders=own.rows,
        queue=queue_view(state),
        fills=fill_rows(state),
        markouts=markout_rows(state),
        alarms=tuple(sorted(state.tape.alarms.values(), key=lambda alarm: (-alarm.severity, alarm.since))),
        guards=guarding.views(state, now),
        feed=_feed(state, now),
        budget=_budget(state, now),
        counters=_counters(state),
        warmup=_warmup(state.panel.warmup(now)),
        gamma=ladder.gamma_eff if ladder else 0.0,
        cascade_severity_raw=estimates.signals.cascade_raw if estimates else 0.0,
        cascade_causes=cascade_causes(state, now),
        gamma_factors=tuple(msgspec.structs.asdict(ladder.factors).items()) if ladder else (),
        tail_risk_multiplier=ladder.tail_multiplier if ladder else 1.0,
        volatility_regime=estimates.signals.volatility_regime if estimates else 0,
        quote_uptime=state.tape.uptime(now),
        parameters=_parameters(state),
        parameters_version=state.live.version,
        parameter_changes=changes,
    )


def _parameters(state: EngineState) -> dict[str, Value]:
    drawn, settings = state.tape.drawn, state.settings
    if drawn.parameters[0] is not settings:
        drawn.parameters = settings, {row.key: value for row, value in settings.items() if not row.secret}
    return drawn.parameters[1]


def _kill(state: EngineState) -> KillView:
    killed = state.control.killed
    if killed is None:
        return KillView()
    return KillView(
        is_fired=True,
        at=killed.at,
        reason=f"{killed.reason}: {killed.detail}",
        progress=killed.progress,
        checklist=changes_since(state, killed),
    )


def _levels(state: EngineState, ladder: Ladder | None) -> tuple[LevelView, ...]:
    if ladder is None:
        return ()
    drawn = state.tape.drawn
    if drawn.levels[0] is not ladder:
        drawn.levels = ladder, made_levels(state, ladder)
    return drawn.levels[1]


def made_levels(state: EngineState, ladder: Ladder) -> tuple[LevelView, ...]:
    """Each level of a ladder with its reasons, and each one that is absent; bids first."""
    shown = [_level(state, level) for level in (*ladder.bids, *ladder.asks)]
    absent = [
        LevelView(
            side=absence.side.name,
            level=-1 if absence.index is None else absence.index,
            price=None,
            size=0.0,
            reference=ladder.reference,
            absent_because=absence.text,
        )
        for absence in ladder.absences
    ]
    return tuple(shown + absent)


def _level(state: EngineState, level: Level) -> LevelView:
    return LevelView(
        side=level.side.name,
        level=level.index,
        price=state.instrument.price_usd(level.price),
        size=state.instrument.size_base(level.size),
        reference=level.basis.reference,
        reference_name=level.basis.reference_name,
        size_because=_size_because(state, level),
        terms=tuple(TermView(term.name, term.bps) for term in level.waterfall.terms),
    )


def _size_because(state: EngineState, level: Level) -> str:
    base, basis = state.instrument.size_base, level.basis
    cut = f", cut to the room of {base(basis.room):g}" if basis.room < basis.wanted else ""
    return f"{base(level.size):g} of {base(basis.wanted):g} wanted on this side{cut}"


def _position(state: EngineState, estimates: Estimates | None) -> PositionView:
    account, instrument, limit = state.account, state.instrument, state.risk.limit
    size, touch, snapshot = account.position.size, state.market.touch, account.snapshot
    mid = touch.mid if touch else None
    reserved = {side: state.ledger.reserved(side) + account.foreign_reserved(side) for side in Side}
    liquidation = snapshot.liquidation_price if snapshot and size else None
    funding_usd, funding_s = funding_due(state, estimates)
    return PositionView(
        size=instrument.size_base(size),
        is_dust=touch is not None and is_dust(instrument, size, instrument.price_units(touch.mid)),
        limit=instrument.size_base(limit.size),
        binding_cap=limit.binding,
        entry=account.position.entry(instrument.price_scale),
        mark=mid,
        value_usd=instrument.size_base(abs(size)) * mid if mid else 0.0,
        utilisation=abs(size) / limit.size if limit.size else 0.0,
        liquidation=instrument.price_usd(liquidation) if liquidation is not None else None,
        liquidation_distance=account.liquidation_distance(instrument, mid) if mid else None,
        leverage=snapshot.leverage if snapshot else 0,
        worst_long=instrument.size_base(size + reserved[Side.BUY]),
        worst_short=instrument.size_base(size - reserved[Side.SELL]),
        foreign_orders=len(account.foreign),
        margin_used_usd=snapshot.margin_used / 1e6 if snapshot else 0.0,
        maker_rate=snapshot.maker_rate if snapshot else None,
        funding_due_usd=funding_usd,
        funding_due_s=funding_s,
    )


def _pnl(state: EngineState) -> PnlView:
    account, touch = state.account, state.market.touch
    if account.day is None:
        return PnlView()
    sums = account.pnl.attribution()
    mark = state.instrument.price_units(touch.mid) if touch else 0
    unrealised = account.position.unrealised(mark) / 1e6 if mark else 0.0
    day, opening = account.day_pnl() / 1e6, account.day.opening_equity / 1e6
    return PnlView(
        total=sums.total / 1e6,
        spread_capture=sums.spread_capture / 1e6,
        adverse_selection=sums.adverse_selection / 1e6,
        inventory=sums.inventory / 1e6,
        fees=sums.fees / 1e6,
        funding=sums.funding / 1e6,
        realised=account.position.realised / 1e6,
        unrealised=unrealised,
        utc_day=day,
        peak=account.day.peak / 1e6,
        drawdown=drawdown(account.limit_pnl() / 1e6, account.day.peak / 1e6, opening),
        drawdown_base=drawdown_base_usd(account.day.peak / 1e6, opening),
        session_drawdown=account.session_drawdown(),
        equity=account.equity() / 1e6,
        equity_change=sums.total / 1e6,
        transfers=account.transfers / 1e6,
        volume=state.tape.turnover / 1e6,
    )


def _next_trips(state: EngineState) -> tuple[TripView, ...]:
    return tuple(
        TripView(
            name=trip.name,
            follows=trip.follows.value,
            value=trip.value,
            limit=trip.limit,
            unit=trip.unit,
            ratio=trip.ratio,
            distance=trip.distance,
            move_bps=trip.move_bps,
            time_s=trip.time_s,
            text=trip.text,
        )
        for trip in state.risk.trips
    )


def _risk(state: EngineState) -> tuple[RiskBar, ...]:
    return tuple(
        RiskBar(
            name=reading.name,
            kills=reading.kills,
            ratio=reading.ratio,
            value=reading.value,
            limit=reading.limit,
            unit=reading.unit,
            text=reading.text,
        )
        for reading in state.risk.kill_switch.readings
    )


def _feed(state: EngineState, now: float) -> FeedView:
    market = state.market
    age, venue_age = market.age(now), market.venue_age(now)
    trade_age = None if market.trade_at is None else now - market.trade_at
    context_age = market.context_age(now)
    down = {feed.name for feed in state.control.down_since}
    return FeedView(
        book_age_ms=None if age is None else age * 1e3,
        venue_age_ms=None if venue_age is None else venue_age * 1e3,
        trade_age_ms=None if trade_age is None else trade_age * 1e3,
        context_age_ms=None if context_age is None else context_age * 1e3,
        market_up="MARKET" not in down,
        user_up="USER" not in down,
        refused_books=market.refused,
    )


def _budget(state: EngineState, now: float) -> BudgetView:
    address, ip = state.risk.address, state.risk.ip
    burn = state.risk.burn.burn(now, state.tape.counts["fills"])
    return BudgetView(
        address_left=address[0] if address else None,
        address_cap=address[1] if address else None,
        ip_weight_left=ip[0] if ip else None,
        actions_last_min=state.risk.rate.last_minute(now),
        actions_per_min_max=state.settings.number("risk.actions_per_min_max"),
        requests_left=burn.requests_left,
        requests_per_fill=burn.requests_per_fill,
        usd_per_request=burn.usd_per_request,
        hours_to_throttle=burn.hours_to_throttle,
    )


def _counters(state: EngineState) -> Counters:
    counts, instrument = state.tape.counts, state.instrument
    return Counters(
        orders_placed=counts["placed"],
        orders_filled=counts["filled"],
        orders_cancelled=counts["cancelled"],
        orders_refused=counts["refused"],
        fills=counts["fills"],
        volume_bought=instrument.size_base(state.tape.volumes[Side.BUY]),
        volume_sold=instrument.size_base(state.tape.volumes[Side.SELL]),
        quote_cycles=counts["cycles"],
        rate_limit_errors=counts["rate_limit_errors"],
        denials=counts["denied"],
    )


def _warmup(status: WarmupStatus) -> WarmupView:
    names = {"trades": "trades", "ticks": "ticks", "books": "books", "observations": "microprice"}
    parts = tuple(
        (shown, int(getattr(status.seen, name)), int(getattr(status.needed, name))) for name, shown in names.items()
    )
    return WarmupView(is_ready=status.ready, is_timed_out=status.timed_out, parts=parts)
