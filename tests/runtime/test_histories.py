"""What is kept of the past: sampled on whole seconds, bounded, the same for whoever joined late."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.history_view import BLOTTER_MAX, FINE_MAX, HORIZONS_S, FillRow, HistoriesView
from mmtui.domain.view import BookRow, Counters, EngineView, LadderView, PnlView, PositionView
from mmtui.runtime.control.frames import FRAME_MAX, Past, decode_reply, past_frames, picture_frame
from mmtui.runtime.histories import Histories, markout_bps
from tests.console.pictures import a_view, an_engine


def a_fill(at: float, *, side: str = "BUY", price: float = 100.0, mid: float = 100.1) -> FillRow:
    sign = 1 if side == "BUY" else -1
    return FillRow(
        at=at, side=side, price=price, size=1.0, fee_usd=0.01, edge_bps=sign * (mid - price) / mid * 1e4,
        markout_bps=None, level=0, is_taker=False, position=1.0,
    )  # fmt: skip


def seen(at: float, mid: float | None = 100.0, fills: tuple[FillRow, ...] = (), count: int | None = None) -> EngineView:
    return EngineView(
        at=at,
        ladder=LadderView(mid=mid, bids=(BookRow(price=99.5, size=1.0), BookRow(price=99.0, size=2.0, own_size=1.0))),
        position=PositionView(size=0.5),
        pnl=PnlView(total=at),
        fills=fills,
        counters=Counters(fills=len(fills) if count is None else count),
    )


def test_a_sample_is_taken_on_each_whole_second_however_often_pictures_come() -> None:
    histories = Histories()
    for tick in range(101):
        shown = histories.look(seen(1_000.0 + tick / 10))
    assert [sample.at for sample in shown.fine] == [1_000.0 + second for second in range(11)]
    assert [sample.at for sample in shown.coarse] == [1_000.0, 1_010.0]
    assert shown.fine[0].own_bid == 99.0
    assert shown.fine[0].bid == 99.5
    assert shown.fine[0].own_ask is None


def test_the_same_object_comes_back_while_nothing_was_added() -> None:
    histories = Histories()
    assert histories.look(seen(5.0)) is histories.look(seen(5.4))
    assert histories.look(seen(6.0)) is not histories.look(seen(7.0))


def test_samples_are_bounded_and_the_oldest_go_first() -> None:
    histories = Histories()
    for second in range(FINE_MAX + 50):
        shown = histories.look(seen(float(second)))
    assert len(shown.fine) == FINE_MAX
    assert shown.fine[0].at == 50.0
    assert shown.at_or_before(60.5) == shown.fine[10]
    assert shown.at_or_before(49.0) == shown.coarse[4]
    assert shown.at_or_before(-1.0) is None


def test_a_fill_is_judged_at_each_horizon_by_the_mid_that_held_then() -> None:
    histories, fill = Histories(), a_fill(10.0)
    for second in range(10, 320):
        shown = histories.look(seen(float(second), mid=100.0 + second / 100.0, fills=(fill,)))
    (row,) = shown.blotter
    expected = [(100.0 + (10.0 + h) / 100.0 - 100.0) / 100.1 * 1e4 for h in HORIZONS_S]
    assert row.markouts_bps == pytest.approx(expected)
    assert row.number == 1


def test_a_horizon_at_which_nothing_was_seen_stays_unknown() -> None:
    histories, fill = Histories(), a_fill(10.0)
    histories.look(seen(10.0, fills=(fill,)))
    histories.look(seen(13.0, fills=(fill,)))
    histories.look(seen(15.0, mid=None, fills=(fill,)))
    shown = histories.look(seen(15.5, mid=101.0, fills=(fill,)))
    assert shown.blotter[0].markouts_bps[0] is None
    assert shown.blotter[0].markouts_bps[1] == pytest.approx((101.0 - 100.0) / 100.1 * 1e4)
    assert shown.blotter[0].markouts_bps[2:] == (None, None)


@given(st.sampled_from(["BUY", "SELL"]), st.floats(1.0, 1e5), st.floats(-0.01, 0.01), st.floats(-0.05, 0.05))
def test_a_markout_is_the_way_from_the_price_to_the_mid_in_bps_of_the_mid_at_the_fill(
    side: str, mid: float, away: float, move: float
) -> None:
    price, later, sign = mid * (1 - away), mid * (1 + move), 1 if side == "BUY" else -1
    assert markout_bps(a_fill(0.0, side=side, price=price, mid=mid), later) == pytest.approx(
        sign * (later - price) / mid * 1e4, abs=1e-6
    )


def test_the_blotter_keeps_more_than_the_picture_shows_newest_first() -> None:
    histories = Histories()
    fills: list[FillRow] = []
    for number in range(BLOTTER_MAX + 30):
        fills.insert(0, a_fill(float(number)))
        shown = histories.look(seen(float(number), fills=tuple(fills[:50]), count=number + 1))
    assert len(shown.blotter) == BLOTTER_MAX
    assert shown.blotter[0].number == BLOTTER_MAX + 30
    assert shown.blotter[-1].number == 31


def test_who_joins_late_sees_the_same_once_the_past_has_arrived() -> None:
    here, there = Histories(), Histories()
    fills: list[FillRow] = []
    for second in range(2_000):
        if second % 20 == 0:
            fills.insert(0, a_fill(float(second)))
        picture = seen(float(second), mid=100.0 + second % 7, fills=tuple(fills[:50]), count=len(fills))
        shown = here.look(picture)
        if second == 1_500:
            frames = past_frames(msgspec.structs.replace(a_view(), log=(), histories=shown))
        if second >= 1_510:
            there.look(picture)
    for frame in frames:
        past = decode_reply(frame[4:])
        assert isinstance(past, Past)
        joined = there.restore(HistoriesView(fine=past.fine, coarse=past.coarse, blotter=past.blotter))
    missed = {float(second) for second in range(1_501, 1_510)}
    assert [s for s in shown.fine if s.at not in missed][-500:] == list(joined.fine)[-500:]
    assert [row.fill for row in joined.blotter] == [row.fill for row in shown.blotter]
    assert sum(a.markouts_bps == b.markouts_bps for a, b in zip(shown.blotter, joined.blotter, strict=True)) == 99


def test_the_past_travels_in_frames_of_its_own_and_never_in_a_picture() -> None:
    histories = Histories()
    full = msgspec.structs.replace(an_engine(), at=0.0)
    for second in range(4_000):
        shown = histories.look(msgspec.structs.replace(full, at=second + 0.123456789))
    view = a_view(histories=shown)
    assert len(picture_frame(view, "n")) == len(picture_frame(a_view(), "n"))
    assert all(len(frame) <= FRAME_MAX for frame in past_frames(view))
