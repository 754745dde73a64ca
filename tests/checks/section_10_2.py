"""The decomposition of P&L and average cost: models.md 10.2."""

from functools import cache, partial

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.pnl import PnlLedger
from mmtui.domain.position import Position
from tests.checks.values import CheckValue

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
MIDS = (100_000, 100_000, 100_010, 100_020, 99_985, 99_970, 99_960, 99_975, 99_990, 100_005, 100_020)
FILLS = {
    1: (Side.BUY, 99_990, 2000, 299_970),
    3: (Side.SELL, 100_040, 1000, 150_060),
    6: (Side.BUY, 99_950, 3000, 449_775),
    8: (Side.SELL, 100_010, 4000, 600_060),
}
SCALE = BTC.price_scale


@cache
def _walk() -> tuple[PnlLedger, Position]:
    ledger, position = PnlLedger(1000, horizon_s=2.0), Position(1000, 1000 * MIDS[0] * SCALE)
    for second, mid in enumerate(MIDS):
        ledger.mark(float(second), mid * SCALE - 5, mid * SCALE + 5)
        if second in FILLS:
            side, price, size, fee = FILLS[second]
            ledger.fill(float(second), side, price * SCALE, size, fee)
            position.apply(side, price * SCALE, size)
        if second == 5:
            ledger.fund(-round(1.25e-5 * 0.02 * 99_968 * 1e6))
    return ledger, position


def _part(name: str) -> float:
    parts = _walk()[0].attribution()
    if name == "whole inventory":
        return (parts.inventory + parts.adverse_selection) / 1e6
    return float(getattr(parts, name)) / 1e6


CHECKS = (
    *(
        CheckValue("10.2", label, expected, partial(_part, name), abs=5e-7)
        for label, name, expected in (
            ("spread", "spread_capture", 1.5),
            ("inventory", "whole inventory", 1.2),
            ("adverse selection", "adverse_selection", 0.6),
            ("inventory residual", "inventory", 0.6),
            ("fees", "fees", -1.499865),
            ("funding", "funding", -0.024992),
            ("total", "total", 1.175143),
        )
    ),
    CheckValue("10.2", "realised at average cost", 2.173333333, lambda: _walk()[1].realised / 1e6),
    CheckValue(
        "10.2", "unrealised at average cost", 0.526666667, lambda: _walk()[1].unrealised(MIDS[-1] * SCALE) / 1e6
    ),
    CheckValue("10.2", "end position", 0.01, lambda: BTC.size_base(_walk()[1].size)),
    CheckValue("10.2", "end cost", 99_967.333333, lambda: _walk()[1].entry(SCALE) or 0.0),
)
