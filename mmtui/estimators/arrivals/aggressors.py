"""Everything learned from aggressive orders behind one object: how often and how far.

Owns which of two estimators of kappa and A prices, and the prior mean that the posted depth lends while no
trade was seen. Source: models.md 6.4 to 6.6.
"""

import math

from mmtui.domain.book import Book, Trade
from mmtui.domain.estimates import Estimate
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.arrivals.depth import DepthSlope, depth_slope
from mmtui.estimators.arrivals.gumbel import GumbelFit
from mmtui.estimators.arrivals.intensity import INTENSITY_MAX, INTENSITY_MIN, Intensity, reach_floor
from mmtui.estimators.arrivals.maxima import REACHED_WARM, MaximaIntensity
from mmtui.estimators.memory import ReachMemory
from mmtui.estimators.publish import ArrivalEstimates, arrival_estimates, provenance_of
from mmtui.estimators.tape import AggressiveOrders

POSTED_EVERY_S = 1.0
POSTED_KAPPA_MIN = 1000.0
POSTED_KAPPA_MAX = 5000.0
KAPPA_UNIT = "1/fraction"
NAMES = {Side.BUY: "bid", Side.SELL: "ask"}


class Aggressors:
    """Estimators of aggressive orders, by the side of our quotes that they hit."""

    __slots__ = (
        "_bounds",
        "_has_traded",
        "_instrument",
        "_intensity",
        "_is_gumbel",
        "_maxima",
        "_posted_at",
        "_slopes",
    )

    def __init__(self, settings: Settings, instrument: Instrument) -> None:
        self._instrument = instrument
        self._intensity = Intensity(settings)
        self._maxima = MaximaIntensity(settings)
        self._has_traded = False
        self._posted_at = -math.inf
        self._slopes: tuple[Book | None, dict[Side, DepthSlope | None]] = (None, {})
        self._read(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; everything learned stays that is still comparable."""
        self._intensity.reconfigure(settings)
        self._maxima.reconfigure(settings)
        self._read(settings)

    @property
    def evidence(self) -> int:
        """Changes whenever an estimate may change other than by the passing of time."""
        return self._intensity.evidence + self._maxima.fitted

    @property
    def reach_floor(self) -> float:
        """Reach (fraction) up to which a print is at the touch."""
        return self._intensity.reach_floor

    def advance(self, now: float, *, is_watched: bool = True) -> None:
        """Let time pass; the first call starts the watch."""
        self._intensity.advance(now, is_watched=is_watched)
        self._maxima.advance(now, is_watched=is_watched)

    def on_book(self, now: float, book: Book) -> None:
        """Let the posted depth stand in for the prior mean, once a second until the first trade."""
        if self._has_traded or now - self._posted_at < POSTED_EVERY_S:
            return
        self._posted_at = now
        for side in Side:
            slope = _slope_of(book, side)
            posted = None if slope is None else min(max(slope.kappa, POSTED_KAPPA_MIN), POSTED_KAPPA_MAX)
            self._intensity.expect(side, posted)

    def on_print(self, at: float, trade: Trade, reference: float, orders: AggressiveOrders) -> None:
        """Take a print that counts; ``reference`` (USD, positive) is what reaches are measured from."""
        if not self._has_traded:
            self._note_trade()
        reach = orders.extend(trade, reference)
        self._intensity.reach_floor = reach_floor(self._instrument, reference)
        self._intensity.on_order(at, trade.side, reach)
        self._maxima.on_order(at, trade.side, reach.now)

    def pass_time(self, now: float, watched_until: float) -> None:
        """Do what is due every few seconds, so that no market event bears it."""
        self._maxima.advance(watched_until)
        self._maxima.refit(now, self._intensity.reach_floor)

    def memory(self) -> tuple[ReachMemory | None, ReachMemory | None]:
        """What outlives the process of the posteriors of bid and ask."""
        return self._intensity.memory()

    def recall(self, bid: ReachMemory, ask: ReachMemory, floor: float) -> None:
        """Go on from what was counted before."""
        self._intensity.recall(bid, ask, floor)
        if bid.events > 0.0 or ask.events > 0.0:
            self._note_trade()

    def estimates(self, now: float, watched_until: float) -> ArrivalEstimates:
        """Kappa and A of both sides from the source chosen; the feed was alive until ``watched_until``.

        A side whose interval maxima tell too little yet takes the posterior.
        """
        posterior = arrival_estimates(self._intensity, now, watched_until)
        if not self._is_gumbel:
            return posterior
        bid, ask = self._maxima.warm_fit(Side.BUY), self._maxima.warm_fit(Side.SELL)
        kappa_bid, intensity_bid = self._fitted(Side.BUY, bid, now) if bid else (None, None)
        kappa_ask, intensity_ask = self._fitted(Side.SELL, ask, now) if ask else (None, None)
        return ArrivalEstimates(
            kappa_bid or posterior.kappa_bid,
            intensity_bid or posterior.intensity_bid,
            kappa_ask or posterior.kappa_ask,
            intensity_ask or posterior.intensity_ask,
        )

    def slope(self, book: Book | None, side: Side) -> DepthSlope | None:
        """Decay of posted depth on one side of ``book``, kept while the book stands."""
        if book is None:
            return None
        known, slopes = self._slopes
        if known is not book:
            slopes = {each: _slope_of(book, each) for each in Side}
            self._slopes = book, slopes
        return slopes[side]

    def published(self, now: float, book: Book | None, book_at: float) -> dict[str, Estimate]:
        """What people see beside the estimates that price, by name."""
        rows: dict[str, Estimate] = {}
        for side, name in NAMES.items():
            fit = self._maxima.fit(side)
            if fit is not None:
                rows[f"kappa_gumbel_{name}"], rows[f"A_gumbel_{name}"] = self._fitted(side, fit, now)
            slope = self.slope(book, side)
            if slope is not None:
                seen = provenance_of(slope.levels, 1.0, now - book_at)
                rows[f"kappa_l2_{name}"] = Estimate(slope.kappa, KAPPA_UNIT, seen, slope.levels, book_at)
                rows[f"kappa_l2_literal_{name}"] = Estimate(
                    slope.kappa_literal, KAPPA_UNIT, seen, slope.levels, book_at
                )
        return rows

    def _read(self, settings: Settings) -> None:
        self._is_gumbel = settings.text("estimators.kappa_source") == "gumbel"
        self._bounds = settings.number("estimators.kappa_min"), settings.number("estimators.kappa_max")

    def _note_trade(self) -> None:
        self._has_traded = True
        for side in Side:
            self._intensity.expect(side, None)

    def _fitted(self, side: Side, fit: GumbelFit, now: float) -> tuple[Estimate, Estimate]:
        at = self._intensity.updated_at(side)
        low, high = self._bounds
        return (
            _bounded_estimate(fit.kappa, (low, high), KAPPA_UNIT, fit.kappa_interval(), (fit.reached, now, at)),
            _bounded_estimate(
                fit.intensity,
                (INTENSITY_MIN, INTENSITY_MAX),
                "1/s",
                fit.intensity_interval(),
                (fit.reached, now, at),
            ),
        )


def _bounded_estimate(
    value: float,
    bounds: tuple[float, float],
    unit: str,
    interval: tuple[float, float],
    seen: tuple[int, float, float],
) -> Estimate:
    """An estimate held within bounds, with an interval that reaches it.

    ``seen`` is how many observations, now, and when the last one came.
    """
    reached, now, at = seen
    bounded = min(max(value, bounds[0]), bounds[1])
    trust = provenance_of(reached, REACHED_WARM, now - at, is_clamped=bounded != value)
    return Estimate(bounded, unit, trust, reached, at, min(interval[0], bounded), max(interval[1], bounded))


def _slope_of(book: Book, side: Side) -> DepthSlope | None:
    if side is Side.BUY:
        return depth_slope(book.mid, book.bid_prices, book.bid_sizes)
    return depth_slope(book.mid, book.ask_prices, book.ask_sizes)
