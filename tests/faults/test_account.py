"""A venue that halts, and an account that others change: F71 to F92."""

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    AccountSnapshot,
    FillsReceived,
    FundingReceived,
    Outcome,
    OutcomeKind,
    RefusalReason,
)
from mmtui.domain.instrument import Side
from mmtui.domain.order import TimeInForce
from mmtui.domain.records import FillBooked, FundingBooked, PositionAdjusted
from mmtui.domain.view import Mode
from mmtui.venues.exchange import actions
from tests.faults.hooks import FOREIGN
from tests.faults.sessions import (
    alarms,
    assert_within_limit,
    has_both_sides,
    places,
    quoting,
    settle,
    until,
)
from tests.simulation.truth import assert_books_agree, cash, position, resting


def holding(side: Side = Side.BUY, size: int = 2_000, **settings):
    """A quoting session with a position."""
    session, faults = quoting(**settings)
    faults.trade_by_hand(side, size - side * position(session))
    session.run(1.5)
    assert side * position(session) > 0
    return session, faults


def snapshots(faults, **changes) -> None:
    """The venue states the account with these changes from now on."""
    faults.replace(AccountSnapshot, by=lambda event: (msgspec.structs.replace(event, **changes),))


@pytest.mark.parametrize("seed", [1, 2])
def test_f71_while_the_venue_makes_no_blocks_quotes_are_old_and_cancels_are_tried_until_it_is_back(seed) -> None:
    session, faults = quoting(seed=seed)
    there = len(resting(session))
    faults.freeze("market")
    faults.freeze("user")
    faults.outage(executes=False, text="HTTP 503")
    session.run(8)
    assert session.view.mode is Mode.STALE
    assert there - 2 <= len(resting(session)), "nothing can be cancelled while it stands"
    since = len(session.sends)
    session.run(6)
    assert places(session, since) == []
    assert len(session.sends) > since, "but it is tried"
    faults.heal()
    assert until(session, lambda: not resting(session) or session.view.mode is Mode.QUOTING, 6)
    settle(session, faults)


def test_f72_while_takers_are_refused_quotes_stay_and_a_flatten_ends_with_its_reason() -> None:
    session, faults = holding()
    refused = Outcome(
        kind=OutcomeKind.REFUSED, reason=RefusalReason.POST_ONLY_WINDOW, text="Only post-only orders allowed"
    )
    faults.reject_items(lambda terms: terms.tif is not TimeInForce.ALO, refused)
    session.act(Verb.FLATTEN)
    assert until(session, lambda: session.engine.state.control.flatten is None, 60), "it gives up in time"
    assert position(session) > 0
    answer = session.answers[-1]
    assert "post-only" in answer.text.lower()
    session.run(1)
    session.act(Verb.RESUME)
    assert until(session, lambda: has_both_sides(session), 30), "quotes are post-only and stay"
    settle(session, faults)


def test_f73_a_settled_delisting_becomes_a_named_adjustment_and_ends_trading() -> None:
    session, faults = holding()
    for order in resting(session):
        faults.said(order.cloid, "delistedCanceled")
    faults.cancel_by_hand()
    faults.reject_items(
        lambda terms: True, Outcome(kind=OutcomeKind.REFUSED, reason=RefusalReason.OTHER, text="Asset is delisted")
    )
    faults.drop(FillsReceived)
    snapshots(faults, position=0, entry_cost=0, open_orders=(), fills=())
    assert until(session, lambda: bool(session.latches), 60)
    rows = [row for row in session.rows if isinstance(row, PositionAdjusted)]
    assert rows
    assert rows[-1].after == 0
    assert session.engine.state.account.position.size == 0
    since = len(session.sends)
    session.run(5)
    assert places(session, since) == []


def test_f74_a_changed_instrument_ends_quoting_until_the_next_start() -> None:
    session, faults = quoting()
    instrument = session.venue.instrument
    changed = msgspec.structs.replace(instrument, size_decimals=instrument.size_decimals - 1)
    snapshots(faults, instrument=changed)
    assert until(session, lambda: bool(session.latches) or session.view.mode is Mode.PAUSED, 30)
    session.run(5)
    assert resting(session) == [], "old integers are never read with other decimals"
    since = len(session.sends)
    session.run(10)
    assert places(session, since) == []
    assert "instrument" in (alarms(session) + session.view.mode_reason + repr(session.latches)).lower()


def test_f75_a_leverage_changed_by_somebody_changes_the_limit_at_the_next_comparison() -> None:
    session, faults = quoting(trading__max_position_usd=5_000.0)
    before = session.engine.state.risk.limit.size
    value = 3_000_000_000
    snapshots(faults, leverage=1, account_value=value, withdrawable=value, is_cross=True)
    assert until(session, lambda: session.engine.state.risk.limit.size < 0.8 * before, 30)
    session.run(3)
    assert_within_limit(session)
    assert "leverage" in alarms(session)
    faults.heal()


def test_f76_funding_on_the_hour_is_booked_once_however_often_it_is_told() -> None:
    session, faults = holding()
    seen: list = []

    def again(event: FundingReceived):
        seen.extend(event.payments)
        return (event, msgspec.structs.replace(event, is_snapshot=True), event)

    faults.replace(FundingReceived, by=again)
    faults.replace(AccountSnapshot, by=lambda event: (msgspec.structs.replace(event, funding=tuple(seen)),))
    session.act(Verb.PAUSE)
    assert until(session, lambda: bool(seen), 500, 1.0), "the hour must come"
    session.run(30)
    rows = [row for row in session.rows if isinstance(row, FundingBooked)]
    assert len(rows) == len({(row.coin, row.venue_time_ms) for row in rows}) == 1
    assert rows[0].amount != 0
    assert session.engine.state.account.cash == cash(session)


def test_f77_a_liquidation_leaves_the_right_position_and_ends_trading() -> None:
    session, faults = holding()
    faults.liquidates()
    faults.trade_by_hand(Side.SELL, position(session) // 2)
    assert until(session, lambda: bool(session.latches), 3)
    assert session.engine.state.account.position.size == position(session)
    session.run(10)
    assert resting(session) == []
    assert session.finish is not None
    assert session.finish.is_killed


def test_f78_auto_deleveraging_is_taken_as_a_liquidation_of_the_whole_position() -> None:
    session, faults = holding(Side.SELL)
    faults.liquidates()
    faults.trade_by_hand(Side.BUY, -position(session))
    assert until(session, lambda: bool(session.latches), 3)
    session.run(10)
    assert session.engine.state.account.position.size == position(session) == 0
    assert resting(session) == []


def test_f79_trades_by_hand_count_in_the_position_and_only_reduce_when_beyond_the_limit() -> None:
    session, faults = quoting(trading__max_position_usd=2_500.0)
    faults.trade_by_hand(Side.BUY, 10_000)
    session.run(4)
    assert session.engine.state.account.position.size == position(session) > session.engine.state.risk.limit.size
    assert session.view.mode is Mode.REDUCE_ONLY
    assert {(order.side, order.reduce_only) for order in resting(session)} == {(Side.SELL, True)}
    assert [row for row in session.rows if isinstance(row, FillBooked) and row.is_foreign]


def test_f80_orders_of_others_are_counted_and_never_named_in_an_action() -> None:
    session, faults = quoting(trading__max_position_usd=2_500.0)
    faults.foreign_order(Side.BUY, 0.05, 3_000)
    session.run(30)
    assert session.view.position.foreign_orders == 1
    session.act(Verb.KILL)
    session.run(8)
    left = session.exchange.statements.open_orders(session.account)
    assert [order.cloid for order in left] == [FOREIGN]
    named = {c for intent in session.sends for c in getattr(intent, "cloids", ())}
    assert FOREIGN not in named


def test_f81_somebody_who_cancels_our_orders_again_and_again_makes_us_pause() -> None:
    session, faults = quoting()
    assert faults.cancel_by_hand() > 0
    session.run(2)
    assert until(session, lambda: session.view.mode is Mode.QUOTING and has_both_sides(session), 15), "once is taken"
    for _ in range(4):
        if session.view.mode is Mode.PAUSED:
            break
        faults.cancel_by_hand()
        session.run(2)
        until(session, lambda: session.view.mode is Mode.PAUSED or has_both_sides(session), 12)
    assert until(session, lambda: session.view.mode is Mode.PAUSED, 10)
    session.run(3)
    assert resting(session) == []
    session.act(Verb.RESUME)
    settle(session, faults)


@pytest.mark.incident("B21")
def test_f82_money_paid_in_or_out_is_neither_profit_nor_drawdown() -> None:
    session, faults = quoting()
    session.run(15)
    before = session.view.pnl
    faults.transfer(-60_000.0)
    session.run(25)
    assert not session.latches, "a payment out is no loss"
    after = session.view.pnl
    assert abs(after.utc_day - before.utc_day) < 100.0
    assert after.drawdown < 0.05
    assert abs(after.equity - (before.equity - 60_000.0)) < 200.0
    assert after.transfers == -60_000.0
    day = session.engine.state.account.day
    assert abs(day.opening_equity / 1e6 - 40_000.0) < 200.0, "shares of the day are shares of what is there"
    faults.transfer(60_000.0)
    session.run(25)
    assert abs(session.view.pnl.utc_day - before.utc_day) < 100.0
    assert session.engine.state.account.cash == cash(session)
    assert not session.latches


def test_f83_with_a_revoked_key_nothing_more_is_placed_and_the_orders_that_rest_are_told() -> None:
    session, faults = quoting()
    faults.revoke_key()
    session.act(Verb.PAUSE)
    session.run(12)
    assert session.latches
    there = len(resting(session))
    assert there, "they cannot be cancelled"
    assert session.finish is not None
    assert session.finish.unverified
    assert session.finish.orders_left >= there
    assert str(session.finish.orders_left) in alarms(session)


def test_f91_an_order_of_another_engine_started_after_ours_ends_both() -> None:
    session, faults = quoting()
    from mmtui.domain.cloid import make_cloid

    session.run(2)
    instrument = session.venue.instrument
    price = instrument.quote_price(Side.BUY, (session.view.ladder.mid or 0.0) * 0.99)
    twin = actions.PlaceOrder(
        asset=instrument.asset_id, side=Side.BUY, price=price, size=100, tif=actions.Tif.ALO, cloid=make_cloid(2, 1)
    )
    faults.submit(actions.OrderAction((twin,)))
    assert until(session, lambda: bool(session.latches), 30)
    assert "engine" in (session.latches[0].reason + session.latches[0].detail)
    since = len(session.sends)
    session.run(10)
    assert places(session, since) == []


def test_f92_an_account_switched_to_another_mode_ends_trading() -> None:
    session, faults = quoting()
    snapshots(faults, account_mode="portfolioMargin")
    assert until(session, lambda: bool(session.latches) or session.view.mode is Mode.PAUSED, 30)
    session.run(8)
    assert resting(session) == []
    assert_books_agree(session)
