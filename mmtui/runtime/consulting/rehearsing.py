"""Rehearsals on request: the last minutes traded again in a process of low priority, as configured and changed.

The engine is looked at once for its settings, inventory and what its estimators have learned.
"""

import asyncio
from typing import TYPE_CHECKING

import msgspec

from mmtui.domain.consultations import Finding, Rehearse, Rehearsed, RehearsedRow, Unable, Working
from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Value
from mmtui.domain.view import View
from mmtui.estimators.memory import PanelMemory
from mmtui.runtime.consulting.aside import work_aside
from mmtui.runtime.consulting.desk import Expert, Say

if TYPE_CHECKING:
    from mmtui.runtime.live import LiveSession

MODULE = "mmtui.research.rehearsal"
LIMIT_S = 300.0
SPAN_MAX_S = 1_800.0
ROUND_TRIP_MS = 120.0
ROUND_TRIP_RANGE_MS = (2.0, 5_000.0)


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What to compare: the last ``span_s`` up to ``to_ms`` of a market's recordings, as configured and with changes.

    ``position`` in base units stands in where no picture of the stretch's beginning was recorded.
    """

    folder: str
    market: str
    to_ms: int
    span_s: float
    instrument: Instrument
    settings: dict[str, Value]
    changes: dict[str, Value]
    position: float
    equity_usd: float
    round_trip_ms: float
    panel: PanelMemory | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Both runs' figures over [from_at, to_at], epoch seconds; ``trouble`` when there is none."""

    from_at: float = 0.0
    to_at: float = 0.0
    rows: tuple[RehearsedRow, ...] = ()
    note: str = ""
    trouble: str = ""


def rehearsing(session: "LiveSession") -> Expert:
    """The expert that compares settings over the last minutes of a session's market, one rehearsal at a time."""
    alone = asyncio.Lock()

    async def rehearse(asked: Rehearse, say: Say) -> Finding:
        if alone.locked():
            return Unable(
                id=asked.id, text="another rehearsal is under way, perhaps of another console; ask again later"
            )
        async with alone:
            return await compared(asked, say)

    async def compared(asked: Rehearse, say: Say) -> Finding:
        view = session.latest_view()
        if view is None or not session.parts.settings.flag("logging.record"):
            return Unable(id=asked.id, text="nothing is recorded of this market: [logging] record is off")
        charge = msgspec.json.encode(_charge(session, asked, view))

        def progress(line: bytes) -> None:
            say(Working(id=asked.id, text=msgspec.json.decode(line, type=str)))

        say(Working(id=asked.id, text="reading the recording"))
        done = msgspec.json.decode(await work_aside(MODULE, charge, progress, limit_s=LIMIT_S), type=Compared)
        if done.trouble:
            return Unable(id=asked.id, text=done.trouble)
        return Rehearsed(id=asked.id, from_at=done.from_at, to_at=done.to_at, rows=done.rows, note=done.note)

    return rehearse


def _charge(session: "LiveSession", asked: Rehearse, view: View) -> Charge:
    state = session.engine.state
    settings = {row.key: None if row.secret else value for row, value in state.settings.items()}
    return Charge(
        folder=str(session.files.recordings),
        market=session.files.market,
        to_ms=round(view.engine.at * 1000),
        span_s=min(asked.span_s, SPAN_MAX_S),
        instrument=state.instrument,
        settings=settings,
        changes=asked.changes,
        position=view.engine.position.size,
        equity_usd=view.engine.pnl.equity,
        round_trip_ms=_round_trip_ms(view),
        panel=state.panel.memory(),
    )


def _round_trip_ms(view: View) -> float:
    """What an order takes here, as measured over the last minute."""
    low, high = ROUND_TRIP_RANGE_MS
    measured = next((row.p50 for row in view.latency if row.name == "order ack"), None)
    return ROUND_TRIP_MS if measured is None else min(max(measured, low), high)
