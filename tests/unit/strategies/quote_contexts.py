"""Contexts for strategy tests: preset P1 of models.md 1.4 on a 1 USD grid, and random ones."""

import msgspec
from hypothesis import strategies as st

from mmtui.domain.book import Touch
from mmtui.domain.estimates import Estimate, Estimates, Provenance, Signals
from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings, parameter
from mmtui.strategies.quote import QuoteContext, Rooms

LONG_AFTER_S = 1e9
BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)


def learned(value, unit=""):
    return Estimate(value, unit, Provenance.LEARNED)


def estimates(*, mid=100_000.0, fair=None, sigma=1e-4, kappa=3000.0, intensity=0.2, jump_ratio=1.0, **signals):
    kappa_bid, kappa_ask = kappa if isinstance(kappa, tuple) else (kappa, kappa)
    intensity_bid, intensity_ask = intensity if isinstance(intensity, tuple) else (intensity, intensity)
    return Estimates(
        mid=mid,
        fair=learned(mid if fair is None else fair, "USD"),
        sigma=learned(sigma),
        sigma_effective=learned(sigma),
        kappa_bid=learned(kappa_bid),
        kappa_ask=learned(kappa_ask),
        intensity_bid=learned(intensity_bid),
        intensity_ask=learned(intensity_ask),
        jump_ratio=learned(jump_ratio),
        book_imbalance=learned(0.0),
        flow_imbalance=learned(0.0),
        signals=Signals(**signals),
    )


def context(*, position=0, limit=5000, rooms=None, touch=None, instrument=BTC, view=None, **changes):
    """P1: limit 0.05 BTC (5000 size units of 1e-5), maker fee 1.5 bps, market 99,999 / 100,001."""
    values = {
        "now": 1000.0,
        "instrument": instrument,
        "estimates": view if view is not None else estimates(),
        "touch": touch if touch is not None else Touch(0, 99_999.0, 1.0, 100_001.0, 1.0),
        "position": position,
        "limit": limit,
        "limit_config": limit,
        "rooms": rooms if rooms is not None else Rooms(buy=max(0, limit - position), sell=max(0, limit + position)),
        "maker_rate": 1.5e-4,
        "quoting_age_s": LONG_AFTER_S,
    }
    return QuoteContext(**(values | changes))


def settings(**changes):
    """Defaults with some values replaced; dots of keys are written as two underscores."""
    values = {key.replace("__", "."): value for key, value in changes.items()}
    for key, value in values.items():
        assert parameter(key).check(value) == value, f"{key} = {value} would be refused"
    return Settings.defaults().with_values(values)


P1 = settings(risk__min_half_spread_bps=1.0)
PURE = settings(
    risk__min_half_spread_bps=1.0,
    strategy__min_full_skew_ratio=0.0,
    strategy__ladder_config__min_depth_bps=0.0,
)


@st.composite
def adverse_laws(draw):
    """A cost that falls with depth on both sides, or none."""
    if draw(st.booleans()):
        return {}
    return {
        "adverse_zero_bid": draw(st.floats(1e-6, 2e-3)),
        "adverse_zero_ask": draw(st.floats(1e-6, 2e-3)),
        "adverse_decay_bid": draw(st.floats(50.0, 10_000.0)),
        "adverse_decay_ask": draw(st.floats(50.0, 10_000.0)),
    }


@st.composite
def random_contexts(draw):
    """Any market a venue may show with any estimates in their sane ranges."""
    size_decimals = draw(st.integers(0, 5))
    instrument = Instrument(coin="X", asset_id=0, size_decimals=size_decimals, max_leverage=10)
    mid = 10.0 ** draw(st.floats(-1.5, 5.2))
    bid = instrument.floor_price(max(instrument.price_units(mid), 2000))
    ask = bid
    for _ in range(draw(st.integers(1, 20))):
        ask = instrument.ceil_price(ask + 1)
    touch = Touch(0, instrument.price_usd(bid), 1.0, instrument.price_usd(ask), 1.0)
    limit = instrument.floor_size(draw(st.floats(500.0, 50_000.0)) / touch.mid) + 1
    position = round(limit * draw(st.floats(-1.2, 1.2)))
    fair = touch.mid * (1.0 + draw(st.floats(-0.5, 0.5)) * touch.spread)
    view = estimates(
        mid=touch.mid,
        fair=fair,
        sigma=draw(st.floats(1e-6, 5e-3)),
        kappa=(draw(st.floats(200.0, 20_000.0)), draw(st.floats(200.0, 20_000.0))),
        intensity=(draw(st.floats(1e-4, 20.0)), draw(st.floats(1e-4, 20.0))),
        jump_ratio=draw(st.floats(0.5, 20.0)),
        adverse_bid=draw(st.floats(0.0, 2e-3)),
        adverse_ask=draw(st.floats(0.0, 2e-3)),
        cascade_severity=draw(st.floats(0.0, 1.0)),
        hawkes_ratio=draw(st.floats(0.0, 20.0)),
        spread_percentile=draw(st.floats(0.0, 1.0)),
        volume_rate=draw(st.floats(0.0, 5.0)),
        holding_s=draw(st.floats(0.0, 1000.0)),
        drift_score=draw(st.floats(-1.0, 1.0)),
        mean_order_bid=draw(st.sampled_from([0.0, 0.01, 1.0])),
        mean_order_ask=draw(st.sampled_from([0.0, 0.01, 1.0])),
        funding_outlook=draw(st.sampled_from([0.0, 1e-5, -0.04])),
        **draw(adverse_laws()),
    )
    view = msgspec.structs.replace(view, flow_imbalance=learned(draw(st.floats(-1.0, 1.0))))
    return QuoteContext(
        now=draw(st.floats(0.0, 1e6)),
        instrument=instrument,
        estimates=view,
        touch=touch,
        position=position,
        limit=limit,
        limit_config=limit,
        rooms=Rooms(
            buy=max(0, limit - position),
            sell=max(0, limit + position),
            is_reduce_only=draw(st.booleans()),
            size_factor_buy=draw(st.floats(0.0, 1.0)),
            size_factor_sell=draw(st.floats(0.0, 1.0)),
        ),
        maker_rate=draw(st.floats(-3e-5, 6e-4)),
        equity_usd=draw(st.sampled_from([0.0, 50.0, 10_000.0])),
        is_prior=draw(st.booleans()),
        quoting_age_s=draw(st.floats(0.0, 2000.0)),
    )


def random_settings():
    """Any combination of the settings that shape a ladder, all of them acceptable to the schema."""
    return st.fixed_dictionaries(
        {
            "strategy.glft_mode": st.sampled_from(["glft", "glft_exact", "as_horizon", "literal"]),
            "strategy.hjb.mode": st.sampled_from(["heuristic", "policy", "grid"]),
            "strategy.hjb.risk_both_sides": st.booleans(),
            "strategy.xi_mode": st.sampled_from(["cara", "penalty"]),
            "strategy.alpha_channel": st.sampled_from(["microprice", "drift", "none"]),
            "strategy.literal_horizon": st.sampled_from(["volume_clock", "holding", "max"]),
            "strategy.as_weight": st.floats(0.0, 2.0),
            "strategy.size_mode": st.sampled_from(["geometric", "proportional", "lp", "variational", "kelly"]),
            "strategy.level_share_max": st.floats(0.05, 1.0),
            "strategy.kelly_z": st.floats(0.0, 3.0),
            "risk.flow_sensitivity": st.floats(0.0, 1.0),
            "strategy.max_half_spread_bps": st.floats(1.0, 200.0),
            "strategy.max_skew_bps": st.floats(0.0, 100.0),
            "strategy.min_full_skew_ratio": st.floats(0.0, 1.5),
            "strategy.min_edge_bps": st.floats(0.0, 5.0),
            "strategy.lots_per_limit": st.floats(1.0, 50.0),
            "strategy.lot_consistency": st.sampled_from(["reduced", "probability", "off"]),
            "strategy.ladder_config.num_levels": st.integers(1, 12),
            "strategy.ladder_config.min_depth_bps": st.floats(0.0, 20.0),
            "strategy.ladder_config.max_depth_bps": st.floats(20.0, 100.0),
            "strategy.ladder_config.geometric_spacing": st.booleans(),
            "strategy.ladder_config.depth_mode": st.sampled_from(["spaced", "inventory"]),
            "strategy.ladder_config.decay_factor": st.floats(0.05, 1.0),
            "strategy.ladder_config.cap_to_market_spread": st.sampled_from([0.0, 1.0, 3.0]),
            "risk.min_half_spread_bps": st.floats(0.0, 10.0),
            "risk.max_widening_bps": st.floats(0.0, 30.0),
            "risk.tail_risk_mode": st.sampled_from(["continuous", "steps"]),
            "trading.risk_aversion": st.floats(0.05, 2.0),
            "trading.order_notional_usd": st.floats(10.0, 5000.0),
        }
    ).map(Settings.defaults().with_values)


def balanced(view):
    """The same market with buyers and sellers alike, and without funding."""
    signals = msgspec.structs.replace(
        view.signals,
        adverse_ask=view.signals.adverse_bid,
        mean_order_ask=view.signals.mean_order_bid,
        funding_outlook=0.0,
    )
    return msgspec.structs.replace(view, kappa_ask=view.kappa_bid, intensity_ask=view.intensity_bid, signals=signals)
