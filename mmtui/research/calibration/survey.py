"""``mmtui analyze``: what recordings hold, before anything is fitted to them.

Owns the counts by coin, the silences, and the defects that a fit leaves out. One screen.
"""

from collections.abc import Iterator

import msgspec

from mmtui.domain.units import BPS
from mmtui.research.calibration.observed import Observed
from mmtui.research.calibration.volatility import mid_sigma
from mmtui.runtime.files import utc_text
from mmtui.runtime.logs.lines import printable
from mmtui.venues.exchange.markets.statistics import MarketStatistics, StatisticsMeter

SILENCES_SHOWN = 5


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What is in recordings of one coin; ``silences`` are (begin in epoch s, length in s)."""

    coin: str
    files: tuple[str, ...]
    first: float
    last: float
    watched_s: float
    books: int
    touches: int
    prints: int
    orders: int
    contexts: int
    own_fills: int
    sigma_bps: float
    market: MarketStatistics
    silences: tuple[tuple[float, float], ...]
    defects: dict[str, int]


def survey(files: tuple[str, ...], observed: Observed, meter: StatisticsMeter) -> Survey:
    """The figures of what was observed; ``meter`` saw the same touches and prints."""
    span, defects = observed.span, observed.defects
    return Survey(
        coin=observed.instrument.coin,
        files=files,
        first=span.first,
        last=span.last,
        watched_s=span.watched_s,
        books=span.books,
        touches=span.touches,
        prints=span.prints,
        orders=len(observed.orders),
        contexts=span.contexts,
        own_fills=len(observed.fills),
        sigma_bps=mid_sigma(observed) * BPS,
        market=meter.result(),
        silences=tuple(span.silences),
        defects={
            "prints repeated from the past": defects.late_prints,
            "prints met twice": defects.repeated_prints,
            "prints that cannot be": defects.absurd_prints,
            "books and touches refused": defects.refused_books,
            "books and touches older than the last": defects.old_books,
            "receive time running back": defects.receive_backwards,
        },
    )


def survey_lines(found: Survey) -> Iterator[str]:
    """One screen for people."""
    market = found.market
    for name in found.files:
        yield printable(name)
    yield f"{found.coin}  {utc_text(found.first)} to {utc_text(found.last)}, {found.watched_s / 60.0:.1f} min watched"
    yield ""
    yield f"books           {found.books:>10}   best bid and ask {found.touches:>10}"
    yield f"prints          {found.prints:>10}   orders           {found.orders:>10}"
    yield f"contexts        {found.contexts:>10}   own fills        {found.own_fills:>10}"
    yield f"prints/s        {market.prints_per_s:>10.2f}   orders/s         {market.orders_per_s:>10.2f}"
    yield f"USD/min         {market.traded_usd_per_min:>10.0f}   burstiness       {market.burstiness:>10.1f}"
    yield f"spread bp       {market.spread_median_bps:>10.2f}   95 % of time below {market.spread_p95_bps:>8.2f}"
    yield f"volatility %/yr {market.volatility_pct_year:>10.1f}   bp per root second {found.sigma_bps:>8.3f}"
    yield f"range bp        {market.range_bps:>10.1f}   most in 60 s bp  {market.move_60s_max_bps:>10.1f}"
    yield ""
    total = sum(length for _, length in found.silences)
    yield f"silences        {len(found.silences):>10}   {total:.0f} s in all"
    for begin, length in sorted(found.silences, key=lambda row: -row[1])[:SILENCES_SHOWN]:
        yield f"  {utc_text(begin)}  {length:.1f} s"
    yield "defects" if any(found.defects.values()) else "defects: none"
    for name, count in found.defects.items():
        if count:
            yield f"  {name:<38}{count:>10}"
