"""One run from opened venue to exit: files, engine loop, console or headless, signals, clean end.

The session outlives its screen: a lost terminal or a console that fails leaves the engine at work.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

from mmtui import __version__
from mmtui.domain.commands import Act, CommandResult, Verb
from mmtui.domain.intents import Finish, Log, LogLevel
from mmtui.domain.records import RiskRecorded
from mmtui.domain.view import EngineView, View
from mmtui.engine.engine import Engine
from mmtui.errors import JournalError
from mmtui.journal.sqlite import SqliteJournal
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.consulting.desk import ConsultingDesk
from mmtui.runtime.consulting.experts import experts_of, reported_of
from mmtui.runtime.consulting.reporting import write_last
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.control.people import console_label
from mmtui.runtime.control.server import ControlPort, ControlServer
from mmtui.runtime.day_keeper import DayKeeper
from mmtui.runtime.ending.crash import crash_text, state_text
from mmtui.runtime.ending.last_writes import LastWrites
from mmtui.runtime.ending.stopping import StopLadder
from mmtui.runtime.ending.summary import exit_code, is_clear
from mmtui.runtime.estimator_keeper import EstimatorKeeper
from mmtui.runtime.fills import FillFeed, load_consumers
from mmtui.runtime.guard.beside import Beside, acted
from mmtui.runtime.guard.keeper import GuardKeeper
from mmtui.runtime.guard.pulse import Pulse
from mmtui.runtime.guard.reports import last_report
from mmtui.runtime.guard.systemd import Notifier
from mmtui.runtime.instances import RunLock, Running
from mmtui.runtime.link import InProcessLink, Publisher
from mmtui.runtime.logs import Logs
from mmtui.runtime.loop import EngineLoop, Outlets
from mmtui.runtime.options import RunOptions
from mmtui.runtime.recovery import Inheritance
from mmtui.runtime.session.announcement import Announcement
from mmtui.runtime.session.background import Background
from mmtui.runtime.session.opening import open_journal
from mmtui.runtime.session.recording import RecordingKeeper
from mmtui.runtime.state import MarketFiles, market_id
from mmtui.runtime.tap import TapSwitch
from mmtui.runtime.wiring import Parts, Relay, guard_charge, inheritance, is_guarded, make_engine, session_view

GUARD_NEWS_S = 86_400.0
END_PATIENCE_S = 5.0

Screen = Callable[[InProcessLink, "LiveSession"], Coroutine[None, None, None]]


class LiveSession:
    """A run in progress; ``finish`` and ``last_view`` say how it ended."""

    def __init__(self, config: LoadedConfig, options: RunOptions, parts: Parts, logs: Logs, run_id: str) -> None:
        self.config = config
        self.options = options
        self.parts = parts
        self.logs = logs
        self.run_id = run_id
        self.finish: Finish | None = None
        self.crashed = False
        self.metrics_port = 0
        self.files = MarketFiles(parts.folder, _market(parts))
        self._background = Background(
            lambda reason: self.log(LogLevel.ERROR, "A part of the program beside the engine failed", reason=reason)
        )
        self._loop: EngineLoop | None = None
        self._publisher: Publisher | None = None
        self._link: InProcessLink | None = None
        self._control: ControlServer | None = None
        self._experts: ConsultingDesk | None = None
        self._fills = FillFeed(
            load_consumers(parts.settings.text("monitoring.fill_consumers")),
            parts.venue.instrument,
            clock=parts.clock,
            report=self.log,
        )
        self._ladder: StopLadder | None = None
        self._recording: RecordingKeeper | None = None
        self._announcement = Announcement(
            parts.folder,
            self._running(),
            lambda reason: self.log(LogLevel.WARN, "The guard could not be announced", reason=reason),
        )
        self._operators = Operators(self.files.market, self._control_moved)
        self._journal: SqliteJournal | None = None
        self._stops = 0
        self._learned: EstimatorKeeper | None = None
        self._pulse = Pulse(Notifier.from_environment(os.environ), seconds=work_seconds, clock=parts.clock)
        self._last = LastWrites(self.files, clock=parts.clock, say=self.log)
        self._day = DayKeeper(
            self.files, lambda reason: self.log(LogLevel.ERROR, "The day's P&L could not be kept", reason=reason)
        )

    @property
    def last_view(self) -> EngineView | None:
        """The engine as it stands."""
        return self._loop.engine.view() if self._loop else None

    def latest_view(self) -> View | None:
        """The last picture published, for metrics; safe from other threads."""
        return self._publisher.latest if self._publisher else None

    @property
    def engine(self) -> Engine:
        """The engine at work, to be looked at and never stepped."""
        assert self._loop is not None, "the engine exists while the session runs"
        return self._loop.engine

    @property
    def publisher(self) -> Publisher:
        """What makes the view."""
        assert self._publisher is not None, "the publisher exists while the session runs"
        return self._publisher

    async def run(self, relay: Relay, tap: TapSwitch, screen: Screen | None) -> Finish:
        """Runs until the engine has come to rest; everything opened here is closed here."""
        is_embedded = self.parts.exchange is not None
        now = self.parts.clock()
        lock = RunLock.take(self.parts.folder, self.files.market, since=now)
        try:
            if is_embedded and self.files.latched() is not None:
                self.files.clear_latch(reason="the embedded exchange starts anew", by="start", at=now)
            self.files.refuse_if_latched()
            self.files.keep_room()
            left = await asyncio.to_thread(inheritance, self.parts, self.files)
            journal = open_journal(
                self.parts, self.files, run_id=self.run_id, version=__version__, failed=self._journal_failed
            )
            try:
                self._recording = RecordingKeeper.open(
                    self.parts.settings,
                    self.files,
                    self.run_id,
                    tap,
                    clock=self.parts.clock,
                    failed=lambda text: self.log(LogLevel.ERROR, "Recording ended", reason=text),
                )
                return await self._trade(relay, journal, left, screen)
            finally:
                tap.target = None
                await self._last.finish()
                await asyncio.to_thread(self._fills.close)
                await self._patiently(self._day.finish())
                if self._recording is not None:
                    await self._recording.close()
                await self._close(journal)
                if self.parts.settings.flag("monitoring.session_report"):
                    await self._patiently(write_last(reported_of(self), self.log))
        finally:
            self._announcement.withdraw()
            lock.release()

    async def _patiently(self, write: Coroutine[None, None, None]) -> None:
        """What is good to keep and not needed does not keep a run from ending on a disk that hangs."""
        try:
            async with asyncio.timeout(END_PATIENCE_S):
                await write
        except TimeoutError:
            self.log(LogLevel.WARN, "The disk hangs: not everything of this run is kept")

    async def _close(self, journal: SqliteJournal) -> None:
        """How the run ended stands whatever becomes of the journal now."""
        journal.end_session(self.parts.clock(), self.finish.exit_reason if self.finish else "did not finish")
        try:
            await asyncio.to_thread(journal.close)
        except JournalError as error:
            self.log(LogLevel.ERROR, "The journal could not be closed", reason=str(error))

    @property
    def ladder(self) -> StopLadder:
        """The ways to its end."""
        assert self._ladder is not None, "a run can be ended while it lasts"
        return self._ladder

    def act(self, verb: Verb, by: str) -> None:
        """Gives the engine a verb."""
        assert self._link is not None, "commands need a running engine"
        self._stops += 1
        self._link.pass_on(Act(id=f"{by}-{self._stops}", by=by, verb=verb))

    def log(self, level: LogLevel, message: str, **fields: str | int | float | bool) -> None:
        """Writes a line of the runtime."""
        self.logs.write(Log(level=level, message=message, fields=fields, target="mmtui.runtime"), self.parts.clock())

    def _journal_failed(self, text: str) -> None:
        self.log(LogLevel.ERROR, "Journal failed", reason=text)
        if self._loop is not None:
            self._loop.journal_failed(text)

    async def _trade(self, relay: Relay, journal: SqliteJournal, left: Inheritance, screen: Screen | None) -> Finish:
        parts = self.parts
        level = LogLevel[parts.settings.text("logging.level").upper()]
        engine = make_engine(parts, left, self.options, level)
        for note in left.notes:
            self.logs.write(note, parts.clock())
        loop = EngineLoop(engine, parts.venue, journal, self._outlets(), clock=parts.clock)
        self._loop = loop
        self._publisher = Publisher(
            loop,
            session_view(parts, self.run_id, self.options),
            sources=self.config.sources,
            log_tail=self.logs.tail,
            alarms=self._fills.alarms,
        )
        self._experts = ConsultingDesk(experts_of(self), note=lambda text: self.log(LogLevel.ERROR, text))
        self._link = InProcessLink(
            loop, self._publisher, parts.clock, self._experts, operators=self._operators, label=console_label()
        )
        self._journal = journal
        self._announce(has_socket=await self._open_control(self._link, self._publisher, self._experts))
        self._pulse.attach(engine)
        self._background.spawn(self._publisher.run())
        if self._recording is not None:
            self._background.spawn(self._recording.film(self.latest_view))
        self._learned = self._keep_estimators(engine)
        self._ladder = self._make_ladder(loop)
        self._background.spawn(self._ladder.watch_kill_file())
        if self.options.duration_s is not None:
            self._ladder.stop_after(self.options.duration_s)
        with self._ladder.signals():
            if screen is not None:
                self._background.spawn(self._show(screen, self._link))
            try:
                await self._start_guard(loop)
                relay.connect(loop.sink)
                self.finish = await loop.run()
                self._publisher.publish()
                return self.finish
            finally:
                await self._pulse.end(is_clean=self.finish is not None and is_clear(self.finish))
                if self._learned is not None:
                    await self._patiently(self._learned.save())
                await self._experts.close()
                if self._control is not None:
                    reason = self.finish.exit_reason if self.finish else "the session has failed"
                    await self._control.close(reason, exit_code(self.finish, crashed=self.crashed))
                await self._background.end()

    def _keep_estimators(self, engine: Engine) -> EstimatorKeeper | None:
        if self.parts.exchange is not None:
            return None
        keeper = EstimatorKeeper(
            engine.state.panel,
            self.files,
            lambda reason: self.log(LogLevel.WARN, "The estimators could not be kept", reason=reason),
        )
        self._background.spawn(keeper.run())
        return keeper

    def _make_ladder(self, loop: EngineLoop) -> StopLadder:
        policy = self.parts.settings.text("execution.on_hangup")
        return StopLadder(loop, self.files, on_hangup=policy, act=self.act, say=self.log)

    async def _open_control(self, link: InProcessLink, publisher: Publisher, experts: ConsultingDesk) -> bool:
        parts = self.parts
        port = ControlPort(
            id=self.files.market,
            run_id=self.run_id,
            version=session_view(parts, self.run_id, self.options).version,
            path=self.files.socket,
            latest=lambda: publisher.latest,
            send=link.pass_on,
            clock=parts.clock,
            note=lambda text: self.log(LogLevel.WARN, text),
            operators=self._operators,
            consult=experts.take,
        )
        self._control = ControlServer(port)
        is_open = await self._control.open()
        self._background.spawn(self._control.run())
        return is_open

    async def _start_guard(self, loop: EngineLoop) -> None:
        """The guard is there before the first order can be."""
        earlier = last_report(self.files.guard_reports)
        if earlier is not None and earlier.at > self.parts.clock() - GUARD_NEWS_S:
            self.logs.write(acted(earlier), self.parts.clock())
        if not is_guarded(self.config, self.parts):
            return
        beside = Beside(
            sink=loop.sink,
            log=lambda line: self.logs.write(line, self.parts.clock()),
            renew_nonces=self.parts.venue.renew_nonces,
            announce=lambda pid: self._background.spawn(self._announcement.guarded_by(pid)),
            clock=self.parts.clock,
        )
        charge = guard_charge(self.parts, self.files, self.run_id)
        await self._pulse.guard_with(GuardKeeper(charge, beside.ears(), seconds=work_seconds))

    def _announce(self, *, has_socket: bool) -> None:
        parts = self.parts
        self.log(
            LogLevel.INFO,
            "Market maker started",
            network=parts.network.name,
            account=parts.venue.account,
            coin=parts.venue.instrument.coin,
            strategy=parts.settings.text("strategy.strategy_type"),
            run=self.run_id,
        )
        self._announcement.make(has_socket=has_socket, metrics_port=self.metrics_port)
        if self.options.is_background:
            self.logs.show_on(None)

    def _running(self) -> Running:
        parts = self.parts
        view = session_view(parts, self.run_id, self.options)
        return Running(
            id=self.files.market,
            pid=os.getpid(),
            network=view.network,
            account=view.account,
            coin=view.coin,
            started_at=parts.clock(),
            version=view.version,
            run_kind=view.run_kind,
            socket=str(self.files.socket),
        )

    def _outlets(self) -> Outlets:
        return Outlets(
            log=self.logs.write,
            latch=self._last.latch,
            clear_latch=self._last.clear_latch,
            save_day=self._day.save,
            answer=self._answered,
            crash=self._dump,
            filled=self._fills.take,
            ticked=self._pulse,
        )

    def _answered(self, result: CommandResult) -> None:
        assert self._link is not None, "answers need a link"
        if self._control is None or not self._control.answered(result):
            self._link.answered(result)

    def _control_moved(self, text: str) -> None:
        """Who is in control is logged, and kept in the journal while the run lasts."""
        self.log(LogLevel.INFO, "Consoles", who=text)
        if self._journal is not None and self.finish is None:
            at = self.parts.clock()
            self._journal.append(
                [RiskRecorded(at=at, code="CONTROL", monitor="console", value=0.0, limit=0.0, text=text)]
            )

    def _dump(self, trace: str) -> None:
        self.crashed = True
        path = Path(self.parts.folder) / f"crash-{self.run_id}.txt"
        head = self.logs.clean(crash_text(trace, self.files.market, self.run_id))
        self._last.replace(path, head)
        self.log(LogLevel.ERROR, "Crash file", path=str(path))
        assert self._loop is not None, "only a running engine has a defect"
        rest = self.logs.clean(state_text(self._loop.engine, self._loop.shell.recent))
        self._last.replace(path, head + rest)

    async def _show(self, screen: Screen, link: InProcessLink) -> None:
        link.opened()
        try:
            await screen(link, self)
        finally:
            link.closed()
        self.ladder.take_signals()


def _market(parts: Parts) -> str:
    owner = "" if parts.exchange is not None else parts.venue.account
    return market_id(parts.network.name, parts.venue.instrument.coin, owner)
