"""From a model's half-spread to the quoted one, and the shift of the centre: floors, caps and their terms.

The order is fixed: model, widening (each cause in bps, capped together), floors, and only then the
skew, so that no floor can undo it. The cap on widening never pushes a quote below a floor. Knows no
prices. Source: models.md 2.9 with rulings 1, 2, 4 and 7.
"""

import math
from collections.abc import Sequence

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.strategies.bounds import clip
from mmtui.strategies.quote import QuoteContext, Term, total_bps

PRIOR_BPS = 5.0
LEAN_SHARE = 0.5
ADVERSE_NAME = "adverse selection"
KNIFE_NAMES = {Side.BUY: "falling knife", Side.SELL: "rising knife"}


class SpreadLimits(msgspec.Struct, frozen=True):
    """Floors and caps, bps unless named otherwise."""

    min_half_bps: float
    min_edge_bps: float
    max_half_bps: float
    max_widening_bps: float
    max_skew_bps: float
    min_full_skew_ratio: float
    warmup_width: float
    warmup_decay_s: float
    is_knife_minded: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> "SpreadLimits":
        """Read the schema's rows."""
        number = settings.number
        return cls(
            min_half_bps=number("risk.min_half_spread_bps"),
            min_edge_bps=number("strategy.min_edge_bps"),
            max_half_bps=number("strategy.max_half_spread_bps"),
            max_widening_bps=number("risk.max_widening_bps"),
            max_skew_bps=number("strategy.max_skew_bps"),
            min_full_skew_ratio=number("strategy.min_full_skew_ratio"),
            warmup_width=number("strategy.warmup_width"),
            warmup_decay_s=number("strategy.warmup_decay_s"),
            is_knife_minded=settings.flag("strategy.knife_enabled"),
        )


class SideSpread(msgspec.Struct, frozen=True, gc=False):
    """Half-spread of one side before the skew: its terms, their sum, and what went into it.

    ``least_bps`` is the distance below which a fill loses money on average, ``floor_bps`` that or the
    configured floor. ``uncharged_bps`` is the half-spread as it would be if fills cost nothing after them.
    """

    terms: tuple[Term, ...]
    half_bps: float
    model_bps: float
    least_bps: float
    floor_bps: float
    widening: tuple[Term, ...]
    uncharged_bps: float


class Shift(msgspec.Struct, frozen=True, gc=False):
    """Move of the quote centre; positive is down (a bid further away, an ask closer)."""

    terms: tuple[Term, ...]
    total_bps: float


NO_SHIFT = Shift((), 0.0)


def warmup_extra(age_s: float, limits: SpreadLimits) -> float:
    """Extra half-spread after the first quote, as a share of the model's. Source: models.md 0.2 rule 7."""
    if not age_s > 0.0:
        return limits.warmup_width - 1.0
    return (limits.warmup_width - 1.0) * math.exp(-age_s / limits.warmup_decay_s)


def data_terms(context: QuoteContext, model_bps: float, limits: SpreadLimits) -> list[Term]:
    """Widening that answers how little is known: the warm-up's decay, quoting from priors, and doubt in the data.

    The decay moves once a second, so that quotes rest in between.
    """
    terms = [Term("warm-up", model_bps * warmup_extra(math.floor(context.quoting_age_s), limits))]
    if context.is_prior:
        terms.append(Term("prior", PRIOR_BPS))
    if context.caution_bps:
        terms.append(Term("caution", context.caution_bps))
    return terms


def knife_term(context: QuoteContext, side: Side, model_bps: float, limits: SpreadLimits) -> Term:
    """Widening of a side that the market runs into; 0 for one that reduces the position. Source: models.md 6.11."""
    if not limits.is_knife_minded or int(side) * context.position < 0:
        return Term(KNIFE_NAMES[side], 0.0)
    signals = context.estimates.signals
    knife = signals.falling_knife if side > 0 else signals.rising_knife
    return Term(KNIFE_NAMES[side], model_bps * knife)


def capped(widening: Sequence[Term], cap_bps: float) -> list[Term]:
    """The widening terms with zeros dropped and, where needed, the term that caps their sum."""
    kept = [term for term in widening if term.bps != 0.0]
    excess = total_bps(kept) - cap_bps
    if excess > 0.0:
        kept.append(Term("widening cap", -excess))
    return kept


def side_spread(model: Sequence[Term], widening: Sequence[Term], cost_bps: float, limits: SpreadLimits) -> SideSpread:
    """Steps 1 and 2: widening capped, then the floors, then the greatest distance.

    ``cost_bps`` is the fee plus adverse selection.
    """
    model_bps = total_bps(model)
    kept = capped(widening, limits.max_widening_bps)
    half_bps = model_bps + total_bps(kept)
    terms = [*model, *kept]
    least_bps = cost_bps + limits.min_edge_bps
    uncharged_bps = _uncharged_bps(model_bps, widening, least_bps, limits)
    floor_bps = max(limits.min_half_bps, least_bps)
    if half_bps < floor_bps:
        name = "fee floor" if least_bps > limits.min_half_bps else "spread floor"
        terms.append(Term(name, floor_bps - half_bps))
        half_bps = floor_bps
    if half_bps > limits.max_half_bps:
        terms.append(Term("distance cap", limits.max_half_bps - half_bps))
        half_bps = limits.max_half_bps
    return SideSpread(tuple(terms), half_bps, model_bps, least_bps, floor_bps, tuple(kept), uncharged_bps)


def _uncharged_bps(model_bps: float, widening: Sequence[Term], least_bps: float, limits: SpreadLimits) -> float:
    charge_bps = math.fsum(term.bps for term in widening if term.name == ADVERSE_NAME)
    others_bps = math.fsum(term.bps for term in widening) - charge_bps
    half_bps = model_bps + min(others_bps, limits.max_widening_bps)
    return min(max(half_bps, limits.min_half_bps, least_bps - charge_bps), limits.max_half_bps)


def skew(
    inventory_bps: float,
    balance_bps: float,
    utilisation: float,
    half_bps: float,
    limits: SpreadLimits,
    leans: Sequence[Term] = (),
) -> Shift:
    """Steps 3 and 5 for the centre: the model's skew, its least size, and the cap.

    A full position shifts by at least ``min_full_skew_ratio`` of the half-spread, less in proportion; this
    stands above the cap, and what leans besides keeps to half of the cap beside it. ``leans`` are what moves
    the centre besides the inventory and the balance.
    """
    if inventory_bps == 0.0 and balance_bps == 0.0 and utilisation == 0.0 and not leans:
        return NO_SHIFT
    terms = []
    if inventory_bps != 0.0:
        terms.append(Term("inventory skew", inventory_bps))
    share = clip(utilisation, -1.0, 1.0)
    required_bps = limits.min_full_skew_ratio * half_bps * abs(share)
    limit_bps = limits.max_skew_bps
    inventory_kept_bps = clip(inventory_bps, -limit_bps, limit_bps)
    if abs(inventory_kept_bps) < required_bps:
        leaning_bps = math.copysign(required_bps, share)
        terms.append(Term("minimum skew", leaning_bps - inventory_kept_bps))
        inventory_kept_bps = leaning_bps
    if balance_bps != 0.0:
        terms.append(Term("flow balance", balance_bps))
    if leans:
        terms += leans
        balance_bps += math.fsum(term.bps for term in leans)
    # What is not inventory has half of the cap whatever is held, or a one-sided flow would freeze the quotes.
    lean_cap_bps = limit_bps * LEAN_SHARE
    lean_kept_bps = clip(balance_bps, -lean_cap_bps, lean_cap_bps)
    cap_bps = max(limit_bps, required_bps + abs(lean_kept_bps))
    total_bps = clip(inventory_kept_bps + lean_kept_bps, -cap_bps, cap_bps)
    rest_bps = total_bps - math.fsum(term.bps for term in terms)
    if abs(rest_bps) > 1e-12:
        terms.append(Term("skew cap", rest_bps))
    return Shift(tuple(terms), total_bps)


def exit_width_bps(width_bps: float, inventory_bps: float, limits: SpreadLimits) -> float:
    """What the exit keeps of the width that the inventory adds to both sides, beside a skew of ``inventory_bps``.

    What the cap cuts off the skew comes off the width, down to the floors: so the exit never moves out while the
    position grows.
    """
    return width_bps - max(0.0, abs(inventory_bps) - limits.max_skew_bps)


def mean_terms(bid: Sequence[Term], ask: Sequence[Term]) -> tuple[Term, ...]:
    """Terms of both sides by name, each the mean of the two."""
    sums: dict[str, float] = {}
    for term in (*bid, *ask):
        sums[term.name] = sums.get(term.name, 0.0) + term.bps / 2.0
    return tuple(Term(name, bps) for name, bps in sums.items())
