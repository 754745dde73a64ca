"""Strategies written to the requirement documents' interface, made to fit ours.

Owns the documents' names (``MarketParams``, ``calculate_quotes``) and their translation. What such a
strategy returns passes the same grid, post-only, room and size rules as every quote; its waterfall is
one ``strategy`` term and what those rules changed. Loads no code and catches no errors of it.
"""

import math
from collections.abc import Callable
from typing import Protocol

import msgspec

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS, MICRO
from mmtui.strategies.placement import Frame, LevelDepth, SideShape, no_ladder, place, reference_price
from mmtui.strategies.quote import AbsenceReason, Ladder, QuoteContext, Term
from mmtui.strategies.sizing import SizeSettings
from mmtui.strategies.spread import PRIOR_BPS, Shift, SpreadLimits

OFF_FAIR_MAX = 0.5


class MarketParams(msgspec.Struct, frozen=True, kw_only=True):
    """What the documents let a strategy see.

    ``microprice`` USD; sigmas in fraction per root second; ``kappa`` 1/fraction, the mean of the sides;
    ``arrival_intensity`` volume ticks per second; betas in fraction per unit of imbalance.
    """

    microprice: float
    sigma: float
    sigma_effective: float
    kappa: float
    arrival_intensity: float
    is_toxic_regime: bool
    jump_ratio: float
    beta_book: float
    beta_flow: float


class QuoteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The market a quote is for: prices in USD, ``min_notional`` in USD."""

    mid_price: float
    best_bid: float
    best_ask: float
    decimals: int
    sz_decimals: int
    min_notional: float
    maker_fee_rate: float


class Quote(msgspec.Struct, frozen=True):
    """A wanted quote: price in USD, size in base units."""

    price: float
    size: float


class QuotingStrategy(Protocol):
    """The documents' strategy: bid and ask, either of which may be missing."""

    def name(self) -> str:
        """The name it is chosen by."""

    def calculate_quotes(
        self,
        config: QuoteConfig,
        position: float,
        max_position: float,
        target_liquidity: float,
        market_params: MarketParams,
    ) -> tuple[Quote | None, Quote | None]:
        """Bid and ask; position, its limit and the wanted size of a side in base units."""


class AdaptedStrategy:
    """A ``QuotingStrategy`` as one of our strategies."""

    __slots__ = ("_limits", "_settings", "_strategy")

    def __init__(self, strategy: QuotingStrategy) -> None:
        self._strategy = strategy
        self._settings: Settings | None = None
        self._limits: SpreadLimits | None = None

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return self._strategy.name()

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        """The strategy's own quotes under the rules of every quote."""
        reference = reference_price(context, settings.text("strategy.alpha_channel") == "microprice")
        if reference is None:
            return no_ladder(AbsenceReason.NO_REFERENCE)
        instrument, fair = context.instrument, reference[0]
        wanted = settings.number("trading.target_liquidity")
        if not wanted > 0.0:
            wanted = settings.number("trading.order_notional_usd") / context.touch.mid
        bid_quote, ask_quote = self._strategy.calculate_quotes(
            quote_config(context),
            instrument.size_base(context.position),
            instrument.size_base(context.limit),
            wanted,
            market_params(context, fair),
        )
        bid = _shape(Side.BUY, bid_quote, fair, context.is_prior)
        ask = _shape(Side.SELL, ask_quote, fair, context.is_prior)
        bids, asks = place(context, Frame(*reference, Shift((), 0.0), bid, ask, self._limits_of(settings)))
        halves = [shape.depths[0].bps for shape in (bid, ask) if shape.depths]
        half_bps = sum(halves) / len(halves) if halves else 0.0
        lean_bps = (bid.depths[0].bps - ask.depths[0].bps) / 2.0 if len(halves) == 2 else 0.0
        return Ladder(
            bids=bids.levels,
            asks=asks.levels,
            reference=fair,
            reservation=fair * (1.0 - lean_bps / BPS),
            absences=bids.absences + asks.absences,
            half_spread_bps=half_bps,
            model_half_spread_bps=half_bps - (PRIOR_BPS if context.is_prior and halves else 0.0),
            widening=(Term("prior", PRIOR_BPS),) if context.is_prior and halves else (),
        )

    def _limits_of(self, settings: Settings) -> SpreadLimits:
        if self._limits is None or settings is not self._settings:
            self._limits = SpreadLimits.from_settings(settings)
            self._settings = settings
        return self._limits


def adapted(factory: Callable[[], QuotingStrategy]) -> Callable[[], AdaptedStrategy]:
    """A factory of our kind from one of the documents' strategies."""
    return lambda: AdaptedStrategy(factory())


def quote_config(context: QuoteContext) -> QuoteConfig:
    """The documents' description of the market."""
    touch, instrument = context.touch, context.instrument
    return QuoteConfig(
        mid_price=touch.mid,
        best_bid=touch.bid,
        best_ask=touch.ask,
        decimals=instrument.price_decimals,
        sz_decimals=instrument.size_decimals,
        min_notional=MIN_NOTIONAL_USD_MICRO / MICRO,
        maker_fee_rate=context.maker_rate,
    )


def market_params(context: QuoteContext, fair: float) -> MarketParams:
    """Our estimates under the documents' names."""
    estimates = context.estimates
    signals = estimates.signals
    return MarketParams(
        microprice=fair,
        sigma=estimates.sigma.value,
        sigma_effective=estimates.sigma_effective.value,
        kappa=(estimates.kappa_bid.value + estimates.kappa_ask.value) / 2.0,
        arrival_intensity=signals.volume_rate,
        is_toxic_regime=signals.is_toxic,
        jump_ratio=estimates.jump_ratio.value,
        beta_book=signals.beta_book,
        beta_flow=signals.beta_flow,
    )


def _shape(side: Side, quote: Quote | None, fair: float, is_prior: bool) -> SideShape:
    """One level where the strategy wants it; none for a quote that is missing or absurd."""
    nothing = SizeSettings(0.0, 0.0, (1.0,))
    if quote is None:
        return SideShape((), (), nothing)
    if not (abs(quote.price - fair) <= OFF_FAIR_MAX * fair and 0.0 < quote.size < math.inf):
        return SideShape((), (), nothing, AbsenceReason.NO_PRICE)
    bps = int(side) * (1.0 - quote.price / fair) * BPS
    terms: tuple[Term, ...] = (Term("strategy", bps),)
    if is_prior:
        terms += (Term("prior", PRIOR_BPS),)
        bps += PRIOR_BPS
    return SideShape(terms, (LevelDepth(bps),), SizeSettings(quote.size, 0.0, (1.0,)))
