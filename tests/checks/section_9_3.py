"""Keep or move: models.md 9.3."""

from mmtui.engine.quoting.refresh import Gap, Rule, Stand, Verdict, move_bps, should_refresh
from tests.checks.values import CheckValue

HERE, THERE = Stand(0.18, 4.2), Stand(0.10, 5.0)
RULE = Rule(action_cost_bps=0.02, max_order_age_s=300.0)


def _is_held() -> float:
    return float(should_refresh(HERE, THERE, Gap(-3.0, 2.0), 10.0, RULE) is Verdict.HOLD)


CHECKS = (
    CheckValue("9.3", "worth of keeping, bps", 0.756, lambda: HERE.worth_bps),
    CheckValue("9.3", "worth of moving, bps", 0.48, lambda: move_bps(THERE, 0.02)),
    CheckValue("9.3", "held 3 bps out (1 is yes)", 1.0, _is_held),
)
