"""A replay in figures, for those without a terminal: what the pictures say of the whole stretch."""

from collections import Counter

import msgspec

from mmtui.runtime.files import utc_text
from mmtui.runtime.replay.film import Film


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The stretch from its first picture to its last. Money USD; ``modes`` are shares of the pictures."""

    coin: str
    network: str
    strategy: str
    from_at: float
    to_at: float
    pictures: int
    fills: int
    volume_usd: float
    pnl_usd: float
    spread_capture_usd: float
    adverse_selection_usd: float
    inventory_usd: float
    fees_usd: float
    funding_usd: float
    position: float
    modes: dict[str, float]
    warnings: int
    files: dict[str, int] = {}
    missing: tuple[str, ...] = ()


def figures_of(film: Film, *, files: dict[str, int], missing: tuple[str, ...]) -> Figures:
    """The figures; P&L is that gained between the first picture and the last."""
    first, last = film.view(0), film.view(len(film) - 1)
    before = first.engine.pnl if first.session.run_id == last.session.run_id else type(first.engine.pnl)()
    after = last.engine.pnl
    fills_before = first.engine.counters.fills if first.session.run_id == last.session.run_id else 0
    return Figures(
        coin=last.session.coin,
        network=last.session.network,
        strategy=last.session.strategy,
        from_at=film.times[0],
        to_at=film.times[-1],
        pictures=len(film),
        fills=last.engine.counters.fills - fills_before,
        volume_usd=after.volume - before.volume,
        pnl_usd=after.total - before.total,
        spread_capture_usd=after.spread_capture - before.spread_capture,
        adverse_selection_usd=after.adverse_selection - before.adverse_selection,
        inventory_usd=after.inventory - before.inventory,
        fees_usd=after.fees - before.fees,
        funding_usd=after.funding - before.funding,
        position=last.engine.position.size,
        modes=_modes(film),
        warnings=len(film.warnings),
        files=files,
        missing=missing,
    )


def _modes(film: Film) -> dict[str, float]:
    counted = Counter(film.modes)
    return {mode: count / len(film) for mode, count in counted.most_common()}


def lines_of(figures: Figures) -> list[str]:
    """The figures for people."""
    modes = ", ".join(f"{mode} {100 * share:.0f} %" for mode, share in figures.modes.items())
    lines = [
        f"{figures.network} {figures.coin} {figures.strategy}",
        f"from {utc_text(figures.from_at)} to {utc_text(figures.to_at)}: {figures.pictures} pictures",
        f"modes      {modes}",
        f"fills      {figures.fills}, {figures.volume_usd:,.0f} USD",
        f"P&L        {figures.pnl_usd:+.2f} USD: spread {figures.spread_capture_usd:+.2f}, adverse"
        f" {figures.adverse_selection_usd:+.2f}, inventory {figures.inventory_usd:+.2f}, fees {figures.fees_usd:+.2f},"
        f" funding {figures.funding_usd:+.2f}",
        f"position   {figures.position:g} at the end",
        f"warnings   {figures.warnings}",
    ]
    lines += [f"  {name:<22} {size:>10,} bytes, as the manifest says" for name, size in figures.files.items()]
    return lines + [f"  without {line}" for line in figures.missing]
