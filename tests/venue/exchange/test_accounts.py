from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mmtui.domain.instrument import Side
from mmtui.venues.exchange.actions import (
    Cancel,
    CancelAction,
    Filled,
    Modify,
    ModifyAction,
    OrderAction,
    PlaceOrder,
    Rejected,
    Resting,
    Tif,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
)
from mmtui.venues.exchange.ledger.accounts import DexAccount, Holding
from mmtui.venues.exchange.ledger.mark_price import MarkPrice
from mmtui.venues.exchange.listing import default_listing
from tests.venue.exchange.quiet_market import ALICE, BOB, CAROL, START_MS, Desk

BTC = default_listing().contract("BTC")
TRADES = st.lists(st.tuples(st.integers(-500, 500).filter(bool), st.integers(1, 10**7)), min_size=1, max_size=40)


def a_holding(*, is_cross=True):
    assert BTC is not None
    holding = Holding(BTC, MarkPrice(BTC.instrument))
    holding.is_cross = is_cross
    return holding


@given(TRADES)
def test_realised_and_open_profit_always_add_up_to_the_cash_that_moved(trades):
    account, holding = DexAccount("", 0), a_holding()
    realised = 0
    for signed, price in trades:
        realised += account.trade(holding, signed, price)
    assert holding.size == sum(signed for signed, _ in trades)
    assert account.raw == realised - holding.entry_notional


@given(TRADES)
def test_an_isolated_position_moves_the_same_total_cash_as_a_cross_one(trades):
    cross, isolated = DexAccount("", 0), DexAccount("", 0)
    holding, apart = a_holding(), a_holding(is_cross=False)
    for signed, price in trades:
        assert cross.trade(holding, signed, price) == isolated.trade(apart, signed, price)
    assert isolated.raw + apart.isolated_raw == cross.raw
    if apart.size == 0:
        assert apart.isolated_raw == 0


@given(TRADES)
def test_the_entry_price_stays_between_the_prices_paid(trades):
    holding = a_holding()
    account = DexAccount("", 0)
    opened: list[int] = []
    for signed, price in trades:
        before = holding.size
        account.trade(holding, signed, price)
        if before == 0 or before * holding.size < 0:
            opened = [price]
        elif before * signed > 0:
            opened.append(price)
        if holding.size:
            entry = Fraction(holding.entry_notional, holding.size)
            assert min(opened) <= entry + 1
            assert entry <= max(opened) + len(trades)


def test_closing_half_a_long_realises_half_of_its_gain():
    account, holding = DexAccount("", 1_000_000), a_holding()
    assert account.trade(holding, 10, 100) == 0
    assert account.trade(holding, -5, 120) == 100
    assert (holding.size, holding.entry_notional) == (5, 500)
    assert account.raw == 1_000_000 - 1000 + 600


def test_a_flip_realises_the_old_side_and_opens_the_new_one_at_the_trade():
    account, holding = DexAccount("", 0), a_holding()
    account.trade(holding, -10, 100)
    assert account.trade(holding, 15, 90) == 100
    assert (holding.size, holding.entry_notional) == (5, 450)


def test_fills_chain_their_start_positions_and_count_every_fee():
    desk = Desk()
    desk.rest(ALICE, Side.SELL, "100010", "0.003")
    desk.rest(ALICE, Side.SELL, "100020", "0.003")
    desk.place(BOB, Side.BUY, "100020", "0.005", Tif.IOC)
    desk.rest(ALICE, Side.BUY, "100000", "0.02")
    desk.place(BOB, Side.SELL, "100000", "0.008", Tif.IOC)
    fills = desk.fills(BOB)
    for fill, following in pairwise(fills):
        assert following.start_position == fill.start_position + fill.side * fill.size
    assert [fill.direction for fill in fills] == ["Open Long", "Open Long", "Long > Short"]
    cash = 100_000_000_000 - sum(fill.side * fill.price * fill.size + fill.fee_micro for fill in fills)
    assert desk.raw_micro(BOB) == cash


SIDES = st.sampled_from(list(Side))
ACCOUNTS = st.sampled_from([ALICE, BOB, CAROL])
PRICES = st.integers(98_900, 101_100)
SIZES = st.sampled_from([1, 50, 400, 3_000, 40_000, 200_000])


class ExchangeLedger(RuleBasedStateMachine):
    """Three accounts and a background trade one coin; the books must always balance exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(balance_usd=20_000.0)
        self.oids: dict[str, list[int]] = {ALICE: [], BOB: [], CAROL: []}

    def request(self, side: Side, price: int, size: int, tif: Tif, reduce_only: bool) -> PlaceOrder:
        return PlaceOrder(0, side, price * 10, size, tif, reduce_only)

    @rule(
        account=ACCOUNTS, side=SIDES, price=PRICES, size=SIZES, tif=st.sampled_from(list(Tif)),
        reduce_only=st.sampled_from([False, False, True]),
    )  # fmt: skip
    def place(self, account, side, price, size, tif, reduce_only):
        start, before = self.desk.position(account), self.free(account)
        (status,) = self.desk.batch(account, self.request(side, price, size, tif, reduce_only))
        end = self.desk.position(account)
        if isinstance(status, Resting):
            self.oids[account].append(status.oid)
        if isinstance(status, Rejected):
            assert start == end
        if isinstance(status, Filled):
            assert status.total_size <= size
        if reduce_only:
            assert abs(end) <= abs(start)
            assert start * end >= 0
        reserved_more = start == end and self.free(account) < before
        grew = abs(end) > abs(start) or (isinstance(status, Resting) and reserved_more)
        if grew and not reduce_only:
            assert self.free(account) >= 0

    @rule(side=SIDES, price=PRICES, size=SIZES, takes=st.booleans())
    def background(self, side, price, size, takes):
        book = self.desk.exchange.book("BTC")
        if takes or not book.crosses(side, price * 10):
            self.desk.market.send(self.desk.now_ms, side, price * 10, size, takes=takes)
            self.desk.wait(70)

    @rule(account=ACCOUNTS, choice=st.integers(0, 50))
    def cancel(self, account, choice):
        if self.oids[account]:
            oid = self.oids[account][choice % len(self.oids[account])]
            self.desk.send(account, CancelAction((Cancel(0, oid),)))
            assert self.desk.exchange.book("BTC").get(oid) is None

    @rule(account=ACCOUNTS, choice=st.integers(0, 50), side=SIDES, price=PRICES, size=SIZES)
    def modify(self, account, choice, side, price, size):
        if self.oids[account]:
            oid = self.oids[account][choice % len(self.oids[account])]
            order = self.request(side, price, size, Tif.ALO, False)
            self.desk.send(account, ModifyAction((Modify(oid, order),)))
            self.oids[account] = [row.oid for row in self.desk.exchange.statements.open_orders(account)]

    @rule(account=ACCOUNTS, leverage=st.integers(1, 40), is_cross=st.booleans())
    def leverage(self, account, leverage, is_cross):
        self.desk.send(account, UpdateLeverageAction(0, is_cross, leverage))

    @rule(account=ACCOUNTS, amount=st.integers(-(10**10), 10**10))
    def margin(self, account, amount):
        self.desk.send(account, UpdateIsolatedMarginAction(0, amount))

    @precondition(lambda self: self.desk.now_ms < START_MS + 20 * 3_600_000)
    @rule(oracle=st.integers(60_000, 160_000), hours=st.sampled_from([0, 0, 1]))
    def move(self, oracle, hours):
        self.desk.market.oracle_usd = float(oracle)
        self.desk.wait(3_070 + hours * 3_600_000)

    def free(self, account: str) -> int:
        return self.desk.exchange.statements.free_margin(account, "")

    @invariant()
    def cash_is_neither_made_nor_lost(self):
        assert self.desk.exchange.unaccounted_micro("") == 0

    @invariant()
    def positions_equal_fills(self):
        for account in self.oids:
            held = sum(fill.side * fill.size for fill in self.desk.fills(account))
            assert self.desk.position(account) == held

    @invariant()
    def both_sides_of_a_trade_carry_one_tid_and_differ_in_account(self):
        seen: dict[tuple[int, int], list[tuple[str, Side]]] = {}
        for account, fill in self.desk.heard.fills:
            seen.setdefault((fill.time_ms, fill.tid), []).append((account, fill.side))
        for sides in seen.values():
            assert len(sides) <= 2
            if len(sides) == 2:
                assert sides[0][0] != sides[1][0]
                assert sides[0][1] is not sides[1][1]

    @invariant()
    def the_book_holds_exactly_the_open_orders(self):
        book = self.desk.exchange.book("BTC")
        for account in self.oids:
            shown = {row.oid: row.size for row in self.desk.exchange.statements.open_orders(account)}
            assert shown == {order.oid: order.size for order in book.account_orders(account)}

    @invariant()
    def margin_reserved_is_that_of_the_open_orders_and_the_position(self):
        mark = round(self.desk.exchange.context("BTC").mark * 10)
        for account in self.oids:
            shown = self.desk.exchange.statements.statement(account, "")
            leverage = self.desk.exchange.statements.leverage(account, "BTC")
            rows = self.desk.exchange.statements.open_orders(account)
            resting = {side: sum(row.price * row.size for row in rows if row.side is side and not row.reduce_only)
                       for side in Side}  # fmt: skip
            held = self.desk.position(account) * mark
            worst = max(abs(held), held + resting[Side.BUY], resting[Side.SELL] - held)
            own = 0 if leverage.is_cross else -(-abs(held) // leverage.value)
            reserved = -(-worst // leverage.value) - own
            assert self.free(account) == shown.cross.account_value_micro - reserved

    @invariant()
    def reduce_only_orders_fit_the_position(self):
        for account in self.oids:
            position = self.desk.position(account)
            rows = [row for row in self.desk.exchange.statements.open_orders(account) if row.reduce_only]
            assert all(row.side * position < 0 for row in rows)
            assert sum(row.size for row in rows) <= abs(position)


TestExchangeLedger = ExchangeLedger.TestCase
TestExchangeLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)


def test_a_batch_meets_the_book_its_earlier_entries_left():
    desk = Desk()
    desk.rest(BOB, Side.SELL, "100010", "0.005")
    reply = desk.send(
        ALICE,
        OrderAction(
            (
                desk.order(Side.BUY, "100010", "0.005", Tif.IOC),
                desk.order(Side.BUY, "100010", "0.005", Tif.ALO),
            )
        ),
    )
    assert [type(status) for status in reply.statuses] == [Filled, Resting]
