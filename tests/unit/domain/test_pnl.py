"""Profit and loss by cause: exact sums, and the check values of models.md 10.2."""

import bisect
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.pnl import PENDING_MAX, PnlLedger
from tests.unit.properties import examples

BUY, SELL = Side.BUY, Side.SELL
SCALE = 10

fill_steps = st.tuples(
    st.just("fill"), st.sampled_from(list(Side)), st.integers(900, 1100), st.integers(1, 50), st.integers(-20, 20)
)
mark_steps = st.tuples(st.just("mark"), st.integers(900, 1100), st.integers(0, 3))
fund_steps = st.tuples(st.just("fund"), st.integers(-500, 500))
gaps = st.integers(0, 8).map(lambda quarters: quarters / 4)
paths = st.lists(st.tuples(gaps, st.one_of(fill_steps, mark_steps, fund_steps)), max_size=40)


def test_the_check_values_of_the_decomposition_come_out():
    mids = [100_000, 100_000, 100_010, 100_020, 99_985, 99_970, 99_960, 99_975, 99_990, 100_005, 100_020]
    fills = {
        1: (BUY, 99_990, 2000, 299_970),
        3: (SELL, 100_040, 1000, 150_060),
        6: (BUY, 99_950, 3000, 449_775),
        8: (SELL, 100_010, 4000, 600_060),
    }
    ledger = PnlLedger(1000, horizon_s=2.0)
    for second, mid in enumerate(mids):
        ledger.mark(float(second), mid * SCALE - 5, mid * SCALE + 5)
        if second in fills:
            side, price, size, fee = fills[second]
            ledger.fill(float(second), side, price * SCALE, size, fee)
        if second == 5:
            ledger.fund(-round(1.25e-5 * 0.02 * 99_968 * 1e6))
    assert msgspec.structs.asdict(ledger.attribution()) == {
        "total": 1_175_143,
        "spread_capture": 1_500_000,
        "adverse_selection": 600_000,
        "inventory": 600_000,
        "fees": -1_499_865,
        "funding": -24_992,
    }


class Oracle:
    """The definitions of models.md 10.1, over the whole path at the end."""

    def __init__(self, position, horizon_s):
        self.start, self.horizon_s = position, horizon_s
        self.times, self.mids = [], []
        self.fills = []
        self.fees = self.funding = 0

    def mark(self, now, mid):
        self.times.append(now)
        self.mids.append(mid)

    def mid_at(self, time):
        return self.mids[max(0, bisect.bisect_right(self.times, time) - 1)]

    def totals(self):
        last = self.mids[-1] if self.mids else 0
        first = self.mids[0] if self.mids else 0
        position = self.start + sum(signed for _, signed, _, _ in self.fills)
        cash = -sum(signed * price for _, signed, price, _ in self.fills)
        return {
            "total": position * last - self.start * first + cash + self.fees + self.funding,
            "spread_capture": sum(signed * (mid - price) for _, signed, price, mid in self.fills),
            "adverse_selection": sum(
                signed * (self.mid_at(at + self.horizon_s) - mid) for at, signed, _, mid in self.fills
            ),
        }


def walk(start, horizon_s, path):
    ledger, oracle, now = PnlLedger(start, horizon_s=horizon_s), Oracle(start, horizon_s), 0.0
    for gap, (kind, *values) in path:
        now += gap
        if kind == "mark":
            bid, width = values
            ledger.mark(now, bid, bid + width)
            oracle.mark(now, Fraction(2 * bid + width, 2))
        elif kind == "fund":
            ledger.fund(values[0])
            oracle.funding += values[0]
        else:
            side, price, size, fee = values
            if not oracle.mids:
                oracle.mark(now, Fraction(price))
            oracle.fills.append((now, side * size, price, oracle.mids[-1]))
            oracle.fees -= fee
            ledger.fill(now, side, price, size, fee)
    return ledger, oracle


@given(start=st.integers(-100, 100), horizon_s=st.sampled_from([0.25, 1.0, 2.5]), path=paths)
@examples(250)
def test_every_part_is_what_its_definition_says(start, horizon_s, path):
    ledger, oracle = walk(start, horizon_s, path)
    parts = ledger.attribution()
    for name, exact in oracle.totals().items():
        assert abs(getattr(parts, name) - exact) <= Fraction(1, 2), name
    assert (parts.fees, parts.funding) == (oracle.fees, oracle.funding)
    assert ledger.position == start + sum(signed for _, signed, _, _ in oracle.fills)


@pytest.mark.incident("B33")
@given(start=st.integers(-100, 100), path=paths)
@examples(150)
def test_the_parts_add_up_to_the_total_to_the_micro_usd(start, path):
    parts = walk(start, 1.0, path)[0].attribution()
    causes = (parts.spread_capture, parts.adverse_selection, parts.inventory, parts.fees, parts.funding)
    assert sum(causes) == parts.total


@given(start=st.integers(-100, 100), path=paths)
@examples(200)
def test_reading_the_split_changes_nothing(start, path):
    ledger, _ = walk(start, 1.0, path)
    assert ledger.attribution() == ledger.attribution()


def test_a_position_held_through_a_move_earns_inventory_only():
    ledger = PnlLedger(7, horizon_s=1.0)
    assert not ledger.has_mid
    ledger.mark(0.0, 99, 101)
    ledger.mark(1.0, 109, 111)
    parts = ledger.attribution()
    assert (parts.total, parts.inventory, parts.spread_capture) == (70, 70, 0)


def test_a_fill_is_judged_at_its_horizon_and_not_by_what_comes_later():
    ledger = PnlLedger(0, horizon_s=1.0)
    ledger.mark(0.0, 100, 100)
    ledger.fill(0.0, BUY, 98, 10, 0)
    ledger.mark(0.5, 96, 96)
    assert ledger.attribution().adverse_selection == -40
    ledger.mark(1.0, 95, 95)
    ledger.mark(1.5, 200, 200)
    parts = ledger.attribution()
    assert (parts.spread_capture, parts.adverse_selection, parts.inventory) == (20, -50, 1050)


def test_a_fill_before_any_mid_captures_no_spread():
    ledger = PnlLedger(0, horizon_s=1.0)
    ledger.fill(0.0, SELL, 100, 10, 3)
    ledger.mark(0.1, 99, 99)
    parts = ledger.attribution()
    assert (parts.spread_capture, parts.total, parts.fees) == (0, 7, -3)


def test_a_position_taken_from_the_venue_earns_from_then_on():
    ledger = PnlLedger(0, horizon_s=1.0)
    ledger.mark(0.0, 100, 100)
    ledger.adjust(-5)
    assert ledger.attribution().total == 0
    ledger.mark(1.0, 90, 90)
    assert ledger.attribution().total == 50


def test_fills_waiting_for_their_horizon_are_bounded_and_lose_no_money():
    ledger = PnlLedger(0, horizon_s=1e9)
    ledger.mark(0.0, 100, 100)
    for _ in range(PENDING_MAX + 500):
        ledger.fill(0.0, BUY, 99, 1, 0)
    ledger.mark(1.0, 110, 110)
    parts = ledger.attribution()
    assert parts.total == (PENDING_MAX + 500) * 11
    assert parts.adverse_selection == PENDING_MAX * 10


@pytest.mark.parametrize(("bid", "ask"), [(0, 1), (-1, 1), (2, 1)])
def test_a_mark_without_a_sane_touch_is_a_defect(bid, ask):
    with pytest.raises(AssertionError, match="sane touch"):
        PnlLedger(0, horizon_s=1.0).mark(0.0, bid, ask)
