"""The account of a terminal's line: nothing older than about a second is ever on its way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.console.terminal.answers import READY, Answers
from mmtui.console.terminal.line import PROBE_BYTES, Line

TURN_S = 0.025
FRAME_BYTES = 1_500
SETTLED_S = 5.0


class SlowTerminal:
    """A far end that takes bytes in order at a rate, and answers questions after half a round trip more."""

    def __init__(self, kib_s: float, round_trip_s: float) -> None:
        self.rate = kib_s * 1024.0
        self.half_s = round_trip_s / 2.0
        self.free_at = 0.0
        self.answers: list[float] = []
        self.late_s = 0.0

    def take(self, count: int, now: float, *, asks: bool) -> None:
        self.free_at = max(self.free_at, now) + count / self.rate
        if now > SETTLED_S:
            self.late_s = max(self.late_s, self.free_at - now)
        if asks:
            self.answers.append(self.free_at + 2.0 * self.half_s)

    def due(self, now: float) -> int:
        count = sum(at <= now for at in self.answers)
        self.answers = [at for at in self.answers if at > now]
        return count


def drive(line: Line, far: SlowTerminal, seconds: float, frame: int = FRAME_BYTES) -> int:
    """Frames drawn while the console has something to draw at every turn."""
    drawn = 0
    for turn in range(round(seconds / TURN_S)):
        now = turn * TURN_S
        for _ in range(far.due(now)):
            line.answered(now)
            if line.wants_probe():
                line.probed(now)
                far.take(0, now, asks=True)
        if line.may_draw(now):
            line.sent(frame, now)
            asks = line.wants_probe()
            if asks:
                line.probed(now)
            far.take(frame, now, asks=asks)
            drawn += 1
    return drawn


@pytest.mark.parametrize("kib_s", [16.0, 20.0, 40.0])
@pytest.mark.parametrize("round_trip_s", [0.02, 0.3, 0.6])
def test_a_slow_line_never_holds_more_than_a_second_and_is_used_all_the_same(kib_s: float, round_trip_s: float) -> None:
    line, far = Line(600.0, 0.0), SlowTerminal(kib_s, round_trip_s)
    drawn = drive(line, far, 60.0)
    assert far.late_s < 1.0
    assert drawn * FRAME_BYTES > 0.5 * min(kib_s * 1024.0 * 60.0, FRAME_BYTES / TURN_S * 60.0)
    assert line.skipped > 0


def test_a_fast_line_holds_nothing_back() -> None:
    line, far = Line(60.0, 0.0), SlowTerminal(10_000.0, 0.001)
    assert drive(line, far, 30.0, frame=1_000) == round(30.0 / TURN_S)
    assert line.skipped == 0
    assert line.kib_s == pytest.approx(1_000 / TURN_S / 1024.0, rel=0.05)
    assert line.mean_kib_s == pytest.approx(line.kib_s, rel=0.05)


@given(frame=st.integers(1, 20_000), budget=st.sampled_from((4.0, 20.0, 60.0)))
def test_a_terminal_that_never_answers_is_held_to_the_budget_of_bytes(frame: int, budget: float) -> None:
    line = Line(budget, 0.0)
    sent = 0
    for turn in range(2_400):
        if line.may_draw(turn * TURN_S):
            line.sent(frame, turn * TURN_S)
            sent += frame
    assert sent <= budget * 1024.0 * (60.0 + 2.0) + frame


def test_a_lost_answer_costs_four_seconds_and_not_the_picture() -> None:
    line = Line(600.0, 0.0)
    line.sent(PROBE_BYTES, 0.0)
    line.probed(0.0)
    line.answered(0.05)
    line.sent(100_000, 1.0)
    line.probed(1.0)
    assert not line.may_draw(4.9)
    assert line.may_draw(5.1)
    assert line.wants_probe()


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    line = Line(60.0, 0.0)
    line.answered(1.0)
    assert line.delay_s is None
    assert line.may_draw(1.0)


@given(
    typed=st.lists(st.text(st.characters(exclude_characters="\x1b"), max_size=5), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 40), max_size=4),
)
def test_answers_are_taken_out_of_what_is_typed_wherever_the_line_cuts_them(typed: list[str], cuts: list[int]) -> None:
    text = READY.join(typed)
    # The parser of keys itself waits for what follows a lone escape, so that no cut falls behind one.
    places = sorted(
        {min(cut, len(text)) for cut in cuts if text[min(cut, len(text)) - 1 : min(cut, len(text))] != "\x1b"}
    )
    pieces = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    answers = Answers()
    taken = [answers.take(piece) for piece in pieces]
    assert "".join(part for part, _ in taken) + answers.rest() == "".join(typed)
    assert sum(count for _, count in taken) == len(typed) - 1


def test_the_start_of_an_answer_that_becomes_nothing_is_given_back() -> None:
    answers = Answers()
    assert answers.take("a\x1b[") == ("a", 0)
    assert answers.rest() == "\x1b["
    assert answers.rest() == ""
