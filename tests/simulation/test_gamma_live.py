"""Edits of gamma and of margin rules while it trades: quotes at the exchange move at once, what was learned stays."""

import math

import msgspec
import pytest

from mmtui.domain.commands import CommandStatus, SetParameters
from mmtui.domain.estimates import Estimate
from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from tests.simulation.test_endings import quoting
from tests.simulation.truth import resting

EVERY_HOUR = ",".join(map(str, range(24)))
GLFT = {"strategy__strategy_type": "glft", "trading__max_bps_diff": 0.05, "risk__min_half_spread_bps": 0.0}


def width_bps(session) -> float:
    """Distance between the closest own bid and ask at the exchange."""
    instrument = session.venue.instrument
    bids = [instrument.price_usd(order.price) for order in resting(session) if order.side is Side.BUY]
    asks = [instrument.price_usd(order.price) for order in resting(session) if order.side is Side.SELL]
    return (min(asks) / max(bids) - 1.0) * 1e4


def edit(session, **changes) -> None:
    values = {key.replace("__", "."): value for key, value in changes.items()}
    session.command(SetParameters(id=str(sorted(values)), by="op", changes=values))
    assert session.answers[-1].status is CommandStatus.DONE, session.answers[-1]


@pytest.mark.parametrize(
    "changes",
    [
        {"risk__gamma_min": 5.0},
        {
            "risk__tod_enabled": True,
            "risk__toxic_hours_utc": ",".join(map(str, range(24))),
            "risk__toxic_hour_mult": 9.0,
        },
        {"trading__risk_aversion": 2.0},
        {"risk__tail_risk_base": 5.0},
        {"risk__maker_fee_rate": 6e-4},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_edit_widens_what_rests_at_the_exchange_and_keeps_what_was_learned(make_session, changes) -> None:
    session, unedited = quoting(make_session, **GLFT), quoting(make_session, **GLFT)
    session.run(120)
    unedited.run(120)
    kept = session.engine.state.panel.memory()
    edit(session, **changes)
    session.run(8)
    unedited.run(8)
    assert width_bps(session) > width_bps(unedited) + 0.3
    after = session.engine.state.panel.memory()
    assert (after.ticks, after.trades, after.observations) >= (kept.ticks, kept.trades, kept.observations)
    assert after.volatility == unedited.engine.state.panel.memory().volatility
    assert session.view.warmup.is_ready


def test_the_picture_shows_every_factor_of_gamma(make_session) -> None:
    session = quoting(make_session, **GLFT)
    factors = dict(session.view.gamma_factors)
    assert set(factors) == {"volatility", "toxicity", "hawkes", "hour", "regime", "tail", "inventory"}
    edit(session, risk__tail_risk_base=2.0)
    session.run(3)
    assert dict(session.view.gamma_factors)["tail"] == 2.0
    assert session.view.tail_risk_multiplier == 2.0
    product = math.prod(dict(session.view.gamma_factors).values())
    session.run(60)
    assert session.view.gamma == pytest.approx(0.3 * math.prod(dict(session.view.gamma_factors).values()), rel=0.1)
    assert product > 0.0


def test_an_input_that_is_no_number_is_told_once_and_multiplies_by_one(make_session) -> None:
    session = quoting(make_session, **GLFT)
    panel = session.engine.state.panel
    real = panel.estimates

    def broken(now):
        found = real(now)
        jumps = Estimate(math.nan, "", found.jump_ratio.provenance)
        return msgspec.structs.replace(found, jump_ratio=jumps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(panel), "estimates", lambda self, now: broken(now))
        session.run(5)
        assert dict(session.view.gamma_factors)["toxicity"] == 1.0
        told = [line for line in session.logs if line.message == "Gamma input unusable"]
        assert [(line.level, line.fields["inputs"]) for line in told] == [(LogLevel.WARN, "jump_ratio")]
        assert resting(session)


def test_a_stricter_liquidation_rule_takes_orders_off_at_once(make_session) -> None:
    session = quoting(
        make_session,
        balance_usd=1_000.0,
        trading__max_position_usd=9_000.0,
        trading__order_notional_usd=3_000.0,
        risk__max_effective_leverage=50.0,
        risk__max_daily_loss_pct=100.0,
        risk__max_drawdown_pct=100.0,
    )
    session.run(5)
    state = session.engine.state
    assert state.risk.limit.binding != "liquidation distance"
    edit(session, risk__liquidation_sigmas=20.0, risk__liquidation_distance_min_pct=50.0)
    session.run(5)
    assert state.risk.limit.binding == "liquidation distance"
    limit_usd = state.instrument.size_base(state.risk.limit.size) * session.view.ladder.mid
    assert limit_usd == pytest.approx(session.view.pnl.equity / (0.5 + 0.02 * 1.5), rel=0.02)
    for side in Side:
        held, reserved = side * state.account.position.size, state.ledger.reserved(side)
        assert reserved == 0 or held + reserved <= 1.002 * state.risk.limit.size
