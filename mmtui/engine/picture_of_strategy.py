"""What the strategy expects of its quotes and says of itself, as rows of the view; changes nothing."""

import math

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.estimates import Estimates
from mmtui.domain.units import BPS
from mmtui.engine.quoting.taking import waiting_because
from mmtui.engine.state import EngineState
from mmtui.strategies.quote import Ladder, Level


def strategy_note(state: EngineState) -> str:
    """How the quotes were made, and why its takers wait; "" where the strategy has nothing to say."""
    ladder = state.quoting.ladder
    note = ladder.insight.note if ladder is not None and ladder.insight is not None else ""
    return "; ".join(part for part in (note, waiting_because(state)) if part)


def strategy_rows(estimates: Estimates | None, ladder: Ladder | None) -> tuple[EstimateView, ...]:
    """Fills per second that bid and ask are expected to meet, and the strategy's own figures."""
    if estimates is None or ladder is None:
        return ()
    insight = ladder.insight
    if insight is not None and insight.fill_rates is not None:
        expected = insight.fill_rates
    else:
        expected = (
            _fill_rate(ladder.bids, estimates.intensity_bid.value, estimates.kappa_bid.value),
            _fill_rate(ladder.asks, estimates.intensity_ask.value, estimates.kappa_ask.value),
        )
    figures = [("expected_fill_rate_bid", expected[0], "1/s"), ("expected_fill_rate_ask", expected[1], "1/s")]
    figures += insight.figures if insight is not None else ()
    return tuple([EstimateView(name=name, value=value, unit=unit, provenance="") for name, value, unit in figures])


def _fill_rate(levels: tuple[Level, ...], intensity: float, kappa: float) -> float:
    """Fills per second at the inner level's distance; 0 without one. Source: models.md 2.1."""
    if not levels:
        return 0.0
    return intensity * math.exp(-kappa * max(levels[0].distance_bps, 0.0) / BPS)
