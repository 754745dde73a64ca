"""What each term of a price means and which inputs it is made of.

Owns the table from a term's name to its meaning and its inputs; decides nothing. An input is named by where the
view shows it: ``sigma_effective`` an estimate, ``risk.min_edge_bps`` a setting, ``account.position`` the account,
``market.spread`` the market. ``{side}`` stands for the level's own side, bid or ask.
"""

import msgspec


class Note(msgspec.Struct, frozen=True):
    """A term in one line, and the names of its inputs."""

    meaning: str
    inputs: tuple[str, ...]


_GAMMA = ("trading.risk_aversion", "risk.sigma_baseline", "risk.max_holding_time_s", "strategy.lots_per_limit")
_FEE = ("account.maker_rate",)
_ADVERSE = ("adverse_{side}_bps", "strategy.as_weight", "strategy.as_cap_bps", "estimators.adverse_prior_bps")
_FLOW = ("kappa_{side}", "A_{side}")
_WIDENS = ("strategy.gamma_spread_elasticity", "risk.gamma_min", "risk.gamma_max")
_DEPTHS = ("strategy.ladder_config.min_depth_bps", "strategy.ladder_config.max_depth_bps")

NOTES: dict[str, Note] = {
    "fill rate": Note("the decay of fills with depth", ("kappa_{side}", *_GAMMA, "strategy.xi_mode")),
    "inventory risk": Note(
        "half of one lot's holding price", ("sigma_effective", *_FLOW, *_GAMMA, "strategy.glft_mode")
    ),
    "inventory width": Note("what the position adds to both", ("sigma_effective", *_FLOW, *_GAMMA)),
    "position limit": Note("what the near limit adds", ("account.position", "account.limit")),
    "literal half-spread": Note("the documents' half-spread", ("kappa_{side}", "trading.risk_aversion")),
    "half-spread": Note("the operator's half-spread", ("strategy.half_spread_bps",)),
    "best multiple": Note(
        "the best multiple found",
        ("strategy.half_spread_bps", "sigma_effective", *_FLOW, *_GAMMA),
    ),
    "fee": Note("the maker fee of a fill", (*_FEE, "risk.maker_fee_rate")),
    "gamma": Note(
        "volatility, jumps, flow, hour",
        (
            "sigma_effective",
            "jump_ratio",
            "hawkes_ratio",
            "risk.volatility_weight",
            "risk.toxicity_sensitivity",
            "risk.hawkes_activity_weight",
            "risk.tod_enabled",
            *_WIDENS,
        ),
    ),
    "spread regime": Note(
        "the market spread's percentile",
        (
            "spread_percentile",
            "market.spread_bps",
            "risk.spread_regime_tight_mult",
            "risk.spread_regime_wide_mult",
            *_WIDENS,
        ),
    ),
    "tail risk": Note(
        "a liquidation cascade", ("cascade", "risk.tail_risk_sensitivity", "risk.tail_risk_knee", *_WIDENS)
    ),
    "inventory gamma": Note(
        "the used share of the limit",
        ("account.utilisation", "risk.inventory_sensitivity", "risk.inventory_threshold", *_WIDENS),
    ),
    "adverse selection": Note("what fills cost soon after", _ADVERSE),
    "adverse by depth": Note("what deeper fills cost", _ADVERSE),
    "adverse drift": Note("a drift into this side", ("drift_score",)),
    "falling knife": Note("a market that falls fast", ("momentum_fast", "sigma", "strategy.knife_enabled")),
    "rising knife": Note("a market that rises fast", ("momentum_fast", "sigma", "strategy.knife_enabled")),
    "warm-up": Note("wider at first, decaying", ("strategy.warmup_width", "strategy.warmup_decay_s")),
    "prior": Note("quoting from priors", ("strategy.warmup_on_timeout",)),
    "caution": Note("something is wrong: see alarms", ("market.book_age_ms", "account.alarms")),
    "widening cap": Note("the cap on all widening", ("risk.max_widening_bps",)),
    "fee floor": Note("no closer than a fill costs", (*_FEE, *_ADVERSE, "strategy.min_edge_bps")),
    "spread floor": Note("the least half-spread", ("risk.min_half_spread_bps",)),
    "distance cap": Note("the greatest distance of any quote", ("strategy.max_half_spread_bps",)),
    "exposure floor": Note("the skew comes no closer", ("risk.min_half_spread_bps",)),
    "minimum offset": Note("no closer than this share", ("strategy.hjb.min_offset_ratio",)),
    "min_depth": Note("the closest depth of the ladder", _DEPTHS[:1]),
    "max_depth": Note("the farthest depth of the ladder", _DEPTHS[1:]),
    "level depth": Note(
        "the level's place in the ladder",
        (*_DEPTHS, "strategy.ladder_config.num_levels", "strategy.ladder_config.geometric_spacing"),
    ),
    "inventory depth": Note(
        "filled after the inner levels", ("strategy.ladder_config.depth_mode", "sigma_effective", *_FLOW)
    ),
    "market spread cap": Note(
        "within some market spreads", ("strategy.ladder_config.cap_to_market_spread", "market.spread_bps")
    ),
    "inventory skew": Note(
        "leans the position toward zero", ("account.position", "account.limit", "sigma_effective", *_GAMMA)
    ),
    "minimum skew": Note(
        "the least lean of a position",
        ("account.utilisation", "strategy.min_full_skew_ratio"),
    ),
    "flow balance": Note(
        "buyers and sellers differ",
        ("A_bid", "A_ask", "kappa_bid", "kappa_ask", "strategy.asym_persistence_s"),
    ),
    "drift": Note("the short-term drift", ("drift_score", "strategy.kappa_mu", "strategy.drift_beta_bps")),
    "book imbalance": Note("the depth of both sides", ("book_imbalance", "strategy.hjb.book_imbalance_factor")),
    "flow": Note("one-sided aggressive flow", ("flow_imbalance", "risk.flow_sensitivity")),
    "funding target": Note(
        "the position funding favours",
        ("funding_hourly", "funding_due", "risk.funding_rate_weight", "risk.funding_rate_horizon_s"),
    ),
    "skew cap": Note("the greatest shift", ("strategy.max_skew_bps",)),
    "strategy": Note("what the strategy asked for", ("strategy.strategy_type",)),
    "post-only": Note("behind the other side's best", ("market.bid", "market.ask")),
    "grid rounding": Note("away, to the venue's grid", ("market.tick",)),
}

REFERENCE_INPUTS: tuple[str, ...] = ("market.mid", "microprice", "strategy.alpha_channel")
SIZE_INPUTS: tuple[str, ...] = (
    "trading.target_liquidity",
    "trading.order_notional_usd",
    "strategy.size_mode",
    "strategy.ladder_config.decay_factor",
    "account.position",
    "account.limit",
)
