"""What is believed of the switch is never more than what the exchange has, whatever is lost, late or reordered."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.engine.control.switch import AHEAD_MAX_MS, DAY_MS, Setting, Switch

HORIZON_MS = 30_000
NOW = 1_790_000_000_000

ATTEMPT = st.fixed_dictionaries(
    {
        "after_ms": st.integers(200, 12_000),
        "way_ms": st.one_of(st.none(), st.integers(10, 12_000)),
        "back_ms": st.one_of(st.none(), st.integers(10, 20_000)),
        "is_off": st.sampled_from([False, False, False, True]),
        "life_ms": st.integers(1_000, 8_000),
    }
)


@settings(max_examples=150, deadline=None)
@given(attempts=st.lists(ATTEMPT, min_size=1, max_size=12), ahead_ms=st.integers(0, AHEAD_MAX_MS))
def test_the_time_that_is_believed_to_be_left_is_never_more_than_there_is(attempts: list[dict], ahead_ms: int) -> None:
    switch = Switch()
    happenings: list[tuple[int, int, str, int]] = []
    sent: dict[int, Setting] = {}
    at = NOW
    for number, attempt in enumerate(attempts, start=1):
        at += attempt["after_ms"]
        goal = None if attempt["is_off"] else at + HORIZON_MS
        sent[number] = Setting(goal, at, at + attempt["life_ms"])
        happenings.append((at, 0, "send", number))
        if attempt["way_ms"] is None or attempt["way_ms"] > attempt["life_ms"] + ahead_ms:
            continue
        happenings.append((at + attempt["way_ms"], 1, "arrive", number))
        if attempt["back_ms"] is not None:
            happenings.append((at + attempt["way_ms"] + attempt["back_ms"], 2, "answer", number))
    truth: int | None = None
    for now, _, what, number in sorted(happenings):
        if truth is not None and truth <= now:
            truth = None
        if what == "send":
            switch.sent(number, sent[number])
        elif what == "arrive":
            truth = sent[number].at_ms
        elif switch.is_known(number):
            switch.accepted(number, now)
        believed = switch.left_s(now)
        if believed is not None:
            assert truth is not None
            assert now + believed * 1000.0 <= truth + 1e-6


@given(times=st.lists(st.integers(0, 3 * DAY_MS), max_size=60).map(sorted))
def test_fires_are_counted_by_the_day_and_ten_spend_it(times: list[int]) -> None:
    switch = Switch()
    counted: list[int] = []
    for at_ms in (NOW + time for time in times):
        is_fresh = not counted or at_ms > counted[-1] + 4_000
        assert switch.fired(at_ms) is is_fresh
        if is_fresh:
            counted.append(at_ms)
        today = sum(1 for one in counted if one // DAY_MS == at_ms // DAY_MS)
        assert switch.fires_on(at_ms) == today
        assert switch.is_spent(at_ms) is (today >= 10)


def test_settings_under_way_are_bounded() -> None:
    switch = Switch()
    for number in range(1_000):
        switch.sent(number, Setting(NOW + 10**9, NOW + number, NOW + number + 1))
    assert sum(switch.is_known(number) for number in range(1_000)) == 64
