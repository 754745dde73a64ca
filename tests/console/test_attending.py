"""Several consoles on one engine, several engines in one console: nothing crosses over, nothing is pretended."""

import pytest
from msgspec.structs import replace

from mmtui.console.acts import HANDLERS
from mmtui.console.app import EndReason
from mmtui.console.attending.attendance import FOR_EVERYONE, LEAVES_AFTER_S
from mmtui.console.attending.berths import Berths
from mmtui.console.desk import Desk
from mmtui.console.keys import ACTIONS, Danger, KeyMap
from mmtui.console.palette.arguments import arguments
from mmtui.console.panes import alarm, instances, status
from mmtui.console.rows import ASCII_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.domain.commands import Act, Verb
from mmtui.domain.standing import InstanceView, Standing
from tests.console.conftest import START, Keyboard, a_desk
from tests.console.memory_link import MemoryLink
from tests.console.pictures import a_session, a_view
from tests.console.test_app import a_stage

LOOKING_ON = Standing(instance="sim-BTC", is_in_control=False, holder="bob/7 on pts/2", consoles=2)
SIM = a_view(session=a_session(run_kind="SIM"))


def a_keyboard(standing: Standing) -> Keyboard:
    link = MemoryLink(SIM)
    link.stands = standing
    desk = Desk(link, KeyMap(), HANDLERS, name="op", now=START)
    desk.look(START)
    return Keyboard(desk)


class Others:
    """A roster of engines in memory."""

    def __init__(self, *names: str) -> None:
        self.rows = tuple(
            InstanceView(
                id=name, pid=7, run_kind="SIM", network="sim", coin="BTC", account="", started_at=40.0,
                mode="QUOTING", position=0.5, pnl_usd=-3.25, consoles=1, holder="bob/7 on pts/2",
            )
            for name in names
        )  # fmt: skip
        self.links = {name: MemoryLink(SIM, is_attached=True) for name in names}
        for name, link in self.links.items():
            link.stands = Standing(instance=name, is_in_control=False, holder="bob/7 on pts/2")

    def instances(self) -> tuple[InstanceView, ...]:
        return self.rows

    def link(self, instance: str) -> MemoryLink | None:
        return self.links.get(instance)

    def clock(self) -> float:
        return 100.0


def berths_of(roster: Others, *, is_attached: bool = False) -> Berths:
    home = a_desk(SIM, is_attached=is_attached)
    assert isinstance(home.link, MemoryLink)
    home.link.stands = Standing(instance="sim-BTC")
    return Berths(home, lambda: START.engine, lambda: START.real, roster)


@pytest.mark.parametrize("action", [a.id for a in ACTIONS if a.danger is not Danger.NONE and a.id not in FOR_EVERYONE])
def test_a_console_that_looks_on_is_told_who_is_in_control_before_it_is_asked_anything(action: str) -> None:
    keyboard = a_keyboard(LOOKING_ON)
    keyboard.desk.do(action, "trading.risk_aversion 0.5", START)
    assert keyboard.sent == []
    assert keyboard.desk.ask is None
    assert keyboard.desk.note is not None
    assert keyboard.desk.note.text == f"{action} refused: in control: bob/7 on pts/2; :take to take over"


def test_pause_reduce_only_kill_and_taking_a_side_off_are_refused_to_nobody() -> None:
    keyboard = a_keyboard(LOOKING_ON).press("p", "r", "b", "s", "ctrl+k")
    verbs = [command.verb for command in keyboard.sent if isinstance(command, Act)]
    assert (len(keyboard.sent), verbs) == (5, [Verb.PAUSE, Verb.REDUCE_ONLY, Verb.KILL])


def test_a_command_without_a_connection_is_not_said_to_have_left() -> None:
    for action, label in (("pause", "pause"), ("cancel-bids", "bids off")):
        keyboard = a_keyboard(Standing(instance="sim-BTC", trouble="the engine hung up; trying again"))
        keyboard.desk.do(action, "", START)
        assert keyboard.note == f"{label}: NOT SENT yet, there is no connection"


def test_take_asks_for_control_once_and_not_where_it_is_held_already() -> None:
    keyboard = a_keyboard(LOOKING_ON)
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    keyboard.desk.run_line("take", START)
    assert link.takes == 1
    link.stands = Standing(instance="sim-BTC", news=1, text="op took control from bob")
    keyboard.desk.look(START)
    assert keyboard.desk.note is not None
    assert keyboard.desk.note.text == "op took control from bob"
    keyboard.desk.run_line("take", START)
    assert link.takes == 1


def test_losing_control_is_said_once() -> None:
    keyboard = a_keyboard(Standing())
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    link.stands = replace(LOOKING_ON, news=1, text="bob/7 on pts/2 took control from op\x1b[31m")
    keyboard.desk.look(START)
    assert keyboard.desk.note is not None
    assert (keyboard.desk.note.role, "\x1b" in keyboard.desk.note.text) == ("warn", False)
    keyboard.desk.note = None
    keyboard.desk.look(START)
    assert keyboard.desk.note is None


def test_a_lost_connection_is_named_where_silence_would_be_and_with_what_works_without_it() -> None:
    desk = a_keyboard(replace(LOOKING_ON, trouble="the engine hung up; trying again")).desk
    (line,) = alarm.rows(Scene(desk, START, ASCII_GLYPHS), 120, 1)
    text = text_of((line,))
    assert "NO CONNECTION" in text
    assert "`mmtui kill` works without one: the engine hung up" in text


def test_another_engine_has_its_own_drafts_cursors_and_questions() -> None:
    roster = Others("sim-BTC", "sim-ETH")
    berths = berths_of(roster)
    home = berths.shown
    home.drafts.stage_text("trading.risk_aversion", "0.5", home.view)
    home.cursors.open("parameters")
    Keyboard(home).press("K")
    assert home.ask is not None
    assert berths.switch("sim-E") == ""
    away = berths.shown
    assert (away.drafts.staged, away.cursors.page, away.ask) == ({}, "main", None)
    assert berths.switch("+") == ""
    assert berths.shown is home
    assert home.ask is None
    assert home.drafts.staged
    assert home.cursors.page == "parameters"


def test_a_command_given_while_another_engine_is_shown_goes_to_that_engine_alone() -> None:
    roster = Others("sim-BTC", "sim-ETH")
    berths = berths_of(roster)
    home = berths.shown
    berths.switch("sim-ETH")
    berths.shown.look(START)
    Keyboard(berths.shown).press("p")
    assert len(roster.links["sim-ETH"].sent) == 1
    assert isinstance(home.link, MemoryLink)
    assert home.link.sent == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("sim", "which engine? sim-BTC, sim-ETH"), ("nobody", "which engine?"), ("sim-BTC", "is shown already")],
)
def test_a_switch_that_means_no_one_engine_says_which_there_are(wanted: str, said: str) -> None:
    berths = berths_of(Others("sim-BTC", "sim-ETH"))
    assert said in berths.switch(wanted)
    assert berths.is_home


@pytest.mark.parametrize("by_way_of", ["sim-ETH", "sim-BTC"])
def test_an_engine_elsewhere_that_ended_and_was_started_anew_is_shown_as_another(by_way_of: str) -> None:
    roster = Others("sim-BTC", "sim-ETH")
    berths = berths_of(roster)
    berths.switch("sim-ETH")
    ended = berths.shown
    ended.drafts.stage_text("trading.risk_aversion", "0.5", SIM)
    assert "already" in berths.switch("sim-ETH")
    roster.links["sim-ETH"].stands = Standing(instance="sim-ETH", ended="stopped")
    anew = roster.links["sim-ETH"] = MemoryLink(SIM, is_attached=True)
    for name in dict.fromkeys((by_way_of, "sim-ETH")):
        assert berths.switch(name) == ""
    assert berths.shown.link is anew
    assert berths.shown.drafts.staged == {}
    assert ended.drafts.staged


def test_leaving_another_engine_leads_back_to_the_one_in_this_process_and_never_past_it() -> None:
    berths = berths_of(Others("sim-BTC", "sim-ETH"))
    assert not berths.leads_home()
    berths.switch("sim-ETH")
    assert berths.leads_home()
    assert berths.is_home
    attached = berths_of(Others("sim-BTC", "sim-ETH"), is_attached=True)
    attached.switch("sim-ETH")
    assert not attached.leads_home()


def test_the_list_of_engines_says_how_each_stands_and_which_is_shown() -> None:
    berths = berths_of(Others("sim-BTC", "sim-ETH"))
    lines = instances.rows(Scene(berths.shown, START, ASCII_GLYPHS), 130, 8)
    shown, other = (text_of((line,)) for line in lines[2:4])
    assert shown.startswith(">* sim-BTC")
    assert other.startswith("   sim-ETH")
    for part in ("QUOTING", "+0.50", "-3.25", "0:01:00", "bob/7 on pts/2"):
        assert part in other
    assert all(len(text_of((line,))) <= 80 for line in instances.rows(Scene(berths.shown, START, ASCII_GLYPHS), 80, 8))


async def test_the_end_of_an_engine_is_shown_before_the_console_leaves_with_its_reason() -> None:
    async with a_stage(SIM) as stage:
        stage.link.stands = Standing(instance="sim-BTC", ended="killed: operator", end_code=3)
        await stage.wait(0.1)
        assert "THE ENGINE HAS ENDED: killed: operator" in stage.text("bottom")
        stage.seconds.now += LEAVES_AFTER_S
        stage.app._tick()
        await stage.pilot.pause()
        end = stage.app.return_value
        assert end is not None
        assert (end.reason, end.message) == (EndReason.ENDED, "killed: operator")


async def test_an_engine_is_chosen_from_the_list_with_enter() -> None:
    roster = Others("local", "sim-ETH")
    async with a_stage(SIM, roster=roster) as stage:
        await stage.press("I", "down")
        await stage.wait(0.1)
        await stage.press("j", "enter")
        await stage.wait(0.1)
        assert stage.app.desk.link is roster.links["sim-ETH"]
        assert "LOOKING ON" in stage.text("status")
        await stage.press("q")
        assert stage.app.desk.link is stage.link
        assert stage.app.is_running


@pytest.mark.parametrize(
    ("width", "said"), [(60, "LOOKING ON"), (80, "LOOKING ON"), (120, "in control: bob/7 on pts/2")]
)
def test_that_this_console_only_looks_on_is_on_the_first_line_at_every_width(width: int, said: str) -> None:
    scene = Scene(a_keyboard(LOOKING_ON).desk, START, ASCII_GLYPHS)
    assert said in text_of((status.identity(scene, width),))


def test_the_command_line_offers_the_engines_there_are() -> None:
    berths = berths_of(Others("sim-BTC", "sim-ETH"))
    assert [word for word, _, _ in arguments(berths.shown, "switch", "eth")] == ["sim-ETH"]
