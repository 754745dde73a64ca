"""Films and players: what was seen comes back whole, and moving about in time goes where it says."""

import msgspec
import pytest

from mmtui.domain.commands import Act, CommandStatus, Verb
from mmtui.domain.consultations import Unable, WriteReport
from mmtui.domain.view import Counters, EngineView, LadderView, Mode, View
from mmtui.runtime.replay.film import Film
from mmtui.runtime.replay.link import REFUSAL, ReplayLink
from mmtui.runtime.replay.player import FilmPlayer
from mmtui.runtime.replay.telling import figures_of, lines_of
from tests.incident.state import SESSION, START_S, line

SECONDS = 120


class Clock:
    """Real seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def shown(second: int, *, run_id: str = SESSION.run_id, fills: int | None = None) -> bytes:
    """A picture as it is recorded: log lines once, a fill every 40 s, a warning at second 50."""
    level = "WARN" if second == 50 else "INFO"
    engine = EngineView(
        at=START_S + float(second),
        mode=Mode.WARMING if second < 30 else Mode.QUOTING,
        ladder=LadderView(mid=100_000.0 + second),
        counters=Counters(fills=second // 40 if fills is None else fills),
    )
    session = msgspec.structs.replace(SESSION, run_id=run_id)
    log = (line(second + 1, f"line {second}", level),)
    return msgspec.json.encode(View(session=session, engine=engine, log=log))


def film(seconds: int = SECONDS, *, is_complete: bool = True) -> Film:
    made = Film()
    for second in range(seconds):
        assert made.add(shown(second))
    made.is_complete = is_complete
    return made


def player(made: Film) -> tuple[FilmPlayer, Clock]:
    clock = Clock()
    return FilmPlayer(made, clock), clock


def second_of(playing: FilmPlayer) -> float:
    return playing.at() - START_S


def test_a_picture_comes_back_with_the_log_and_the_past_it_had() -> None:
    view = film().view(70)
    assert view.session.run_kind == "REPLAY"
    assert view.engine.at == START_S + 70.0
    assert [told.text for told in view.log][-1] == "line 70"
    assert len(view.log) == 71
    assert view.histories.fine[-1].mid == 100_070.0
    assert [sample.at - START_S for sample in view.histories.fine] == [float(second) for second in range(71)]
    assert [sample.at - START_S for sample in view.histories.coarse] == [0, 10, 20, 30, 40, 50, 60, 70]


def test_pictures_out_of_order_and_broken_ones_are_left_out() -> None:
    made = film(10)
    assert not made.add(shown(5))
    assert not made.add(b'{"engine":')
    assert len(made) == 10


def test_a_second_run_in_the_same_film_counts_its_log_and_fills_anew() -> None:
    made = film(50)
    assert made.add(shown(60, run_id="ffffffff", fills=0))
    assert made.add(shown(61, run_id="ffffffff", fills=1))
    assert [at - START_S for at in made.fills] == [40.0, 61.0]
    assert [told.text for told in made.lines][-2:] == ["line 60", "line 61"]


def test_time_passes_at_the_speed_chosen_and_stands_when_paused() -> None:
    playing, clock = player(film())
    clock.now += 5.0
    assert second_of(playing) == 5.0
    playing.change_speed(1)
    playing.change_speed(1)
    assert playing.played().speed == 5.0
    clock.now += 4.0
    assert second_of(playing) == 25.0
    playing.toggle()
    clock.now += 60.0
    assert second_of(playing) == 25.0
    playing.toggle()
    clock.now += 1.0
    assert second_of(playing) == 30.0
    for _ in range(20):
        playing.change_speed(1)
    assert playing.played().speed == 60.0
    for _ in range(20):
        playing.change_speed(-1)
    assert playing.played().speed == 0.25


def test_at_the_end_it_pauses_and_goes_on_from_the_beginning() -> None:
    playing, clock = player(film())
    clock.now += 500.0
    assert second_of(playing) == SECONDS - 1
    assert playing.played().is_paused
    playing.toggle()
    assert second_of(playing) == 0.0
    assert not playing.played().is_paused


def test_where_the_engine_has_not_got_yet_time_waits_and_goes_on_by_itself() -> None:
    made = film(10, is_complete=False)
    playing, clock = player(made)
    clock.now += 30.0
    assert second_of(playing) == 9.0
    assert not playing.played().is_paused
    assert "not so far yet" in playing.step(60.0)
    assert made.add(shown(10))
    clock.now += 1.0
    assert second_of(playing) == 10.0


def test_steps_go_on_and_back_and_single_ones_pause() -> None:
    playing, clock = player(film())
    playing.step(60.0)
    assert second_of(playing) == 60.0
    assert not playing.played().is_paused
    playing.step(-1.0)
    clock.now += 9.0
    assert second_of(playing) == 59.0
    assert playing.step(-600.0) == "the beginning"
    assert playing.step(6_000.0) == "the end"


def test_jumps_go_from_fill_to_fill_and_to_warnings_in_both_directions() -> None:
    playing, _ = player(film())
    assert playing.jump("fill", 1) == ""
    assert second_of(playing) == 40.0
    playing.jump("fill", 1)
    assert second_of(playing) == 80.0
    assert playing.jump("fill", 1) == "no later fill"
    assert playing.jump("warning", -1) == ""
    assert second_of(playing) == 50.0
    assert playing.jump("warning", -1) == "no earlier warning"
    playing.jump("fill", -1)
    assert second_of(playing) == 40.0
    assert playing.played().is_paused


@pytest.mark.parametrize(
    ("words", "second"),
    [
        ("start", 0.0),
        ("end", SECONDS - 1.0),
        ("+90", 90.0),
        ("+1m", 60.0),
        ("-5m", 0.0),
        ("08:54:00", 40.0),
        ("8:54", 40.0),
    ],
)
def test_times_in_words_are_understood(words: str, second: float) -> None:
    playing, _ = player(film())  # 2025-10-09 08:53:20 UTC
    playing.go_to(words)
    assert second_of(playing) == second


@pytest.mark.parametrize("words", ["", "noon", "25:00", "08:61", "1e3", "+"])
def test_words_that_are_no_time_are_refused_and_nothing_moves(words: str) -> None:
    playing, _ = player(film())
    assert "no time" in playing.go_to(words)
    assert second_of(playing) == 0.0


def test_the_link_shows_the_moment_and_refuses_every_command_and_question() -> None:
    made = film()
    playing, clock = player(made)
    link = ReplayLink(made, playing)
    clock.now += 33.4
    view = link.latest()
    assert view is not None
    assert view.engine.at == START_S + 33.0
    assert view is link.latest(), "made once"
    link.send(Act(id="a1", by="op", verb=Verb.FLATTEN))
    (refused,) = link.results()
    assert (refused.id, refused.status, refused.text) == ("a1", CommandStatus.REFUSED, REFUSAL)
    link.consult(WriteReport(id="c1"))
    (unable,) = link.findings()
    assert isinstance(unable, Unable)
    assert link.results() == link.findings() == []


def test_the_figures_are_those_between_the_first_picture_and_the_last() -> None:
    figures = figures_of(film(), files={"log.txt": 12}, missing=("screen.txt: none",))
    assert figures.fills == 2
    assert figures.pictures == SECONDS
    assert figures.modes == {"QUOTING": 0.75, "WARMING": 0.25}
    assert figures.warnings == 1
    told = "\n".join(lines_of(figures))
    assert "QUOTING 75 %" in told
    assert "without screen.txt" in told
