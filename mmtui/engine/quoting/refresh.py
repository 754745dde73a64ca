"""Keep an order where it stands, or move it to where it is wanted: what either is worth.

Owns the comparison. A quote closer to the market than it should be is never weighed, for being picked off is
no question of a place in a queue; one further out keeps its place unless moving is worth more. Worth is the
probability of a fill within the horizon times the edge, in bps. The edge is measured from the reservation
price, so that unloading a position counts for what the strategy holds it to be. Source: models.md 9.3.
"""

import enum

import msgspec

MARGIN = 1.1
STALE_SHARE = 0.5
# An order this much closer to the market than its level, as a share of the tolerance, is worth an action.
CLOSER_SHARE = 0.25
FAR_RATIO = 3.0


class Verdict(enum.Enum):
    """What becomes of an order."""

    HOLD = "hold"
    REFRESH = "refresh"
    CANCEL = "cancel now"


class Stand(msgspec.Struct, frozen=True):
    """An order or a wanted level: chance of a fill within the horizon, and edge after costs in bps."""

    probability: float
    edge_bps: float

    @property
    def worth_bps(self) -> float:
        """Expected gain within the horizon."""
        return self.probability * self.edge_bps


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """When to move: the cost of an action in bps, and the age from which a poor place is left."""

    action_cost_bps: float
    max_order_age_s: float


class Gap(msgspec.Struct, frozen=True):
    """How much nearer to the market than wanted an order is, negative when further out, and what is tolerated."""

    closer_bps: float
    max_bps_diff: float


def move_bps(there: Stand, action_cost_bps: float) -> float:
    """Worth of a new order at the wanted price, at the back of its queue."""
    return there.worth_bps - action_cost_bps


def must_cancel(here: Stand, there: Stand, gap: Gap) -> bool:
    """Whether an order nearer to the market than wanted must go at once.

    Far too near, or each of its fills loses while those of its level do not.
    """
    if gap.closer_bps > FAR_RATIO * gap.max_bps_diff:
        return True
    return gap.closer_bps > CLOSER_SHARE * gap.max_bps_diff and here.edge_bps < 0.0 <= there.edge_bps


def is_settled(gap: Gap, age_s: float, rule: Rule) -> bool:
    """Whether an order stays whatever it is worth: near enough to where it is wanted, and not old."""
    return -gap.max_bps_diff <= gap.closer_bps <= CLOSER_SHARE * gap.max_bps_diff and age_s <= rule.max_order_age_s


def should_refresh(here: Stand, there: Stand, gap: Gap, age_s: float, rule: Rule) -> Verdict:
    """What becomes of an order ``here`` that could serve a level ``there``."""
    if must_cancel(here, there, gap):
        return Verdict.CANCEL
    if gap.closer_bps > gap.max_bps_diff:
        return Verdict.REFRESH
    is_out = -gap.closer_bps > gap.max_bps_diff
    likely = STALE_SHARE * there.probability
    # Where neither can fill at all, one that is too far out still comes back to its level in the end.
    if age_s > rule.max_order_age_s and (here.probability < likely or (is_out and here.probability <= likely)):
        return Verdict.REFRESH
    if not is_out:
        return Verdict.HOLD
    is_better = move_bps(there, rule.action_cost_bps) > MARGIN * here.worth_bps
    return Verdict.REFRESH if is_better else Verdict.HOLD
