"""Strategies in the documents' form run under our rules."""

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.strategies.adapter import AdaptedStrategy, MarketParams, Quote, adapted
from mmtui.strategies.glft import literal_half_spread, literal_horizon_s, literal_quotes, literal_skew
from mmtui.strategies.quote import AbsenceReason
from tests.unit.strategies.ladder_checks import check_ladder
from tests.unit.strategies.quote_contexts import BTC, context, estimates, random_contexts

DEFAULTS = Settings.defaults()


class Fixed:
    """Answers the same two quotes always and keeps what it was asked."""

    def __init__(self, bid, ask):
        self.answer = bid, ask
        self.asked = None

    def name(self):
        return "fixed"

    def calculate_quotes(self, config, position, max_position, target_liquidity, market_params):
        self.asked = config, position, max_position, target_liquidity, market_params
        return self.answer


class Documents:
    """The documents' own formulas, written against their interface alone."""

    def name(self):
        return "documents"

    def calculate_quotes(self, config, position, max_position, target_liquidity, market_params):
        half = literal_half_spread(0.3, market_params.kappa) + config.maker_fee_rate
        horizon_s = literal_horizon_s(market_params.arrival_intensity, 120.0)
        skew = literal_skew(position / max_position, 0.3, market_params.sigma, horizon_s)
        bid, ask = literal_quotes(market_params.microprice, half, skew)
        return Quote(bid, target_liquidity), Quote(ask, target_liquidity)


def test_it_sees_the_market_under_the_documents_names():
    strategy = Fixed(None, None)
    view = estimates(
        fair=100_000.5,
        sigma=1.5e-4,
        kappa=(2000.0, 4000.0),
        jump_ratio=1.2,
        volume_rate=0.3,
        is_toxic=True,
        beta_book=1e-5,
    )
    AdaptedStrategy(strategy).ladder(context(position=1000, view=view), DEFAULTS)
    config, position, max_position, liquidity, params = strategy.asked
    assert params == MarketParams(
        microprice=100_000.5,
        sigma=1.5e-4,
        sigma_effective=1.5e-4,
        kappa=3000.0,
        arrival_intensity=0.3,
        is_toxic_regime=True,
        jump_ratio=1.2,
        beta_book=1e-5,
        beta_flow=0.0,
    )
    assert (position, max_position, liquidity) == (0.01, 0.05, 0.01)
    assert (config.mid_price, config.decimals, config.sz_decimals, config.min_notional) == (100_000.0, 1, 5, 10.0)


def test_its_quotes_are_put_on_the_grid_and_explained_by_one_term():
    strategy = AdaptedStrategy(Fixed(Quote(99_950.7, 0.0123456), Quote(100_049.2, 0.002)))
    ladder = strategy.ladder(context(), DEFAULTS)
    (bid,), (ask,) = ladder.bids, ladder.asks
    assert (bid.price, bid.size) == (BTC.price_units(99_950.0), 1234)
    assert (ask.price, ask.size) == (BTC.price_units(100_050.0), 200)
    assert [term.name for term in bid.waterfall.terms] == ["strategy", "grid rounding"]
    assert bid.waterfall.terms[0].bps == pytest.approx(4.93)
    assert ladder.half_spread_bps == pytest.approx((4.93 + 4.92) / 2)
    assert strategy.name == "fixed"


def test_a_quote_it_does_not_want_and_one_that_is_absurd_are_absent_with_their_reason():
    strategy = AdaptedStrategy(Fixed(None, Quote(math.nan, 1.0)))
    reasons = [absence.reason for absence in strategy.ladder(context(), DEFAULTS).absences]
    assert reasons == [AbsenceReason.NOT_WANTED, AbsenceReason.NO_PRICE]


def test_a_quote_through_the_market_is_held_outside_it():
    ladder = AdaptedStrategy(Fixed(Quote(100_400.0, 0.01), Quote(99_600.0, 0.01))).ladder(context(), DEFAULTS)
    assert ladder.bids[0].price == BTC.price_units(100_000.0)
    assert ladder.asks[0].price > ladder.bids[0].price
    assert ladder.bids[0].waterfall.terms[-1].name == "post-only"


def test_priors_halve_its_size_and_widen_it():
    fixed = Fixed(Quote(99_950.0, 0.01), Quote(100_050.0, 0.01))
    ladder = AdaptedStrategy(fixed).ladder(context(is_prior=True), DEFAULTS)
    assert ladder.bids[0].size == 500
    assert BTC.price_usd(ladder.bids[0].price) == pytest.approx(99_900.0)


def test_the_documents_own_strategy_runs_unchanged():
    ladder = adapted(Documents)().ladder(context(), DEFAULTS)
    assert ladder.half_spread_bps == pytest.approx(3.333166678 + 1.5, rel=1e-9)


@given(
    quote_context=random_contexts(),
    prices=st.tuples(st.floats(), st.floats()),
    sizes=st.tuples(st.floats(), st.floats()),
)
@hypothesis_settings(max_examples=100, deadline=None)
def test_whatever_it_answers_the_ladder_is_valid(quote_context, prices, sizes):
    mid = quote_context.touch.mid
    for scale in (1.0, mid):
        quotes = [Quote(price * scale, size) for price, size in zip(prices, sizes, strict=True)]
        check_ladder(quote_context, DEFAULTS, AdaptedStrategy(Fixed(*quotes)).ladder(quote_context, DEFAULTS))


@given(quote_context=random_contexts(), factors=st.tuples(st.floats(0.6, 1.4), st.floats(0.6, 1.4)))
@hypothesis_settings(max_examples=100, deadline=None)
def test_quotes_near_the_market_pass_the_same_rules_as_ours(quote_context, factors):
    mid = quote_context.touch.mid
    fixed = Fixed(Quote(mid * factors[0], 1e6), Quote(mid * factors[1], 1e6))
    check_ladder(quote_context, DEFAULTS, AdaptedStrategy(fixed).ladder(quote_context, DEFAULTS))
