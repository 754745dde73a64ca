"""Profit and loss, split by cause, exact to half a micro-USD.

The mid enters as ``bid + ask`` (twice the mid, an integer), so that every sum is exact:
``total = spread + inventory + fees + funding``. Adverse selection is carved out of inventory, never
added to it. Source: models.md 10.1.
"""

from collections import deque

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size, UsdMicro

PENDING_MAX = 10_000


class Attribution(msgspec.Struct, frozen=True):
    """P&L by cause, micro-USD; ``inventory`` excludes ``adverse_selection``."""

    total: UsdMicro
    spread_capture: UsdMicro
    adverse_selection: UsdMicro
    inventory: UsdMicro
    fees: UsdMicro
    funding: UsdMicro


class _Pending(msgspec.Struct, frozen=True, gc=False):
    due_at: float
    signed: Size
    mid2: int


class PnlLedger:
    """Running sums of one session, in half micro-USD where a mid is involved."""

    __slots__ = (
        "_adverse2",
        "_fees",
        "_funding",
        "_horizon_s",
        "_inventory2",
        "_mid2",
        "_opening2",
        "_pending",
        "_pending_mid2",
        "_pending_signed",
        "_position",
        "_spread2",
    )

    def __init__(self, position: Size, *, horizon_s: float) -> None:
        self._position = position
        self._horizon_s = horizon_s
        self._mid2 = 0
        self._opening2: int | None = None
        self._spread2 = 0
        self._inventory2 = 0
        self._adverse2 = 0
        self._fees: UsdMicro = 0
        self._funding: UsdMicro = 0
        self._pending: deque[_Pending] = deque()
        self._pending_signed = 0
        self._pending_mid2 = 0

    @property
    def position(self) -> Size:
        """Signed position the sums are about."""
        return self._position

    @property
    def has_mid(self) -> bool:
        """Whether a mid has been seen."""
        return self._mid2 > 0

    @property
    def mid2(self) -> int:
        """The bid plus the ask last seen, 0 before any."""
        return self._mid2

    @property
    def opening_value(self) -> UsdMicro | None:
        """What the position was worth at the first mid, from which the sums count; None before it."""
        return None if self._opening2 is None else _half(self._opening2)

    def mark(self, now: float, bid: Price, ask: Price) -> None:
        """Moves the mid; the change times the position is inventory P&L."""
        assert 0 < bid <= ask, "a mark needs a sane touch"
        self._resolve(now)
        mid2 = bid + ask
        if self._mid2:
            self._inventory2 += self._position * (mid2 - self._mid2)
        self._see(mid2)

    def fill(self, now: float, side: Side, price: Price, size: Size, fee: UsdMicro) -> None:
        """Books a fill at the mid in force; before any mid, the fill's own price is the mid."""
        if not self._mid2:
            self._see(2 * price)
        self._resolve(now)
        signed = side * size
        self._spread2 += signed * (self._mid2 - 2 * price)
        self._fees -= fee
        self._position += signed
        if len(self._pending) >= PENDING_MAX:
            self._settle(self._pending.popleft())
        self._pending.append(_Pending(now + self._horizon_s, signed, self._mid2))
        self._pending_signed += signed
        self._pending_mid2 += signed * self._mid2

    def fund(self, payment: UsdMicro) -> None:
        """Books a funding payment; positive is received."""
        self._funding += payment

    def adjust(self, position: Size) -> None:
        """Takes a position the venue states without a fill; its cost is the mid in force."""
        self._position = position

    @property
    def total(self) -> UsdMicro:
        """The whole P&L so far, as ``attribution`` has it."""
        return _half(self._spread2 + self._inventory2 + 2 * (self._fees + self._funding))

    def attribution(self) -> Attribution:
        """The sums so far; fills younger than the horizon count with the current mid."""
        pending2 = self._pending_signed * self._mid2 - self._pending_mid2
        adverse2 = self._adverse2 + pending2
        total, spread, adverse = self.total, _half(self._spread2), _half(adverse2)
        return Attribution(
            total=total,
            spread_capture=spread,
            adverse_selection=adverse,
            inventory=total - spread - adverse - self._fees - self._funding,
            fees=self._fees,
            funding=self._funding,
        )

    def _see(self, mid2: int) -> None:
        if self._opening2 is None:
            self._opening2 = self._position * mid2
        self._mid2 = mid2

    def _resolve(self, now: float) -> None:
        while self._pending and self._pending[0].due_at < now:
            self._settle(self._pending.popleft())

    def _settle(self, fill: _Pending) -> None:
        self._adverse2 += fill.signed * (self._mid2 - fill.mid2)
        self._pending_signed -= fill.signed
        self._pending_mid2 -= fill.signed * fill.mid2


def _half(value2: int) -> UsdMicro:
    return (value2 + 1) // 2 if value2 >= 0 else -((1 - value2) // 2)
