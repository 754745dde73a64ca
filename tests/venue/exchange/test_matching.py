import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mmtui.domain.instrument import Side
from mmtui.errors import InvariantError
from mmtui.venues.exchange.executions import BookOrder, Execution, trade_id
from mmtui.venues.exchange.matching import MatchingBook

SIDES = st.sampled_from(list(Side))
ACCOUNTS = st.sampled_from(["", "0xa", "0xb", "0xc"])


def an_order(oid: int, side: Side, price: int, size: int, account: str = "0xa") -> BookOrder:
    return BookOrder(oid, account, side, price, size)


def a_book(*orders: BookOrder) -> MatchingBook:
    book = MatchingBook()
    for order in orders:
        book.rest(order)
    return book


def test_the_best_price_trades_first_and_each_fill_is_at_the_makers_price():
    book = a_book(an_order(1, Side.SELL, 102, 5), an_order(2, Side.SELL, 101, 5), an_order(3, Side.SELL, 103, 5))
    taker = an_order(9, Side.BUY, 102, 8, "0xb")
    result = book.match(taker, 102)
    assert [(e.maker_oid, e.price, e.size) for e in result.executions] == [(2, 101, 5), (1, 102, 3)]
    assert taker.size == 0
    assert book.levels(Side.SELL, 9) == [(102, 2, 1), (103, 5, 1)]
    assert result.notional == 101 * 5 + 102 * 3


def test_the_older_order_at_a_price_trades_first_whatever_its_size():
    book = a_book(an_order(1, Side.BUY, 100, 1), an_order(2, Side.BUY, 100, 50), an_order(3, Side.BUY, 100, 9))
    result = book.match(an_order(9, Side.SELL, 100, 10, "0xb"), 100)
    assert [(e.maker_oid, e.size) for e in result.executions] == [(1, 1), (2, 9)]
    assert book.queue_ahead(3) == 41


def test_shrinking_keeps_the_place_and_a_second_order_at_the_price_waits_behind():
    book = a_book(an_order(1, Side.BUY, 100, 7), an_order(2, Side.BUY, 100, 3))
    book.shrink(1, 2)
    assert book.queue_ahead(2) == 2
    assert book.match(an_order(9, Side.SELL, 100, 1, "0xb"), 100).executions[0].maker_oid == 1
    with pytest.raises(InvariantError, match="grow"):
        book.shrink(2, 4)


def test_a_resting_order_of_the_takers_own_account_is_cancelled_and_the_taker_goes_on():
    book = a_book(an_order(1, Side.SELL, 100, 5, "0xa"), an_order(2, Side.SELL, 100, 5, "0xb"))
    result = book.match(an_order(9, Side.BUY, 100, 4, "0xa"), 100)
    assert [order.oid for order in result.self_trades] == [1]
    assert [(e.maker_oid, e.size) for e in result.executions] == [(2, 4)]
    assert book.get(1) is None


def test_background_orders_trade_with_each_other():
    book = a_book(an_order(-1, Side.SELL, 100, 5, ""))
    assert book.match(an_order(-2, Side.BUY, 100, 5, ""), 100).filled == 5


def test_a_maker_that_may_not_fill_leaves_the_book_and_the_taker_takes_the_next():
    book = a_book(an_order(1, Side.SELL, 100, 5, "0xa"), an_order(2, Side.SELL, 100, 5, "0xb"))
    result = book.match(
        an_order(9, Side.BUY, 100, 6, "0xc"), 100, lambda maker, size: 1 if maker.account == "0xa" else size
    )
    assert [(e.maker_oid, e.size) for e in result.executions] == [(1, 1), (2, 5)]
    assert [(order.oid, order.size) for order in result.refused] == [(1, 4)]
    assert len(book) == 0


def test_settling_a_fill_may_cancel_the_next_maker_before_it_is_asked():
    book = a_book(an_order(1, Side.SELL, 100, 5, "0xa"), an_order(2, Side.SELL, 100, 5, "0xa"))
    asked: list[int] = []

    def may_fill(maker: BookOrder, size: int) -> int:
        asked.append(maker.oid)
        return size

    def settle(execution: Execution) -> None:
        book.cancel(2)

    result = book.match(an_order(9, Side.BUY, 100, 10, "0xc"), 100, may_fill, settle)
    assert asked == [1]
    assert result.filled == 5
    assert len(book) == 0


def test_a_maker_that_cancels_itself_when_asked_neither_trades_nor_counts_as_refused():
    book = a_book(an_order(1, Side.SELL, 100, 5, "0xa"), an_order(2, Side.SELL, 101, 5, "0xb"))

    def may_fill(maker: BookOrder, size: int) -> int:
        if maker.oid == 1:
            book.cancel(1)
        return size

    result = book.match(an_order(9, Side.BUY, 101, 5, "0xc"), 101, may_fill)
    assert [e.maker_oid for e in result.executions] == [2]
    assert result.refused == []


def test_a_print_takes_better_account_orders_then_the_queue_at_its_price_and_no_better_background():
    book = a_book(
        an_order(-1, Side.BUY, 102, 50, ""),
        an_order(1, Side.BUY, 101, 2),
        an_order(-2, Side.BUY, 100, 3, ""),
        an_order(2, Side.BUY, 100, 4),
    )
    result = book.match_print(an_order(-9, Side.SELL, 100, 7, ""), 100)
    assert [(e.maker_oid, e.price, e.size) for e in result.executions] == [
        (1, 101, 2), (-2, 100, 3), (2, 100, 2)
    ]  # fmt: skip
    assert book.size_at(Side.BUY, 102) == 50


def test_resting_a_crossing_order_is_a_defect():
    book = a_book(an_order(1, Side.SELL, 100, 5))
    assert book.crosses(Side.BUY, 100)
    assert not book.crosses(Side.BUY, 99)
    with pytest.raises(InvariantError, match="cross"):
        book.rest(an_order(2, Side.BUY, 100, 1))


def test_trade_ids_are_positive_50_bit_and_distinct_for_distinct_pairs():
    ids = {trade_id(maker, taker) for maker in range(-40, 40) for taker in range(-40, 40)}
    assert len(ids) == 80 * 80
    assert all(0 < tid < 2**50 for tid in ids)


class AgainstASlowBook(RuleBasedStateMachine):
    """The book against a plain list of orders in arrival order, matched by scanning it."""

    def __init__(self) -> None:
        super().__init__()
        self.book = MatchingBook()
        self.slow: list[list] = []
        self.oid = 0

    def expected_match(self, side: Side, limit: int, size: int, account: str) -> tuple[list, list]:
        executions, self_trades = [], []
        rows = [row for row in self.slow if row[1] is not side and side * (limit - row[2]) >= 0]
        for row in sorted(rows, key=lambda row: side * row[2]):
            if size == 0:
                break
            if account and row[4] == account:
                self_trades.append(row[0])
                self.slow.remove(row)
                continue
            traded = min(size, row[3])
            executions.append((row[0], row[2], traded))
            size -= traded
            row[3] -= traded
            if row[3] == 0:
                self.slow.remove(row)
        return executions, self_trades

    @rule(side=SIDES, price=st.integers(95, 105), size=st.integers(1, 9), account=ACCOUNTS)
    def send(self, side: Side, price: int, size: int, account: str) -> None:
        self.oid += 1
        expected, cancelled = self.expected_match(side, price, size, account)
        taker = an_order(self.oid, side, price, size, account)
        result = self.book.match(taker, price)
        assert [(e.maker_oid, e.price, e.size) for e in result.executions] == expected
        assert [order.oid for order in result.self_trades] == cancelled
        assert taker.size + result.filled == size
        if taker.size:
            self.book.rest(taker)
            self.slow.append([self.oid, side, price, taker.size, account])

    @precondition(lambda self: self.slow)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.slow))
        assert self.book.cancel(row[0]).size == row[3]
        assert self.book.cancel(row[0]) is None
        self.slow.remove(row)

    @precondition(lambda self: self.slow)
    @rule(data=st.data())
    def shrink(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.slow))
        size = data.draw(st.integers(0, row[3]))
        self.book.shrink(row[0], size)
        row[3] = size
        if size == 0:
            self.slow.remove(row)

    @invariant()
    def the_books_agree(self) -> None:
        for side in Side:
            prices = sorted({row[2] for row in self.slow if row[1] is side}, key=lambda price: -side * price)
            rows = [[row for row in self.slow if row[1] is side and row[2] == price] for price in prices]
            assert self.book.levels(side, 99) == [
                (price, sum(row[3] for row in level), len(level)) for price, level in zip(prices, rows, strict=True)
            ]
            assert self.book.best(side) == (prices[0] if prices else None)
            for level in rows:
                for place, row in enumerate(level):
                    assert self.book.queue_ahead(row[0]) == sum(other[3] for other in level[:place])
        for account in ("0xa", "0xb", "0xc"):
            assert [order.oid for order in self.book.account_orders(account)] == [
                row[0] for row in self.slow if row[4] == account
            ]

    @invariant()
    def the_book_is_never_crossed(self) -> None:
        bid, ask = self.book.best(Side.BUY), self.book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask


TestAgainstASlowBook = AgainstASlowBook.TestCase
TestAgainstASlowBook.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
