"""A console over a line of 20 kB a second and 300 ms there and back: keys first, nothing stale, the kill at once.

Bounds are in bytes of the line and in ticks of the loop that the console lives in; the milliseconds are printed.
"""

from collections.abc import Iterator

import pytest

from tests.process.slow_line import SlowLine
from tests.process.test_console_pty import ALIVE_TICKS, PATIENCE_TICKS, Terminal

pytestmark = pytest.mark.process
BYTES_S, WAY_S = 20_000, 0.15
# 50 ms of a loop that ticks every 10 ms.
ACKNOWLEDGED_TICKS = 5
KEYS = (b"\t", b"2", b"j", b"3", b"1", b"o", b"o", b" ", b" ", b"6", b"1", b"?", b"1")


class SlowTerminal(Terminal):
    """A terminal at the far end of a slow line; whoever waits hears the child only and reads what has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.line = SlowLine(self.master, bytes_s=BYTES_S, way_s=WAY_S)

    def arrives(self, text: bytes) -> int:
        """Waits until ``text`` has arrived after what was awaited before; returns how many bytes came until then."""
        self.wait(lambda: text in self.line.arrived[self.seen :], f"{text!r} to arrive", is_reading=False)
        before, self.seen = self.seen, self.line.arrived.index(text, self.seen) + len(text)
        return self.seen - before

    seen = 0

    def close(self) -> None:
        self.line.close()
        super().close()


@pytest.fixture
def terminal() -> Iterator[SlowTerminal]:
    terminal = SlowTerminal()
    try:
        terminal.arrives(b"POSITION")
        yield terminal
    finally:
        terminal.close()


def test_each_key_is_shown_within_fifty_milliseconds_and_no_second_of_bytes_waits(terminal: SlowTerminal) -> None:
    terminal.ticks(3 * ALIVE_TICKS, is_reading=False)
    for count, key in enumerate(KEYS, 1):
        terminal.line.type(key)
        terminal.wait(
            lambda count=count: len(terminal.told.acknowledged_ticks) >= count,
            f"key {key!r} to be acknowledged",
            is_reading=False,
        )
    told = terminal.told
    print(  # noqa: T201 - what is measured, for whoever runs it by hand
        f"keys acknowledged in {', '.join(f'{ms:.1f}' for ms in told.acknowledged_ms)} ms; "
        f"at most {told.queued_bytes_max} bytes held back, {len(terminal.line.arrived)} arrived in {told.ticks} ticks"
    )
    assert max(told.acknowledged_ticks) <= ACKNOWLEDGED_TICKS
    assert told.queued_bytes_max <= BYTES_S


def test_a_command_shows_as_sent_before_a_second_of_bytes_has_gone_by(terminal: SlowTerminal) -> None:
    terminal.ticks(3 * ALIVE_TICKS, is_reading=False)
    terminal.line.type(b"p")
    terminal.wait(lambda: terminal.told.verbs == ("pause",), "the pause to be sent", is_reading=False)
    terminal.seen = len(terminal.line.arrived)
    came = terminal.arrives(b"pause")
    print(f"{came} bytes until the pause showed")  # noqa: T201
    assert came <= BYTES_S


def test_the_kill_chord_is_sent_at_once_over_a_saturated_line(terminal: SlowTerminal) -> None:
    terminal.ticks(3 * ALIVE_TICKS, is_reading=False)
    terminal.line.type(b"7")
    terminal.line.type(b"\x0b")
    terminal.wait(lambda: "kill" in terminal.told.verbs, "the kill to be sent", is_reading=False)
    assert max(terminal.told.acknowledged_ticks) <= ACKNOWLEDGED_TICKS
    assert terminal.told.ticks < PATIENCE_TICKS


def test_what_arrives_after_a_page_is_asked_for_is_that_page_and_not_what_was_before(terminal: SlowTerminal) -> None:
    terminal.ticks(3 * ALIVE_TICKS, is_reading=False)
    terminal.seen = len(terminal.line.arrived)
    terminal.line.type(b"7")
    came = terminal.arrives(b"LATENCY")
    print(f"{came} bytes until the page showed")  # noqa: T201
    # Its own bytes, what was on the line already, and what the way itself holds.
    assert came <= BYTES_S * (1.0 + 2 * WAY_S)
