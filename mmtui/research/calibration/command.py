"""``mmtui calibrate`` and ``mmtui analyze``: recordings in, tables, JSON and a profile out."""

import argparse
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mmtui.domain.parameters import Settings, cross_problems
from mmtui.errors import ConfigError, ExitCode
from mmtui.research.calibration.fitting import Calibration, calibration
from mmtui.research.calibration.profile import Suggested, profile_text, suggested
from mmtui.research.calibration.sources import FILES_MAX, recordings
from mmtui.research.calibration.survey import Survey, survey, survey_lines
from mmtui.research.calibration.table import calibration_lines
from mmtui.research.calibration.watching import watch
from mmtui.runtime.config import load
from mmtui.runtime.config.writing import write_text
from mmtui.venues.exchange.markets.recording_rows import recorded_coins

SCHEMA = 1


def calibrate(args: argparse.Namespace) -> int:
    """Fits the models' priors to recordings; raises ConfigError for what cannot be read or may not be written."""
    target = _target(args)
    settings = _settings(args)
    found = recordings(args.files, getattr(args, "coin", None))
    watched = watch(found, settings)
    fitted = calibration(found, watched.observed, watched.live, settings)
    rows = suggested(fitted, settings)
    _refuse_contradictions(rows)
    if target is not None:
        write_text(target, profile_text(fitted, rows), force=getattr(args, "force", False))
    if getattr(args, "json", False):
        _tell_json(calibration_json(fitted, rows))
    else:
        _tell(calibration_lines(fitted, rows))
        if target is not None:
            _tell(["", f'{target} written; use it with: include = "{target.name}"'])
    return int(ExitCode.CLEAN)


def analyze(args: argparse.Namespace) -> int:
    """Tells what recordings hold, coin by coin."""
    paths, coin = args.files, getattr(args, "coin", None)
    surveys = [_survey(held, one) for one, held in _by_coin(paths, coin)]
    if getattr(args, "json", False):
        _tell_json({"schema": SCHEMA, "coins": [msgspec.to_builtins(found) for found in surveys]})
        return int(ExitCode.CLEAN)
    for place, found in enumerate(surveys):
        _tell([""] if place else [])
        _tell(survey_lines(found))
    return int(ExitCode.CLEAN)


def calibration_json(fitted: Calibration, rows: Sequence[Suggested]) -> dict[str, object]:
    """The whole calibration as plain values."""
    profile = {row.key: {"value": row.value, "why": row.why} for row in rows}
    plain: dict[str, object] = msgspec.to_builtins(fitted)
    strength = fitted.strength
    plain["strength"] = strength if strength is not None and strength < math.inf else None
    return {"schema": SCHEMA, **plain, "profile": profile}


def _survey(paths: Sequence[Path], coin: str) -> Survey:
    found = recordings(paths, coin)
    watched = watch(found, Settings.defaults(), feeds_panel=False)
    names = tuple(source.path.name for source in found.sources)
    return survey(names, watched.observed, watched.meter)


def _by_coin(paths: Sequence[Path], coin: str | None) -> list[tuple[str, list[Path]]]:
    """Each coin with the files that hold it; a coin asked for must be in all of them."""
    if len(paths) > FILES_MAX:
        raise ConfigError(f"{len(paths)} files are too many", remedy=f"give at most {FILES_MAX}")
    if coin is not None:
        return [(coin, list(paths))]
    held = {path: recorded_coins(path) for path in paths}
    names = sorted({name for found in held.values() for name in found})
    # The same file given twice is for the reading of it to refuse.
    return [(name, [path for path in paths if name in held[path]]) for name in names]


def _target(args: argparse.Namespace) -> Path | None:
    """Where the profile goes; refused before minutes of work when it may not be written."""
    target: Path | None = getattr(args, "output", None)
    if target is None:
        if getattr(args, "force", False):
            raise ConfigError("calibrate: --force without -o", remedy="give -o FILE with it")
        return None
    if not target.parent.is_dir():
        raise ConfigError(f"{target.parent} is no folder", remedy="give -o FILE in one that exists")
    if target.resolve() in {path.resolve() for path in args.files}:
        raise ConfigError(f"{target} is one of the recordings", remedy="give another FILE to -o")
    if target.exists() and not getattr(args, "force", False):
        raise ConfigError(f"{target} exists and is left as it is", remedy="give another FILE, or --force")
    return target


def _settings(args: argparse.Namespace) -> Settings:
    """Defaults, environment and --set: a configuration is not read, since it may include the very profile."""
    config = load(path=None, environment=os.environ, flags=args.flags, folder=Path.cwd(), reads_file=False)
    return config.settings


def _refuse_contradictions(rows: Sequence[Suggested]) -> None:
    """A profile that the program itself would refuse is never written."""
    values = {row.key: row.value for row in rows if row.value is not None}
    problems = cross_problems(Settings.defaults().with_values(values))
    if problems:
        key, refusal = problems[0]
        raise ConfigError(f"the fitted values contradict each other: {key} {refusal}", remedy="give longer recordings")


def _tell_json(value: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def _tell(lines: Iterable[str]) -> None:
    text: Iterator[str] = (line + "\n" for line in lines)
    sys.stdout.writelines(text)
