"""Rows read back: what they come to, whatever is missing at their end."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.cloid import make_cloid
from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderState, OrderTerms, Purpose, TimeInForce
from mmtui.domain.records import (
    Checkpoint,
    DayMarked,
    EquitySampled,
    FillBooked,
    FundingBooked,
    OrderAdopted,
    OrderChanged,
    OrderIntended,
    ParametersChanged,
    PositionAdjusted,
    Record,
    RiskRecorded,
    SessionOpened,
)
from mmtui.engine.fold import fold
from mmtui.engine.folded import Folded

OPENED = SessionOpened(
    at=100.0,
    coin="BTC",
    position=5,
    cash=1_000,
    account_value=1_500,
    run=7,
    venue_time_ms=100_000,
    entry_cost=500,
    utc_day=3,
    opening_equity=1_500,
    size_decimals=5,
)


def terms(number: int, *, size: int = 10, side: Side = Side.BUY) -> OrderTerms:
    return OrderTerms(
        cloid=make_cloid(7, number),
        side=side,
        price=100,
        size=size,
        tif=TimeInForce.ALO,
        purpose=Purpose.QUOTE,
        reduce_only=False,
        level=0,
        created_at=101.0,
        expires_at_ms=109_000,
    )


def intended(number: int, **changes: int) -> OrderIntended:
    return OrderIntended(at=101.0, request_id=number + 10, terms=terms(number, **changes))


def moved(number: int, state: str, *, filled: int = 0, venue_filled: int | None = None) -> OrderChanged:
    return OrderChanged(
        at=102.0,
        cloid=make_cloid(7, number),
        oid=number + 50,
        state=state,
        filled=filled,
        venue_filled=venue_filled,
        reason="",
    )


def fill(
    tid: int, *, number: int = 1, size: int = 4, ms: int = 102_000, after: tuple[int, int], **more: bool
) -> FillBooked:
    return FillBooked(
        at=ms / 1000,
        coin="BTC",
        venue_time_ms=ms,
        tid=tid,
        oid=number + 50,
        cloid=make_cloid(7, number),
        side=Side.BUY,
        price=100,
        size=size,
        fee=2,
        is_taker=False,
        is_foreign=False,
        mid2=0,
        realised=0,
        position=after[0],
        cash=after[1],
        **more,
    )


def sampled(*, pnl: int, mid2: int, peak: int = 0) -> EquitySampled:
    return EquitySampled(
        at=110.0,
        position=0,
        cash=0,
        mark=mid2 // 2,
        equity=1_600,
        total=0,
        spread_capture=0,
        adverse_selection=0,
        inventory=0,
        fees=0,
        funding=0,
        mid2=mid2,
        day_pnl=pnl,
        peak_pnl=peak,
    )


def test_a_fill_moves_position_cash_and_its_order() -> None:
    folded = fold([OPENED, intended(1), moved(1, "Resting"), fill(1, after=(9, 598))])
    assert (folded.position, folded.cost, folded.cash) == (9, 900, 598)
    assert [(order.terms.cloid, order.filled, order.state) for order in folded.orders] == [
        (make_cloid(7, 1), 4, OrderState.RESTING)
    ]
    assert folded.fill_keys == (("BTC", 102_000, 1, 51),)
    assert (folded.requests, folded.orders_made, folded.runs) == (11, 1, (7,))
    assert folded.mismatches == ()


def test_a_fill_that_is_there_twice_counts_once_and_is_named() -> None:
    folded = fold([OPENED, intended(1), fill(1, after=(9, 598)), fill(1, after=(13, 196))])
    assert folded.position == 9
    assert "twice" in folded.mismatches[0]


def test_a_fill_whose_row_contradicts_the_rows_before_it_is_named() -> None:
    assert "it says 10" in fold([OPENED, intended(1), fill(1, after=(10, 598))]).mismatches[0]


@pytest.mark.parametrize(
    "state", ["Filled", "FilledDuringCancel", "FilledImmediately", "Cancelled", "Rejected", "Lost"]
)
def test_an_order_lives_until_a_row_ends_it(state: str) -> None:
    assert len(fold([OPENED, intended(1), moved(1, "Unknown")]).orders) == 1
    assert fold([OPENED, intended(1), moved(1, state)]).orders == ()


def test_an_order_of_an_earlier_run_outlives_the_next_opening_until_its_fate_is_known() -> None:
    again = msgspec.structs.replace(OPENED, at=200.0, run=8, venue_time_ms=200_000)
    rows: list[Record] = [OPENED, intended(1), again]
    assert [order.state for order in fold(rows).orders] == [OrderState.SUBMITTED]
    rows.append(OrderAdopted(at=200.0, terms=terms(1), oid=None, state="Unknown", filled=0))
    assert [order.state for order in fold(rows).orders] == [OrderState.UNKNOWN]
    assert fold([*rows, moved(1, "Lost")]).orders == ()


def test_the_days_profit_is_a_base_plus_cash_plus_the_marked_position() -> None:
    folded = fold([OPENED, sampled(pnl=40, mid2=210, peak=60), intended(1), fill(1, after=(9, 598))])
    assert folded.day is not None
    assert folded.day.base is not None
    at_mid = folded.day.base + folded.cash + folded.position * 210 // 2
    assert at_mid == 40 + 4 * (105 - 100) - 2
    assert (folded.day.peak_pnl, folded.day.opening_equity, folded.mid2) == (60, 1_500, 210)


def test_what_was_recovered_counts_unless_the_opening_position_has_it() -> None:
    base = [OPENED, sampled(pnl=0, mid2=200)]
    before = fold([*base, fill(1, after=(9, 598), is_recovered=True)])
    assert (before.position, before.cash) == (9, 598)
    late = fold([*base, fill(2, ms=99_000, after=(4, 0), is_recovered=True)])
    assert (late.position, late.cash) == (5, 1_000)
    assert ("BTC", 99_000, 2, 51) in late.fill_keys


def test_funding_counts_once_and_a_second_row_is_named() -> None:
    paid = FundingBooked(at=103.0, coin="BTC", venue_time_ms=103_000, amount=-9, rate=0.0, position=5, cash=991)
    assert fold([OPENED, paid]).cash == 991
    assert "twice" in fold([OPENED, paid, paid]).mismatches[0]


def test_an_adjustment_takes_over_the_venues_position_at_its_mark() -> None:
    row = PositionAdjusted(at=103.0, before=5, after=3, reason="", mark=100, cash=1_200)
    folded = fold([OPENED, row])
    assert (folded.position, folded.cost, folded.cash) == (3, 300, 1_200)


def test_edits_hold_until_the_next_session_which_starts_from_its_configuration() -> None:
    first = ParametersChanged(at=101.0, version=2, by="k", before={"a.b": 1.0}, after={"a.b": 2.0})
    second = ParametersChanged(at=102.0, version=3, by="k", before={"a.c": 5}, after={"a.c": 6})
    folded = fold([OPENED, first, second])
    assert (folded.parameters, folded.version) == ({"a.b": 2.0, "a.c": 6}, 3)
    again = fold([OPENED, first, second, OPENED])
    assert (again.parameters, again.version) == ({}, 1)


def test_a_kill_holds_until_it_is_rearmed() -> None:
    kill = RiskRecorded(at=103.0, code="KILL", monitor="daily loss", value=0.0, limit=0.0, text="-501 USD")
    rearmed = RiskRecorded(at=104.0, code="REARMED", monitor="daily loss", value=0.0, limit=0.0, text="why")
    folded = fold([OPENED, kill])
    assert folded.kill is not None
    assert (folded.kill.reason, folded.kill.at) == ("daily loss", 103.0)
    assert fold([OPENED, kill, rearmed]).kill is None


def test_a_day_that_begins_while_running_starts_its_profit_anew() -> None:
    row = DayMarked(at=104.0, utc_day=4, opening_equity=1_700, peak_pnl=0, pnl=0, mid2=200, switch_fires=0)
    folded = fold([OPENED, sampled(pnl=90, mid2=200), row])
    assert folded.day is not None
    assert (folded.day.utc_day, folded.day.opening_equity, folded.day.pnl) == (4, 1_700, 0)
    assert folded.day.base == -(1_000 + 5 * 100)


def checkpoint(rows: list[Record]) -> Checkpoint:
    folded = fold(rows)
    text = msgspec.json.encode(folded).decode()
    return Checkpoint(at=120.0, digest=folded.digest, verified_ms=folded.verified_ms, folded=text)


ROWS: list[Record] = [
    OPENED,
    intended(1),
    moved(1, "Resting"),
    intended(2, size=3),
    fill(1, after=(9, 598)),
    moved(1, "PartialFilled", filled=4),
    sampled(pnl=40, mid2=210, peak=60),
    moved(2, "CancelPending"),
    moved(2, "CancelConfirmed", venue_filled=0),
    fill(2, after=(13, 196), ms=103_000),
    moved(1, "PartialFilled", filled=8),
    ParametersChanged(at=104.0, version=2, by="k", before={"a.b": 1.0}, after={"a.b": 2.0}),
    moved(2, "Cancelled"),
]


@given(st.integers(1, len(ROWS)), st.integers(1, len(ROWS)))
def test_a_checkpoint_stands_for_all_rows_before_it(first: int, second: int) -> None:
    at, end = min(first, second), max(first, second)
    point = checkpoint(ROWS[:at])
    whole, short = fold(ROWS[:end]), fold([point, *ROWS[at:end]])
    assert msgspec.structs.replace(short, at=0.0) == msgspec.structs.replace(whole, at=0.0)
    assert fold([*ROWS[:at], point, *ROWS[at:end]]).mismatches == ()


@pytest.mark.fault("F117")
def test_a_checkpoint_that_the_rows_do_not_make_is_named() -> None:
    point = checkpoint(ROWS[:5])
    assert "do not make the state" in fold([*ROWS[:4], point]).mismatches[0]
    forged = msgspec.structs.replace(point, digest="0" * 32)
    assert "its own hash" in fold([forged]).mismatches[0]


@given(st.integers(0, len(ROWS)), st.lists(st.integers(1, 5), max_size=20))
def test_position_is_the_opening_plus_each_fill_once(cut: int, sizes: list[int]) -> None:
    rows, position, cash = ROWS[:cut], 0, 0
    folded = fold(rows)
    position, cash = folded.position, folded.cash
    if not any(isinstance(row, SessionOpened) for row in rows):
        return
    more: list[Record] = []
    for number, size in enumerate(sizes):
        position, cash = position + size, cash - size * 100 - 2
        more.append(fill(100 + number, size=size, ms=200_000 + number, after=(position, cash), number=9))
    after = fold([*rows, *more])
    assert (after.position, after.cash, after.mismatches) == (position, cash, ())
    assert after.position == folded.position + sum(sizes)


def test_the_digest_sees_position_cash_orders_day_edits_and_kills() -> None:
    whole = fold(ROWS)
    variants = [
        msgspec.structs.replace(whole, position=whole.position + 1),
        msgspec.structs.replace(whole, cash=whole.cash + 1),
        msgspec.structs.replace(whole, cost=whole.cost + 1),
        msgspec.structs.replace(whole, orders=()),
        msgspec.structs.replace(whole, day=None),
        msgspec.structs.replace(whole, parameters={}),
        msgspec.structs.replace(whole, version=9),
    ]
    assert len({variant.digest for variant in [whole, *variants]}) == 1 + len(variants)


def test_nothing_folds_to_nothing() -> None:
    assert fold([]) == Folded()
