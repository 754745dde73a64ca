"""Plain lines for screen readers and pipes: each event once, nothing that a terminal obeys."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mmtui.domain.view import Alarm, LogLine, Mode, View
from mmtui.runtime.commands.spoken import Spoken
from tests.console.pictures import a_session, a_view, an_engine


def told(*views: View) -> list[list[str]]:
    spoken = Spoken()
    return [list(spoken.lines(view)) for view in views]


def test_the_first_picture_says_how_it_stands_and_which_alarms_are_open() -> None:
    view = a_view()
    (lines,) = told(view)
    assert lines[0].startswith("2025-") or lines[0].startswith("2026-")
    for word in ("BTC mainnet LIVE", "QUOTING", "position +0.3512 of 1", "pnl +184.22 USD", "bid 0.05 at", "ms old"):
        assert word in lines[0]
    assert [line for line in lines[1:] if line.startswith("  ALARM ")] == lines[1:]
    assert len(lines) == 1 + len(view.engine.alarms)


def test_each_event_is_told_once_and_in_words() -> None:
    quiet = a_view(engine=an_engine(alarms=()), log=())
    alarm = Alarm(id="a", severity=2, text="ack latency over its limit", since=1.0)
    fill = LogLine(seq=7, at=1.0, level="FILL", text="BUY 0.05 @ 64248.0")
    paused = replace(quiet, engine=an_engine(alarms=(alarm,), mode=Mode.PAUSED, mode_reason="by op"), log=(fill,))
    first, second, third, fourth = told(quiet, paused, paused, quiet)
    assert len(first) == 1
    assert second[:-1] == [
        "  QUOTING -> PAUSED: by op",
        "  ALARM ack latency over its limit",
        "  FILL BUY 0.05 @ 64248.0",
    ]
    assert len(third) == 1
    assert fourth[:-1] == ["  PAUSED -> QUOTING", "  CLEARED ack latency over its limit"]


def test_a_kill_and_another_run_stand_out() -> None:
    killed = a_view(engine=an_engine(mode=Mode.KILLED))
    other = a_view(session=a_session(run_id="another"))
    _, second, third = told(a_view(), killed, other)
    assert second[0].startswith("  !! QUOTING -> KILLED")
    assert third[0] == "  STARTED run another"


@given(text=st.text(max_size=30).map(lambda text: text + "\x1b[31m\u202e\r\n"))
def test_text_from_elsewhere_stays_one_harmless_line(text: str) -> None:
    alarm = Alarm(id="a", severity=2, text=text, since=1.0)
    spoiled = a_view(
        session=a_session(coin=text),
        engine=an_engine(alarms=(alarm,), mode_reason=text),
        log=(LogLine(seq=10**6, at=1.0, level="INFO", text=text),),
    )
    for lines in told(a_view(), spoiled, a_view(engine=an_engine(mode=Mode.PAUSED, mode_reason=text))):
        assert all(line.isprintable() for line in lines)
