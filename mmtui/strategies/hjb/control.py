"""The documents' control vector and the rules by which they set it without solving anything.

Owns each rule as its own number, so that a waterfall can name them. Distances in bps, takers in lots per
second. Source: models.md 4.2.
"""

import msgspec

URGENT_ABOVE = 0.7
TAKER_SLOPE = 10.0


class ControlVector(msgspec.Struct, frozen=True, kw_only=True):
    """u = (delta_a, delta_b, nu_a, nu_b): offsets from the reference in bps, taker rates in lots per second."""

    ask_offset_bps: float
    bid_offset_bps: float
    taker_sell_rate: float = 0.0
    taker_buy_rate: float = 0.0

    def total_spread_bps(self) -> float:
        """Distance of the two quotes."""
        return self.ask_offset_bps + self.bid_offset_bps

    def spread_asymmetry_bps(self) -> float:
        """How much further away the ask is than the bid."""
        return self.ask_offset_bps - self.bid_offset_bps

    def is_passive(self) -> bool:
        """Whether no taker is wanted."""
        return self.taker_sell_rate == 0.0 and self.taker_buy_rate == 0.0

    def broken_constraint(self, min_spread_bps: float) -> str:
        """The first of the documents' constraints that does not hold, or ""."""
        if not min(self.bid_offset_bps, self.ask_offset_bps) >= 0.0:
            return "an offset is negative"
        if not self.total_spread_bps() >= min_spread_bps:
            return "the quotes are closer than the least spread"
        if not min(self.taker_buy_rate, self.taker_sell_rate) >= 0.0:
            return "a taker rate is negative"
        return ""

    def __str__(self) -> str:
        """The documents' line, with the taker rates where there are any."""
        takers = "" if self.is_passive() else f", ν^b={self.taker_buy_rate:.3f}/s, ν^a={self.taker_sell_rate:.3f}/s"
        return (
            f"ControlVector[δ^b={self.bid_offset_bps:.2f}bps, δ^a={self.ask_offset_bps:.2f}bps, "
            f"spread={self.total_spread_bps():.2f}bps, asymmetry={self.spread_asymmetry_bps():.2f}bps{takers}]"
        )


class HeuristicRules(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the rules; ``half_spread_bps`` is where both sides start."""

    half_spread_bps: float
    inventory_skew_factor: float = 0.6
    book_imbalance_factor: float = 0.4
    adverse_factor: float = 0.5
    min_offset_ratio: float = 0.2
    risk_both_sides: bool = False

    def adverse_bps(self, score: float) -> tuple[float, float]:
        """Rule 2: what the side that the drift runs over is widened by; bid and ask."""
        extra = self.adverse_factor * abs(score) * self.half_spread_bps
        return (extra if score < 0.0 else 0.0), (extra if score > 0.0 else 0.0)

    def risk_multiples(self, utilisation: float) -> tuple[float, float]:
        """Rule 3: factors on bid and ask; only the side that adds to the position, unless literal."""
        multiple = 1.0 + utilisation * utilisation
        if self.risk_both_sides:
            return multiple, multiple
        return (multiple if utilisation > 0.0 else 1.0), (multiple if utilisation < 0.0 else 1.0)

    def inventory_shift_bps(self, utilisation: float, half_bps: float) -> float:
        """Rule 4, first part; positive moves both quotes down."""
        return self.inventory_skew_factor * utilisation * half_bps

    def imbalance_shift_bps(self, imbalance: float, half_bps: float) -> float:
        """Rule 4, second part; positive moves both quotes down."""
        return -self.book_imbalance_factor * imbalance * half_bps


def urgency(utilisation: float) -> float:
    """Rule 6: 0 when flat, 1 at the limit."""
    return abs(utilisation) ** 3


def taker_rates(utilisation: float) -> tuple[float, float]:
    """Rule 6: rates of buying and selling takers in lots per second; only ever toward flat."""
    rate = max(0.0, urgency(utilisation) - URGENT_ABOVE) * TAKER_SLOPE
    return (rate if utilisation < 0.0 else 0.0), (rate if utilisation > 0.0 else 0.0)


def heuristic_control(utilisation: float, score: float, imbalance: float, rules: HeuristicRules) -> ControlVector:
    """All rules in the documents' order, for one state with ``utilisation`` in [-1, 1]."""
    half_bps = rules.half_spread_bps
    adverse_bid, adverse_ask = rules.adverse_bps(score)
    risk_bid, risk_ask = rules.risk_multiples(utilisation)
    shift = rules.inventory_shift_bps(utilisation, half_bps) + rules.imbalance_shift_bps(imbalance, half_bps)
    least = rules.min_offset_ratio * half_bps
    buying, selling = taker_rates(utilisation)
    return ControlVector(
        bid_offset_bps=max((half_bps + adverse_bid) * risk_bid + shift, least),
        ask_offset_bps=max((half_bps + adverse_ask) * risk_ask - shift, least),
        taker_buy_rate=buying,
        taker_sell_rate=selling,
    )
