"""Exact long-run figures of a dealer whose quotes depend on the inventory alone: a birth-death chain.

Owns the stationary law of the position and what follows from it: income, fills, spread of the position and the
risk borne. Distances and costs are fractions, rates 1/s, inventory in lots from ``-limit`` to ``limit``, money in
USD an hour. Never simulates. Source: models.md 12.3, and 2.5 for orders that know more.
"""

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

HOUR_S = 3600.0


class Market(msgspec.Struct, frozen=True, gc=False):
    """What orders of one side do, both sides alike: ``intensity`` 1/s at distance 0, ``kappa`` 1/fraction.

    ``sigma`` is the diffusion of the mid in fraction per root second; a share ``informed`` of all orders is
    followed by a move of ``jump`` (fraction) in their direction.
    """

    intensity: float
    kappa: float
    sigma: float
    informed: float = 0.0
    jump: float = 0.0

    def fill_rate(self, distance: float) -> float:
        """Fills a second of one lot quoted at ``distance``; an infinite distance is no quote."""
        return self.intensity * math.exp(-self.kappa * distance)

    @property
    def adverse(self) -> float:
        """Expected move against a passive fill, as a fraction."""
        return self.informed * self.jump


class Policy(msgspec.Struct, frozen=True):
    """Distances of bid and ask at each inventory from ``-limit`` to ``limit``, infinite where none is quoted."""

    bid: tuple[float, ...]
    ask: tuple[float, ...]

    @property
    def limit(self) -> int:
        """The largest inventory, in lots."""
        return len(self.bid) // 2


class Figures(msgspec.Struct, frozen=True):
    """Long-run figures: USD and fills an hour, position in lots, ``law`` its stationary probabilities.

    ``risk`` is the variance of the inventory's P&L in USD squared an hour.
    """

    pnl: float
    fills: float
    position_sd: float
    risk: float
    law: tuple[float, ...]

    def certainty_equivalent(self, aversion: float) -> float:
        """USD an hour worth as much as the P&L with its risk, at ``aversion`` in 1/USD."""
        return self.pnl - 0.5 * aversion * self.risk


def policy(bid: Callable[[int], float], ask: Callable[[int], float], limit: int) -> Policy:
    """Tabulate distances that are functions of the inventory; at a limit the increasing side is not quoted.

    Raises ValueError for a limit below one lot.
    """
    if not limit >= 1:
        raise ValueError("a chain needs a limit of one lot or more")
    lots = range(-limit, limit + 1)
    return Policy(
        tuple(bid(n) if n < limit else math.inf for n in lots),
        tuple(ask(n) if n > -limit else math.inf for n in lots),
    )


def stationary_law(quotes: Policy, market: Market) -> tuple[float, ...]:
    """Probability of each inventory, from the balance of fills between neighbours."""
    weights = [1.0]
    for index in range(len(quotes.bid) - 1):
        weights.append(weights[-1] * market.fill_rate(quotes.bid[index]) / market.fill_rate(quotes.ask[index + 1]))
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def figures(quotes: Policy, market: Market, *, fee: float, lot_usd: float, moved_by_fills: bool = False) -> Figures:
    """What the policy earns and bears for ever.

    Informed orders move the mid whether or not they reach a quote, so that only the lot just filled loses by
    them on average; with ``moved_by_fills`` the mid moves on own fills alone, against the whole position.
    """
    law = stationary_law(quotes, market)
    gains = _gains(quotes, market, fee, moved_by_fills=moved_by_fills)
    fills = [market.fill_rate(bid) + market.fill_rate(ask) for bid, ask in zip(quotes.bid, quotes.ask, strict=True)]
    second = math.fsum(share * n * n for n, share in zip(_lots(quotes), law, strict=True))
    return Figures(
        pnl=_mean(law, gains) * lot_usd * HOUR_S,
        fills=_mean(law, fills) * HOUR_S,
        position_sd=math.sqrt(second),
        risk=second * (market.sigma * lot_usd) ** 2 * HOUR_S,
        law=law,
    )


def expected_pnl(
    quotes: Policy,
    market: Market,
    *,
    fee: float,
    lot_usd: float,
    horizon_s: float = HOUR_S,
    moved_by_fills: bool = False,
) -> float:
    """Mean P&L in USD over ``horizon_s`` from a flat position, where the long run has not set in yet."""
    law = np.array(stationary_law(quotes, market))
    gains = np.array(_gains(quotes, market, fee, moved_by_fills=moved_by_fills))
    values, vectors = np.linalg.eigh(_symmetric_generator(quotes, market))
    decaying = np.where(values < -1e-12, values, -1.0)
    spent = np.where(values < -1e-12, np.expm1(decaying * horizon_s) / decaying, horizon_s)
    root = np.sqrt(law)
    from_flat = vectors[quotes.limit] / root[quotes.limit]
    return float((from_flat * spent) @ (vectors.T @ (root * gains))) * lot_usd


def _mean(law: Sequence[float], values: Sequence[float]) -> float:
    return math.fsum(share * value for share, value in zip(law, values, strict=True))


def _lots(quotes: Policy) -> range:
    return range(-quotes.limit, quotes.limit + 1)


def _gains(quotes: Policy, market: Market, fee: float, *, moved_by_fills: bool) -> list[float]:
    """Expected gain a second at each inventory, per unit of lot notional."""
    gains = []
    for n, bid, ask in zip(_lots(quotes), quotes.bid, quotes.ask, strict=True):
        bought, sold = market.fill_rate(bid), market.fill_rate(ask)
        hit_bid, hit_ask = (n + 1, 1 - n) if moved_by_fills else (1, 1)
        gain = bought * (bid - fee - market.adverse * hit_bid) if bought > 0.0 else 0.0
        gain += sold * (ask - fee - market.adverse * hit_ask) if sold > 0.0 else 0.0
        gains.append(gain)
    return gains


def _symmetric_generator(quotes: Policy, market: Market) -> npt.NDArray[np.float64]:
    """The chain's generator between the square roots of its stationary law."""
    up = np.array([market.fill_rate(bid) for bid in quotes.bid])
    down = np.array([market.fill_rate(ask) for ask in quotes.ask])
    beside = np.sqrt(up[:-1] * down[1:])
    return np.diag(beside, 1) + np.diag(beside, -1) - np.diag(up + down)
