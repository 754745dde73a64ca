"""``mmtui replay``: a film in the console. Puts the console, the film and the command together, as attach does."""

import argparse
import os
import sys

from mmtui.console.app import EndReason, run_console
from mmtui.console.options import console_options
from mmtui.console.terminal.device import can_draw
from mmtui.research.replaying import command
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.control.people import user_name
from mmtui.runtime.replay.film import Film
from mmtui.runtime.replay.link import ReplayLink
from mmtui.runtime.replay.player import FilmPlayer
from mmtui.runtime.state import state_folder


def replay(args: argparse.Namespace) -> int:
    """On the terminal where there is one that can show it, as figures otherwise."""
    has_screen = sys.stdout.isatty() and can_draw(os.environ) and not getattr(args, "no_ui", False)
    return command.replay(args, _show if has_screen else None)


async def _show(film: Film, player: FilmPlayer, config: LoadedConfig) -> str:
    options = console_options(config.settings, os.environ, name=user_name(), state=state_folder(os.environ))
    end = await run_console(ReplayLink(film, player), options, clock=player.at, seconds=work_seconds)
    return end.message if end.reason is EndReason.CRASH else ""
