"""Subcommands about one account: what it holds, and the emergency verbs that need no running engine."""

import argparse

from mmtui.runtime.commands.grammar.flags import Command, add_settings, positive


def _add_status(target: argparse.ArgumentParser) -> None:
    add_settings(target)
    target.add_argument("--json", action="store_true", help="one JSON object")
    target.add_argument("--follow", action="store_true", help="the running engine instead: go on, a line an event")
    target.add_argument("--rate", dest="rate_hz", type=positive, metavar="HZ", help="--follow: up to 10 a second (1)")


def _add_cancel_all(target: argparse.ArgumentParser) -> None:
    add_settings(target)
    which = target.add_mutually_exclusive_group()
    which.add_argument("--own", action="store_true", help="orders of this program, the default")
    which.add_argument("--all", action="store_true", help="every order on the dex, whoever placed it")


def _add_flatten(target: argparse.ArgumentParser) -> None:
    add_settings(target)
    target.add_argument("--preview", action="store_true", help="show what would be sent and send nothing")
    target.add_argument("--yes", dest="assume_yes", action="store_true", help="do not ask")


def _add_resume(target: argparse.ArgumentParser) -> None:
    add_settings(target)
    target.add_argument(
        "--reason",
        metavar="TEXT",
        help="why trading may go on, kept in the history; asked for on a terminal",
    )
    target.add_argument(
        "--rebuild",
        action="store_true",
        help="set a journal that cannot be used aside and start the next run from what the exchange states",
    )


COMMANDS: tuple[Command, ...] = (
    Command("status", "mmtui.runtime.commands.account:status", "show account, position and orders", _add_status),
    Command("cancel-all", "mmtui.runtime.commands.account:cancel_all", "cancel resting orders", _add_cancel_all),
    Command("flatten", "mmtui.runtime.commands.account:flatten", "close the position", _add_flatten),
    Command("resume", "mmtui.runtime.commands.resuming:resume", "clear a latched kill", _add_resume),
    Command("kill", "mmtui.runtime.commands.killing:kill", "stop trading and latch it", add_settings),
)
