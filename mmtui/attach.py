"""``mmtui attach``: a console on an engine in another process, and what is said when it is left.

Owns the way from the command line to the console and its exit code: 0 left or ended well, 1 the console failed,
129 the terminal was lost, else the exit code of the engine. Whatever happens here, the engine goes on.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from mmtui.errors import ConfigError, ExitCode
from mmtui.runtime.attaching.link import SocketLink
from mmtui.runtime.attaching.roster import others
from mmtui.runtime.attaching.survey import meant, socket_of
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.control.client import ControlClient
from mmtui.runtime.control.people import user_name
from mmtui.runtime.instances import Running, running_instances
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.secrets import forget_keys
from mmtui.runtime.session.background import Background
from mmtui.runtime.state import state_folder

if TYPE_CHECKING:
    from mmtui.console.options import ConsoleEnd, ConsoleOptions

HUNG_UP: Final = 129


def attach(args: argparse.Namespace) -> int:
    """``mmtui attach [ID]``: the console of a running engine."""
    folder = state_folder(os.environ, is_needed=False)
    running = meant(running_instances(folder), getattr(args, "instance", ""))
    if not has_terminal():
        remedy = f"`mmtui ctl {running.id} view --follow` works without"
        raise ConfigError("attach needs a terminal that can show a screen", remedy=remedy)
    return show(running, folder, args, may_take=not getattr(args, "read_only", False))


def has_terminal() -> bool:
    """Whether there are keys to read and a screen to draw on."""
    from mmtui.console.terminal.device import can_draw  # noqa: PLC0415 - --help needs no console

    return sys.stdin.isatty() and sys.stdout.isatty() and can_draw(os.environ)


def show(running: Running, folder: Path, args: argparse.Namespace, *, may_take: bool = True) -> int:
    """Shows a running engine until its console is left; returns the exit code."""
    path = socket_of(folder, running)
    forget_keys(os.environ)
    # Said here, in one line, rather than on a screen that opens for nothing: who cannot be reached, another version.
    ControlClient(path, name=user_name()).close()
    return uvloop.run(_attached(running, folder, path, _options(args, folder), may_take=may_take))


def _options(args: argparse.Namespace, folder: Path) -> "ConsoleOptions":
    """The console's own settings; a configuration that is wrong must not keep anybody from his engine."""
    from mmtui.console.options import console_options  # noqa: PLC0415 - --help needs no console
    from mmtui.domain.parameters import Settings  # noqa: PLC0415
    from mmtui.runtime.commands.configuration import config_of  # noqa: PLC0415

    try:
        settings = config_of(args).settings
    except ConfigError as error:
        sys.stderr.write(f"mmtui: the configuration is not used for this console: {error.message}\n")
        settings = Settings.defaults()
    if hasattr(args, "theme"):
        settings = settings.with_values({"console.theme": args.theme})
    return console_options(settings, os.environ, name=user_name(), state=folder)


async def _attached(running: Running, folder: Path, path: Path, options: "ConsoleOptions", *, may_take: bool) -> int:
    from mmtui.console.app import run_console  # noqa: PLC0415 - after the settings, which can be wrong

    link = SocketLink(path, seconds=work_seconds, may_take=may_take)
    troubles: list[str] = []
    loop = asyncio.get_running_loop()
    talking = Background(troubles.append)
    talking.spawn(link.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        # A console that is ended from outside gives its terminal back as one that lost it does.
        loop.add_signal_handler(number, signal.raise_signal, signal.SIGHUP)
    try:
        async with others(folder, troubles.append) as roster:
            options.roster = roster
            end = await run_console(link, options, clock=roster.clock, seconds=work_seconds)
    finally:
        link.close()
        await talking.end()
    return _farewell(end, running, link, troubles)


def _farewell(end: "ConsoleEnd", running: Running, link: SocketLink, troubles: list[str]) -> int:
    """Says how the console ended and how the engine stands; returns the exit code."""
    from mmtui.console.options import EndReason  # noqa: PLC0415

    again = f"it goes on; `mmtui attach {running.id}` returns"
    standing = link.standing()
    code = int(ExitCode.CLEAN)
    if end.reason is EndReason.ENDED:
        text, code = f"{running.id} has ended: {printable(standing.ended)}", standing.end_code
    elif end.reason is EndReason.HANGUP:
        text, code = f"the terminal is gone; {again}", HUNG_UP
    elif end.reason is EndReason.CRASH:
        text, code = f"the console failed ({printable(end.message)}); {again}", int(ExitCode.CRASH)
    else:
        text = f"left {running.id}; {again}"
    with contextlib.suppress(OSError):  # the terminal may be gone
        for line in (*troubles, text):
            sys.stderr.write(f"mmtui: {line}\n")
    return code
