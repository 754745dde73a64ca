"""What a dealer in the preset market earns and bears for ever: models.md 12.3."""

import math
from functools import cache

from mmtui.research import chain
from mmtui.strategies import glft, glft_exact
from tests.checks import preset
from tests.checks.values import CheckValue

LITERAL_HORIZON_S = 120.0
MIDDLE = preset.LIMIT_LOTS
LITERAL = glft.literal_half_spread(preset.GAMMA, preset.KAPPA) + preset.FEE


@cache
def exact(gamma: float, attitude: glft.RiskAttitude = glft.RiskAttitude.CARA) -> chain.Policy:
    """The bounded optimum of the preset."""
    risk, flow = preset.risk(gamma), preset.flow()
    found = glft_exact.stationary(risk, preset.SIGMA, flow, flow, preset.LIMIT_LOTS, attitude=attitude)
    return chain.policy(
        lambda n: quoted(found.bid_distance(n)), lambda n: quoted(found.ask_distance(n)), preset.LIMIT_LOTS
    )


@cache
def literal() -> chain.Policy:
    """The documents' formulas at the preset."""

    def skew(n: int) -> float:
        return glft.literal_skew(n / preset.LIMIT_LOTS, preset.GAMMA, preset.SIGMA, LITERAL_HORIZON_S)

    return chain.policy(lambda n: LITERAL + skew(n), lambda n: LITERAL - skew(n), preset.LIMIT_LOTS)


@cache
def symmetric() -> chain.Policy:
    """The same distance on both sides whatever is held."""
    return chain.policy(lambda n: LITERAL, lambda n: LITERAL, preset.LIMIT_LOTS)


@cache
def figures(quotes: chain.Policy) -> chain.Figures:
    return chain.figures(quotes, preset.MARKET, fee=preset.FEE, lot_usd=preset.LOT_USD)


@cache
def penalty() -> chain.Figures:
    return figures(exact(preset.GAMMA, glft.RiskAttitude.PENALTY))


def worth(found: chain.Figures) -> float:
    """Certainty equivalent at the preset's aversion, USD an hour."""
    return found.certainty_equivalent(preset.aversion())


def nudged(quotes: chain.Policy, n: int, by: float) -> chain.Policy:
    """The same policy with the bid at ``n`` lots moved by ``by``."""
    bids = list(quotes.bid)
    bids[n + quotes.limit] += by
    return chain.Policy(tuple(bids), quotes.ask)


def quoted(distance: float | None) -> float:
    return math.inf if distance is None else distance


POLICIES = (
    ("glft_exact, gamma 0.1", lambda: exact(0.1), (108.731199, 326.689634, 2.093182, 157.730851, 0.176083, 0.009265)),
    ("glft_exact, gamma 0.3", lambda: exact(0.3), (108.557059, 327.155403, 1.960972, 138.434859, 0.193342, 0.006423)),
    ("glft_exact, gamma 1", lambda: exact(1.0), (107.395635, 327.064335, 1.643476, 97.236499, 0.240279, 0.001961)),
    ("literal, gamma 0.3", literal, (102.391052, 307.221695, 3.159614, 359.393800, 0.091106, 0.090615)),
    ("symmetric", symmetric, (102.357944, 307.089185, 3.162278, 360.000000, 0.090909, 0.090909)),
)
COLUMNS = (
    ("USD an hour", lambda found: found.pnl),
    ("fills an hour", lambda found: found.fills),
    ("deviation of the position in lots", lambda found: found.position_sd),
    ("risk, USD squared an hour", lambda found: found.risk),
    ("probability of being flat", lambda found: found.law[MIDDLE]),
    ("probability of one limit", lambda found: found.law[0]),
)
HALF_DIGIT = 5e-7

CHECKS = (
    *(
        CheckValue(
            "12.3",
            f"{name}: {what}",
            expected,
            lambda policy=policy, read=read: read(figures(policy())),
            abs=HALF_DIGIT,
        )
        for name, policy, row in POLICIES
        for (what, read), expected in zip(COLUMNS, row, strict=True)
    ),
    CheckValue(
        "12.3", "penalty: certainty equivalent, USD an hour", 106.662585357, lambda: worth(penalty()), abs=5e-10
    ),
    CheckValue("12.3", "penalty: USD an hour", 108.559767, lambda: penalty().pnl, abs=HALF_DIGIT),
    CheckValue("12.3", "penalty: risk, USD squared an hour", 138.550590, lambda: penalty().risk, abs=HALF_DIGIT),
    CheckValue(
        "12.3",
        "penalty: certainty equivalent with the flat bid 0.1 bps farther",
        106.657984837,
        lambda: worth(figures(nudged(exact(preset.GAMMA, glft.RiskAttitude.PENALTY), 0, 1e-5))),
        abs=5e-10,
    ),
)
