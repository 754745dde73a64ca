"""Studies as Markdown tables. Owns how numbers are written; computes nothing but shares of sums."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mmtui.research.study.after_fills import Worth
from mmtui.research.study.clamps import ESTIMATES, TERMS
from mmtui.research.study.ranges import Range
from mmtui.research.study.recorded import Played
from mmtui.research.study.side_by_side import Difference, Interval, Standing

SHOWN_RANGES = ("sigma", "kappa_bid", "kappa_ask", "A_bid", "A_ask", "jump_ratio", "adverse_bid_bps", "adverse_ask_bps")
SCALES = {"sigma": (1e4, "bp/√s")}
SHOWN_HORIZONS_S = (1.0, 5.0, 60.0)
NONE = "–"
LEAST_SHARE = 0.0005
FILLS_MIN = 5


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; the first column is text, the others numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def estimates(played: Played) -> list[str]:
    """Where the estimates of one play ended and ranged."""
    named = {one.name: one for one in played.ranges}
    rows = [_range(named[name]) for name in SHOWN_RANGES if name in named]
    head = ("estimate", "unit", "at the end", "95 % interval", "5 % to 95 % over time", "n_eff", "clamped", "prior")
    return table(head, rows)


def clamps(plays: Sequence[Played]) -> list[str]:
    """How well fills were foretold, and the share of time each bound holds; bounds that never do are named below."""
    names = (*TERMS, *ESTIMATES)
    binding = [name for name in names if any(play.clamps[name] > LEAST_SHARE for play in plays)]
    rows = [(play.contender, _score(play), *(_share(play.clamps[name]) for name in binding)) for play in plays]
    never = ", ".join(name.replace("_", " ") for name in names if name not in binding)
    head = ("strategy", "Brier / of the mean", *(f"{name.replace('_', ' ')} holds" for name in binding))
    return [*table(head, rows), "", f"Never: {never}."]


def quoting(plays: Sequence[Played]) -> list[str]:
    """Spreads, uptime, fills, what they were worth, and requests by contender."""
    marks = tuple(f"markout {horizon:g} s, bps" for horizon in SHOWN_HORIZONS_S)
    head = ("strategy", "quoted bps, median / p95", "uptime", "fills", "USD", "requests per fill", *marks, "ended in")
    rows = []
    for play in plays:
        found = {one.horizon_s: one for one in play.worths}
        row = (
            play.contender,
            NONE if play.quoted_bps is None else f"{play.quoted_bps[0]:.2f} / {play.quoted_bps[1]:.2f}",
            _share(play.uptime),
            str(play.fills),
            f"{play.volume_usd:,.0f}",
            f"{play.requests / play.fills:,.0f}" if play.fills else f"no fill in {play.requests}",
            *(_worth(found.get(horizon)) for horizon in SHOWN_HORIZONS_S),
            play.ended_in,
        )
        rows.append(row)
    return table(head, rows)


def attribution(plays: Sequence[Played]) -> list[str]:
    """P&L by cause, to the micro-USD."""
    head = ("strategy", "total", "spread capture", "adverse selection", "inventory", "fees", "funding")
    parts: tuple[Callable[[Played], int], ...] = (
        lambda play: play.pnl.total,
        lambda play: play.pnl.spread_capture,
        lambda play: play.pnl.adverse_selection,
        lambda play: play.pnl.inventory,
        lambda play: play.pnl.fees,
        lambda play: play.pnl.funding,
    )
    return table(head, [(play.contender, *(f"{part(play) / 1e6:.6f}" for part in parts)) for play in plays])


def brief(groups: Mapping[str, Sequence[Played]]) -> list[str]:
    """One row a play, for short recordings and other settings; one for all plays where nobody was filled."""
    head = ("recording", "strategy", "min", "warm after", "quoted bps", "uptime", "fills", "P&L", "ended in")
    rows = []
    for name, plays in groups.items():
        if len(plays) > 1 and not any(play.fills for play in plays):
            rows.append(_brief(name, f"each of {len(plays)}", plays))
        else:
            rows += [_brief(name, play.contender, [play]) for play in plays]
    return table(head, rows)


def _brief(name: str, who: str, plays: Sequence[Played]) -> tuple[str, ...]:
    quoted = [play.quoted_bps[0] for play in plays if play.quoted_bps is not None]
    one = plays[0]
    return (
        name,
        who,
        f"{one.span_s / 60.0:.1f}",
        NONE if one.warm_after_s is None else f"{one.warm_after_s:.0f} s",
        f"{min(quoted):.1f} to {max(quoted):.1f}" if quoted else NONE,
        " to ".join(dict.fromkeys((_share(min(p.uptime for p in plays)), _share(max(p.uptime for p in plays))))),
        str(sum(play.fills for play in plays)),
        f"{sum(play.pnl.total for play in plays) / 1e6:.6f}",
        ", ".join(dict.fromkeys(play.ended_in for play in plays)),
    )


def standings(rows: Sequence[Standing]) -> list[str]:
    """P&L, risk and how it came about, by contender."""
    return [*_earned(rows), "", *_traded(rows), "", "USD an hour by cause:", "", *_causes(rows)]


def _earned(rows: Sequence[Standing]) -> list[str]:
    head = ("strategy", "USD/h", "sd of an hour", "mean / sd", "mean / sd by minutes", "inventory sd", "at limit")
    cells = [
        (
            row.contender,
            _interval(row.usd_per_hour),
            f"{row.sd_usd:.1f}",
            _interval(row.ratio, 2),
            _interval(row.calm_ratio, 2),
            _share(row.inventory_sd),
            _share(row.at_limit),
        )
        for row in rows
    ]
    return table(head, cells)


def _traded(rows: Sequence[Standing]) -> list[str]:
    head = ("strategy", "half-spread bps", "fills/h", "requests per fill", "uptime")
    cells = [
        (
            row.contender,
            f"{row.half_spread_bps:.2f}",
            f"{row.fills_per_hour:.1f}",
            f"{row.requests_per_fill:.1f}",
            _share(row.uptime),
            *(_interval(row.markouts[horizon], 2) for horizon in SHOWN_HORIZONS_S),
        )
        for row in rows
    ]
    return table((*head, *(f"markout {horizon:g} s, bps" for horizon in SHOWN_HORIZONS_S)), cells)


def _causes(rows: Sequence[Standing]) -> list[str]:
    head = ("strategy", "spread capture", "adverse selection", "inventory", "fees", "killed")
    cells = [
        (
            row.contender,
            *(f"{usd:+.1f}" for usd in (row.spread_capture, row.adverse, row.inventory, row.fees)),
            str(row.killed),
        )
        for row in rows
    ]
    return table(head, cells)


def differences(rows: Sequence[Difference]) -> list[str]:
    """Paired differences."""
    head = ("minus", "seeds won", "USD/h", "mean / sd", "mean / sd by minutes", "its sd as a share")
    return table(
        head,
        [
            (
                f"{row.contender} − {row.against}",
                f"{row.won} of {row.seeds}",
                _interval(row.usd_per_hour),
                _interval(row.ratio, 2),
                _interval(row.calm_ratio, 2),
                _share(row.sd_share),
            )
            for row in rows
        ],
    )


def _range(one: Range) -> tuple[str, ...]:
    scale, unit = SCALES.get(one.name, (1.0, one.unit))
    bounds = NONE
    if one.bound_low is not None and one.bound_high is not None:
        bounds = f"{_number(one.bound_low * scale)} to {_number(one.bound_high * scale)}"
    return (
        one.name.replace("_", " "),
        unit,
        _number(one.value * scale),
        bounds,
        f"{_number(one.low * scale)} to {_number(one.high * scale)}",
        f"{one.n_eff:.0f}",
        _share(one.clamped),
        _share(one.prior),
    )


def _score(play: Played) -> str:
    queue = play.queue
    if queue.brier_touch is None or queue.reference is None:
        return NONE
    return f"{queue.brier_touch:.4f} / {queue.reference:.4f} (n {queue.n})"


def _worth(one: Worth | None) -> str:
    if one is None:
        return NONE
    if one.n < FILLS_MIN:
        return f"{one.markout_bps:+.2f} (n {one.n})"
    low, high = one.interval_bps
    return f"{one.markout_bps:+.2f} ({low:+.2f} to {high:+.2f}, n {one.n})"


def _interval(one: Interval, digits: int = 1) -> str:
    return f"{one.value:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})"


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1000.0 else f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{100.0 * value:.1f} %"
