import msgspec
import pytest

from mmtui.domain.instrument import Side
from mmtui.venues.exchange.actions import (
    OFF_GRID,
    Cancel,
    CancelAction,
    CancelReply,
    DefaultReply,
    Filled,
    Modify,
    ModifyAction,
    NoopAction,
    OrderAction,
    OrderReply,
    Refused,
    Rejected,
    Resting,
    Tif,
)
from tests.venue.exchange.quiet_market import ALICE, BOB, CAROL, START_MS, Desk

BUY, SELL = Side.BUY, Side.SELL


def statuses_of(desk, account):
    return [update.status for owner, update in desk.heard.orders if owner == account]


def test_two_accounts_trade_at_the_resting_price_and_both_sides_carry_one_tid():
    desk = Desk()
    maker = desk.rest(ALICE, SELL, "100010", "0.01", tif=Tif.ALO)
    taken = desk.place(BOB, BUY, "100050", "0.004", Tif.IOC)
    assert isinstance(taken, Filled)
    assert (taken.total_size, taken.average_price) == (400, 1000100)
    (alice,), (bob,) = desk.fills(ALICE), desk.fills(BOB)
    assert (alice.tid, alice.hash, alice.time_ms) == (bob.tid, bob.hash, bob.time_ms)
    assert (alice.side, alice.crossed, alice.direction) == (SELL, False, "Open Short")
    assert (bob.side, bob.crossed, bob.direction) == (BUY, True, "Open Long")
    assert (alice.oid, bob.oid) == (maker, taken.oid)
    assert desk.position(ALICE) == -400
    assert desk.position(BOB) == 400
    assert desk.status(ALICE, maker).size == 600
    (trade,) = desk.heard.trades
    assert (trade.buyer, trade.seller, trade.side, trade.hash) == (BOB, ALICE, BUY, bob.hash)


def test_the_older_order_at_a_price_trades_first():
    desk = Desk()
    desk.rest(ALICE, SELL, "100010", "0.01")
    desk.rest(CAROL, SELL, "100010", "0.01")
    desk.place(BOB, BUY, "100010", "0.015", Tif.IOC)
    assert desk.position(ALICE) == -1000
    assert desk.position(CAROL) == -500


def test_a_post_only_order_that_would_trade_is_refused_with_the_bbo_and_leaves_a_record():
    desk = Desk()
    desk.rest(ALICE, BUY, "99990", "0.01")
    desk.rest(ALICE, SELL, "100010", "0.01")
    status = desk.place(BOB, BUY, "100010", "0.01", Tif.ALO)
    asset = desk.instrument.asset_id
    assert status == Rejected(f"Post only order would have immediately matched, bbo was 99990@100010. asset={asset}")
    assert statuses_of(desk, BOB) == ["badAloPxRejected"]
    assert desk.exchange.statements.order_history(BOB)[0].status == "badAloPxRejected"


def test_an_ioc_without_a_match_is_refused_and_a_partial_one_reports_what_it_got():
    desk = Desk()
    assert desk.place(BOB, BUY, "100010", "0.01", Tif.IOC) == Rejected(
        "Order could not immediately match against any resting orders. asset=0"
    )
    desk.rest(ALICE, SELL, "100010", "0.004")
    status = desk.place(BOB, BUY, "100010", "0.01", Tif.IOC)
    assert isinstance(status, Filled)
    assert status.total_size == 400
    assert desk.status(BOB, status.oid).status == "canceled"
    assert desk.status(BOB, status.oid).size == 600
    assert desk.exchange.statements.open_orders(BOB) == []


def test_a_gtc_that_fills_in_part_rests_with_its_remainder():
    desk = Desk()
    desk.rest(ALICE, SELL, "100010", "0.004")
    oid = desk.rest(BOB, BUY, "100020", "0.01")
    (resting,) = desk.exchange.statements.open_orders(BOB)
    assert (resting.oid, resting.size, resting.original_size, resting.price) == (oid, 600, 1000, 1000200)
    assert desk.exchange.book("BTC").best(BUY) == 1000200


def test_the_average_price_of_a_fill_is_truncated():
    desk = Desk()
    desk.rest(ALICE, SELL, "100010", "0.001")
    desk.rest(ALICE, SELL, "100011", "0.002")
    status = desk.place(BOB, BUY, "100020", "0.003", Tif.IOC)
    assert isinstance(status, Filled)
    assert status.average_price == 1000106


def test_an_account_never_trades_with_itself():
    desk = Desk()
    own = desk.rest(ALICE, SELL, "100010", "0.01")
    desk.rest(BOB, SELL, "100010", "0.01")
    status = desk.place(ALICE, BUY, "100010", "0.01", Tif.IOC)
    assert isinstance(status, Filled)
    assert desk.status(ALICE, own).status == "selfTradeCanceled"
    assert desk.position(ALICE) == 1000
    assert desk.position(BOB) == -1000
    assert len(desk.fills(ALICE)) == 1


def test_cancels_and_post_only_orders_run_before_takers_of_the_same_block():
    desk = Desk()
    oid = desk.rest(ALICE, SELL, "100010", "0.01")
    now_ms, exchange, replies = desk.now_ms, desk.exchange, []
    taker = OrderAction((desk.order(BUY, "100020", "0.01", Tif.IOC),))
    exchange.submit(now_ms, BOB, taker, replies.append)
    exchange.submit(now_ms, ALICE, CancelAction((Cancel(0, oid),)), replies.append)
    exchange.submit(now_ms, CAROL, OrderAction((desk.order(SELL, "100015", "0.01", Tif.ALO),)), replies.append)
    exchange.advance(exchange.next_block_ms())
    assert desk.fills(ALICE) == []
    assert [fill.price for fill in desk.fills(BOB)] == [1000150]
    assert isinstance(replies[0], OrderReply)
    assert replies[1] == CancelReply((None,))


def test_a_gtc_in_a_batch_takes_the_whole_batch_out_of_the_early_class():
    desk = Desk()
    now_ms, exchange = desk.now_ms, desk.exchange
    mixed = OrderAction((desk.order(SELL, "100010", "0.01", Tif.ALO), desk.order(SELL, "100020", "0.01", Tif.GTC)))
    exchange.submit(now_ms, ALICE, mixed, lambda _: None)
    exchange.submit(now_ms, BOB, OrderAction((desk.order(BUY, "100010", "0.01", Tif.ALO),)), lambda _: None)
    exchange.advance(exchange.next_block_ms())
    assert statuses_of(desk, ALICE)[0] == "badAloPxRejected"


def test_nothing_happens_between_blocks():
    desk = Desk()
    seen = []
    desk.exchange.submit(desk.now_ms, ALICE, NoopAction(), seen.append)
    desk.exchange.advance(desk.exchange.next_block_ms() - 1)
    assert seen == []
    desk.exchange.advance(desk.exchange.next_block_ms())
    assert seen == [DefaultReply()]
    assert (desk.heard.blocks[-1] - START_MS) % 70 == 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"size": 0}, "Order has zero size."),
        ({"size": OFF_GRID}, "Order has invalid size."),
        ({"price": OFF_GRID}, "Order has invalid price."),
        ({"price": 1000005}, "Order has invalid price."),
        ({"price": 1950010}, "Order price cannot be more than 95% away from the reference price"),
        ({"price": 49990}, "Order price cannot be more than 95% away from the reference price"),
        ({"asset": 99}, "Invalid asset. asset=99"),
        ({"asset": 2}, "Trading is halted. asset=2"),
    ],
)
def test_one_order_off_the_rules_refuses_the_batch_without_a_trace(change, text):
    desk = Desk()
    good = desk.order(BUY, "99000", "0.01")
    bad = msgspec.structs.replace(good, **change)
    assert desk.send(ALICE, OrderAction((good, bad))) == Refused(text)
    assert desk.exchange.statements.order_history(ALICE) == []
    assert desk.heard.orders == []


def test_empty_and_oversized_batches_are_refused():
    desk = Desk()
    order = desk.order(BUY, "99000", "0.001")
    assert desk.send(ALICE, OrderAction(())) == Refused("Orders are empty.")
    assert desk.send(ALICE, OrderAction((order,) * 201)) == Refused("Signed action over weight limit of 200.")
    assert isinstance(desk.send(ALICE, OrderAction((order,) * 200)), OrderReply)


def test_triggers_groups_priority_and_builders_are_refused_in_the_venues_words():
    desk = Desk()
    order = desk.order(BUY, "99000", "0.01")
    stop = msgspec.structs.replace(order, is_trigger=True)
    triggers = "Trigger orders are not supported by the local exchange; use limit orders."
    assert desk.send(ALICE, OrderAction((stop,))) == Refused(triggers)
    assert desk.send(ALICE, OrderAction((order, stop), "normalTpsl")) == Refused(triggers)
    assert desk.send(ALICE, OrderAction((order,), "normalTpsl")) == Refused("Unexpected number of trigger orders")
    assert desk.send(ALICE, OrderAction((order,), "p")) == Refused(
        "Insufficient delegatable balance for priority order"
    )
    assert desk.send(ALICE, OrderAction((order,), builder=BOB)) == Refused("Builder fee has not been approved")


def test_errors_of_state_are_per_entry_and_the_others_go_through():
    desk = Desk()
    statuses = desk.batch(
        ALICE,
        desk.order(BUY, "99000", "0.001"),
        desk.order(SELL, "101000", "0.001", reduce_only=True),
        desk.order(SELL, "101000", "0.00001"),
        desk.order(SELL, "102000", "0.001"),
    )
    assert [type(status) for status in statuses] == [Resting, Rejected, Rejected, Resting]
    assert statuses[1] == Rejected("Reduce only order would increase position. asset=0")
    assert statuses[2] == Rejected("Order must have minimum value of $10. asset=0")


def a_long(desk, size="0.01"):
    desk.rest(BOB, SELL, "100000", size)
    desk.place(ALICE, BUY, "100000", size, Tif.IOC)


def test_closing_the_whole_position_may_be_below_the_minimum_and_part_of_it_may_not():
    desk = Desk()
    a_long(desk, "0.0001")
    desk.market.oracle_usd = 50_000.0
    desk.rest(CAROL, BUY, "60000", "0.01")
    desk.wait(6_000)
    part = desk.place(ALICE, SELL, "60000", "0.00005", Tif.IOC, reduce_only=True)
    assert part == Rejected("Order must have minimum value of $10. asset=0")
    assert isinstance(desk.place(ALICE, SELL, "60000", "0.0001", Tif.IOC), Filled)
    assert desk.position(ALICE) == 0


def test_a_reduce_only_order_is_cut_to_the_position_and_never_flips_it():
    desk = Desk()
    a_long(desk)
    desk.rest(BOB, BUY, "99900", "0.1")
    status = desk.place(ALICE, SELL, "99900", "0.05", Tif.IOC, reduce_only=True)
    assert isinstance(status, Filled)
    assert status.total_size == 1000
    assert desk.position(ALICE) == 0
    assert desk.status(ALICE, status.oid).original_size == 5000


def test_a_resting_reduce_only_order_shrinks_with_the_position_and_ends_with_it():
    desk = Desk()
    a_long(desk)
    oid = desk.rest(ALICE, SELL, "101000", "0.01", reduce_only=True)
    desk.rest(BOB, BUY, "99900", "0.1")
    desk.place(ALICE, SELL, "99900", "0.004", Tif.IOC)
    assert desk.status(ALICE, oid).size == 600
    desk.place(ALICE, SELL, "99900", "0.006", Tif.IOC)
    assert desk.status(ALICE, oid).status == "reduceOnlyCanceled"
    assert desk.exchange.book("BTC").get(oid) is None


def test_an_older_reduce_only_order_gives_way_to_a_second_one():
    desk = Desk()
    a_long(desk)
    older = desk.rest(ALICE, SELL, "101000", "0.008", reduce_only=True)
    newer = desk.rest(ALICE, SELL, "102000", "0.006", reduce_only=True)
    assert desk.status(ALICE, older).size == 400
    assert desk.status(ALICE, newer).size == 600


def test_one_sweep_over_two_orders_of_a_maker_cannot_flip_him_with_a_reduce_only_order():
    desk = Desk()
    a_long(desk)
    desk.rest(ALICE, SELL, "100500", "0.007")
    oid = desk.rest(ALICE, SELL, "100600", "0.01", reduce_only=True)
    desk.place(CAROL, BUY, "100700", "0.05", Tif.IOC)
    assert desk.position(ALICE) == 0
    assert desk.status(ALICE, oid).status == "filled"
    assert sum(fill.size for fill in desk.fills(CAROL)) == 1000


def test_a_cancel_needs_the_right_asset_and_a_resting_order():
    desk = Desk()
    oid = desk.rest(ALICE, BUY, "99000", "0.01", cloid="0x" + "1" * 32)
    gone = "Order was never placed, already canceled, or filled. asset="
    assert desk.send(ALICE, CancelAction((Cancel(1, oid),))) == CancelReply((gone + "1",))
    assert desk.send(BOB, CancelAction((Cancel(0, oid),))) == CancelReply((gone + "0",))
    assert desk.cancel(ALICE, "0x" + "1" * 32) is None
    assert desk.cancel(ALICE, "0x" + "1" * 32) == gone + "0"
    assert desk.cancel(ALICE, oid) == gone + "0"
    assert desk.status(ALICE, oid).status == "canceled"


def test_a_cloid_names_the_newest_order_that_carries_it():
    desk = Desk()
    cloid = "0x" + "2" * 32
    first = desk.rest(ALICE, BUY, "99000", "0.01", cloid=cloid)
    desk.cancel(ALICE, cloid)
    second = desk.rest(ALICE, BUY, "98000", "0.01", cloid=cloid)
    found = desk.exchange.statements.order_status(ALICE, cloid)
    assert found is not None
    assert found.oid == second != first


def test_a_modify_places_a_post_only_order_with_another_oid_behind_the_queue():
    desk = Desk()
    oid = desk.rest(ALICE, BUY, "99000", "0.01")
    desk.rest(BOB, BUY, "99000", "0.01")
    reply = desk.send(ALICE, ModifyAction((Modify(oid, desk.order(BUY, "99000", "0.005")),)))
    assert isinstance(reply, OrderReply)
    (placed,) = reply.statuses
    assert isinstance(placed, Resting)
    assert placed.oid != oid
    assert desk.status(ALICE, placed.oid).tif is Tif.ALO
    assert desk.exchange.book("BTC").queue_ahead(placed.oid) == 1000


def test_a_modify_of_a_gone_order_places_nothing_unless_told_to_place_always():
    desk = Desk()
    change = Modify(12345, desk.order(BUY, "99000", "0.005"))
    assert desk.send(ALICE, ModifyAction((change,))) == OrderReply(
        (Rejected("Cannot modify canceled or filled order"),)
    )
    assert desk.send(ALICE, ModifyAction((change,), is_single=True)) == Refused(
        "Cannot modify canceled or filled order"
    )
    assert desk.exchange.statements.open_orders(ALICE) == []
    desk.send(ALICE, ModifyAction((change,), always_place=True))
    assert len(desk.exchange.statements.open_orders(ALICE)) == 1


def test_a_modify_that_would_trade_loses_the_old_order():
    desk = Desk()
    oid = desk.rest(ALICE, BUY, "99000", "0.01")
    desk.rest(BOB, SELL, "100000", "0.01")
    reply = desk.send(ALICE, ModifyAction((Modify(oid, desk.order(BUY, "100000", "0.01")),)))
    assert isinstance(reply, OrderReply)
    assert reply.statuses[0].text.startswith("Error placing new order during modify: Post only")
    assert desk.status(ALICE, oid).status == "canceled"
