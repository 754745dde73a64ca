"""A session as a trader has it, typed into real terminals: every act of it, and the screen after each.

``python -m tests.process.tour`` takes the tour at three sizes and puts its screens into docs/console.md.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.process.books import own_orders
from tests.process.programs import MMTUI, Programs
from tests.process.tmux import Terminal, Tmux

SIZES = ((80, 24), (120, 40), (200, 60))
PAGE = Path(__file__).parents[2] / "docs" / "console.md"
ENGINE = ("--network", "localhost", "--asset", "BTC")
FILL_PATIENCE_S = 90.0
LAG_S = 20.0
BEGIN, END = "<!-- session -->\n", "<!-- end of session -->\n"
TOO_OLD = "old; pause and kill still work"


class Scene(NamedTuple):
    """One screen of the tour: what was done to get there."""

    title: str
    screen: str


class Tour:
    """Two terminals, one engine, one exchange."""

    def __init__(self, programs: Programs, width: int, height: int) -> None:
        self.programs = programs
        self.size = (width, height)
        self._server = Tmux(programs.folder, {**programs.environment(), "LANG": "C.UTF-8", "LOGNAME": "trader"})

    def close(self) -> None:
        """Ends the terminals; the engine is the programs' to end."""
        self._server.close()

    def scenes(self) -> Iterator[Scene]:
        """The tour, act by act; raises AssertionError where a screen or the book is not as it should be."""
        self.programs.exchange("--seed", "13", speed="4")
        desk = self._open("desk", "run", *ENGINE, "--metrics-port", str(self.programs.metrics_port), "--detach")
        yield from self._quotes(desk)
        yield from self._edit(desk)
        yield from self._pause(desk)
        yield from self._flatten(desk)
        desk.press("q")
        desk.wait_for("ended with")
        assert desk.exit_code() == 0
        assert own_orders(self.programs), "the engine goes on without a console"
        sofa = self._open("sofa", "attach")
        yield Scene("Attached again from another terminal: the engine went on meanwhile", sofa.wait_for("spread "))
        yield from self._kill(sofa)
        yield from self._leave(sofa)

    def _open(self, name: str, *arguments: str) -> Terminal:
        return self._server.open(name, [*MMTUI, *arguments], *self.size)

    def _quotes(self, desk: Terminal) -> Iterator[Scene]:
        desk.wait_for("QUOTING", FILL_PATIENCE_S)
        self._agree(lambda: len({order["side"] for order in own_orders(self.programs)}) == 2, "quotes on both sides")
        yield Scene("Started, warmed up, and quoting both sides", desk.wait_for("QUOTING 5x5"))

    def _edit(self, desk: Terminal) -> Iterator[Scene]:
        desk.press("5")
        desk.type("/order_notional").press("Enter")
        desk.wait_for(lambda screen: "order_notional_usd" in screen and "1 of 2" in screen)
        desk.press("e", "C-u").type("1500")
        yield Scene(
            "A parameter being edited: its field, its bounds, the direction of its effect", desk.wait_for(_is_previewed)
        )
        desk.press("Enter")
        screen = desk.wait_for(lambda screen: "1 staged" in screen and _is_previewed(screen))
        yield Scene("Staged, nothing sent: the ladder it would give beside the live one", screen)
        self._press(desk, "a", "y yes", "PARAMETERS v2")
        self._answer_yes(desk)
        yield Scene("Applied, as a version of its own", desk.wait_for("PARAMETERS v2"))
        self._press(desk, "u", "y yes", "PARAMETERS v3")
        self._answer_yes(desk)
        yield Scene("Taken back: a further version with the old value", desk.wait_for("PARAMETERS v3"))
        desk.press("1")
        desk.wait_for("LADDER")

    def _press(self, terminal: Terminal, key: str, *texts: str) -> str:
        """Presses a key until one of the texts stands there: on a busy machine the picture may be too old to act on."""
        terminal.press(key)

        def has_worked(screen: str) -> bool:
            if TOO_OLD in screen:
                terminal.press(key)
            return any(text in screen for text in texts)

        return terminal.wait_for(has_worked)

    def _answer_yes(self, terminal: Terminal, question: str = "y yes") -> None:
        """Answers an open question; it takes its key only once it has stood for a moment."""

        def is_answered(screen: str) -> bool:
            if question in screen:
                terminal.press("y")
            return question not in screen

        terminal.wait_for(is_answered)

    def _pause(self, desk: Terminal) -> Iterator[Scene]:
        desk.press("p")
        self._agree(lambda: not own_orders(self.programs), "no order of ours while paused")
        screen = desk.wait_for(lambda screen: "PAUSED" in screen and "ours none" in screen)
        yield Scene("Paused: the book holds no order of ours", screen)
        self._press(desk, "P", "y yes")
        self._answer_yes(desk)
        self._agree(lambda: own_orders(self.programs), "quotes after the resume")
        screen = desk.wait_for(lambda screen: "QUOTING" in screen.split("\n")[0] and "no quotes" not in screen)
        yield Scene("Resumed", screen)

    def _flatten(self, desk: Terminal) -> Iterator[Scene]:
        desk.wait_for(lambda screen: _position(screen) != 0.0, FILL_PATIENCE_S)
        screen = self._press(desk, "f", " FLATTEN ")
        yield Scene("Flattening asks first, with the order and its cost", screen)
        desk.wait_for("y yes")
        self._answer_yes(desk)
        flat = desk.wait_for(lambda screen: _position(screen) == 0.0 and "after flatten" in screen)
        yield Scene("Flat, and paused", flat)
        self._press(desk, "P", "y yes")
        self._answer_yes(desk)
        self._agree(lambda: own_orders(self.programs), "quotes after the flatten")

    def _kill(self, sofa: Terminal) -> Iterator[Scene]:
        sofa.press("K")
        yield Scene("A kill takes its key twice, or ctrl+k once", sofa.wait_for("press K again"))
        sofa.press("K")
        screen = sofa.wait_for(lambda screen: "KILLED" in screen and "verified gone" in screen)
        self._agree(lambda: not own_orders(self.programs), "no order of ours after a kill")
        yield Scene("Killed: cancelled, verified, locked", screen)
        sofa.press("P")
        sofa.wait_for("only :rearm REASON")
        sofa.type(":rearm looked at the exchange").press("Enter")
        yield Scene("A reason typed in full, and a look at how things stand", sofa.wait_for(" REARM "))
        self._answer_yes(sofa, " REARM ")
        screen = sofa.wait_for(lambda screen: "PAUSED" in screen.split("\n")[0] and "killed: " not in screen)
        yield Scene("Armed again", screen)

    def _leave(self, sofa: Terminal) -> Iterator[Scene]:
        sofa.press("q")
        sofa.wait_for("ended with")
        assert sofa.exit_code() == 0
        stopped = self.programs.run("ctl", "stop")
        assert stopped.returncode == 0, stopped.stderr.decode()
        self._agree(lambda: "nothing is running" in self.programs.run("ps").stdout.decode(), "the end of the engine")
        assert own_orders(self.programs) == []
        yield Scene("The console is left; `mmtui ctl stop` has ended the engine", sofa.screen())

    def _agree(self, claim: object, what: str) -> None:
        assert callable(claim)
        self.programs.wait_for(claim, what, LAG_S)


def _is_previewed(screen: str) -> bool:
    """Whether the screen says what a staged value would do to the quotes."""
    return any(words in screen for words in (" orders off, ", " order off, ", "no order moves for it"))


def _position(screen: str) -> float:
    """The position that the status lines show, 0 where none is shown."""
    found = re.search(r"pos ([+-][0-9.]+)", screen)
    return float(found.group(1)) if found else 0.0


def main() -> int:
    """Takes the tour at every size and renews the page."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(head + BEGIN + "\n" + "\n".join(_taken(*size) for size in SIZES) + END + tail)
    return 0


def _taken(width: int, height: int) -> str:
    """The tour at one size, folded away on the page."""
    parts = [f"<details>\n<summary>The session at {width}x{height}</summary>\n"]
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(Path(folder))
        tour = Tour(programs, width, height)
        try:
            for scene in tour.scenes():
                sys.stdout.write(f"{width}x{height} {scene.title}\n")
                parts.append(f"{scene.title}:\n\n```text\n{scene.screen.rstrip()}\n```\n")
        finally:
            tour.close()
            programs.close()
    return "\n".join([*parts, "</details>\n"])


if __name__ == "__main__":
    sys.exit(main())
