"""What a journal folds to, and the hash by which it is compared with an engine's own state.

Owns the shapes only; how rows come to them is ``engine.fold``.
"""

import hashlib
from typing import TypeAlias

import msgspec

from mmtui.domain.order import OrderState, OrderTerms
from mmtui.domain.parameters import Value
from mmtui.domain.units import Size, UsdMicro

FillKey: TypeAlias = tuple[str, int, int, int]
FundingKey: TypeAlias = tuple[str, int]


class FoldedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An own order that may still live."""

    terms: OrderTerms
    state: OrderState = OrderState.SUBMITTED
    oid: int | None = None
    filled: Size = 0
    venue_filled: Size | None = None


class FoldedDay(msgspec.Struct, frozen=True, kw_only=True):
    """The UTC day so far: its P&L at the last sample, and at any other moment ``base`` + cash + position x mid."""

    utc_day: int
    opening_equity: UsdMicro
    peak_pnl: UsdMicro = 0
    pnl: UsdMicro = 0
    base: UsdMicro | None = None
    switch_fires: int = 0
    switch_fired_ms: int = 0
    relief: UsdMicro = 0


class FoldedKill(msgspec.Struct, frozen=True, kw_only=True):
    """A kill that fired and was not re-armed; ``at`` is epoch seconds."""

    at: float
    reason: str
    detail: str


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows say.

    ``verified_ms`` is the exchange time until which every fill is known; ``fill_keys`` are those of
    later fills and of some before, ``anchor_ms`` is when the last session began. ``parameters`` are
    live edits in force, ``runs`` the runs seen, the last one last, ``requests`` and ``orders_made``
    the highest numbers of that run. ``mid2`` is the last bid plus ask, 0 when none is known.
    ``mismatches`` are rows that contradict those before them, for people.
    """

    at: float = 0.0
    coin: str = ""
    size_decimals: int = 0
    position: Size = 0
    cost: UsdMicro = 0
    cash: UsdMicro = 0
    mid2: int = 0
    equity: UsdMicro = 0
    anchor_ms: int = 0
    verified_ms: int = 0
    day: FoldedDay | None = None
    kill: FoldedKill | None = None
    orders: tuple[FoldedOrder, ...] = ()
    fill_keys: tuple[FillKey, ...] = ()
    funding_keys: tuple[FundingKey, ...] = ()
    parameters: dict[str, Value] = {}
    version: int = 1
    runs: tuple[int, ...] = ()
    requests: int = 0
    orders_made: int = 0
    mismatches: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A hash over what must equal the engine's own state."""
        return digest(
            account=(self.position, self.cost, self.cash),
            orders=tuple((order.terms.cloid, order.filled, order.venue_filled) for order in self.orders),
            day=None if self.day is None else (self.day.utc_day, self.day.opening_equity),
            parameters=self.parameters,
            version=self.version,
            is_killed=self.kill is not None,
        )


def digest(
    *,
    account: tuple[Size, UsdMicro, UsdMicro],
    orders: tuple[tuple[str, Size, Size | None], ...],
    day: tuple[int, UsdMicro] | None,
    parameters: dict[str, Value],
    version: int,
    is_killed: bool,
) -> str:
    """A hash of position, cost and cash, of the orders that may live, of the day and of the edits in force."""
    plain = (account, sorted(orders), day, parameters, version, is_killed)
    return hashlib.blake2b(msgspec.json.encode(plain, order="deterministic"), digest_size=16).hexdigest()
