"""What the view tells of fills: own ones and their markouts, and those of others that were forced."""

from mmtui.domain.history_view import FillRow
from mmtui.domain.units import BPS
from mmtui.domain.view import MarkoutView
from mmtui.engine.state import EngineState
from mmtui.estimators.adverse.markouts import MarkoutRecord
from mmtui.estimators.arrivals.gamma_law import Z_975
from mmtui.estimators.cascades.cascade import SHOWN_SEVERITY
from mmtui.estimators.cascades.liquidations import causes

FILLS_SHOWN = 50


def fill_rows(state: EngineState) -> tuple[FillRow, ...]:
    """The newest own fills, newest first."""
    newest = list(state.tape.fills)[-FILLS_SHOWN:]
    return tuple(
        FillRow(
            at=note.at,
            side=note.side.name,
            price=note.price,
            size=note.size,
            fee_usd=note.fee_usd,
            edge_bps=note.edge_bps,
            markout_bps=note.markout_bps,
            level=note.level,
            is_taker=note.is_taker,
            position=note.position,
        )
        for note in reversed(newest)
    )


def markout_rows(state: EngineState) -> tuple[MarkoutView, ...]:
    """Markouts by side, level and horizon; made anew only when a fill was judged."""
    records = state.panel.markouts()
    drawn = state.tape.drawn
    if drawn.markouts[0] is not records:
        drawn.markouts = records, tuple([_markout(record) for record in records])
    return drawn.markouts[1]


def cascade_causes(state: EngineState, now: float) -> tuple[str, ...]:
    """What severity is made of, proxies named as such; nothing in a calm market."""
    reading = state.panel.cascade(now)
    return causes(reading.signs) if reading.severity >= SHOWN_SEVERITY else ()


def _markout(record: MarkoutRecord) -> MarkoutView:
    reach = Z_975 * record.markout_error
    return MarkoutView(
        side=record.side.name,
        level=record.level,
        horizon_s=record.horizon_s,
        n=record.count,
        dropped=record.dropped,
        n_eff=record.n_eff,
        edge_bps=record.edge * BPS,
        adverse_bps=record.adverse * BPS,
        adverse_error_bps=record.adverse_error * BPS,
        markout_bps=record.markout * BPS,
        low_bps=(record.markout - reach) * BPS,
        high_bps=(record.markout + reach) * BPS,
    )
