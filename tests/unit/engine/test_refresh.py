"""Keep or move: what is further out is weighed, what is closer never is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.order import Happening, Order, OrderTerms, Purpose, TimeInForce
from mmtui.engine.quoting.refresh import Gap, Rule, Stand, Verdict, is_settled, move_bps, should_refresh
from mmtui.engine.quoting.requote import Tolerance, plan
from mmtui.strategies.quote import Level

RULE = Rule(action_cost_bps=0.02, max_order_age_s=300.0)
TOLERANCE = Tolerance(max_bps_diff=2.0, size_share=0.2)
STAND = st.builds(Stand, st.floats(0.0, 1.0), st.floats(-50.0, 50.0))
NEAR = Stand(0.2, 4.0)


class NoBasis:
    """Stands in for what makes a ladder; nothing here explains a price."""

    reference = 100_000.0
    reference_name = "mid"

    def terms(self, index, total_bps):
        return ()


def level(index: int, price: int, size: int = 1000, side: Side = Side.BUY) -> Level:
    return Level(side, index, price, size, abs(price / 1_000_000 - 1.0) * 1e4, NoBasis())


def resting(index: int, price: int, *, size: int = 1000, side: Side = Side.BUY, reduce_only: bool = False) -> Order:
    order = Order(
        OrderTerms(
            cloid=f"0x{side}{index}{price}",
            side=side,
            price=price,
            size=size,
            tif=TimeInForce.ALO,
            purpose=Purpose.QUOTE,
            reduce_only=reduce_only,
            level=index,
            created_at=0.0,
            expires_at_ms=0,
        )
    )
    order.happens(Happening.RESTED)
    return order


class Always:
    """Gives one verdict, and remembers what it was asked of."""

    def __init__(self, verdict: Verdict) -> None:
        self.given = verdict
        self.asked: list[Gap] = []

    def verdict(self, level: Level, order: Order, gap: Gap) -> Verdict:
        self.asked.append(gap)
        return self.given


@given(STAND, STAND, st.floats(-100.0, 100.0), st.floats(0.0, 1e4))
def test_what_is_settled_is_held_whatever_it_is_worth(
    here: Stand, there: Stand, closer_bps: float, age_s: float
) -> None:
    gap = Gap(closer_bps, 2.0)
    if is_settled(gap, age_s, RULE):
        assert should_refresh(here, there, gap, age_s, RULE) is Verdict.HOLD


@given(STAND, STAND, st.floats(2.0, 100.0, exclude_min=True), st.floats(0.0, 1e4))
def test_an_order_too_close_never_stays_for_its_place(
    here: Stand, there: Stand, closer_bps: float, age_s: float
) -> None:
    assert should_refresh(here, there, Gap(closer_bps, 2.0), age_s, RULE) is not Verdict.HOLD


def test_far_too_close_goes_at_once() -> None:
    assert should_refresh(NEAR, NEAR, Gap(6.1, 2.0), 0.0, RULE) is Verdict.CANCEL


def test_an_order_that_loses_where_its_level_does_not_goes_at_once() -> None:
    losing = Stand(0.3, -0.1)
    assert should_refresh(losing, NEAR, Gap(0.6, 2.0), 0.0, RULE) is Verdict.CANCEL
    assert should_refresh(losing, losing, Gap(0.6, 2.0), 0.0, RULE) is Verdict.HOLD
    assert should_refresh(losing, NEAR, Gap(0.4, 2.0), 0.0, RULE) is Verdict.HOLD


def test_further_out_moves_only_when_moving_is_worth_a_tenth_more() -> None:
    here = Stand(0.2, 4.0)
    just, more = Stand(0.2, 4.4), Stand(0.2, 4.6)
    assert move_bps(just, 0.02) < 1.1 * here.worth_bps < move_bps(more, 0.02)
    assert should_refresh(here, just, Gap(-3.0, 2.0), 0.0, RULE) is Verdict.HOLD
    assert should_refresh(here, more, Gap(-3.0, 2.0), 0.0, RULE) is Verdict.REFRESH


def test_a_dearer_action_moves_less() -> None:
    here, there = Stand(0.2, 4.0), Stand(0.2, 4.6)
    dear = Rule(action_cost_bps=0.1, max_order_age_s=300.0)
    assert should_refresh(here, there, Gap(-3.0, 2.0), 0.0, RULE) is Verdict.REFRESH
    assert should_refresh(here, there, Gap(-3.0, 2.0), 0.0, dear) is Verdict.HOLD


def test_an_old_order_moves_once_a_fresh_one_is_twice_as_likely() -> None:
    there = Stand(0.2, 4.0)
    assert should_refresh(Stand(0.09, 4.0), there, Gap(-1.0, 2.0), 301.0, RULE) is Verdict.REFRESH
    assert should_refresh(Stand(0.11, 4.0), there, Gap(-1.0, 2.0), 301.0, RULE) is Verdict.HOLD
    assert should_refresh(Stand(0.09, 4.0), there, Gap(-1.0, 2.0), 299.0, RULE) is Verdict.HOLD


def test_an_order_far_out_comes_back_in_the_end_even_where_nothing_fills() -> None:
    never = Stand(0.0, 40.0)
    assert should_refresh(never, never, Gap(-300.0, 5.0), 299.0, RULE) is Verdict.HOLD
    assert should_refresh(never, never, Gap(-300.0, 5.0), 301.0, RULE) is Verdict.REFRESH
    assert should_refresh(never, never, Gap(-4.0, 5.0), 301.0, RULE) is Verdict.HOLD


def test_an_order_too_far_out_stays_while_it_is_worth_keeping_and_moves_otherwise() -> None:
    order, wanted = resting(0, 999_000), level(0, 999_500)
    kept = plan([wanted], [order], TOLERANCE, Always(Verdict.HOLD))
    assert kept.keep == ((wanted, order),) and not kept.cancel and not kept.place
    for judge in (Always(Verdict.REFRESH), None):
        moved = plan([wanted], [order], TOLERANCE, judge)
        assert moved.cancel == (order,) and moved.place == (wanted,) and not moved.keep


def test_an_order_too_close_is_not_even_weighed() -> None:
    for side, price in ((Side.BUY, 999_700), (Side.SELL, 999_300)):
        judge = Always(Verdict.HOLD)
        moved = plan([level(0, 999_500, side=side)], [resting(0, price, side=side)], TOLERANCE, judge)
        assert len(moved.cancel) == len(moved.place) == 1
        assert judge.asked == []


def test_an_order_within_the_tolerance_goes_when_the_judge_says_so() -> None:
    order, wanted = resting(0, 999_550), level(0, 999_500)
    assert plan([wanted], [order], TOLERANCE, None).keep == ((wanted, order),)
    gone = plan([wanted], [order], TOLERANCE, Always(Verdict.CANCEL))
    assert gone.cancel == (order,) and gone.place == (wanted,)


def test_only_orders_of_the_levels_size_and_flag_are_weighed() -> None:
    wanted = level(0, 999_500)
    for order, tolerance in (
        (resting(0, 999_000, size=500), TOLERANCE),
        (resting(0, 999_000), Tolerance(max_bps_diff=2.0, size_share=0.2, must_reduce=True)),
    ):
        moved = plan([wanted], [order], tolerance, Always(Verdict.HOLD))
        assert moved.cancel == (order,) and moved.place == (wanted,)


def test_scarce_requests_let_quotes_rest_further_out_and_never_closer() -> None:
    patient = Tolerance(max_bps_diff=2.0, size_share=0.2, passive_factor=1.5)
    wanted = level(0, 999_500)
    out, closer = resting(0, 999_250), resting(0, 999_650)
    assert plan([wanted], [out], TOLERANCE).place == (wanted,)
    assert plan([wanted], [out], patient).keep == ((wanted, out),)
    assert plan([wanted], [closer], patient).place == (wanted,)


PRICE = st.integers(990_000, 999_900)


@settings(deadline=None)
@given(
    st.lists(PRICE, max_size=6, unique=True),
    st.lists(PRICE, max_size=8, unique=True),
    st.sampled_from(list(Verdict)),
)
def test_every_order_is_kept_once_or_cancelled_and_every_level_served_once_or_placed(
    wanted: list[int], orders: list[int], verdict: Verdict
) -> None:
    levels = [level(index, price) for index, price in enumerate(sorted(wanted, reverse=True))]
    own = [resting(index, price) for index, price in enumerate(orders)]
    made = plan(levels, own, TOLERANCE, Always(verdict))
    kept = [order for _, order in made.keep]
    assert sorted(o.price for o in [*kept, *made.cancel]) == sorted(orders)
    assert sorted(one.price for one in [*(pair[0] for pair in made.keep), *made.place]) == sorted(wanted)
    assert [pair[0].index for pair in made.keep] == sorted(pair[0].index for pair in made.keep)
