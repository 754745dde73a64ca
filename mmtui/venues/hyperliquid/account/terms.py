"""What must not change while an engine runs and can all the same: the contract and the account's mode.

Read again every few minutes, beside the account. A failed reading says nothing and is tried again later.
Faults F73, F74, F92.
"""

import msgspec

from mmtui.domain.instrument import Instrument
from mmtui.errors import VenueError
from mmtui.venues.hyperliquid import instruments
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.port import Clock

AGE_MAX_S = 300.0
MODE_LENGTH_MAX = 40


class Terms:
    """The contract and the account's mode as last read; ``instrument`` is None until it was read again."""

    __slots__ = ("_account", "_clock", "_known", "_read_at", "_rest", "instrument", "mode")

    def __init__(self, instrument: Instrument, account: str, *, rest: Rest, clock: Clock) -> None:
        self._known = instrument
        self._account = account
        self._rest = rest
        self._clock = clock
        self._read_at: float | None = None
        self.instrument: Instrument | None = None
        self.mode = ""

    async def refresh(self) -> None:
        """Reads both again when they are old; the contract not at first, since it was read to begin."""
        now = self._clock()
        is_first = self._read_at is None
        if self._read_at is not None and now - self._read_at < AGE_MAX_S:
            return
        self._read_at = now
        self.mode = await self._account_mode() or self.mode
        if not is_first:
            self.instrument = await self._contract() or self.instrument

    async def _account_mode(self) -> str:
        answer = await self._rest.info({"type": "userAbstraction", "user": self._account})
        if not answer.is_ok:
            return ""
        try:
            return msgspec.json.decode(answer.body, type=str)[:MODE_LENGTH_MAX]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""

    async def _contract(self) -> Instrument | None:
        answer = await self._rest.info({"type": "meta", "dex": self._known.dex})
        if not answer.is_ok:
            return None
        try:
            return instruments.restated(self._known, instruments.decode_meta(answer.body))
        except VenueError:
            return None
