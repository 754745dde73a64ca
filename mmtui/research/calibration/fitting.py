"""Everything fitted to recordings of one coin, in one value.

Owns the order of the fits. Never reads a file and never writes one.
"""

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.estimators.adverse.depth_costs import DepthBin
from mmtui.research.calibration.arrivals import arrivals
from mmtui.research.calibration.costs import costs
from mmtui.research.calibration.findings import Finding
from mmtui.research.calibration.flow import flow
from mmtui.research.calibration.goodness import Survival
from mmtui.research.calibration.observed import Observed
from mmtui.research.calibration.prices import funding, microprice, spread
from mmtui.research.calibration.readings import LiveReadings, LiveSummary
from mmtui.research.calibration.sources import Recordings
from mmtui.research.calibration.volatility import volatility


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What recordings say. Times in epoch s; ``strength`` as ``arrivals.Arrivals`` has it."""

    coin: str
    files: tuple[str, ...]
    first: float
    last: float
    watched_s: float
    findings: tuple[Finding, ...]
    rate_beyond_touch: float
    touch_bps: float
    strength: float | None
    window_s: float | None
    survival: tuple[Survival, ...]
    depth_costs: tuple[DepthBin, ...]
    live: tuple[LiveSummary, ...]
    warm_after_s: float | None

    def finding(self, name: str) -> Finding | None:
        """The finding of that name."""
        return next((finding for finding in self.findings if finding.name == name), None)


def calibration(recordings: Recordings, observed: Observed, live: LiveReadings, settings: Settings) -> Calibration:
    """Fits everything to what was observed."""
    arrived, cost, price = arrivals(observed, settings), costs(observed, settings), microprice(observed, settings)
    findings = (
        *volatility(observed, settings),
        *arrived.findings,
        *flow(observed),
        *cost.findings,
        *price.findings,
        *spread(observed),
        *funding(observed),
    )
    return Calibration(
        coin=recordings.instrument.coin,
        files=tuple(source.path.name for source in recordings.sources),
        first=observed.span.first,
        last=observed.span.last,
        watched_s=observed.span.watched_s,
        findings=findings,
        rate_beyond_touch=arrived.rate,
        touch_bps=arrived.floor_bps,
        strength=arrived.strength,
        window_s=price.window_s,
        survival=arrived.survival,
        depth_costs=cost.bins,
        live=live.summaries(),
        warm_after_s=live.warm_after_s,
    )
