"""The queue before an order: bounded by its level, monotone in trades, the same in any order of arrival."""

from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.queue.ahead import QueueAhead, QueueModel, after_book, decayed, share_behind

SIZE = st.floats(0.0, 1e6)
MODEL = st.sampled_from(list(QueueModel))
POWER = st.floats(1.0, 10.0)


def started(level: float) -> QueueAhead:
    ahead = QueueAhead()
    ahead.start(0.0, 1_000, level)
    return ahead


@given(SIZE, SIZE, SIZE, SIZE, MODEL, POWER)
def test_the_front_is_never_negative_never_grows_and_never_exceeds_the_level(
    front: float, before: float, after: float, traded: float, model: QueueModel, power: float
) -> None:
    front = min(front, before)
    left = after_book(front, before, after, traded, model, power)
    assert 0.0 <= left <= after
    assert left <= front * (1.0 + 1e-12) + 1e-9


@given(SIZE, SIZE, MODEL, POWER)
def test_the_share_behind_is_a_share(front: float, back: float, model: QueueModel, power: float) -> None:
    assert 0.0 <= share_behind(front, back, model, power) <= 1.0


@given(st.lists(st.tuples(st.booleans(), SIZE), max_size=20), MODEL)
def test_probable_and_cautious_stay_between_nothing_and_the_level(
    happenings: list[tuple[bool, float]], model: QueueModel
) -> None:
    ahead = started(100.0)
    for place, (is_trade, size) in enumerate(happenings):
        at_ms = 2_000 + place
        if is_trade:
            before = (ahead.probable, ahead.cautious)
            ahead.on_trade(at_ms, size, model, 2.0)
            assert ahead.probable <= before[0] and ahead.cautious <= before[1]
        else:
            ahead.on_level(float(place), at_ms, size, model, 2.0)
            assert ahead.probable <= size and ahead.cautious <= size
        assert 0.0 <= ahead.probable <= ahead.cautious * (1.0 + 1e-9) + 1e-9


@given(SIZE, SIZE)
def test_more_traded_leaves_less_before_us(first: float, more: float) -> None:
    fronts = []
    for size in (first, first + more):
        ahead = started(1e6)
        ahead.on_trade(1_001, size, QueueModel.POWER, 2.0)
        fronts.append(ahead.probable)
    assert fronts[1] <= fronts[0]


@given(st.floats(1.0, 100.0), st.floats(0.0, 100.0), st.sampled_from([QueueModel.POWER, QueueModel.LOG]))
def test_a_print_that_comes_after_its_book_leaves_the_same_front(
    traded: float, cancelled: float, model: QueueModel
) -> None:
    in_order, late = started(200.0), started(200.0)
    for ahead in (in_order, late):
        ahead.on_level(0.1, 1_100, 300.0, model, 2.0)
    level = max(0.0, 300.0 - traded - cancelled)
    in_order.on_trade(1_200, traded, model, 2.0)
    in_order.on_level(0.2, 1_200, level, model, 2.0)
    late.on_level(0.2, 1_200, level, model, 2.0)
    late.on_trade(1_200, traded, model, 2.0)
    assert late.probable == in_order.probable
    assert late.cautious == in_order.cautious


def test_cancels_never_help_the_cautious_front_but_for_the_size_of_the_level() -> None:
    ahead = started(100.0)
    ahead.on_level(1.0, 2_000, 150.0, QueueModel.POWER, 2.0)
    ahead.on_level(2.0, 3_000, 120.0, QueueModel.POWER, 2.0)
    assert ahead.cautious == 100.0
    assert ahead.probable < 100.0
    ahead.on_level(3.0, 4_000, 40.0, QueueModel.POWER, 2.0)
    assert ahead.cautious == 40.0


def test_the_decay_is_instead_of_cancels_and_not_on_top_of_them() -> None:
    ahead = started(100.0)
    ahead.on_level(2.5, 2_000, 90.0, QueueModel.DECAY, 2.0)
    assert ahead.probable == decayed(100.0, 2.5)


def test_a_level_out_of_sight_decays_and_its_return_is_no_cancel() -> None:
    ahead = started(100.0)
    ahead.out_of_sight(1.0)
    ahead.out_of_sight(2.0)
    ahead.on_level(2.0, 2_000, 90.0, QueueModel.POWER, 2.0)
    assert ahead.probable == decayed(decayed(100.0, 1.0), 1.0)
    assert ahead.cautious == 90.0


def test_an_older_picture_changes_nothing() -> None:
    ahead = started(100.0)
    ahead.on_level(1.0, 999, 1.0, QueueModel.POWER, 2.0)
    assert ahead.probable == ahead.cautious == 100.0


def test_a_fill_of_ours_says_that_nothing_stands_before_us() -> None:
    ahead = started(100.0)
    ahead.reach_front()
    assert ahead.probable == ahead.cautious == 0.0
    assert not ahead.is_through


def test_a_trade_beyond_us_means_a_fill_on_its_way_until_pictures_go_on_without_one() -> None:
    ahead = started(100.0)
    ahead.reach_front(1_500)
    assert ahead.is_through
    ahead.on_level(2.0, 3_000, 10.0, QueueModel.POWER, 2.0)
    assert ahead.is_through
    ahead.on_level(4.0, 4_000, 10.0, QueueModel.POWER, 2.0)
    assert not ahead.is_through
