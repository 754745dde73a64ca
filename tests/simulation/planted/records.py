"""Bugs of journal, fold, nonces and of the order between record and request."""

import pytest

from mmtui.engine.fold import Folding
from mmtui.engine.folded import Folded
from mmtui.research.drill import process
from mmtui.research.drill.ports import signer
from mmtui.runtime.shell import Shell
from mmtui.venues.hyperliquid.nonces import BLOCK, NonceSource
from tests.simulation.planted.table import bug


@bug("journal not replayed at boot", "a start knows nothing of the runs before it", "starts")
def not_replayed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(process, "fold", lambda rows: Folded())


@bug("kill not read from the journal", "a start folds its journal and does not find the kill in it", "people")
def forgotten_kill(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Folding, "_risk", lambda self, row: None)


@bug("records after sends", "an order leaves before its record is durable", "losses")
def send_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shell, "_send", lambda self, seq, sends: self._wire.send(sends))


@bug("sends despite a failed journal", "orders leave although nothing can be written any more", "disk")
def unwritten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shell, "_without_places", lambda self, sends, why: self._wire.send(sends))


@bug("nonces not kept", "after a restart with a clock that is behind, nonces go back", "clock")
def forgotten_nonces(patch: pytest.MonkeyPatch) -> None:
    def from_the_clock(self: NonceSource, wall_ms: int) -> tuple[int, int]:
        return self._last + 1, max(self._last + 1, wall_ms) + BLOCK

    patch.setattr(signer._Source, "_reserve", from_the_clock)


@bug("nonces follow the clock", "two requests within a millisecond bear one nonce", "losses")
def clock_nonces(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(NonceSource, "_candidate", lambda self, wall_ms: max(self._current[0], wall_ms))


BUGS = (not_replayed, forgotten_kill, send_first, unwritten, forgotten_nonces, clock_nonces)
