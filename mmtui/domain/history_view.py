"""What is shown of the past: the session's fills with what became of them, and figures sampled over time. Pure data.

Times are engine seconds, None is not known. Samples travel as arrays, since there are thousands.
"""

import msgspec

FINE_S, COARSE_S = 1.0, 10.0
FINE_MAX, COARSE_MAX = 1_800, 8_640
BLOTTER_MAX = 1_000
HORIZONS_S = (1.0, 5.0, 30.0, 300.0)


class FillRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One own fill; ``edge_bps`` is against the mid at the fill, ``markout_bps`` at the horizon after."""

    at: float
    side: str
    price: float
    size: float
    fee_usd: float
    edge_bps: float | None
    markout_bps: float | None
    level: int | None
    is_taker: bool
    position: float


class BlotterRow(msgspec.Struct, frozen=True, kw_only=True):
    """The session's fill of that number (1 is the first), and what it was worth at each of ``HORIZONS_S`` after.

    ``markouts_bps`` are bps of the mid at the fill; None where the time has not come, or nothing was seen then.
    """

    number: int
    fill: FillRow
    markouts_bps: tuple[float | None, ...] = (None,) * len(HORIZONS_S)


class Sample(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Figures at one moment: prices in USD, P&L in USD since the session began, sigma per root second,
    kappa per fraction, ``half_spread_bps`` of our own quotes, ``limit`` of the position in base units.
    """

    at: float
    mid: float | None = None
    bid: float | None = None
    ask: float | None = None
    own_bid: float | None = None
    own_ask: float | None = None
    spread_bps: float | None = None
    half_spread_bps: float | None = None
    position: float = 0.0
    total: float = 0.0
    spread_capture: float = 0.0
    adverse_selection: float = 0.0
    inventory: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    gamma: float | None = None
    sigma: float | None = None
    kappa_bid: float | None = None
    kappa_ask: float | None = None
    adverse_bid_bps: float | None = None
    adverse_ask_bps: float | None = None
    limit: float | None = None


class HistoriesView(msgspec.Struct, frozen=True, kw_only=True):
    """Samples each second for half an hour and each ten seconds for a day, oldest first; fills newest first."""

    fine: tuple[Sample, ...] = ()
    coarse: tuple[Sample, ...] = ()
    blotter: tuple[BlotterRow, ...] = ()

    def at_or_before(self, at: float) -> Sample | None:
        """The newest sample that is not younger than ``at``; None when all are younger."""
        for samples in (self.fine, self.coarse):
            if samples and samples[0].at <= at:
                return samples[_first_after(samples, at) - 1]
        return None


def _first_after(samples: tuple[Sample, ...], at: float) -> int:
    low, high = 0, len(samples)
    while low < high:
        middle = (low + high) // 2
        if samples[middle].at <= at:
            low = middle + 1
        else:
            high = middle
    return low
