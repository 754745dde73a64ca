"""The page of what was measured in full against known truth."""

import math
import platform

import numpy as np

from mmtui.research import chain
from tests.checks import preset
from tests.truth.bands import FIRST_SEED, Finding, K, findings
from tests.truth.components import COMPONENTS
from tests.truth.experiments import EXPERIMENTS
from tests.truth.processes import PROCESSES
from tests.truth.strategies import DEALERS, PUBLISHED_HOURS, PUBLISHED_WEIGHTS, WEIGHTS, hour, weighted_pnl

PATHS, PATHS_SHORT = 50_000, 10_000
HOURS, HOURS_SHORT = 20_000, 5000

TITLE = """# Simulated truth

Markets whose parameters are known, and what the program finds in them. Every row is a published or independently
computed figure beside ours. The estimators of the first table are fed end to end: trades, touches and own fills go
through the same panel that quotes live, and the number is the one it publishes; those marked `*` work on returns or
intervals and are fed those.

`make truth` measures all of it in full and writes this page; `make test` plays the same markets with fewer runs."""

ESTIMATORS = f"""## Estimators

Estimate over truth (adverse selection in bps). A row holds when the mean of the runs is within {K:g} standard errors
of the published mean, and the deviation between runs is no larger than published by more than {K:g} of its own. For
kappa from trades, A, jumps and the informed share "published" is what theory gives for their priors, their
forgetting, and the drawing of each side to both."""

DEALERS_TEXT = """## The dealers of Avellaneda and Stoikov

Profit with its deviation and the deviation of the final position: the article's 1000 paths, ours with as many, and
many more beside 200,000 of another program. gamma 0.5 is not in the article."""

HOURS_TEXT = """## An hour of a dealer in the preset market

Exact figures need no simulation: `mmtui/research/chain.py` has them, and `docs/check-values.md` lists them. Here
event-driven hours that start flat, beside the exact mean of such an hour and 20,000 hours of another program, in
USD."""

WEIGHTS_TEXT = """## How much of the adverse move to charge

Mean P&L of an hour in USD, exact, by the weight of the expected move in the quotes, beside simulations of another
program (standard error up to 0.10). Where orders move the mid whether or not they reach us, the full move is best,
and that is the default of `as_weight`; where only own fills move it, half of it."""


def truth_page(*, is_full: bool) -> tuple[str, bool]:
    """The page, and whether every row of it holds; in short with the runs of the tests."""
    found = [
        finding
        for experiment in (*EXPERIMENTS, *COMPONENTS, *PROCESSES)
        for finding in findings(experiment, is_full=True)
    ]
    parts = [
        TITLE,
        f"Recorded {'in full' if is_full else 'with the runs of `make test`'}, with Python "
        f"{platform.python_version()}, numpy {np.__version__}; seeds from {FIRST_SEED} on.",
        ESTIMATORS,
        _estimators(found),
        DEALERS_TEXT,
        _dealers(PATHS if is_full else PATHS_SHORT),
        HOURS_TEXT,
        _hours(HOURS if is_full else HOURS_SHORT),
        WEIGHTS_TEXT,
        _weights(),
    ]
    return "\n\n".join(parts) + "\n", all(finding.holds for finding in found)


def _estimators(found: list[Finding]) -> str:
    lines = ["| what | from | published | ours | runs | |", "| --- | --- | ---: | ---: | ---: | --- |"]
    components = {band.what for experiment in COMPONENTS for band in experiment.bands}
    notes: list[str] = []
    for one in found:
        band = one.band
        star = " `*`" if band.what in components else ""
        published, ours = f"{band.mean:.3f} ± {band.sd:.3f}", f"{one.mean:.3f} ± {one.sd:.3f}"
        if band.quantile is not None:
            published, ours = f"{published}, 99 % {band.quantile:.2f}", f"{ours}, 99 % {one.quantile:.2f}"
        verdict = "holds" if one.holds else "does not hold"
        lines.append(f"| {band.what}{star} | {one.size} | {published} | {ours} | {one.runs} | {verdict} |")
        if band.why and band.why not in notes:
            notes.append(band.why)
    return "\n".join([*lines, *(f"\n{note}" for note in notes)])


def _dealers(paths: int) -> str:
    lines = [
        f"| dealer | article | ours, 1000 paths | another program | ours, {paths:,} paths |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for dealer in DEALERS:
        few, many = dealer.play(0, 1000), dealer.play(1, paths)
        paper = dealer.paper
        cells = [
            f"{paper.profit} ± {paper.profit_sd}, {paper.position_sd}" if paper is not None else "",
            f"{few.profit:.1f} ± {few.profit_sd:.1f}, {few.position_sd:.1f}",
            "{:.2f} ± {:.2f}, {:.2f}".format(*dealer.measured),
            f"{many.profit:.2f} ± {many.profit_sd:.2f}, {many.position_sd:.2f}",
        ]
        lines.append(f"| {dealer.name}, spread {few.spread:.3f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _hours(hours: int) -> str:
    lines = [
        f"| quotes | another program | exact | ours, {hours:,} hours | lots, deviation | fills |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, (policy, mean, sd) in PUBLISHED_HOURS.items():
        quotes = policy()
        found = hour(7, quotes, hours)
        exact = chain.expected_pnl(quotes, preset.MARKET, fee=preset.FEE, lot_usd=preset.LOT_USD)
        cells = (
            f"{mean:.2f} ± {sd:.2f}",
            f"{exact:.2f}",
            f"{found.mean:.2f} ± {found.sd:.2f}",
            f"{math.sqrt(found.squares.mean()):.3f}",
            f"{found.fills.mean():.1f}",
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _weights() -> str:
    lines = [f"| orders | {' | '.join(f'{weight:g}' for weight in WEIGHTS)} |", f"| --- |{' ---: |' * len(WEIGHTS)}"]
    for (informed, moved_by_fills), published in PUBLISHED_WEIGHTS.items():
        world = "own fills move the mid" if moved_by_fills else "orders move the mid"
        ours = [f"{weighted_pnl(informed, weight, moved_by_fills=moved_by_fills):.2f}" for weight in WEIGHTS]
        lines.append(f"| {informed:.0%} informed, {world}: ours | {' | '.join(ours)} |")
        lines.append(f"| another program | {' | '.join(f'{value:.2f}' for value in published)} |")
    return "\n".join(lines)
