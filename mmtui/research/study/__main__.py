"""``python -m mmtui.research.study``: strategies on recordings, or side by side over seeds.

Owns its command line and what is told on the way. Ends with 1 when a session shows a fault, and then renews no page.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError, ExitCode, MmtuiError
from mmtui.research.calibration.arrivals import arrivals
from mmtui.research.calibration.observed import Observed
from mmtui.research.calibration.sources import recordings
from mmtui.research.calibration.watching import watch
from mmtui.research.study import charts, page
from mmtui.research.study.contenders import common_settings, contenders
from mmtui.research.study.recorded import Play, Played, run_play
from mmtui.research.study.trial import Task, Trial
from mmtui.research.study.trials import is_same, keep, known, run_trials, tasks


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    args = _parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except MmtuiError as error:
        _tell(f"study: {error}")
        return int(error.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mmtui.research.study", description=__doc__)
    kinds = parser.add_subparsers(required=True)
    played = kinds.add_parser("recordings", help="every strategy on every recording")
    played.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, one coin each")
    played.add_argument("--images", type=Path, metavar="DIR", help="write charts as SVG files")
    played.set_defaults(run=_recordings)
    compared = kinds.add_parser("compare", help="every strategy on the same seeds of the synthetic market")
    compared.add_argument("--coin", default="BTC", help="whose preset (BTC)")
    compared.add_argument("--seeds", default="1:21", metavar="A:B", help="from A up to, not with, B (1:21)")
    compared.add_argument("--hours", type=float, default=1.0, metavar="H", help="simulated hours a seed (1)")
    compared.add_argument("--image", type=Path, metavar="FILE", help="write the markouts as an SVG file")
    compared.set_defaults(run=_compare)
    for kind in (played, compared):
        kind.add_argument("--strategies", default="all", metavar="A,B", help="some of them (all)")
        kind.add_argument("--set", dest="common", action="append", default=[], metavar="KEY=VALUE", help="for all")
        kind.add_argument("-j", "--jobs", type=int, default=1, metavar="N", help="processes (1)")
        kind.add_argument(
            "--keep", type=Path, metavar="FILE", help="sessions that ended; what is in it is not repeated"
        )
        kind.add_argument("--page", type=Path, metavar="FILE", help="renew the tables between the page's marks")
    return parser


def _recordings(args: argparse.Namespace) -> ExitCode:
    names, common = contenders(args.strategies), common_settings(args.common)
    observed = {_name(path): _watched(path) for path in args.files}
    todo = [Play(name, path, _span_s(observed[_name(path)]), common) for path in args.files for name in names]
    done = known(args.keep, Played) if args.keep else []
    done += _played([play for play in todo if not any(_is_same(play, one) for one in done)], args)
    wanted = [one for one in done if any(_is_same(play, one) for play in todo)]
    faults = [f"{one.name}, {one.contender}: {fault}" for one in wanted for fault in one.faults]
    for fault in faults:
        _tell(f"FAULT {fault}")
    if faults:
        return ExitCode.CRASH
    _publish(args.page, page.parts_of_plays(wanted))
    if args.images:
        fitted = {name: arrivals(one, Settings.defaults()) for name, one in observed.items()}
        page.write_images(args.images, page.images_of_plays(wanted, fitted))
    return ExitCode.CLEAN


def _compare(args: argparse.Namespace) -> ExitCode:
    todo = tasks(
        contenders(args.strategies),
        _seeds(args.seeds),
        args.coin,
        hours=args.hours,
        common=common_settings(args.common),
    )
    done = known(args.keep, Trial) if args.keep else []
    missing: list[Task] = [task for task in todo if not any(is_same(task, trial) for trial in done)]
    done += run_trials(missing, processes=args.jobs, seen=lambda trial: _ended(args.keep, trial))
    wanted = [trial for trial in done if any(is_same(task, trial) for task in todo)]
    _publish(args.page, page.parts_of_trials(wanted))
    if args.image:
        args.image.write_bytes(charts.standings(page.compared(wanted)[0]))
    return ExitCode.CLEAN


def _played(todo: Sequence[Play], args: argparse.Namespace) -> list[Played]:
    seen: Callable[[Played], None] = lambda one: _ended(args.keep, one)  # noqa: E731 - handed on as it is
    found = []
    if args.jobs <= 1:
        for play in todo:
            found.append(run_play(play))
            seen(found[-1])
        return found
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        for one in pool.imap(run_play, todo):
            found.append(one)
            seen(one)
    return found


def _ended(path: Path | None, one: Played | Trial) -> None:
    where = one.name if isinstance(one, Played) else f"seed {one.seed}"
    _tell(f"{where}, {one.contender}: {one.fills} fills, {one.pnl.total / 1e6:+.2f} USD")
    if path is not None:
        keep(path, one)


def _publish(target: Path | None, parts: dict[str, list[str]]) -> None:
    if target is not None:
        page.renew(target, parts)
        return
    for name, lines in parts.items():
        _tell("\n".join((f"\n## {name}\n", *lines)))


def _watched(path: Path) -> Observed:
    return watch(recordings([path]), Settings.defaults(), feeds_panel=False).observed


def _span_s(observed: Observed) -> float:
    return observed.span.last - observed.span.first


def _name(path: Path) -> str:
    return path.name.removesuffix(".jsonl.gz")


def _is_same(play: Play, one: Played) -> bool:
    return (play.contender, _name(play.path), play.common) == (one.contender, one.name, one.common)


def _seeds(text: str) -> range:
    low, _, high = text.partition(":")
    if not (low.isdecimal() and high.isdecimal() and int(low) < int(high)):
        raise ConfigError(f"--seeds {text} is no range", remedy="give A:B, such as 1:21")
    return range(int(low), int(high))


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
