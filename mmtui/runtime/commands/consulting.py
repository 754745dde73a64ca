"""The verbs of ``ctl`` that have something worked out or written beside an engine: preview, rehearse, report, bundle.

Owns their arguments and how their findings are printed. What cannot be had is one line on stderr and exit code 1.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from mmtui.domain.consultations import (
    BundleWritten,
    Consultation,
    CostFlatten,
    Finding,
    FlattenCosted,
    Preview,
    Previewed,
    Rehearse,
    Rehearsed,
    Reported,
    Sketch,
    Unable,
    Working,
    WriteBundle,
    WriteReport,
)
from mmtui.domain.parameters import Refusal, Value, find
from mmtui.errors import ConfigError, ControlError, ExitCode
from mmtui.runtime.control.client import ControlClient, command_id
from mmtui.runtime.control.people import user_name
from mmtui.runtime.files import utc_text
from mmtui.runtime.logs.lines import printable

SCHEMA: Final = 1
PATIENCE_S: Final = 120.0
CONSULTS: Final = ("preview", "rehearse", "flatten-cost", "report", "bundle")
_EDITS: Final = ("preview", "rehearse")

Maker = Callable[[str], Consultation]


def maker(word: str, rest: Sequence[str], args: argparse.Namespace) -> Maker:
    """What makes the consultation of a verb; raises ConfigError."""
    if word in _EDITS:
        changes = _values(word, rest)
        span_s = getattr(args, "span_s", Rehearse(id="", changes={}).span_s)
        if word == "preview":
            return lambda made: Preview(id=made, changes=changes)
        return lambda made: Rehearse(id=made, changes=changes, span_s=span_s)
    if rest:
        raise ConfigError(f"ctl {word} takes nothing more, got {rest[0]!r}", remedy="see `mmtui ctl --help`")
    if word == "report":
        to_files = getattr(args, "to_files", False)
        return lambda made: WriteReport(id=made, to_files=to_files)
    if word == "bundle":
        note = getattr(args, "note", "")
        return lambda made: WriteBundle(id=made, note=note)
    return lambda made: CostFlatten(id=made)


def consult(path: Path, instance: str, word: str, make: Maker, *, as_json: bool) -> int:
    """Asks an instance and prints what came of it; raises ControlError where nothing did."""
    with ControlClient(path, name=user_name(), timeout_s=PATIENCE_S) as client:
        for finding in client.consult(make(command_id())):
            if isinstance(finding, Working):
                sys.stderr.write(f"{instance}: {printable(finding.text)}\n")
                continue
            if isinstance(finding, Unable):
                raise ControlError(f"{instance}: {word}: {printable(finding.text)}")
            _print(instance, word, finding, as_json=as_json)
            break
    return int(ExitCode.CLEAN)


def _print(instance: str, word: str, finding: Finding, *, as_json: bool) -> None:
    if as_json:
        said = {"schema": SCHEMA, "id": instance, "command": word, "finding": finding}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
        return
    for line in _lines(finding):
        sys.stdout.write(printable(line) + "\n")


def _values(word: str, pairs: Sequence[str]) -> dict[str, Value]:
    """Values by key, each checked against its parameter; raises ConfigError."""
    values: dict[str, Value] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        row = find(key.strip())
        if not equals or row is None:
            raise ConfigError(f"ctl {word}: {pair!r} is not KEY=VALUE", remedy="such as trading.risk_aversion=0.4")
        value = row.parse(text.strip())
        if isinstance(value, Refusal):
            raise ConfigError(f"ctl {word}: {row.key}: {value}", remedy="`mmtui generate-config -` lists the bounds")
        values[row.key] = value
    if not values:
        raise ConfigError(f"ctl {word}: nothing to try", remedy="give KEY=VALUE, such as trading.risk_aversion=0.4")
    return values


def _lines(finding: Finding) -> Iterator[str]:
    match finding:
        case Previewed():
            yield from _previewed(finding)
        case Rehearsed():
            yield f"from {utc_text(finding.from_at)} to {utc_text(finding.to_at)}"
            yield from _table(
                ("figure", "unit", "now", "then"),
                [(row.name, row.unit, _figure(row.now), _figure(row.then)) for row in finding.rows],
            )
            yield from _noted(finding.note)
        case FlattenCosted():
            cost = f"{finding.cost_usd:.2f} USD ({finding.cost_bps:.1f} bp)" if _is_costed(finding) else "not known"
            yield f"{finding.side} {_exact(finding.size)} at {_exact(finding.price)} or better, cost {cost}"
            yield from _noted(finding.note)
        case Reported():
            for section in finding.sections:
                yield section.title
                yield from _table(section.columns, section.rows)
                yield from _noted(section.note)
                yield ""
            yield from (f"written: {path}" for path in finding.paths)
        case BundleWritten():
            yield f"{finding.path}  {finding.size_bytes:,} bytes"
            yield from (f"missing: {what}" for what in finding.missing)


def _is_costed(finding: FlattenCosted) -> bool:
    return finding.cost_usd is not None and finding.cost_bps is not None


def _previewed(finding: Previewed) -> Iterator[str]:
    if finding.refusal:
        yield f"the engine would refuse it: {finding.refusal}"
    for name, sketch in (("now", finding.now), ("then", finding.then)):
        if sketch is not None:
            yield from _sketched(name, sketch)
    yield from _noted(finding.note)


def _sketched(name: str, sketch: Sketch) -> Iterator[str]:
    spread = f"{sketch.spread_bps:.2f} bp" if sketch.spread_bps is not None else "none"
    change = f"orders kept {sketch.kept}, cancelled {sketch.cancelled}, placed {sketch.placed}"
    yield f"{name}: spread {spread}, position limit {_exact(sketch.limit)}, {change}"
    for level in sketch.levels:
        price = _exact(level.price) if level.price is not None else f"none: {level.absent_because}"
        yield f"  {level.side:<5} {level.level:>2}  {_exact(level.size):<10} {price}"
    yield from _noted(sketch.note)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (columns, *rows)) for place in range(len(columns))]
    for row in (columns, *rows) if any(columns) else rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _exact(value: float) -> str:
    """A price or a size with all its digits, as none of them may be rounded away."""
    return f"{value:.12g}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"


def _noted(note: str) -> Iterator[str]:
    if note:
        yield f"  {note}"
