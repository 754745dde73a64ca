"""The journal folded to the state it describes: what a start inherits, and what a run is checked against.

Owns the one reading of every row. A fill counts once by its key, an order lives until a row ends it,
and the day's P&L is a base to which cash and the marked position are added, so that what happened
while no process ran is in it. Never decides what to do about any of it. Answers I1, I2.
"""

from collections.abc import Iterable

import msgspec

from mmtui.domain.cloid import counter_of, is_ours
from mmtui.domain.instrument import Side
from mmtui.domain.order import TERMINAL, OrderState
from mmtui.domain.parameters import Value
from mmtui.domain.position import Position
from mmtui.domain.records import (
    CancelIntended,
    Checkpoint,
    DayMarked,
    EquitySampled,
    FillBooked,
    FundingBooked,
    OrderAdopted,
    OrderChanged,
    OrderIntended,
    ParametersChanged,
    PositionAdjusted,
    Record,
    RiskRecorded,
    SessionOpened,
)
from mmtui.domain.units import UsdMicro
from mmtui.engine.folded import FillKey, Folded, FoldedDay, FoldedKill, FoldedOrder, FundingKey

KEYS_MAX = 50_000
KEYS_MARGIN_MS = 60_000
FUNDING_KEYS_MAX = 100
ORDERS_MAX = 1_000
RUNS_MAX = 20
MISMATCHES_MAX = 20

_SHOWN = {
    **{state.value: state for state in OrderState},
    "FilledDuringCancel": OrderState.FILLED,
    "FilledImmediately": OrderState.FILLED,
    "CancelConfirmed": OrderState.SETTLING,
}


def fold(rows: Iterable[Record]) -> Folded:
    """What ``rows`` come to, those of one or more sessions in their order; a Checkpoint may come first."""
    folding = Folding()
    for row in rows:
        folding.apply(row)
    return folding.folded()


class _Numbers(msgspec.Struct):
    """What rows state outright; names as in ``Folded``."""

    at: float = 0.0
    coin: str = ""
    size_decimals: int = 0
    cash: UsdMicro = 0
    mid2: int = 0
    equity: UsdMicro = 0
    anchor_ms: int = 0
    verified_ms: int = 0
    version: int = 1
    requests: int = 0
    orders_made: int = 0


class Folding:
    """Rows applied one by one."""

    __slots__ = (
        "_day",
        "_fill_keys",
        "_funding_keys",
        "_is_anchored",
        "_kill",
        "_mismatches",
        "_numbers",
        "_orders",
        "_parameters",
        "_position",
        "_runs",
    )

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._position = Position()
        self._day: FoldedDay | None = None
        self._kill: FoldedKill | None = None
        self._orders: dict[str, FoldedOrder] = {}
        self._fill_keys: dict[FillKey, None] = {}
        self._funding_keys: dict[FundingKey, None] = {}
        self._parameters: dict[str, Value] = {}
        self._runs: tuple[int, ...] = ()
        self._mismatches: list[str] = []
        self._is_anchored = False

    def folded(self) -> Folded:
        """The state so far."""
        numbers = self._numbers
        since_ms = numbers.verified_ms - KEYS_MARGIN_MS
        return Folded(
            **msgspec.structs.asdict(numbers),
            position=self._position.size,
            cost=self._position.cost,
            day=self._day,
            kill=self._kill,
            orders=tuple(self._orders.values()),
            fill_keys=tuple(key for key in self._fill_keys if key[1] >= since_ms),
            funding_keys=tuple(self._funding_keys),
            parameters=dict(self._parameters),
            runs=self._runs,
            mismatches=tuple(self._mismatches),
        )

    @property
    def day(self) -> FoldedDay | None:
        """The UTC day so far."""
        return self._day

    def knows(self, cloid: str) -> bool:
        """Whether the order is one that may live."""
        return cloid in self._orders

    @property
    def parameters(self) -> dict[str, Value]:
        """The live edits in force, by key."""
        return self._parameters

    def apply(self, row: Record) -> None:
        """Takes the next row."""
        match row:
            case OrderChanged():
                self._changed(row)
            case OrderIntended():
                self._intended(row)
            case CancelIntended():
                self._numbers.requests = max(self._numbers.requests, row.request_id)
            case OrderAdopted():
                self._orders[row.terms.cloid] = FoldedOrder(
                    terms=row.terms, state=_SHOWN[row.state], oid=row.oid, filled=row.filled
                )
            case FillBooked():
                self._filled(row)
            case FundingBooked():
                self._funded(row)
            case SessionOpened():
                self._opened(row)
            case PositionAdjusted():
                self._adjusted(row)
            case EquitySampled():
                self._numbers.equity = row.equity
                self._mark_day(row.peak_pnl, row.day_pnl, row.mid2)
            case DayMarked():
                self._marked(row)
            case ParametersChanged():
                self._parameters = {**(self._parameters if row.version > 2 else {}), **row.after}
                self._numbers.version = row.version
            case RiskRecorded():
                self._risk(row)
            case Checkpoint():
                self._checkpoint(row)
            case _:
                pass
        self._numbers.at = max(self._numbers.at, row.at)

    def _intended(self, row: OrderIntended) -> None:
        cloid, numbers = row.terms.cloid, self._numbers
        self._orders[cloid] = FoldedOrder(terms=row.terms)
        if len(self._orders) > ORDERS_MAX:
            oldest = next(iter(self._orders))
            self._doubt(row.at, f"more than {ORDERS_MAX} orders without an end; {oldest} is left out")
            del self._orders[oldest]
        numbers.requests = max(numbers.requests, row.request_id)
        if is_ours(cloid):
            numbers.orders_made = max(numbers.orders_made, counter_of(cloid))

    def _changed(self, row: OrderChanged) -> None:
        order, state = self._orders.get(row.cloid), _SHOWN.get(row.state)
        if state is None:
            self._doubt(row.at, f"an order state that is not known: {row.state}")
        elif state in TERMINAL:
            self._orders.pop(row.cloid, None)
        elif order is not None:
            self._orders[row.cloid] = FoldedOrder(
                terms=order.terms, state=state, oid=row.oid, filled=row.filled, venue_filled=row.venue_filled
            )

    def _filled(self, row: FillBooked) -> None:
        key = (row.coin, row.venue_time_ms, row.tid, row.oid)
        if key in self._fill_keys:
            self._doubt(row.at, f"fill {row.tid} of order {row.oid} is there twice")
            return
        self._fill_keys[key] = None
        if len(self._fill_keys) > KEYS_MAX:
            self._fill_keys.pop(next(iter(self._fill_keys)))
        order = self._order_of(row)
        if order is not None:
            filled = min(order.filled + row.size, order.terms.size)
            self._orders[order.terms.cloid] = msgspec.structs.replace(order, filled=filled)
        if row.is_recovered and (not self._is_anchored or row.venue_time_ms <= self._numbers.anchor_ms):
            return  # the session begins, or began, with a position that has it already
        self._position.apply(row.side, row.price, row.size)
        self._numbers.cash -= row.side * row.size * row.price + row.fee
        if (self._position.size, self._numbers.cash) != (row.position, row.cash):
            self._doubt(row.at, f"after fill {row.tid} the rows make {self._position.size}, it says {row.position}")

    def _order_of(self, row: FillBooked) -> FoldedOrder | None:
        if row.cloid is not None:
            return self._orders.get(row.cloid)
        return next((order for order in self._orders.values() if order.oid == row.oid), None)

    def _funded(self, row: FundingBooked) -> None:
        key = (row.coin, row.venue_time_ms)
        if key in self._funding_keys:
            self._doubt(row.at, f"the funding of {row.venue_time_ms} is there twice")
            return
        self._funding_keys[key] = None
        if len(self._funding_keys) > FUNDING_KEYS_MAX:
            self._funding_keys.pop(next(iter(self._funding_keys)))
        if not (row.is_recovered and row.venue_time_ms <= self._numbers.anchor_ms):
            self._numbers.cash += row.amount

    def _opened(self, row: SessionOpened) -> None:
        numbers, before = self._numbers, self._day
        if self._is_anchored and self._position.size != row.position:
            self._doubt(row.at, f"the rows make a position of {self._position.size}, the exchange says {row.position}")
        continues = before is not None and before.utc_day == row.utc_day and row.day_base is not None
        self._day = FoldedDay(
            utc_day=row.utc_day,
            opening_equity=row.opening_equity,
            peak_pnl=row.peak_pnl,
            pnl=before.pnl if before is not None and continues else 0,
            base=row.day_base,
            switch_fires=row.switch_fires,
            switch_fired_ms=row.switch_fired_ms,
            relief=row.relief,
        )
        self._is_anchored = True
        self._position = Position(row.position, row.entry_cost)
        self._runs = (*self._runs, row.run)[-RUNS_MAX:]
        if not row.is_killed:
            self._kill = None
        if row.version == 1:
            self._parameters = {}
        numbers.coin, numbers.cash, numbers.equity = row.coin, row.cash, row.account_value
        numbers.size_decimals = row.size_decimals
        numbers.anchor_ms = row.venue_time_ms
        numbers.verified_ms = max(numbers.verified_ms, row.venue_time_ms)
        numbers.version, numbers.requests, numbers.orders_made = row.version, 0, 0

    def _adjusted(self, row: PositionAdjusted) -> None:
        if self._is_anchored and row.before != self._position.size:
            self._doubt(row.at, f"a position of {row.before} was adjusted, the rows make {self._position.size}")
        change = row.after - self._position.size
        if change and row.mark > 0:
            self._position.apply(Side.BUY if change > 0 else Side.SELL, row.mark, abs(change))
        self._numbers.cash = row.cash

    def _marked(self, row: DayMarked) -> None:
        self._day = FoldedDay(
            utc_day=row.utc_day,
            opening_equity=row.opening_equity,
            base=self._day.base if self._day is not None and self._day.utc_day == row.utc_day else None,
            switch_fires=row.switch_fires,
            switch_fired_ms=row.switch_fired_ms,
            relief=row.relief,
        )
        self._mark_day(row.peak_pnl, row.pnl, row.mid2)

    def _mark_day(self, peak: UsdMicro, pnl: UsdMicro, mid2: int) -> None:
        if self._day is None:
            return
        base = self._day.base
        if mid2 > 0:
            base = pnl - self._numbers.cash - self._position.size * mid2 // 2
            self._numbers.mid2 = mid2
        self._day = msgspec.structs.replace(self._day, peak_pnl=peak, pnl=pnl, base=base)

    def _risk(self, row: RiskRecorded) -> None:
        if row.code == "KILL":
            self._kill = FoldedKill(at=row.at, reason=row.monitor, detail=row.text)
        elif row.code == "REARMED":
            self._kill = None

    def _checkpoint(self, row: Checkpoint) -> None:
        self._numbers.verified_ms = max(self._numbers.verified_ms, row.verified_ms)
        if self._is_anchored:
            if self.folded().digest != row.digest:
                self._doubt(row.at, "the rows do not make the state that was proved then")
            return
        stated = msgspec.json.decode(row.folded, type=Folded)
        if stated.digest != row.digest:
            self._doubt(row.at, "a checkpoint does not equal its own hash")
        self._numbers = msgspec.convert(stated, _Numbers, from_attributes=True)
        self._numbers.verified_ms = max(stated.verified_ms, row.verified_ms)
        self._position = Position(stated.position, stated.cost)
        self._day, self._kill, self._runs = stated.day, stated.kill, stated.runs
        self._orders = {order.terms.cloid: order for order in stated.orders}
        self._fill_keys = dict.fromkeys(stated.fill_keys)
        self._funding_keys = dict.fromkeys(stated.funding_keys)
        self._parameters = dict(stated.parameters)
        self._is_anchored = True

    def _doubt(self, at: float, text: str) -> None:
        if len(self._mismatches) < MISMATCHES_MAX:
            self._mismatches.append(f"at {at:.0f}: {text}")
