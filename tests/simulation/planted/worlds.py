"""The worlds in which planted bugs are looked for: a few kinds of fault each, often, and a short horizon.

They are no profiles of the drill: a profile may be given more faults without moving these.
"""

import msgspec

from mmtui.domain.parameters import Settings, Value
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.scenario import Scenario, make_scenario


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of world: its faults and what is fixed about it; None leaves it to the seed."""

    faults: dict[Fault, float]
    hours: float = 0.1
    market: str | None = None
    has_guard: bool | None = None
    has_switch: bool | None = None
    must_be_guarded: bool | None = None
    is_budget_poor: bool = False
    changes: dict[str, Value] = {}


class PlaceScenario(Scenario, frozen=True, kw_only=True):
    """A scenario with settings of its own."""

    changes: dict[str, Value]

    def settings(self) -> Settings:
        """The settings the engine runs with."""
        return super().settings().with_values(self.changes)


F = Fault
WORLDS: dict[str, Place] = {
    "losses": Place(
        faults={
            F.DROP_REQUEST: 0.1, F.DELAY_REQUEST: 0.1, F.DOUBLE_REQUEST: 0.05, F.DROP_REPLY: 0.1, F.DELAY_REPLY: 0.1,
            F.GARBLE_REPLY: 0.05, F.DROP_QUERY: 0.05, F.DROP_FILL: 0.15, F.DROP_UPDATE: 0.15, F.DELAY_PUSH: 0.1,
            F.DOUBLE_PUSH: 0.1, F.SHUFFLE_PUSH: 0.1,
        }
    ),
    "feeds": Place(
        faults={
            F.ABSURD_BOOK: 0.02, F.DROP_WS: 60.0, F.FREEZE_MARKET: 30.0, F.FREEZE_USER: 20.0, F.LAG: 60.0,
            F.DROP_FILL: 0.2,
        }
    ),
    "reconnects": Place(faults={F.DROP_WS: 60.0, F.DROP_FILL: 0.2, F.DROP_QUERY: 0.5}),
    "narrow": Place(faults={F.DROP_UPDATE: 0.05}, changes={"risk.price_collar_pct": 0.3}),
    "late fills": Place(
        faults={F.DROP_FILL: 0.4, F.DELAY_PUSH: 0.5, F.OPERATOR: 240.0, F.DROP_REPLY: 0.02}, market="one-sided"
    ),
    "fences": Place(faults={F.OPERATOR: 400.0, F.DROP_REPLY: 0.4, F.DROP_UPDATE: 0.5, F.DELAY_PUSH: 0.3}),
    "starts": Place(faults={F.KILL: 60.0, F.POWER_CUT: 20.0, F.KILL_AFTER_SEND: 0.02, F.ABSURD_BOOK: 0.05}),
    "clock": Place(faults={F.SKEW: 40.0, F.KILL: 60.0}),
    "people": Place(
        faults={
            F.OPERATOR: 120.0, F.MANUAL_TRADE: 20.0, F.FOREIGN_ORDER: 40.0, F.WEB_CANCEL: 20.0, F.DROP_REPLY: 0.1,
            F.DELAY_REQUEST: 0.1,
        }
    ),
    "money": Place(faults={F.TRANSFER: 40.0}),
    "disk": Place(faults={F.SLOW_FSYNC: 60.0, F.DISK_FULL: 20.0, F.DISK_ERROR: 20.0}),
    "unguarded": Place(
        faults={F.SWITCH_LOST: 60.0, F.KILL: 30.0}, has_guard=False, has_switch=True, must_be_guarded=True
    ),
    "guard lost": Place(faults={F.GUARD_LOST: 40.0}, has_guard=True, has_switch=False, must_be_guarded=True),
    "switch": Place(faults={F.DELAY_REQUEST: 0.3, F.DROP_REPLY: 0.1}, has_guard=False, has_switch=True),
    "refusals": Place(faults={F.ITEM_REJECT: 0.97}),
    "fickle": Place(
        faults={F.FICKLE: 60.0}, has_switch=False,
        changes={"risk.replacements_max": 3, "execution.requote_interval_ms": 250.0},
    ),
    "busy": Place(
        faults={F.DROP_UPDATE: 0.2}, market="jumpy", has_switch=False, changes={"risk.actions_per_min_max": 30.0}
    ),
    "scarce": Place(
        faults={F.DROP_UPDATE: 0.1}, market="jumpy", has_switch=False, is_budget_poor=True, hours=0.2,
        changes={"execution.requote_interval_ms": 250.0, "trading.max_bps_diff": 0.5, "risk.min_half_spread_bps": 20.0},
    ),
    "one-sided": Place(faults={F.DROP_UPDATE: 0.05}, market="one-sided", hours=0.2),
    "trending": Place(faults={F.DROP_UPDATE: 0.05}, market="trending", hours=0.2),
    "hour": Place(faults={F.DOUBLE_PUSH: 0.3}, hours=0.15),
    "journal lost": Place(faults={F.JOURNAL_LOST: 60.0}),
}  # fmt: skip


def scenario(world: str, seed: int) -> Scenario:
    """The scenario of a world and a seed; what the world leaves open the seed draws."""
    place = WORLDS[world]
    drawn = msgspec.structs.asdict(make_scenario(seed, "calm", hours=place.hours))
    fixed: dict[str, object] = {
        "profile": world,
        "faults": place.faults,
        "is_budget_poor": place.is_budget_poor,
        "changes": place.changes,
    }
    for name in ("market", "has_guard", "has_switch", "must_be_guarded"):
        if getattr(place, name) is not None:
            fixed[name] = getattr(place, name)
    return PlaceScenario(**{**drawn, **fixed})
