"""A calibration for people: tables of at most 80 columns.

Owns nothing but the layout.
"""

import textwrap
from collections.abc import Iterator

from mmtui.research.calibration.figures import figure
from mmtui.research.calibration.findings import Finding
from mmtui.research.calibration.fitting import Calibration
from mmtui.research.calibration.profile import Suggested
from mmtui.runtime.files import utc_text
from mmtui.runtime.logs.lines import printable

WIDTH = 80
INDENT = 18
DEPTHS_SHOWN = 10


def calibration_lines(calibration: Calibration, rows: tuple[Suggested, ...]) -> Iterator[str]:
    """Every line of the report."""
    files = f"{len(calibration.files)} files" if len(calibration.files) > 1 else printable(calibration.files[0])
    yield _cut(f"{calibration.coin}  {files}")
    minutes = calibration.watched_s / 60.0
    yield f"{utc_text(calibration.first)} to {utc_text(calibration.last)}, {minutes:.1f} min watched"
    yield ""
    yield f"{'':<16}{'estimate':>9} {'unit':<8}{'95 % interval':^20}{'n':>6} fit"
    last = ""
    for finding in calibration.findings:
        yield _cut(_finding(finding))
        if finding.words and finding.words != last:
            yield _cut(f"{'':<{INDENT}}{finding.words}")
        last = finding.words
    yield from _survival(calibration)
    yield from _depths(calibration)
    yield from _live(calibration)
    yield from _profile(rows)


def _finding(finding: Finding) -> str:
    value = "-" if finding.value is None else figure(finding.value)
    between = f"{figure(finding.interval.low)} to {figure(finding.interval.high)}" if finding.interval else "-"
    return f"{finding.name:<16}{value:>9} {finding.unit:<8}{between:^20}{finding.n:>6} {finding.fit}".rstrip()


def _survival(calibration: Calibration) -> Iterator[str]:
    if not calibration.survival:
        return
    yield ""
    yield f"Orders that went beyond the touch ({calibration.touch_bps:.2g} bp) by more than, and what the law says"
    yield f"{'bp':<8}" + "".join(f"{row.depth_bps:>7g}" for row in calibration.survival[:10])
    yield f"{'seen':<8}" + "".join(f"{row.seen:>7.1%}" for row in calibration.survival[:10])
    yield f"{'law':<8}" + "".join(f"{row.law:>7.1%}" for row in calibration.survival[:10])


def _depths(calibration: Calibration) -> Iterator[str]:
    bins = calibration.depth_costs[:DEPTHS_SHOWN]
    if len(bins) < 2:
        return
    yield ""
    yield "What a quote so far from the mid would have paid for its fills, by the tape"
    yield f"{'bp':<8}" + "".join(f"{one.depth_bps:>7g}" for one in bins)
    yield f"{'cost bp':<8}" + "".join(f"{one.cost_bps:>7.2f}" for one in bins)
    yield f"{'orders':<8}" + "".join(f"{one.weight:>7g}" for one in bins)


def _live(calibration: Calibration) -> Iterator[str]:
    if not calibration.live:
        return
    warm = "never" if calibration.warm_after_s is None else f"after {calibration.warm_after_s:.0f} s"
    yield ""
    yield f"What the live estimators said meanwhile, once a second; warm {warm}"
    yield f"{'':<16}{'5 %':>10}{'median':>10}{'95 %':>10} {'unit':<10}{'at a bound':>11}{'prior':>7}"
    for row in calibration.live:
        figures = f"{figure(row.low):>10}{figure(row.median):>10}{figure(row.high):>10} {row.unit:<10}"
        yield f"{row.name:<16}{figures}{row.clamped:>11.0%}{row.prior:>7.0%}"


def _profile(rows: tuple[Suggested, ...]) -> Iterator[str]:
    yield ""
    yield "Profile"
    for row in rows:
        value = "kept" if row.value is None else figure(row.value)
        yield f"{row.key:<36}{value:>10}"
        yield from textwrap.wrap(row.why, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 2] + ".."
