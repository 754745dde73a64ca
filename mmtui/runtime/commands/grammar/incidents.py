"""Subcommands about what happened: an incident bundle from the files, and playing one or a recording again."""

import argparse
from pathlib import Path

from mmtui.runtime.commands.grammar.flags import Command, add_settings, positive


def _add_bundle(target: argparse.ArgumentParser) -> None:
    target.add_argument("id", nargs="?", metavar="ID", help="a market as `mmtui ps` names it, where there are several")
    target.add_argument("--minutes", type=positive, metavar="M", help="how far back (15)")
    target.add_argument("--note", metavar="TEXT", help="what happened, in your words")
    target.add_argument("--log", type=Path, metavar="FILE", help="the run's log file (the one configured)")
    target.add_argument("--json", action="store_true", help="one JSON object")
    add_settings(target)


def _add_replay(target: argparse.ArgumentParser) -> None:
    target.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a bundle, or recordings of one market")
    target.add_argument("--simulate", action="store_true", help="let the engine trade the market anew")
    target.add_argument(
        "--balance", dest="balance_usd", type=positive, metavar="USD", help="what the account has (100000)"
    )
    target.add_argument("--no-ui", action="store_true", help="tell the figures instead of opening the console")
    target.add_argument("--json", action="store_true", help="without the console: one JSON object")
    add_settings(target)


COMMANDS: tuple[Command, ...] = (
    Command(
        "bundle",
        "mmtui.runtime.commands.bundling:bundle",
        "write an incident bundle from the files, engine or none",
        _add_bundle,
    ),
    Command(
        "replay",
        "mmtui.replay:replay",
        "look at a bundle or a recording again, in the console",
        _add_replay,
    ),
)
