"""Studies as SVG images. Owns how a chart looks; draws what it is given, thinned so that a file stays small."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mmtui.errors import ConfigError
from mmtui.research.calibration.goodness import Survival
from mmtui.research.study.recorded import Played
from mmtui.research.study.side_by_side import Standing

Points: TypeAlias = Sequence[tuple[float, float]]

POINTS_MAX = 90
WIDTH, HEIGHT = 760, 380
FINE_DECADES = 2
THOUSAND = 999.5
BIN_S = 30.0
COLOURS = ("#1f6fb4", "#d1495b", "#2e8b57", "#e08e0b", "#7b4fa3", "#5b6770")


def draw(title: str, series: Mapping[str, Points], *, x_title: str, y_title: str, is_log: bool = False) -> bytes:
    """An SVG of lines; raises ConfigError where the library that draws is not installed."""
    try:
        import pygal  # noqa: PLC0415 - an extra that only reports need
        from pygal.style import Style  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("charts need pygal", remedy="pip install 'mmtui[report]'") from error
    style = Style(background="white", plot_background="white", colors=COLOURS, font_family="sans-serif")
    shown = {name: thinned([(x, math.log10(y)) for x, y in at] if is_log else at) for name, at in series.items()}
    chart = pygal.XY(
        js=[],
        no_prefix=True,
        style=style,
        width=WIDTH,
        height=HEIGHT,
        title=title,
        x_title=x_title,
        y_title=y_title,
        show_dots=False,
        stroke_style={"width": 2},
        x_value_formatter=_plain,
        value_formatter=_power if is_log else _plain,
    )
    if is_log:
        chart.y_labels = decades([y for points in shown.values() for _, y in points])
    for name, points in shown.items():
        chart.add(name, [(round(x, 3), float(f"{y:.5g}")) for x, y in points])
    drawn: bytes = chart.render()
    return without_scripts(drawn)


def decades(logs: Sequence[float]) -> list[float]:
    """Labels of a logarithmic axis: 1, 2 and 5 of each power of ten among the values, or only its powers."""
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    steps = (1.0, 2.0, 5.0) if high - low <= FINE_DECADES else (1.0,)
    labels = [power + math.log10(step) for power in range(low, high + 1) for step in steps]
    below = max((label for label in labels if label <= min(logs)), default=labels[0])
    above = min((label for label in labels if label >= max(logs)), default=labels[-1])
    return [label for label in labels if below <= label <= above]


def thinned(points: Points) -> list[tuple[float, float]]:
    """At most ``POINTS_MAX`` of the points, evenly chosen, the last one always."""
    step = max(1, math.ceil(len(points) / POINTS_MAX))
    chosen = list(points[::step])
    return chosen if not points or chosen[-1] == points[-1] else [*chosen, points[-1]]


def without_scripts(svg: bytes) -> bytes:
    """The image without scripts, which a picture in a page has no use for."""
    while (start := svg.find(b"<script")) >= 0:
        end = svg.index(b"</script>", start) + len(b"</script>")
        svg = svg[:start] + svg[end:]
    return svg


def reach(name: str, rows: Sequence[Survival]) -> bytes:
    """What share of aggressive orders went beyond a depth, and the fitted exponential law."""
    seen = [(row.depth_bps, row.seen) for row in rows if row.seen > 0.0]
    least = min(share for _, share in seen) / 3.0
    law = [(row.depth_bps, row.law) for row in rows if row.law > least]
    title = f"{name}: share of orders that reach beyond a depth"
    return draw(title, {"seen": seen, "exponential": law}, x_title="bps beyond the floor", y_title="share", is_log=True)


def sigma(plays: Sequence[Played]) -> bytes:
    """Volatility over time, one line a recording."""
    lines = {play.coin: [(one.at_s / 60.0, one.sigma * 1e4) for one in play.moments] for play in plays}
    return draw("Sigma as quoted from", lines, x_title="minutes", y_title="bp per root second", is_log=True)


def kappa(plays: Sequence[Played]) -> bytes:
    """Posterior means of kappa over time, the mean of both sides, one line a recording."""
    lines = {
        play.coin: [(one.at_s / 60.0, (one.kappa_bid + one.kappa_ask) / 2.0) for one in play.moments] for play in plays
    }
    return draw("Kappa, posterior mean of both sides", lines, x_title="minutes", y_title="1/fraction", is_log=True)


def spreads(play: Played) -> bytes:
    """Quoted against market spread over time, medians of half a minute."""
    quoted = medians([(one.at_s, one.quoted_bps) for one in play.moments if one.quoted_bps])
    market = medians([(one.at_s, one.market_bps) for one in play.moments if one.market_bps])
    title = f"{play.coin}, {play.contender}: quoted and market spread"
    return draw(title, {"quoted": quoted, "market": market}, x_title="minutes", y_title="bps", is_log=True)


def medians(points: Points) -> list[tuple[float, float]]:
    """The median of each half-minute, against minutes."""
    found: dict[int, list[float]] = {}
    for at_s, value in points:
        found.setdefault(int(at_s // BIN_S), []).append(value)
    return [((number + 0.5) * BIN_S / 60.0, statistics.median(values)) for number, values in found.items()]


def inventory(plays: Sequence[Played]) -> bytes:
    """Inventory over time, one line a contender."""
    lines = {play.contender: [(one.at_s / 60.0, 100.0 * one.inventory) for one in play.moments] for play in plays}
    return draw(f"{plays[0].coin}: inventory", lines, x_title="minutes", y_title="% of the limit")


def causes(play: Played) -> bytes:
    """P&L by cause over time."""
    names = {"total": "total", "spread": "spread_capture", "adverse": "adverse", "inventory": "inventory_usd"}
    lines = {
        name: [(one.at_s / 60.0, float(getattr(one, field))) for one in play.moments]
        for name, field in {**names, "fees": "fees"}.items()
    }
    return draw(f"{play.coin}, {play.contender}: P&L by cause", lines, x_title="minutes", y_title="USD")


def markouts(plays: Sequence[Played]) -> bytes:
    """What fills were worth some time later, one line a contender."""
    lines = {
        play.contender: [(0.0, play.worths[0].edge_bps), *((one.horizon_s, one.markout_bps) for one in play.worths)]
        for play in plays
        if play.worths
    }
    return draw(f"{plays[0].coin}: mean markout of own fills", lines, x_title="s after the fill", y_title="bps")


def standings(rows: Sequence[Standing]) -> bytes:
    """What fills are worth later, by contender, over all seeds."""
    lines = {row.contender: [(horizon, one.value) for horizon, one in row.markouts.items()] for row in rows}
    return draw("Synthetic market: mean markout of own fills", lines, x_title="s after the fill", y_title="bps")


def _plain(value: float) -> str:
    return f"{value:g}"


def _power(value: float) -> str:
    power = 10.0**value
    return f"{power:,.0f}" if power >= THOUSAND else f"{power:.3g}"
