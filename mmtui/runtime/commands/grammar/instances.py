"""Subcommands about running instances: list them, ask them."""

import argparse

from mmtui.runtime.commands.grammar.flags import Command, positive

VERBS = (
    "pause, resume, reduce-only, flatten, kill, stop, undo, cancel-side SIDE, set KEY=VALUE..., view, explain, "
    "preview KEY=VALUE..., rehearse KEY=VALUE..., flatten-cost, report, bundle"
)


def _add_ps(target: argparse.ArgumentParser) -> None:
    target.add_argument("--json", action="store_true", help="one JSON object")


def level(text: str) -> int:
    """A level of the ladder, from 0; raises what argparse wants."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no level: 0 is the closest")
    return int(text)


def _add_ctl(target: argparse.ArgumentParser) -> None:
    target.add_argument("words", nargs="+", metavar="[ID] VERB", help=f"an instance, unless one runs; then {VERBS}")
    target.add_argument("--json", action="store_true", help="the answer or the view as one JSON object")
    target.add_argument("--level", type=level, metavar="N", help="explain: only the levels of this number, from 0")
    target.add_argument("--side", choices=("buy", "sell", "bid", "ask"), help="explain: only this side")
    target.add_argument("--follow", action="store_true", help="view: go on, one object or line a picture")
    target.add_argument("--span", dest="span_s", type=positive, metavar="SECONDS", help="rehearse: how far back (300)")
    target.add_argument("--files", dest="to_files", action="store_true", help="report: write it to files too")
    target.add_argument("--note", metavar="TEXT", help="bundle: what happened, in a few words")
    target.add_argument("--rate", dest="rate_hz", type=positive, metavar="HZ", help="view --follow: up to 10 (1)")


def _add_attach(target: argparse.ArgumentParser) -> None:
    target.add_argument("instance", nargs="?", metavar="ID", help="the instance, or how its id begins; the only one")
    target.add_argument("--theme", metavar="NAME", help="colour theme")
    target.add_argument("--read-only", action="store_true", help="only look; never take control")


COMMANDS: tuple[Command, ...] = (
    Command("ps", "mmtui.runtime.commands.control:ps", "list running instances", _add_ps),
    Command("attach", "mmtui.attach:attach", "open a console on a running instance", _add_attach),
    Command("ctl", "mmtui.runtime.commands.control:ctl", "ask something of a running instance", _add_ctl),
)
