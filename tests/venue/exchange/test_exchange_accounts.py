import msgspec
import pytest

from mmtui.domain.instrument import Side
from mmtui.errors import ConfigError
from mmtui.venues.exchange.actions import (
    ApproveAgentAction,
    DefaultReply,
    Filled,
    NoopAction,
    Refused,
    Rejected,
    ScheduleCancelAction,
    Tif,
)
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings
from tests.venue.exchange.quiet_market import ALICE, BOB, CAROL, START_MS, Desk, QuietMarket

BUY, SELL = Side.BUY, Side.SELL


def a_long(desk, size="0.01"):
    desk.rest(BOB, SELL, "100000", size)
    desk.place(ALICE, BUY, "100000", size, Tif.IOC)


def test_a_late_action_is_refused_and_costs_five_times_its_weight():
    desk = Desk()
    reply = desk.send(ALICE, NoopAction(), expires_after_ms=desk.now_ms)
    assert reply == Refused("Action already expired")
    assert desk.exchange.statements.rate_limit(ALICE).used == 5
    assert desk.send(ALICE, NoopAction(), expires_after_ms=desk.now_ms + 1_000) == DefaultReply()


def test_the_dead_mans_switch_is_earned_fires_once_and_can_be_cleared():
    desk = Desk()
    reply = desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 60_000))
    assert reply == Refused(
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.0."
    )
    desk = Desk(settings=ExchangeSettings(schedule_cancel_volume_usd=0))
    oid = desk.rest(ALICE, BUY, "99000", "0.01")
    assert isinstance(desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 4_000)), Refused)
    assert desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 60_000)) == DefaultReply()
    assert desk.send(ALICE, ScheduleCancelAction(None)) == DefaultReply()
    desk.wait(120_000)
    assert desk.status(ALICE, oid).status == "open"
    desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 60_000))
    desk.wait(59_000)
    assert desk.status(ALICE, oid).status == "open"
    desk.wait(2_000)
    assert desk.status(ALICE, oid).status == "scheduledCancel"


def test_the_switch_fires_ten_times_a_day_at_most():
    desk = Desk(settings=ExchangeSettings(schedule_cancel_volume_usd=0))
    for _ in range(10):
        assert desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 6_000)) == DefaultReply()
        desk.wait(7_000)
    assert isinstance(desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 6_000)), Refused)
    desk.wait(86_400_000)
    assert desk.send(ALICE, ScheduleCancelAction(desk.now_ms + 6_000)) == DefaultReply()


def test_an_agent_trades_for_its_master_until_revoked():
    desk = Desk()
    agent = "0x" + "ad" * 20
    assert desk.send(ALICE, ApproveAgentAction(agent, "bot")) == DefaultReply()
    desk.rest(agent, BUY, "99000", "0.01")
    assert len(desk.exchange.statements.open_orders(ALICE)) == 1
    assert desk.send(agent, ApproveAgentAction(CAROL)) == Refused(
        f"Must deposit before performing actions. User: {agent}"
    )
    assert desk.send(BOB, ApproveAgentAction(agent)) == Refused("Extra agent already used.")
    assert desk.exchange.resolve_signer(agent) == ALICE
    desk.send(ALICE, ApproveAgentAction("0x" + "0" * 40, "bot"))
    assert desk.exchange.resolve_signer(agent) == agent
    assert desk.exchange.statements.agents(ALICE) == []


def test_an_agent_expires_and_a_fourth_name_is_refused():
    desk = Desk()
    agent = "0x" + "ad" * 20
    desk.send(ALICE, ApproveAgentAction(agent, "bot", desk.now_ms + 10_000))
    desk.wait(11_000)
    assert desk.exchange.resolve_signer(agent) == agent
    for name in ("one", "two", "three"):
        assert desk.send(ALICE, ApproveAgentAction(f"0x{name.encode().hex():0>40}", name)) == DefaultReply()
    assert desk.send(ALICE, ApproveAgentAction(CAROL, "four")) == Refused(
        "Too many extra agents for cumulative volume traded. Current limit is 3"
    )


def test_a_foreign_vault_is_refused():
    desk = Desk()
    assert desk.send(ALICE, NoopAction(), vault=BOB) == Refused(f"Vault not registered: {BOB}")


def test_a_spent_budget_slows_orders_to_one_in_ten_seconds_and_leaves_cancels_alone():
    desk = Desk(settings=ExchangeSettings(request_allowance=2))
    oid = desk.rest(ALICE, BUY, "99000", "0.01")
    desk.send(ALICE, NoopAction())
    desk.send(ALICE, NoopAction())
    assert desk.send(ALICE, NoopAction()) == Refused(
        "Too many cumulative requests sent (4 > 2) for cumulative volume traded $0.00. "
        "Place taker orders to free up 1 request per USDC traded."
    )
    assert desk.cancel(ALICE, oid) is None
    desk.wait(10_000)
    assert desk.send(ALICE, NoopAction()) == DefaultReply()
    assert isinstance(desk.send(ALICE, NoopAction()), Refused)


def test_traded_volume_earns_requests():
    desk = Desk()
    a_long(desk)
    limit = desk.exchange.statements.rate_limit(ALICE)
    assert limit.cumulative_volume_micro == 1_000_000_000
    assert limit.cap == 11_000


def test_too_many_open_orders_are_refused():
    desk = Desk(settings=ExchangeSettings(open_orders_initial=3))
    for price in ("99000", "98000", "97000"):
        desk.rest(ALICE, BUY, price, "0.001")
    status = desk.place(ALICE, BUY, "96000", "0.001")
    assert isinstance(status, Rejected)
    assert desk.exchange.statements.order_history(ALICE)[0].status == "tooManyOpenOrdersRejected"


def test_background_orders_trade_with_accounts_at_the_resting_price():
    desk = Desk()
    desk.market.send(START_MS + 70, SELL, 1000100, 500, takes=False)
    desk.wait(70)
    taken = desk.place(ALICE, BUY, "100050", "0.01", Tif.IOC)
    assert isinstance(taken, Filled)
    assert (taken.total_size, taken.average_price) == (500, 1000100)
    oid = desk.rest(ALICE, BUY, "99900", "0.01")
    desk.market.send(desk.now_ms + 70, SELL, 999000, 400, takes=True)
    desk.wait(140)
    assert desk.status(ALICE, oid).size == 600
    assert desk.heard.trades[-1].buyer == ALICE
    assert desk.heard.trades[-1].hash == desk.fills(ALICE)[-1].hash
    assert desk.exchange.unaccounted_micro("") == 0


def test_skipping_quiet_time_in_one_step_or_many_ends_the_same():
    def run(steps):
        desk = Desk()
        desk.rest(ALICE, BUY, "99900", "0.01")
        desk.market.send(START_MS + 7_000, SELL, 999000, 400, takes=True)
        for _ in range(steps):
            desk.wait(700_000 // steps)
        desk.wait(700_000 - steps * (700_000 // steps))
        return desk.heard.blocks, desk.fills(ALICE), desk.exchange.context("BTC")

    assert run(1) == run(7) == run(1000)


def test_the_listing_keeps_the_slot_of_a_delisted_contract():
    listing = default_listing()
    assert [contract.instrument.asset_id for contract in listing.dexes[0].contracts] == list(range(7))
    assert listing.dexes[0].contracts[2].instrument.is_delisted
    hyna = listing.instrument("hyna:BTC")
    assert hyna is not None
    assert (hyna.asset_id, hyna.collateral, hyna.size_decimals) == (140000, "USDE", 5)
    dex = listing.dex("hyna")
    assert dex is not None
    assert (dex.index, dex.collateral.index) == (4, 235)


def test_a_coin_of_a_recording_is_listed_behind_the_others():
    listing = default_listing()
    btc, unknown = listing.instrument("BTC"), listing.instrument("hyna:ETH")
    assert btc is not None
    assert unknown is not None
    odd = msgspec.structs.replace(btc, coin="ODD", size_decimals=3, max_leverage=10)
    grown = listing_for(listing, [odd, msgspec.structs.replace(btc, size_decimals=4)])
    listed = grown.instrument("ODD")
    assert listed is not None
    assert (listed.asset_id, listed.size_decimals) == (7, 3)
    changed = grown.instrument("BTC")
    assert changed is not None
    assert (changed.asset_id, changed.size_decimals, changed.max_leverage) == (0, 4, 40)
    with pytest.raises(ConfigError, match="no dex"):
        listing.with_instrument("nope:BTC", size_decimals=3)


def test_a_market_of_an_unlisted_coin_or_two_of_one_coin_are_refused():
    listing = default_listing()
    btc = listing.instrument("BTC")
    assert btc is not None
    market = QuietMarket(btc, 100_000.0)
    with pytest.raises(ConfigError, match="same coin"):
        Exchange(listing, [market, QuietMarket(btc, 1.0)])
    with pytest.raises(ConfigError, match="not listed"):
        Exchange(listing, [QuietMarket(msgspec.structs.replace(btc, coin="ODD"), 1.0)])
