"""Rehearsals on request: the last minutes traded again in a process of low priority, as configured and changed.

The engine is looked at once for its settings, inventory and what its estimators have learned.
"""

from typing import TYPE_CHECKING

import msgspec

from mmtui.domain.consultations import Finding, Rehearse, Rehearsed, Unable, Working
from mmtui.domain.view import View
from mmtui.research.rehearsal.comparing import Charge, Compared
from mmtui.runtime.consulting.aside import work_aside
from mmtui.runtime.consulting.desk import Expert, Say

if TYPE_CHECKING:
    from mmtui.runtime.live import LiveSession

MODULE = "mmtui.research.rehearsal"
LIMIT_S = 300.0
SPAN_MAX_S = 1_800.0
ROUND_TRIP_MS = 120.0
ROUND_TRIP_RANGE_MS = (2.0, 5_000.0)


def rehearsing(session: "LiveSession") -> Expert:
    """The expert that compares settings over the last minutes of a session's market."""

    async def rehearse(asked: Rehearse, say: Say) -> Finding:
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
