"""Every pane made to raise in turn in a console inside a live engine: it goes on quoting, and the operator is told."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mmtui.console.app import ConsoleApp, ConsoleOptions
from mmtui.console.rows import text_of
from mmtui.console.screens.catalogue import BODIES, PANES, plan
from mmtui.domain.view import Mode
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.config import load
from mmtui.runtime.link import InProcessLink
from mmtui.runtime.live import LiveSession
from mmtui.runtime.options import RunOptions
from mmtui.runtime.run import run

pytestmark = pytest.mark.process
LARGE, SMALL = (200, 60), (30, 6)
CYCLES = 2
LOOK_S, PATIENCE_S = 0.02, 60.0
SECRET = "secret-value-0x1234"
FLAGS = {
    "network.base_url": ("test", "sim"),
    "strategy.warmup_timeout_s": ("test", "1"),
    "strategy.warmup_on_timeout": ("test", "quote"),
    "monitoring.enable_http_metrics": ("test", "false"),
}


def broken(*_: object) -> object:
    raise ValueError(SECRET)


class Breaking:
    """Opens the page of each pane, has the pane raise, and notes what was told and what the engine did meanwhile."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.alarms: dict[str, str] = {}
        self.cycles: dict[str, int] = {}
        self.stood_still: list[str] = []
        self.log: list[str] = []
        self.failure: BaseException | None = None
        self.mended: list[str] = []

    async def screen(self, link: InProcessLink, session: LiveSession) -> None:
        app = ConsoleApp(
            link, ConsoleOptions(theme="mono", is_unicode=True), clock=session.parts.clock, seconds=work_seconds
        )
        try:
            async with app.run_test(size=LARGE) as pilot:
                await self._until(lambda: self._mode(session) is Mode.QUOTING)
                for name in PANES:
                    await pilot.resize_terminal(*(SMALL if name == "compact" else LARGE))
                    self._show(app, name)
                    await self._break(app, session, name)
                self.log = [line.text for line in session.logs.tail()]
        except BaseException as error:
            self.failure = error
            raise
        finally:
            session.ladder.interrupted("test")

    def _show(self, app: ConsoleApp, name: str) -> None:
        desk, now = app.desk, app.moment()
        desk.field = None
        if name == "palette":
            desk.do("command", "", now)
            return
        size = SMALL if name == "compact" else LARGE
        page = next((page for page in BODIES if any(place.pane == name for place in plan(page, *size))), "")
        if page:
            desk.cursors.open(page)
        else:
            desk.cursors.open("main")
            desk.cursors.zoomed = name

    async def _break(self, app: ConsoleApp, session: LiveSession, name: str) -> None:
        pane = app.painter.panes[name]
        app.draw_all()
        await self._until(lambda: pane.place is not None and bool(pane.lines))
        draw, pane._draw = pane._draw, broken  # type: ignore[assignment]
        before = self._count(session)
        app.draw_all()
        await self._until(lambda: "pane error" in text_of(pane.lines))
        await self._until(lambda: self._count(session) >= before + CYCLES)
        self.told[name] = text_of(pane.lines)
        self.alarms[name] = app.painter.mishaps.alarm()
        self.cycles[name] = self._count(session) - before
        if self._mode(session) is not Mode.QUOTING:
            self.stood_still.append(name)
        pane._draw = draw
        app.draw_all()
        await self._until(lambda: "pane error" not in text_of(pane.lines))
        self.mended.append(name)

    @staticmethod
    def _count(session: LiveSession) -> int:
        return session.engine.view().counters.quote_cycles

    @staticmethod
    def _mode(session: LiveSession) -> Mode:
        return session.engine.view().mode

    @staticmethod
    async def _until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(LOOK_S)


def test_every_pane_that_raises_says_so_and_the_engine_quotes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    config = load(path=None, environment={}, flags=FLAGS, folder=tmp_path, reads_file=False)
    breaking = Breaking()
    assert run(config, RunOptions(speed=4.0, assume_yes=True), breaking.screen) == 0
    assert breaking.failure is None, repr(breaking.failure)
    assert breaking.told.keys() == set(PANES)
    assert breaking.mended == list(PANES)
    assert breaking.stood_still == []
    assert all(count >= CYCLES for count in breaking.cycles.values())
    for name, alarm in breaking.alarms.items():
        assert alarm.startswith(f"console defect: pane {name} failed, ValueError at test_broken_panes.py:")
        assert SECRET not in alarm + breaking.told[name]
    assert SECRET not in "".join(breaking.log)
    last = list(PANES)[-1]
    assert any(f"pane {last} failed: ValueError" in line for line in breaking.log)
