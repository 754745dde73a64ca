"""``mmtui run``: from loaded settings to an exit code, with everything opened closed again."""

import asyncio
import contextlib
import gc
import secrets
import sys

import uvloop

from mmtui.domain.intents import Finish, LogLevel
from mmtui.domain.view import EngineView
from mmtui.errors import ExitCode, MmtuiError
from mmtui.runtime.clock import wall_seconds
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.dry_run import dry_run
from mmtui.runtime.ending.summary import exit_code, last_words, write_summary
from mmtui.runtime.live import LiveSession, Screen
from mmtui.runtime.logs import Logs
from mmtui.runtime.logs.lines import level_filter
from mmtui.runtime.metrics import exposition
from mmtui.runtime.metrics.server import MetricsServer, serve_metrics
from mmtui.runtime.options import RunOptions
from mmtui.runtime.redaction import Redactor
from mmtui.runtime.tap import TapSwitch
from mmtui.runtime.wiring import Parts, Relay, build, check_tradable, confirm_mainnet, refuse_unguarded

SWITCH_INTERVAL_S = 1e-4


class Ending:
    """What a run leaves for its exit code and its summary."""

    __slots__ = ("crashed", "finish", "view")

    def __init__(self) -> None:
        self.finish: Finish | None = None
        self.view: EngineView | None = None
        self.crashed = False


def run(config: LoadedConfig, options: RunOptions, screen: Screen | None = None) -> int:
    """Runs until stopped; returns the exit code. ``screen`` is the console, None for headless."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    ending = Ending()
    reason, code = "", ExitCode.CRASH
    try:
        uvloop.run(_run(config, options, screen, ending))
        code = exit_code(ending.finish, crashed=ending.crashed)
        reason = ending.finish.exit_reason if ending.finish else "dry run"
        if ending.finish is None and not ending.crashed:
            code = ExitCode.CLEAN
        if screen is not None and ending.finish is not None:
            is_latched = ending.finish.is_killed and config.settings.text("network.base_url") != "sim"
            with contextlib.suppress(OSError):  # the terminal may be gone
                sys.stderr.write(f"mmtui: {last_words(ending.view, ending.finish, is_latched=is_latched)}\n")
    except MmtuiError as error:
        reason, code = str(error), error.exit_code
        raise
    finally:
        if options.json_summary is not None:
            write_summary(options.json_summary, ending.view, ending.finish, reason, code)
    return int(code)


async def _run(config: LoadedConfig, options: RunOptions, screen: Screen | None, ending: Ending) -> None:
    redactor = Redactor()
    logs = Logs(
        config.settings,
        levels=level_filter(
            config.settings.text("logging.level"),
            options.log_levels,
            level_is_final=config.sources["logging.level"] == "--log-level",
        ),
        redactor=redactor,
        started_at=wall_seconds(),
        screen=sys.stderr if screen is None else None,
    )
    parts: Parts | None = None
    try:
        parts = await build(config, options, redactor)
        if options.dry_run:
            await dry_run(parts, options)
            return
        await _trade(config, options, screen, parts, logs, ending)
    finally:
        if parts is not None:
            await _close(parts)
        await asyncio.to_thread(logs.close)


async def _trade(
    config: LoadedConfig, options: RunOptions, screen: Screen | None, parts: Parts, logs: Logs, ending: Ending
) -> None:
    refuse_unguarded(parts.settings)
    relay, tap = Relay(), TapSwitch()
    await parts.venue.open(relay, tap=tap)
    check_tradable(parts)
    confirm_mainnet(parts.settings, parts.venue.account, options)
    session = LiveSession(config, options, parts, logs, secrets.token_hex(4))
    for notice in (*config.notices, *(parts.key.notices if parts.key else ()), *parts.venue.notes):
        session.log(LogLevel.WARN, notice)
    metrics = _serve_metrics(session)
    try:
        gc.collect()
        gc.freeze()
        await session.run(relay, tap, screen)
    finally:
        ending.finish, ending.crashed = session.finish, session.crashed
        ending.view = session.last_view
        if metrics is not None:
            metrics.close()


def _serve_metrics(session: LiveSession) -> MetricsServer | None:
    settings = session.parts.settings
    port = settings.count("monitoring.metrics_port")
    if not port or not settings.flag("monitoring.enable_http_metrics"):
        return None
    server = serve_metrics(port, exposition(session.latest_view))
    if isinstance(server, str):
        session.log(LogLevel.WARN, server)
        return None
    session.metrics_port = port
    return server


async def _close(parts: Parts) -> None:
    await parts.venue.close()
    if parts.exchange is not None:
        await parts.exchange.stop()
