"""Subcommands that run something: an engine, the local exchange."""

import argparse

from mmtui.runtime.commands.grammar.flags import Command, add_run, add_settings, count, positive


def _add_run_command(target: argparse.ArgumentParser) -> None:
    add_settings(target)
    add_run(target)


def _add_exchange(target: argparse.ArgumentParser) -> None:
    target.add_argument("--port", type=count, metavar="PORT", help="where to listen on this machine (3001)")
    target.add_argument("--market", action="append", metavar="synthetic|FILE", help="a market; may be repeated")
    target.add_argument("--speed", type=positive, metavar="K", help="compress the market in time")
    target.add_argument("--seed", type=count, metavar="N", help="seed of the synthetic market")
    target.add_argument("--balance", dest="balance_usd", type=positive, metavar="USD", help="credit of each address")
    target.add_argument("--at-end", choices=("hold", "loop", "exit"), help="when a recording ends (hold)")


def _add_nothing(_: argparse.ArgumentParser) -> None:
    """Everything the guard needs comes through its pipe."""


COMMANDS: tuple[Command, ...] = (
    Command("run", "mmtui.cli:run", "trade, with the console or without it", _add_run_command),
    Command("demo", "mmtui.cli:demo", "trade on an embedded exchange: no key, no network", _add_run_command),
    Command("exchange", "mmtui.runtime.commands.exchange:exchange", "serve the local exchange", _add_exchange),
    Command("guard", "mmtui.runtime.guard.process:guard", "guard a running engine", _add_nothing, is_hidden=True),
)
