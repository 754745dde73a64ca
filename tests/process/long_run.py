"""One engine at work for simulated hours and days in this process, for measuring what it keeps.

The engine, its shell, the exchange and the faults of a line are those of the drills; what a drill itself remembers for
its verdict is dropped every hour, so that what grows is the program's.
"""

import gc
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from mmtui.domain.events import AnyEvent
from mmtui.domain.intents import Intent
from mmtui.engine import account, fold
from mmtui.engine.engine import Engine
from mmtui.engine.orders import fill_keys, ledger
from mmtui.estimators import vpin
from mmtui.estimators.adverse import markout
from mmtui.estimators.fair import spread_regime
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.scenario import PACES, Pace, make_scenario
from mmtui.research.drill.world import World

HOUR_S = 3600.0
ROWS_KEPT = 1_000
CAP = 1_000
CAPS = {
    ".ledger.fill_keys._keys": fill_keys.FILL_KEYS_MAX,
    ".ledger.fill_keys._order": fill_keys.FILL_KEYS_MAX,
    "._fill_keys": fold.KEYS_MAX,
    ".account._funding_keys": account.FUNDING_KEYS_MAX,
    ".filter._seen": 4_096,
    ".filter._order_of_arrival": 4_096,
    "._pending": markout.PENDING_MAX,
    ".ledger._by_oid": 2 * ledger.DONE_MAX,
    "._spreads._times._spent": spread_regime.CELLS,
    "._spreads._times._tree": spread_regime.CELLS + 1,
    "._vpin._history._arrival": vpin.HISTORY_MAX,
    "._vpin._history._sorted": vpin.HISTORY_MAX,
}
"""Collections that may hold more than ``CAP`` elements, by the end of their path."""
LINE = {
    Fault.DROP_WS: 2.0,
    Fault.DROP_REPLY: 0.005,
    Fault.DROP_FILL: 0.01,
    Fault.DROP_UPDATE: 0.01,
    Fault.DOUBLE_PUSH: 0.02,
    Fault.SHUFFLE_PUSH: 0.02,
}

PACES["slow"] = Pace(
    block_ms=1_000,
    tick_ms=1_000,
    requotes_per_s=0.5,
    orders_per_side=4,
    requote_interval_ms=3_000.0,
    book_ms=1_400,
    context_ms=2_800,
    levels=2,
)
"""A week has to pass within minutes, and memory does not depend on how finely time is cut."""


class LongRun(World):
    """A world that keeps nothing for a verdict."""

    def __init__(self, seed: int) -> None:
        scenario = replace(
            make_scenario(seed, "calm", hours=1.0, pace="slow"), faults=LINE, has_guard=True, market="calm"
        )
        super().__init__(scenario)
        self.begin()
        self.run(120.0)
        self.faults.is_on = True
        self.hands.begin()

    def _stepped(self, event: AnyEvent, intents: list[Intent]) -> None:
        self.tally.events += 1

    def _turned(self) -> None:
        return

    @property
    def engine(self) -> Engine:
        """The engine at work."""
        assert self.process.engine is not None, "nothing here kills the engine"
        return self.process.engine

    def hours(self, count: int) -> Iterator[int]:
        """Runs hour after hour; drops what the drill would keep."""
        for hour in range(count):
            self.run(HOUR_S)
            self._drop()
            yield hour

    def _drop(self) -> None:
        del self.disk.rows[:-ROWS_KEPT]
        truth = self.truth
        resting = {order.cloid for order in truth.open.values()}
        truth.filled = {cloid: size for cloid, size in truth.filled.items() if cloid in resting}
        truth.fills.clear()
        truth.funding.clear()
        truth.seen.clear()
        self.checker._fills.clear()
        assert self.process.journal is not None, "nothing here kills the engine"
        live = self.engine.state.ledger.live
        intended = self.process.journal.intended
        for cloid in [cloid for cloid in intended if cloid not in live]:
            del intended[cloid]


def resident_mb() -> float:
    """Resident memory of this process now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb() -> float:
    """Resident memory at its highest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def over_cap(lengths: dict[str, int]) -> dict[str, int]:
    """The collections that are longer than they may be."""
    return {path: length for path, length in lengths.items() if length > _cap(path)}


def _cap(path: str) -> int:
    return next((cap for end, cap in CAPS.items() if path.endswith(end)), CAP)
