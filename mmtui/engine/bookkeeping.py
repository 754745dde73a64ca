"""The rows of a step, read back as they will be read at the next start.

Owns the running fold of this session's rows. Once a minute and at the end the state it makes is
compared with the engine's own: what differs would be lost in a restart, so it is a defect. Answers I2.
"""

import msgspec

from mmtui.domain.order import Order, OrderState
from mmtui.domain.records import Checkpoint, DayMarked, OrderAdopted, OrderChanged
from mmtui.engine.fold import Folding
from mmtui.engine.folded import Folded, digest
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.errors import InvariantError

CHECKPOINT_EVERY_S = 60.0


class Books:
    """The rows of this session, folded as they are written."""

    __slots__ = ("_checked_at", "_folding", "_is_closed")

    def __init__(self) -> None:
        self._folding = Folding()
        self._checked_at = 0.0
        self._is_closed = False

    @property
    def folded(self) -> Folded:
        """What the rows of this session make."""
        return self._folding.folded()

    def close_step(self, state: EngineState, out: Outbox) -> None:
        """Completes the rows of a step; raises InvariantError when they do not make the engine's state."""
        for row in out.records:
            self._folding.apply(row)
        if state.ledger.changed:
            self._write_orders(state, out)
        if not state.account.is_anchored:
            return
        self._write_day(state, out)
        if self._is_due(state, out.now):
            self._checked_at, self._is_closed = out.now, state.control.finished
            self._check(state, out)

    def own_digest(self, state: EngineState) -> str:
        """The hash of the engine's own state, as ``Folded.digest`` has it of the rows."""
        account, day = state.account, state.account.day
        return digest(
            account=(account.position.size, account.position.cost, account.cash),
            orders=tuple((o.cloid, o.filled, o.venue_filled) for o in state.ledger.live.values()),
            day=None if day is None else (day.number, day.opening_equity),
            parameters={key: state.settings.value(key) for key in self._folding.parameters},
            version=state.live.version,
            is_killed=state.control.killed is not None,
        )

    def _is_due(self, state: EngineState, now: float) -> bool:
        if state.control.finished:
            return not self._is_closed
        return now - self._checked_at >= CHECKPOINT_EVERY_S

    def _check(self, state: EngineState, out: Outbox) -> None:
        folded, own = self._folding.folded(), self.own_digest(state)
        if folded.digest != own or folded.mismatches:
            account = state.account
            raise InvariantError(
                "the journal does not make the engine's state: rows say"
                f" {folded.position} {folded.cash} {len(folded.orders)} orders {folded.mismatches[:1]},"
                f" the engine {account.position.size} {account.cash} {len(state.ledger.live)} orders"
            )
        verified_ms = state.account.verified_ms
        stated = msgspec.structs.replace(folded, verified_ms=max(folded.verified_ms, verified_ms))
        text = msgspec.json.encode(stated, order="deterministic").decode()
        row = Checkpoint(at=out.now, digest=own, verified_ms=verified_ms, folded=text)
        self._folding.apply(row)
        out.record(row)

    def _write_orders(self, state: EngineState, out: Outbox) -> None:
        for order in state.ledger.take_changed():
            if order.state is OrderState.CANCELLED:
                state.tape.count("cancelled")
            self._write_order(out, order)

    def _write_order(self, out: Outbox, order: Order) -> None:
        if not order.is_terminal and not self._folding.knows(order.cloid):
            adopted = OrderAdopted(
                at=out.now, terms=order.terms, oid=order.oid, state=order.state.value, filled=order.filled
            )
            self._folding.apply(adopted)
            out.record(adopted)
        row = OrderChanged(
            at=out.now,
            cloid=order.cloid,
            oid=order.oid,
            state=order.shown_state,
            filled=order.filled,
            venue_filled=order.venue_filled,
            reason=order.reason,
        )
        self._folding.apply(row)
        out.record(row)

    def _write_day(self, state: EngineState, out: Outbox) -> None:
        """The day is written down when it begins and whenever a transfer or the switch changes it."""
        day, kept = state.account.day, self._folding.day
        assert day is not None, "an anchored account has a day"
        is_known = kept is not None and (
            (day.number, day.opening_equity, day.switch_fires, day.switch_fired_ms, day.relief)
            == (kept.utc_day, kept.opening_equity, kept.switch_fires, kept.switch_fired_ms, kept.relief)
        )
        if is_known:
            return
        row = DayMarked(
            at=out.now,
            utc_day=day.number,
            opening_equity=day.opening_equity,
            peak_pnl=day.peak,
            pnl=state.account.day_pnl(),
            mid2=state.account.pnl.mid2,
            switch_fires=day.switch_fires,
            switch_fired_ms=day.switch_fired_ms,
            relief=day.relief,
        )
        self._folding.apply(row)
        out.record(row)
