"""Subcommands that look at the program itself, and at recorded markets: drills, simulations, fits."""

import argparse
from pathlib import Path

from mmtui.runtime.commands.grammar.flags import Command, count, positive, several


def _add_drill(target: argparse.ArgumentParser) -> None:
    target.add_argument("name", nargs="?", metavar="NAME", help="one drill; without it, and without seeds, all of them")
    target.add_argument("--list", action="store_true", help="name the drills and the profiles, and exit")
    target.add_argument("--seed", type=count, metavar="N", help="play one seed")
    target.add_argument("--seeds", metavar="A:B", help="play the seeds from A up to, not with, B")
    target.add_argument("--profile", metavar="P", help="which kinds of faults (hostile); all deals them out in turn")
    target.add_argument("--hours", type=positive, metavar="H", help="simulated hours of faults a seed (0.5)")
    target.add_argument("--intensity", type=positive, metavar="X", help="how often faults strike, times the usual (1)")
    target.add_argument("--pace", choices=("coarse", "sparse", "live"), help="how finely time is cut (sparse)")
    target.add_argument("-j", "--jobs", dest="jobs", type=several, metavar="N", help="processes for many seeds (1)")
    target.add_argument("--json", dest="as_json", metavar="FILE", help="write the sum over the seeds to a file")
    target.add_argument("--complete", action="store_true", help="fail unless every fault, mode and rule was seen")


def _add_recordings(target: argparse.ArgumentParser) -> None:
    target.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings of one coin, in any order")
    target.add_argument("--coin", metavar="NAME", help="which coin, where several are recorded")
    target.add_argument("--json", action="store_true", help="one JSON object")


def _add_calibrate(target: argparse.ArgumentParser) -> None:
    _add_recordings(target)
    target.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a profile for a configuration")
    target.add_argument("--force", action="store_true", help="write over an existing profile")
    target.add_argument("--set", action="append", metavar="KEY=VALUE", help="fit with another setting of estimators")


COMMANDS: tuple[Command, ...] = (
    Command("drill", "mmtui.research.drill.command:drill", "rehearse faults and score the engine", _add_drill),
    Command(
        "calibrate",
        "mmtui.research.calibration.command:calibrate",
        "fit the models' priors to recordings",
        _add_calibrate,
    ),
    Command("analyze", "mmtui.research.calibration.command:analyze", "tell what recordings hold", _add_recordings),
)
