"""The generated parts of a page, between marks, and the images beside it.

Owns which tables and images a study makes. A page keeps what people wrote round the marks; a part without marks
on the page is left out, so that the page decides what it shows.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmtui.errors import ConfigError
from mmtui.research.calibration.arrivals import Arrivals
from mmtui.research.study import charts, tables
from mmtui.research.study.contenders import CONSISTENT, CONTENDERS, LITERAL
from mmtui.research.study.recorded import Played
from mmtui.research.study.side_by_side import (
    SEEDS_MIN,
    Difference,
    Standing,
    Trials,
    by_contender,
    difference,
    standing,
)

SHOWN = "glft"
LONG_S = 1_200.0


def parts_of_plays(plays: Sequence[Played]) -> dict[str, list[str]]:
    """Tables by name: those of each recording, and one row for each play that is short or has settings of its own."""
    parts: dict[str, list[str]] = {}
    for name, found in by_recording(plays).items():
        shown = next((play for play in found if play.contender == SHOWN), found[0])
        parts[f"recording {name}"] = [
            *facts(shown),
            "",
            *tables.estimates(shown),
            "",
            *tables.quoting(found),
            "",
            *tables.attribution(found),
            "",
            *tables.clamps(found),
        ]
    others = [play for play in plays if play.span_s < LONG_S or play.common]
    if others:
        parts["other recordings"] = tables.brief(by_recording(others))
    return parts


def facts(play: Played) -> list[str]:
    """What holds for every contender on a recording."""
    warm = "never" if play.warm_after_s is None else f"after {play.warm_after_s:.0f} s"
    median, high = play.market_bps
    return [
        f"{play.coin}, {play.span_s / 60.0:.1f} min. Warm {warm}. Market spread {median:.2f} bps in the median,"
        f" {high:.2f} at the 95th percentile. Estimates are those of the `{play.contender}` session."
    ]


def parts_of_trials(trials: Trials) -> dict[str, list[str]]:
    """Tables by name; raises ConfigError where too few seeds were played by all."""
    rows, pairs = compared(trials)
    one = trials[0]
    head = f"{rows[0].seeds} seeds of the synthetic {one.coin} market, {one.hours:g} h each, for every strategy."
    return {"standings": [head, "", *tables.standings(rows)], "differences": tables.differences(pairs)}


def compared(trials: Trials) -> tuple[list[Standing], list[Difference]]:
    """Standings of all, and the consistent modes against the literal one."""
    found = by_contender(trials)
    if not found or len(next(iter(found.values()))) < SEEDS_MIN:
        raise ConfigError("too few seeds were played by every strategy", remedy=f"play at least {SEEDS_MIN}")
    rows = [standing(name, found[name]) for name in CONTENDERS if name in found]
    pairs = [
        difference(name, found[name], LITERAL, found[LITERAL])
        for name in CONSISTENT
        if name in found and LITERAL in found
    ]
    return rows, pairs


def by_recording(plays: Sequence[Played]) -> dict[str, list[Played]]:
    """Plays of each recording in the order of the contenders; those with settings of their own stand apart."""
    order = list(CONTENDERS)
    found: dict[str, list[Played]] = {}
    for play in sorted(plays, key=lambda play: (play.name, order.index(play.contender))):
        changed = "".join(f", {key.rpartition('.')[2]} = {value}" for key, value in play.common.items())
        found.setdefault(play.name + changed, []).append(play)
    return found


def images_of_plays(plays: Sequence[Played], arrivals: Mapping[str, Arrivals]) -> dict[str, bytes]:
    """Images by name of the recordings long enough to show a course; ``arrivals`` by a recording's name."""
    long = [play for play in plays if play.span_s >= LONG_S and not play.common]
    groups = by_recording(long)
    shown = [next(play for play in group if play.contender == SHOWN) for group in groups.values()]
    images = {"sigma": charts.sigma(shown), "kappa": charts.kappa(shown)} if shown else {}
    for name, group in groups.items():
        coin = group[0].coin.lower()
        one = next(play for play in group if play.contender == SHOWN)
        images[f"spreads-{coin}"] = charts.spreads(one)
        images[f"causes-{coin}"] = charts.causes(one)
        images[f"markouts-{coin}"] = charts.markouts(group)
        if arrivals[name].survival:
            images[f"reach-{coin}"] = charts.reach(group[0].coin, arrivals[name].survival)
    if groups:
        images["inventory"] = charts.inventory(
            max(groups.values(), key=lambda group: max(play.fills for play in group))
        )
    return images


def write_images(folder: Path, images: Mapping[str, bytes]) -> None:
    """Writes each image as a file of the folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in images.items():
        (folder / f"{name}.svg").write_bytes(svg)


def renew(page: Path, parts: Mapping[str, Sequence[str]]) -> None:
    """Replaces what stands between the marks of each part; raises ConfigError for a page that has none of them."""
    text = page.read_text(encoding="utf-8")
    renewed = 0
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        body = "\n".join((begin, *lines, end))
        renewed += len(pattern.findall(text))
        text = pattern.sub(body.replace("\\", r"\\"), text)
    if not renewed:
        raise ConfigError(f"{page} has no mark of {', '.join(parts)}", remedy="put `<!-- NAME -->` marks where it goes")
    page.write_text(text, encoding="utf-8")
