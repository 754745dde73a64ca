"""The app itself, driven through Textual's pilot: keys reach the desk, panes repaint, failures stay small."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from mmtui.console.app import ConsoleApp, ConsoleEnd, ConsoleOptions, EndReason
from mmtui.console.rows import text_of
from mmtui.domain.commands import Act, CancelSide, SetParameters, Verb
from mmtui.domain.view import View
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_session, a_view, an_engine


class HandClock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Stage:
    """An app, its link and its two clocks; the engine's runs ``speed`` times as fast."""

    def __init__(self, view: View | None, **options: object) -> None:
        self.link = MemoryLink(view)
        self.clock, self.seconds = HandClock(100.0), HandClock(5_000.0)
        self.speed = 1.0
        self.app = ConsoleApp(
            self.link,
            ConsoleOptions(theme="mono", is_unicode=True, **options),  # type: ignore[arg-type]
            clock=self.clock,
            seconds=self.seconds,
            is_ticking=False,
        )
        self.pilot: Pilot[ConsoleEnd]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def wait(self, seconds: float) -> None:
        self.clock.now += seconds * self.speed
        self.seconds.now += seconds
        self.app.draw_all()
        await self.pilot.pause()

    def text(self, pane: str) -> str:
        return text_of(self.app.painter.panes[pane].lines)

    @property
    def verbs(self) -> list[Verb]:
        return [command.verb for command in self.link.sent if isinstance(command, Act)]


@asynccontextmanager
async def a_stage(
    view: View | None = None, *, size: tuple[int, int] = (80, 24), **options: object
) -> AsyncIterator[Stage]:
    stage = Stage(view if view is not None else a_view(), **options)
    async with stage.app.run_test(size=size) as stage.pilot:
        yield stage


async def test_keys_reach_the_engine_through_the_real_app() -> None:
    async with a_stage() as stage:
        await stage.press("p", "r", "b", "s", "ctrl+k")
        assert stage.verbs == [Verb.PAUSE, Verb.REDUCE_ONLY, Verb.KILL]
        assert sum(isinstance(command, CancelSide) for command in stage.link.sent) == 2


async def test_size_and_width_keys_reach_the_engine_through_the_real_app() -> None:
    async with a_stage(a_view(session=a_session(strategy="ladder"))) as stage:
        await stage.press("plus", "minus", "less_than_sign", "greater_than_sign")
        assert [command.changes for command in stage.link.sent if isinstance(command, SetParameters)] == [
            {"trading.order_notional_usd": 1100.0},
            {"trading.order_notional_usd": 909.091},
            {"strategy.ladder_config.min_depth_bps": 4.5},
            {"strategy.ladder_config.min_depth_bps": 5.5},
        ]


async def test_capital_k_twice_kills_and_once_does_not() -> None:
    async with a_stage() as stage:
        await stage.press("K")
        assert stage.verbs == []
        assert "press K again within 3 s" in stage.text("bottom")
        await stage.press("K")
        assert stage.verbs == [Verb.KILL]


async def test_flatten_is_confirmed_by_y_only_after_it_was_drawn() -> None:
    async with a_stage() as stage:
        await stage.press("f", "y")
        assert stage.verbs == []
        await stage.wait(0.4)
        await stage.press("y")
        assert stage.verbs == [Verb.FLATTEN]


async def test_a_question_of_the_real_app_keeps_real_time_beside_a_fast_engine() -> None:
    async with a_stage() as stage:
        stage.speed = 6.0
        await stage.press("f")
        await stage.wait(0.2)
        await stage.press("y")
        assert stage.verbs == []
        assert "closes in 10 s" in stage.text("bottom")
        stage.link.view = a_view(engine=an_engine(at=AT + 30))
        await stage.wait(5.0)
        assert "closes in 5 s" in stage.text("bottom")
        stage.link.view = a_view(engine=an_engine(at=AT + 31))
        await stage.press("y")
        assert stage.verbs == [Verb.FLATTEN]


async def test_ctrl_k_fires_inside_the_command_line_and_the_field_editor() -> None:
    for prelude in ((":", "s"), ("5", "e", "1"), ("6", "/", "x"), ("q",)):
        async with a_stage() as stage:
            await stage.press(*prelude, "ctrl+k")
            assert stage.verbs == [Verb.KILL]


async def test_every_page_opens_by_its_digit_and_shows_its_pane() -> None:
    async with a_stage() as stage:
        for key, pane, word in (
            ("2", "orders-page", "ORDERS"), ("3", "fills-page", "FILLS"), ("4", "chart-page", "MID"),
            ("5", "parameters-page", "PARAMETERS"), ("6", "log-page", "LOG"), ("7", "risk", "RISK"),
            ("question_mark", "help", "HELP"), ("1", "ladder", "LADDER"),
        ):  # fmt: skip
            await stage.press(key)
            assert word in stage.text(pane), key
            assert stage.app.painter.panes[pane].region.y == 3, key


async def test_a_page_change_moves_panes_on_the_real_screen() -> None:
    async with a_stage() as stage:
        await stage.press("7")
        await stage.pilot.pause()
        shown = {
            pane.pane
            for pane in stage.app.painter.panes.values()
            if pane.region.area and pane in stage.app.screen._compositor.visible_widgets
        }
        assert shown == {"status", "alarm", "bottom", "risk", "latency"}


async def test_staging_applying_and_dropping_a_parameter() -> None:
    async with a_stage(a_view(session=a_session(run_kind="SIM"))) as stage:
        await stage.press("5", "j", "j", "j", "j", "e", "ctrl+u", "0", ".", "4", "enter")
        await stage.wait(0.1)
        assert "1 staged, not sent" in stage.text("parameters-page")
        assert stage.link.sent == []
        await stage.press("a")
        assert len(stage.link.sent) == 1
        engine = an_engine(at=AT + 1)
        stage.link.view = a_view(
            engine=an_engine(at=AT + 1, parameters={**engine.parameters, "trading.risk_aversion": 0.4})
        )
        await stage.wait(0.1)
        assert "nothing staged" in stage.text("parameters-page")
        await stage.press("e", "ctrl+u", "0", ".", "5", "enter", "escape")
        assert stage.app.desk.drafts.staged == {}


async def test_only_changed_lines_are_drawn_again() -> None:
    async with a_stage() as stage:
        pane = stage.app.painter.panes["position"]
        scene = stage.app.painter.scene(stage.app.moment())
        assert pane.sync(scene, stage.app.painter.theme.styles) == 0
        engine = an_engine()
        stage.link.view = a_view(engine=an_engine(at=AT + 1, estimates=engine.estimates[:2]))
        stage.app.desk.look(stage.app.moment())
        assert pane.sync(stage.app.painter.scene(stage.app.moment()), stage.app.painter.theme.styles) == 0
        from mmtui.domain.view import PositionView

        stage.link.view = a_view(
            engine=an_engine(at=AT + 2, position=PositionView(size=0.36, limit=1.0, entry=64231.4, mark=64249.0))
        )
        stage.app.desk.look(stage.app.moment())
        assert (
            0 < pane.sync(stage.app.painter.scene(stage.app.moment()), stage.app.painter.theme.styles) < len(pane.lines)
        )


async def test_an_old_picture_becomes_engine_silent_on_the_screen() -> None:
    async with a_stage() as stage:
        await stage.wait(2.5)
        assert "ENGINE SILENT 2.5 s" in stage.text("alarm")
        assert "OLD" in stage.text("status")
        await stage.press("P")
        assert stage.verbs == []
        await stage.press("p")
        assert stage.verbs == [Verb.PAUSE]


@pytest.mark.fault("F114")
async def test_a_pane_that_raises_says_so_and_everything_else_goes_on() -> None:
    async with a_stage() as stage:

        def broken(*_: object) -> object:
            raise ValueError("secret-value-0x1234")

        stage.app.painter.panes["ladder"]._draw = broken  # type: ignore[assignment]
        stage.link.view = a_view(engine=an_engine(at=AT + 1))
        await stage.wait(0.1)
        assert "pane error, see log" in stage.text("ladder")
        assert "secret" not in stage.text("ladder")
        await stage.press("ctrl+k")
        assert stage.verbs == [Verb.KILL]


@pytest.mark.fault("F114")
async def test_a_crash_of_the_app_leaves_one_line_without_values(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(a_view())

    def explode() -> None:
        secret = "0xdeadbeef"
        raise RuntimeError(f"boom {secret}")

    async def run() -> None:
        async with stage.app.run_test(size=(80, 24)) as pilot:
            stage.app.call_later(explode)
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await run()
    assert stage.app.crash.startswith("RuntimeError at test_app.py:")
    assert "deadbeef" not in stage.app.crash + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("keys", "reason"),
    [(("q", "s"), EndReason.STOP), (("q", "d"), EndReason.DETACH), (("ctrl+c", "ctrl+c"), EndReason.STOP)],
)
async def test_quitting_says_what_becomes_of_the_engine(keys: tuple[str, str], reason: EndReason) -> None:
    async with a_stage() as stage:
        await stage.press(keys[0])
        await stage.wait(0.4)
        await stage.press(keys[1])
        await stage.pilot.pause()
    assert stage.app.return_value is not None
    assert stage.app.return_value.reason is reason


async def test_holding_shows_a_badge_and_stills_the_panes() -> None:
    async with a_stage() as stage:
        await stage.press("space")
        before = stage.text("pnl")
        engine = an_engine()
        from msgspec.structs import replace

        stage.link.view = a_view(engine=an_engine(at=AT + 1, pnl=replace(engine.pnl, total=1.0)))
        await stage.wait(3.0)
        assert stage.text("pnl") == before
        assert "+1.00" in stage.text("status")
        assert " HELD 3s " in stage.text("status")


async def test_a_live_engines_own_console_keeps_its_theme_and_says_why() -> None:
    async with a_stage() as stage:
        await stage.press(":", *"theme", "space", *"light", "enter")
        assert stage.app.painter.theme.name == "mono"
        assert "start with --theme, or attach" in stage.text("bottom")


async def test_the_theme_changes_by_command_and_an_unknown_one_is_refused() -> None:
    async with a_stage(a_view(session=a_session(run_kind="SIM"))) as stage:
        await stage.press(":", *"theme", "space", *"light", "enter")
        assert stage.app.painter.theme.name == "light"
        await stage.press(":", *"theme", "space", *"pink", "enter")
        assert stage.app.painter.theme.name == "light"
        assert "no theme 'pink'" in stage.text("bottom")


async def test_copying_sends_the_chosen_pane_to_the_clipboard() -> None:
    async with a_stage() as stage:
        await stage.press("tab", "tab", "y")
        assert stage.app.clipboard == stage.text("position")
        assert "sent to the terminal's clipboard" in stage.text("bottom")


async def test_a_paste_is_typed_into_a_field_and_otherwise_dropped() -> None:
    from textual import events

    async with a_stage() as stage:
        stage.app.post_message(events.Paste("KKp"))
        await stage.pilot.pause()
        assert stage.link.sent == []
        await stage.press(":")
        stage.app.post_message(events.Paste("kill-now\n"))
        await stage.pilot.pause()
        assert stage.link.sent == []
        assert stage.app.desk.field is not None
        assert stage.app.desk.field.text == "kill-now "


async def test_a_resize_makes_another_plan() -> None:
    async with a_stage() as stage:
        await stage.pilot.resize_terminal(120, 40)
        await stage.pilot.pause()
        assert "ORDERS" in stage.text("orders")
        await stage.pilot.resize_terminal(30, 4)
        await stage.pilot.pause()
        assert stage.text("status").startswith(" LIVE ")


@pytest.mark.fault("F113")
@pytest.mark.parametrize("size", [(20, 5), (1, 1), (500, 200)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_window_of_any_size_is_drawn_and_keys_still_reach_the_engine(size: tuple[int, int]) -> None:
    async with a_stage() as stage:
        await stage.pilot.resize_terminal(*size)
        await stage.pilot.pause()
        await stage.pilot.press("p")
        await stage.pilot.pause()
        assert [command.verb for command in stage.link.sent] == [Verb.PAUSE]  # type: ignore[union-attr]
        await stage.pilot.resize_terminal(120, 40)
        await stage.pilot.pause()
        assert "ORDERS" in stage.text("orders")


async def test_without_an_engine_the_console_waits_and_says_so() -> None:
    stage = Stage(None)
    async with stage.app.run_test(size=(80, 24)):
        assert "NO ENGINE" in stage.text("status")
        assert asyncio.get_running_loop().is_running()


async def test_a_bad_key_of_the_user_is_an_alarm_not_a_crash() -> None:
    view = a_view(engine=an_engine(alarms=()))
    async with a_stage(view, keys={"ctrl+k": "help"}) as stage:
        assert "ctrl+k always kills" in stage.text("alarm")
