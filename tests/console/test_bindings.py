"""Every action through the real app, by each of its keys and by name: what it sends, asks, opens, says or leaves.

A new action fails here until its effect is written down.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from mmtui.console.keys import ACTIONS, BY_ID, Action
from mmtui.domain.commands import CancelSide, SetParameters, Verb
from mmtui.domain.consultations import WriteBundle, WriteReport
from mmtui.domain.instrument import Side
from mmtui.domain.standing import Played
from mmtui.domain.view import View
from tests.console.pictures import a_session, a_view, killed_view
from tests.console.test_app import Stage, a_stage

Check = Callable[[Stage], object]
PILOT = {
    "+": "plus", "-": "minus", "<": "less_than_sign", ">": "greater_than_sign", "?": "question_mark", "/": "slash",
    ":": "colon", "[": "left_square_bracket", "]": "right_square_bracket", " ": "space", "_": "underscore",
    ".": "full_stop", ",": "comma", "{": "left_curly_bracket", "}": "right_curly_bracket", "(": "left_parenthesis",
    ")": "right_parenthesis",
}  # fmt: skip


class Case(NamedTuple):
    """What holds afterwards; ``first`` is pressed before, ``words`` follow the name when it is typed."""

    holds: Check
    first: tuple[str, ...] = ()
    words: str = ""
    view: Callable[[], View] = a_view
    is_replay: bool = False


class PlayerDouble:
    """A replay's player that notes what it is told; the first answer is what the screen then says."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def played(self) -> Played:
        return Played(at=90.0, from_at=0.0, ready_to=600.0)

    def toggle(self) -> str:
        return self._note("toggle")

    def change_speed(self, step: int) -> str:
        return self._note("speed", step)

    def step(self, seconds: float) -> str:
        return self._note("step", seconds)

    def jump(self, kind: str, direction: int) -> str:
        return self._note("jump", kind, direction)

    def go_to(self, words: str) -> str:
        return self._note("go to", words)

    def _note(self, *told: object) -> str:
        self.told.append(told)
        return "done"


def ladder_view() -> View:
    return a_view(session=a_session(strategy="ladder"))


def sent(*verbs: Verb) -> Check:
    return lambda stage: stage.verbs == list(verbs)


def asks(kind: str) -> Check:
    return lambda stage: stage.app.desk.ask is not None and stage.app.desk.ask.kind == kind


def opens(page: str) -> Check:
    return lambda stage: stage.app.desk.page == page


def types(purpose: str) -> Check:
    return lambda stage: stage.app.desk.field is not None and stage.app.desk.field.purpose == purpose


def says(text: str) -> Check:
    return lambda stage: stage.app.desk.note is not None and text in stage.app.desk.note.text


def side_off(side: Side) -> Check:
    return lambda stage: [command.side for command in stage.link.sent if isinstance(command, CancelSide)] == [side]


def edits(key: str) -> Check:
    return lambda stage: [list(c.changes) for c in stage.link.sent if isinstance(c, SetParameters)] == [[key]]


def chose(place: int) -> Check:
    return lambda stage: stage.app.desk.cursors.chosen.get(stage.app.desk.page, 0) == place


def consulted(kind: type) -> Check:
    return lambda stage: any(isinstance(asked, kind) for asked in stage.link.consulted)


def last_line(stage: Stage) -> bool:
    cursors = stage.app.desk.cursors
    return cursors.chosen[cursors.page] == cursors.lengths[cursors.page] - 1 > 0


def plays(*told: object) -> Case:
    return Case(lambda stage: stage.link.player.told == [told], words="+90", is_replay=True)  # type: ignore[attr-defined]


STAGED = ("5", "j", "j", "j", "j", "e", "ctrl+u", "0", "full_stop", "4", "enter")
NOTIONAL, DEPTH = "trading.order_notional_usd", "strategy.ladder_config.min_depth_bps"
CASES: dict[str, Case] = {
    "pause": Case(sent(Verb.PAUSE)),
    "resume": Case(asks("RESUME")),
    "reduce-only": Case(sent(Verb.REDUCE_ONLY)),
    "cancel-bids": Case(side_off(Side.BUY)),
    "cancel-asks": Case(side_off(Side.SELL)),
    "size-up": Case(edits(NOTIONAL)),
    "size-down": Case(edits(NOTIONAL)),
    "tighter": Case(edits(DEPTH), view=ladder_view),
    "wider": Case(edits(DEPTH), view=ladder_view),
    "flatten": Case(asks("FLATTEN")),
    "kill": Case(asks("KILL")),
    "kill-now": Case(sent(Verb.KILL)),
    "rearm": Case(asks("REARM"), words="looked into", view=killed_view),
    "acknowledge": Case(lambda stage: stage.app.desk.sight.worst_alarm() is None),
    **{name: Case(opens(name), ("7",)) for name in ("main", "orders", "fills", "chart", "parameters", "log", "why")},
    "risk": Case(opens("risk")),
    "report": Case(opens("report")),
    "help": Case(opens("help")),
    "instances": Case(opens("instances")),
    "edit": Case(types("edit")),
    "parameters-edit": Case(opens("parameters")),
    "apply": Case(asks("APPLY"), STAGED),
    "undo": Case(asks("UNDO")),
    "drop": Case(lambda stage: not stage.app.desk.drafts.staged, STAGED),
    "back": Case(lambda stage: stage.app.desk.drafts.staged or stage.app.desk.note, words="1"),
    "keep-mine": Case(says("nothing was set aside")),
    "others": Case(says("parameters shown:")),
    "rehearse": Case(says("nothing staged to rehearse")),
    "save": Case(lambda stage: stage.link.consulted or stage.app.desk.note),
    "preset": Case(lambda stage: stage.link.consulted, words="calm"),
    "preset-keep": Case(lambda stage: stage.link.consulted or stage.app.desk.note, words="calm"),
    "presets": Case(lambda stage: stage.link.consulted),
    "set": Case(asks("APPLY"), words="trading.risk_aversion 0.35"),
    "up": Case(chose(0), ("8", "down")),
    "down": Case(chose(1), ("8",)),
    "page-up": Case(chose(0), ("8", "down")),
    "page-down": Case(lambda stage: stage.app.desk.cursors.chosen["why"] > 0, ("8",)),
    "first": Case(chose(0), ("8", "down")),
    "last": Case(last_line, ("8",)),
    "shorter": Case(lambda stage: stage.app.desk.cursors.steps, ("4",)),
    "longer": Case(lambda stage: stage.app.desk.cursors.steps, ("4",)),
    "look-back": Case(lambda stage: stage.app.desk.cursors.steps, ("4",)),
    "look-forward": Case(lambda stage: stage.app.desk.cursors.steps, ("4", "h", "h")),
    "look-newest": Case(lambda stage: stage.app.desk.page == "chart", ("4", "h")),
    "figure": Case(lambda stage: stage.app.desk.cursors.steps, ("4",)),
    "story": Case(lambda stage: stage.link.consulted, ("2",)),
    "find-next": Case(lambda stage: stage.app.desk.page == "log", ("6",)),
    "find-previous": Case(lambda stage: stage.app.desk.page == "log", ("6",)),
    "report-again": Case(consulted(WriteReport)),
    "report-write": Case(consulted(WriteReport)),
    "export": Case(says("written to"), words="fills"),
    "next-pane": Case(lambda stage: stage.app.desk.cursors.pane == stage.app.desk.cursors.panes[0]),
    "previous-pane": Case(lambda stage: stage.app.desk.cursors.pane == stage.app.desk.cursors.panes[-1]),
    "zoom": Case(lambda stage: {pane.pane for pane in stage.app.painter.panes.values() if pane.place}
                 == {"status", "alarm", "bottom", stage.app.desk.cursors.panes[0]}),
    "recentre": Case(lambda stage: stage.app.desk.page == "main"),
    "finer": Case(says("")),
    "coarser": Case(says("")),
    "log-level": Case(lambda stage: stage.app.desk.cursors.log_level, ("6",)),
    "level": Case(lambda stage: stage.app.desk.cursors.log_level or stage.app.desk.note, words="warn"),
    "hold": Case(lambda stage: stage.app.desk.sight.held is not None),
    "filter": Case(types("filter"), ("6",)),
    "copy": Case(lambda stage: stage.app.clipboard == stage.text("ladder")),
    "write": Case(says("ladder written to")),
    "bundle": Case(consulted(WriteBundle)),
    "theme": Case(lambda stage: stage.app.painter.theme.name == "light", words="light",
                  view=lambda: a_view(session=a_session(run_kind="SIM"))),
    "reload": Case(says("keys read again")),
    "take": Case(says("")),
    "switch": Case(says(""), words="other"),
    "next-instance": Case(says("")),
    "switch-chosen": Case(opens("instances")),
    "command": Case(types("command")),
    "redraw": Case(lambda stage: stage.text("ladder")),
    "quit": Case(asks("QUIT")),
    "interrupt": Case(asks("QUIT")),
    "play": plays("toggle"),
    "faster": plays("speed", 1),
    "slower": plays("speed", -1),
    "second-on": plays("step", 1.0),
    "second-back": plays("step", -1.0),
    "minute-on": plays("step", 60.0),
    "minute-back": plays("step", -60.0),
    "next-fill": plays("jump", "fill", 1),
    "previous-fill": plays("jump", "fill", -1),
    "next-warning": plays("jump", "warning", 1),
    "previous-warning": plays("jump", "warning", -1),
    "goto": plays("go to", "+90"),
}  # fmt: skip


def test_every_action_has_its_effect_written_down() -> None:
    assert CASES.keys() == BY_ID.keys()


async def settle(stage: Stage) -> None:
    """Lets what waits for the disk end."""
    while stage.app._disk_work:
        await stage.pilot.pause()
    await stage.wait(0.0)


async def go_to(stage: Stage, action: Action) -> None:
    if action.pages and not CASES[action.id].is_replay and stage.app.desk.page not in action.pages:
        stage.app.desk.do(action.pages[0], "", stage.app.moment())
        await stage.wait(0.0)


async def run_line(stage: Stage, line: str) -> None:
    """Types a command; a paste only adds its text, so that enter is what acts."""
    await stage.press("colon")
    stage.app.desk.paste(line)
    await stage.press("enter")


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
async def test_each_key_of_an_action_and_its_name_do_what_is_written(action: Action, tmp_path: Path) -> None:
    case = CASES[action.id]
    ways = [(Stage.press, PILOT.get(key, key)) for key in action.keys]
    if action.id not in ("command", "interrupt", "parameters-edit"):
        ways.append((run_line, f"{action.id} {case.words if action.argument else ''}".strip()))
    for act, words in ways:
        async with a_stage(case.view(), exports=tmp_path) as stage:
            if case.is_replay:
                stage.link.player = PlayerDouble()  # type: ignore[attr-defined]
            await stage.press(*case.first)
            await go_to(stage, action)
            await act(stage, words)
            await settle(stage)
            assert case.holds(stage), f"{words} on {stage.app.desk.page}: {stage.app.desk.note}"
            assert not stage.app.painter.mishaps.alarm()


@pytest.mark.parametrize("size", [(80, 24), (20, 3)], ids=str)
@pytest.mark.parametrize(
    "before",
    [*((page,) for page in "123456789"), ("?",), ("I",), ("o",), (":", "s"), ("6", "/", "x"), ("5", "e", "1"), ("f",),
     ("P",), ("q",), ("ctrl+c",), ("K",), ("space",)],
    ids="".join,
)  # fmt: skip
async def test_the_kill_chord_kills_at_once_from_everywhere_and_at_every_size(
    before: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with a_stage(size=size) as stage:
        await stage.press(*(PILOT.get(key, key) for key in before), "ctrl+k")
        assert stage.verbs == [Verb.KILL]
        assert stage.app.desk.ask is None


async def test_a_key_whose_act_fails_is_told_and_the_next_key_works() -> None:
    async with a_stage() as stage:

        def broken(*_: object) -> None:
            raise ValueError("secret-value-0x1234")

        stage.app.desk._handlers = {**stage.app.desk._handlers, "pause": broken}
        await stage.press("p")
        assert "key p FAILED" in stage.text("bottom")
        assert "secret" not in stage.text("bottom")
        await stage.press("ctrl+k")
        assert stage.verbs == [Verb.KILL]


async def test_a_picture_that_cannot_be_looked_at_is_an_alarm_and_keys_still_go_out() -> None:
    async with a_stage(a_view()) as stage:

        def broken(*_: object) -> None:
            raise KeyError("secret-value-0x1234")

        stage.link.results = broken  # type: ignore[assignment]
        await stage.wait(0.1)
        assert "looking at the engine failed, KeyError" in stage.app.painter.mishaps.alarm()
        await stage.press("p", "ctrl+k")
        assert stage.verbs == [Verb.PAUSE, Verb.KILL]
        del stage.link.results  # type: ignore[attr-defined]
        await stage.wait(0.1)
        assert stage.app.painter.mishaps.alarm() == ""
