import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Side
from mmtui.domain.units import MICRO
from mmtui.venues.exchange.actions import (
    DefaultReply,
    Filled,
    Refused,
    Rejected,
    Tif,
    TopUpIsolatedMarginAction,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
)
from mmtui.venues.exchange.ledger.margin import initial, maintenance, tier_leverage
from mmtui.venues.exchange.listing import MarginTable, MarginTier, default_listing, single_tier
from tests.venue.exchange.quiet_market import ALICE, BOB, CAROL, Desk

BUY, SELL = Side.BUY, Side.SELL
BACKSTOP = "0x4000000000000000000000000000000000000000"
TIERED = MarginTable(1, "", (MarginTier(0, 40), MarginTier(150_000_000 * MICRO, 20)))


def reprice(desk, mark_usd):
    """Let the market dictate the mark, which then stands at the next update."""
    desk.market.dictated = AssetContext(mark_usd, mark_usd, 0.0, 0.0)
    desk.wait(3_070)


def a_long(desk, size="0.1", price="100000"):
    desk.rest(BOB, SELL, price, size)
    assert isinstance(desk.place(ALICE, BUY, price, size, Tif.IOC), Filled)


def test_maintenance_is_half_the_initial_margin_at_the_assets_maximum_leverage():
    assert maintenance(single_tier(40), 377_667 * MICRO) == 4_720_837_500


@given(st.integers(0, 10**15))
def test_tiered_maintenance_equals_rate_less_deduction(notional):
    lower = 150_000_000 * MICRO
    rates = (1 / 80, 1 / 40)
    tier = 1 if notional >= lower else 0
    deduction = lower * (rates[1] - rates[0]) if tier else 0.0
    assert maintenance(TIERED, notional) == pytest.approx(notional * rates[tier] - deduction, abs=2)


@given(st.integers(0, 10**15), st.integers(0, 10**12))
def test_maintenance_rises_with_notional_and_stays_below_initial_margin(notional, more):
    assert maintenance(TIERED, notional) <= maintenance(TIERED, notional + more)
    assert maintenance(TIERED, notional) <= initial(notional, tier_leverage(TIERED, notional)) + 1


def test_the_summary_of_a_long_adds_up_as_the_venues_does():
    desk = Desk()
    a_long(desk, "0.1")
    reprice(desk, 101_000.0)
    shown = desk.exchange.statements.statement(ALICE, "")
    fee = 4_500_000
    assert shown.total.total_raw_usd_micro == 100_000 * MICRO - 10_000 * MICRO - fee
    assert shown.total.total_notional_micro == 10_100 * MICRO
    assert shown.total.account_value_micro == shown.total.total_raw_usd_micro + 10_100 * MICRO
    assert shown.total.total_margin_used_micro == 10_100 * MICRO // 20
    assert shown.cross == shown.total
    assert shown.cross_maintenance_micro == 10_100 * MICRO // 80
    assert shown.withdrawable_micro == shown.total.account_value_micro - 1_010 * MICRO
    (row,) = shown.positions
    assert (row.size, row.unrealized_pnl_micro) == (10_000, 100 * MICRO)
    assert row.entry_notional_micro == 10_000 * MICRO


def test_the_liquidation_price_is_where_value_meets_maintenance():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.1")
    (row,) = desk.exchange.statements.statement(ALICE, "").positions
    assert row.liquidation_price is not None
    raw = desk.raw_micro(ALICE) / MICRO
    value = raw + 0.1 * row.liquidation_price
    assert value == pytest.approx(0.1 * row.liquidation_price / 80, rel=1e-9)


def test_resting_orders_reserve_margin_and_a_refused_one_leaves_a_record():
    desk = Desk(balance_usd=1_000)
    desk.rest(ALICE, BUY, "99000", "0.1")
    desk.rest(ALICE, BUY, "99000", "0.1")
    assert desk.exchange.statements.free_margin(ALICE, "") == 10 * MICRO
    status = desk.place(ALICE, BUY, "99000", "0.01")
    assert status == Rejected("Insufficient margin to place order. asset=0")
    assert desk.exchange.statements.order_history(ALICE)[0].status == "perpMarginRejected"


def test_the_two_sides_of_a_quote_share_one_margin():
    desk = Desk(balance_usd=1_000)
    desk.rest(ALICE, BUY, "99000", "0.2")
    desk.rest(ALICE, SELL, "99500", "0.2")
    assert desk.exchange.statements.free_margin(ALICE, "") == 5 * MICRO


def test_a_reducing_order_needs_no_margin_even_when_none_is_left():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.19")
    reprice(desk, 99_000.0)
    assert desk.exchange.statements.free_margin(ALICE, "") < 0
    desk.rest(ALICE, SELL, "99500", "0.19")
    assert isinstance(desk.place(ALICE, BUY, "98000", "0.01"), Rejected)


def test_cancelling_gives_all_reserved_margin_back():
    desk = Desk(balance_usd=1_000)
    oid = desk.rest(ALICE, BUY, "99000", "0.2")
    desk.cancel(ALICE, oid)
    assert desk.exchange.statements.free_margin(ALICE, "") == 1_000 * MICRO


def test_a_taker_pays_for_slippage_and_fees_out_of_the_same_margin():
    desk = Desk(balance_usd=1_000)
    desk.rest(BOB, SELL, "103000", "0.12")
    assert isinstance(desk.place(ALICE, BUY, "104000", "0.12", Tif.IOC), Filled)
    assert desk.exchange.statements.free_margin(ALICE, "") >= 0
    desk = Desk(balance_usd=1_000)
    desk.rest(BOB, SELL, "103000", "0.13")
    assert isinstance(desk.place(ALICE, BUY, "104000", "0.13", Tif.IOC), Rejected)


def test_a_maker_whose_margin_is_gone_is_cancelled_and_the_taker_goes_on():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.1")
    own = desk.rest(ALICE, BUY, "99000", "0.09")
    reprice(desk, 93_500.0)
    desk.rest(CAROL, BUY, "99000", "0.05")
    status = desk.place(BOB, SELL, "99000", "0.05", Tif.IOC)
    assert isinstance(status, Filled)
    assert desk.status(ALICE, own).status == "marginCanceled"
    assert desk.position(CAROL) == 5_000


def test_leverage_obeys_its_bounds_and_cannot_switch_type_on_an_open_position():
    desk = Desk()
    assert desk.send(ALICE, UpdateLeverageAction(0, True, 41)) == Refused("Invalid leverage value")
    assert desk.send(ALICE, UpdateLeverageAction(0, True, 0)) == Refused("Invalid leverage value")
    assert desk.send(ALICE, UpdateLeverageAction(0, True, 40)) == DefaultReply()
    a_long(desk)
    assert desk.send(ALICE, UpdateLeverageAction(0, False, 40)) == Refused(
        "Cannot switch leverage type with open position."
    )
    assert desk.exchange.statements.leverage(ALICE, "BTC").value == 40


def test_lowering_leverage_needs_the_margin():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.1")
    assert isinstance(desk.send(ALICE, UpdateLeverageAction(0, True, 5)), Refused)
    assert desk.exchange.statements.leverage(ALICE, "BTC").value == 20
    assert desk.send(ALICE, UpdateLeverageAction(0, True, 12)) == DefaultReply()


def test_a_strictly_isolated_asset_takes_no_cross_and_gives_no_margin_back():
    desk = Desk("vntl:SPACEX", 300.0)
    asset = desk.instrument.asset_id
    assert isinstance(desk.send(ALICE, UpdateLeverageAction(asset, True, 2)), Refused)
    desk.rest(BOB, SELL, "300", "10")
    desk.place(ALICE, BUY, "300", "10", Tif.IOC)
    assert desk.send(ALICE, UpdateIsolatedMarginAction(asset, 100 * MICRO)) == DefaultReply()
    assert isinstance(desk.send(ALICE, UpdateIsolatedMarginAction(asset, -100 * MICRO)), Refused)


def test_isolated_margin_is_set_aside_topped_up_and_released():
    desk = Desk()
    refusal = Refused("Position does not use isolated margin.")
    assert desk.send(ALICE, UpdateIsolatedMarginAction(0, MICRO)) == refusal
    assert desk.send(ALICE, UpdateLeverageAction(0, False, 10)) == DefaultReply()
    a_long(desk, "0.1")
    shown = desk.exchange.statements.statement(ALICE, "")
    assert shown.cross.total_raw_usd_micro == 99_000 * MICRO
    assert shown.positions[0].leverage.raw_usd_micro == 1_000 * MICRO - 10_000 * MICRO - 4_500_000
    assert desk.send(ALICE, UpdateIsolatedMarginAction(0, 500 * MICRO)) == DefaultReply()
    assert desk.send(ALICE, UpdateIsolatedMarginAction(0, -400 * MICRO)) == DefaultReply()
    assert desk.send(ALICE, UpdateIsolatedMarginAction(0, -400 * MICRO)) == Refused("Insufficient margin.")
    assert desk.send(ALICE, TopUpIsolatedMarginAction(0, 4.0)) == DefaultReply()
    assert desk.exchange.statements.statement(ALICE, "").positions[0].margin_used_micro == 2_500 * MICRO
    desk.rest(BOB, BUY, "100000", "0.1")
    desk.place(ALICE, SELL, "100000", "0.1", Tif.IOC)
    assert desk.raw_micro(ALICE) == 100_000 * MICRO - 9_000_000
    assert desk.exchange.unaccounted_micro("") == 0


def test_closing_half_of_an_isolated_position_releases_half_of_its_equity():
    desk = Desk()
    desk.send(ALICE, UpdateLeverageAction(0, False, 10))
    a_long(desk, "0.1")
    desk.rest(BOB, BUY, "100000", "0.05")
    before = desk.exchange.statements.statement(ALICE, "")
    desk.place(ALICE, SELL, "100000", "0.05", Tif.IOC)
    after = desk.exchange.statements.statement(ALICE, "")
    equity = before.positions[0].margin_used_micro
    assert after.cross.total_raw_usd_micro == before.cross.total_raw_usd_micro + equity // 2
    fee = 2_250_000
    assert after.positions[0].margin_used_micro == equity - equity // 2 - fee


def test_an_opening_trade_behind_a_larger_resting_order_still_pays_for_its_slippage():
    desk = Desk(balance_usd=1_000)
    desk.rest(ALICE, BUY, "99000", "0.2")
    desk.rest(BOB, BUY, "99500", "0.19")
    status = desk.place(ALICE, SELL, "99500", "0.19", Tif.IOC)
    assert status == Rejected("Insufficient margin to place order. asset=0")
    assert isinstance(desk.place(ALICE, SELL, "99500", "0.01", Tif.IOC), Filled)
    assert desk.exchange.statements.free_margin(ALICE, "") >= 0


def test_the_tier_of_a_large_position_limits_its_leverage():
    desk = Desk(balance_usd=100_000_000)
    desk.send(ALICE, UpdateLeverageAction(0, True, 40))
    status = desk.place(ALICE, BUY, "99000", "1600")
    assert status == Rejected("Order would cause position to exceed margin tier limit at current leverage. asset=0")


def test_an_account_below_maintenance_is_sold_into_the_book():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.1")
    resting = desk.rest(ALICE, BUY, "90000", "0.001")
    desk.rest(CAROL, BUY, "91000", "0.2")
    reprice(desk, 91_000.0)
    assert desk.position(ALICE) == 0
    assert desk.status(ALICE, resting).status == "liquidatedCanceled"
    last, other = desk.fills(ALICE)[-1], desk.fills(CAROL)[-1]
    assert last.direction == "Liquidated Cross Long"
    assert last.liquidation is not None
    assert (last.liquidation.user, last.liquidation.method) == (ALICE, "market")
    assert other.liquidation == last.liquidation
    ((account, report),) = desk.heard.liquidations
    assert (account, report.dex, report.notional_micro) == (ALICE, "", 9_100 * MICRO)
    assert desk.exchange.unaccounted_micro("") == 0


def test_without_a_buyer_the_backstop_takes_the_position_and_all_that_is_left():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.1")
    reprice(desk, 89_000.0)
    assert desk.position(ALICE) == 0
    assert desk.raw_micro(ALICE) == 0
    assert desk.position(BACKSTOP) == 10_000
    assert desk.fills(ALICE)[-1].liquidation.method == "backstop"
    assert desk.exchange.unaccounted_micro("") == 0
    reprice(desk, 50_000.0)
    assert desk.position(BACKSTOP) == 10_000


def test_a_large_position_goes_by_a_fifth_first_and_whole_within_half_a_minute():
    desk = Desk(balance_usd=100_000)
    a_long(desk, "15", "100000")
    desk.market.send(desk.now_ms, BUY, 944500, 100_000_000, takes=False)
    desk.wait(70)
    reprice(desk, 94_450.0)
    assert desk.position(ALICE) == 1_200_000
    reprice(desk, 94_000.0)
    assert desk.position(ALICE) == 0


def test_an_isolated_loss_stays_with_the_position():
    desk = Desk(balance_usd=10_000)
    desk.send(ALICE, UpdateLeverageAction(0, False, 20))
    a_long(desk, "0.2")
    cross = desk.exchange.statements.statement(ALICE, "").cross.total_raw_usd_micro
    desk.rest(CAROL, BUY, "85000", "0.2")
    reprice(desk, 90_000.0)
    assert desk.position(ALICE) == 0
    assert desk.raw_micro(ALICE) >= cross
    assert desk.exchange.unaccounted_micro("") == 0


def test_room_to_trade_counts_the_position_an_order_would_close_and_flip():
    desk = Desk(balance_usd=1_000)
    a_long(desk, "0.1")
    shown = desk.exchange.statements.active_asset(ALICE, "BTC")
    free = desk.exchange.statements.free_margin(ALICE, "")
    assert shown.available_to_trade_micro == (free, free + 2 * 500 * MICRO)
    assert shown.max_trade_sizes[0] == free * 20 // shown.mark


def test_every_dex_has_its_own_credit_in_its_own_collateral():
    desk = Desk("hyna:BTC")
    for dex in default_listing().dexes:
        shown = desk.exchange.statements.statement(CAROL, dex.name)
        assert shown.total.account_value_micro == 100_000 * MICRO
    tokens = [entry.token for entry in desk.exchange.statements.ledger(CAROL)]
    assert tokens == ["USDC", "USDC", "USDC", "USDH", "USDE"]


def test_trading_on_one_dex_leaves_the_others_alone():
    desk = Desk("hyna:BTC")
    desk.rest(BOB, SELL, "100000", "0.1")
    desk.place(ALICE, BUY, "100000", "0.1", Tif.IOC)
    assert desk.exchange.statements.statement(ALICE, "").positions == ()
    assert desk.exchange.statements.statement(ALICE, "").total.account_value_micro == 100_000 * MICRO
