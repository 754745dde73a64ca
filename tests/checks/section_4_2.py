"""The documents' rules for the control: models.md 4.2."""

from collections.abc import Callable

from mmtui.strategies.hjb.control import ControlVector, HeuristicRules, heuristic_control, urgency
from tests.checks.values import CheckValue

LIMIT = 3.0
RULES = HeuristicRules(half_spread_bps=5.0, inventory_skew_factor=0.6, book_imbalance_factor=0.4)
LITERAL = HeuristicRules(
    half_spread_bps=5.0, inventory_skew_factor=0.6, book_imbalance_factor=0.4, risk_both_sides=True
)
# Position, score, imbalance; bid, ask, taker buying and selling, urgency; bid and ask with risk on both sides.
FIGURES = (
    ((0.0, 0.0, 0.0), (5.0, 5.0, 0.0, 0.0, 0.0), (5.0, 5.0)),
    ((1.5, 0.0, 0.0), (7.75, 3.5, 0.0, 0.0, 0.125), (7.75, 4.75)),
    ((1.5, 0.3, 0.2), (7.35, 4.65, 0.0, 0.0, 0.125), (7.35, 6.0875)),
    ((-2.9, -0.2, -0.4), (3.4, 11.772222, 2.032963, 0.0, 0.903296), (8.539444, 11.772222)),
    ((2.9, 0.0, 0.0), (12.572222, 2.1, 0.0, 2.032963, 0.903296), (12.572222, 6.772222)),
)
NAMES = ("bid", "ask", "taker buying", "taker selling")


def _control(state: tuple[float, float, float], rules: HeuristicRules, field: int) -> Callable[[], float]:
    def ours() -> float:
        position, score, imbalance = state
        control: ControlVector = heuristic_control(position / LIMIT, score, imbalance, rules)
        fields = (
            control.bid_offset_bps,
            control.ask_offset_bps,
            control.taker_buy_rate,
            control.taker_sell_rate,
        )
        return fields[field]

    return ours


def _rows() -> list[CheckValue]:
    rows = []
    for state, figures, literal in FIGURES:
        position, score, imbalance = state
        where = f"q = {position:g}, score {score:g}, I = {imbalance:g}"
        rows += [
            CheckValue("4.2", f"{name} at {where}", figure, _control(state, RULES, i), abs=5e-7)
            for i, (name, figure) in enumerate(zip(NAMES, figures, strict=False))
        ]
        share = position / LIMIT
        rows.append(CheckValue("4.2", f"urgency at {where}", figures[4], lambda u=share: urgency(u), abs=5e-7))
        rows += [
            CheckValue("4.2", f"{name} at {where}, risk on both sides", figure, _control(state, LITERAL, i), abs=5e-7)
            for i, (name, figure) in enumerate(zip(NAMES, literal, strict=False))
        ]
    return rows


CHECKS = tuple(_rows())
