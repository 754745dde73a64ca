"""Position, cash and P&L as our own fills make them, checked against the venue's account.

The venue's first snapshot is the anchor; after it the position changes by fills only. Each fill's
starting position is a second witness and each later snapshot a third: while they disagree the
position is uncertain, and a difference that repeats is taken over from the venue by name.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from mmtui.domain.events import AccountSnapshot, Fill, FundingPayment, OrderReport
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.pnl import PnlLedger
from mmtui.domain.position import Position
from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.engine.transfers import CashWatch
from mmtui.risk.limits import Funding
from mmtui.risk.monitors.drawdown import drawdown

SECONDS_A_DAY = 86_400
FUNDING_KEYS_MAX = 5_000
VERIFIED_MARGIN_MS = 1_000
RECENT_FILLS_MAX = 1_000
MISMATCH_APART_MS = 500
REORDER_MS_MAX = 60_000
TRADES_MAX = 1_000


class DayState(msgspec.Struct, frozen=True, kw_only=True):
    """What survives a restart within one UTC day: so that a restart does not refill the loss limit."""

    utc_day: int
    opening_equity: UsdMicro
    peak_pnl: UsdMicro
    pnl: UsdMicro
    base: UsdMicro | None = None
    switch_fires: int = 0
    switch_fired_ms: int = 0
    relief: UsdMicro = 0


def day_number(now: float, known: int | None) -> int:
    """The UTC day; a clock that was set back over midnight does not begin the day before once more."""
    number = int(now) // SECONDS_A_DAY
    return number + 1 if known == number + 1 else number


class Day:
    """P&L of the UTC day: what earlier sessions made and what this one adds.

    Where the ``base`` is known, which with cash and the marked position makes the day's P&L, what was
    made while no session ran is in it as soon as there is a mid; until then the last known P&L holds.
    Limits look at it with the ``relief``: a part of an earlier loss leaves with the money that is taken
    out, so that a withdrawal alone neither reaches a limit nor opens it again.
    """

    __slots__ = (
        "base",
        "before",
        "number",
        "opening_equity",
        "peak",
        "relief",
        "session_start",
        "switch_fired_ms",
        "switch_fires",
    )

    def __init__(self, number: int, opening_equity: UsdMicro, restored: DayState | None) -> None:
        same = restored is not None and restored.utc_day == number
        self.number = number
        self.session_start: UsdMicro = 0
        self.opening_equity = restored.opening_equity if same and restored else opening_equity
        self.peak = restored.peak_pnl if same and restored else 0
        self.before = restored.pnl if same and restored else 0
        self.relief = restored.relief if same and restored else 0
        self.base = restored.base if same and restored else None
        self.switch_fires = restored.switch_fires if same and restored else 0
        self.switch_fired_ms = restored.switch_fired_ms if same and restored else 0

    def pnl(self, session_total: UsdMicro) -> UsdMicro:
        """P&L of the day for a session total."""
        return self.before + session_total - self.session_start

    def transferred(self, amount: UsdMicro, equity_before: UsdMicro, pnl: UsdMicro) -> None:
        """Rebases the day on money that came (positive) or went.

        What comes adds to the opening equity. What goes takes its share of opening equity, peak and P&L
        along, as a share of a fund that is given back would.
        """
        if amount >= 0:
            self.opening_equity += amount
            return
        kept = max(0, equity_before + amount)
        whole = max(equity_before, 1)
        seen = pnl + self.relief
        self.relief += seen * kept // whole - seen
        self.opening_equity = self.opening_equity * kept // whole
        self.peak = self.peak * kept // whole

    def roll(self, number: int, session_total: UsdMicro, equity: UsdMicro) -> None:
        """Starts the next day."""
        self.base, self.switch_fires = None, 0
        self.number, self.session_start = number, session_total
        self.opening_equity, self.peak, self.before, self.relief = equity, 0, 0, 0


class Account:
    """Owner of the position and everything counted from fills.

    Until ``verified_ms`` of the exchange's time every fill is known: the venue's position and ours
    agreed. Questions about fills begin there. ``unanswered_since`` is when the first question about the account was
    asked that nothing has answered, None while the last one was answered.
    """

    __slots__ = (
        "_doubted_ms",
        "_funding_keys",
        "_mismatch",
        "_opening_cash",
        "_recent",
        "_trades",
        "anchor_ms",
        "asked_at",
        "booked_ms",
        "cash",
        "cash_watch",
        "day",
        "foreign",
        "mode",
        "pnl",
        "position",
        "recovered_from_ms",
        "session",
        "snapshot",
        "snapshot_total",
        "transfers",
        "unanswered_since",
        "uncertain_because",
        "verified_ms",
    )

    def __init__(self) -> None:
        self.position = Position()
        self.cash: UsdMicro = 0
        self.pnl = PnlLedger(0, horizon_s=1.0)
        self.day: Day | None = None
        self.session: Day | None = None
        self.snapshot: AccountSnapshot | None = None
        self.snapshot_total: UsdMicro = 0
        self.foreign: tuple[OrderReport, ...] = ()
        self.anchor_ms = 0
        self.asked_at = 0.0
        self.unanswered_since: float | None = None
        self.verified_ms = 0
        self.recovered_from_ms = 0
        self._opening_cash: UsdMicro = 0
        self.uncertain_because = ""
        self._doubted_ms = 0
        self._mismatch: tuple[Size, int] = (0, 0)
        self._recent: deque[tuple[int, Size]] = deque(maxlen=RECENT_FILLS_MAX)
        self._funding_keys: dict[tuple[str, int], None] = {}
        self._trades: dict[tuple[int, int], int] = {}
        self.booked_ms = 0
        self.transfers: UsdMicro = 0
        self.cash_watch = CashWatch()
        self.mode = ""

    @property
    def is_anchored(self) -> bool:
        """Whether the venue's first snapshot has been taken."""
        return self.snapshot is not None

    def expect(self, since_ms: int, funding_keys: Iterable[tuple[str, int]]) -> None:
        """An earlier session knew every fill until ``since_ms`` and booked these payments."""
        self.verified_ms = self.recovered_from_ms = since_ms
        self._funding_keys.update(dict.fromkeys(funding_keys))

    def owes(self, payment: FundingPayment) -> bool:
        """Whether a payment of the time since then was not booked."""
        key = (payment.coin, payment.venue_time_ms)
        return payment.venue_time_ms >= self.recovered_from_ms and key not in self._funding_keys

    def anchor(self, snapshot: AccountSnapshot, *, now: float, horizon_s: float, restored: DayState | None) -> None:
        """Takes the venue's account as the start of this session."""
        assert not self.is_anchored, "anchored once a session"
        self.position = Position(snapshot.position, snapshot.entry_cost)
        self.cash = self._opening_cash = snapshot.cash
        self.pnl = PnlLedger(snapshot.position, horizon_s=horizon_s)
        number = day_number(now, restored.utc_day if restored is not None else None)
        self.day = Day(number, snapshot.account_value, restored)
        self.session = Day(number, snapshot.account_value, None)
        self.snapshot = snapshot
        self.cash_watch.start(snapshot.account_value)
        self.anchor_ms = snapshot.venue_time_ms
        self.mode = snapshot.account_mode
        self.verified_ms = snapshot.venue_time_ms
        for payment in snapshot.funding:
            self._funding_keys[(payment.coin, payment.venue_time_ms)] = None

    def apply_fill(self, now: float, fill: Fill) -> UsdMicro:
        """Books an unknown fill; returns what it realised. A broken chain makes the position uncertain."""
        if fill.start_position != self.position.size:
            self.doubt("a fill starts from another position than ours", fill.venue_time_ms)
        realised = self.position.apply(fill.side, fill.price, fill.size)
        self.cash -= fill.side * fill.size * fill.price + fill.fee
        self.pnl.fill(now, fill.side, fill.price, fill.size, fill.fee)
        self._recent.append((fill.venue_time_ms, fill.side * fill.size))
        self.booked_ms = max(self.booked_ms, fill.venue_time_ms)
        return realised

    def is_self_trade(self, fill: Fill) -> bool:
        """Whether the other side of this trade is an own fill too; notes the trade."""
        oid = self._trades.setdefault((fill.venue_time_ms, fill.tid), fill.oid)
        if len(self._trades) > TRADES_MAX:
            del self._trades[next(iter(self._trades))]
        return oid != fill.oid

    def doubt(self, reason: str, venue_ms: int) -> None:
        """The position is uncertain until the venue's, stated for ``venue_ms`` or later, agrees with it."""
        self.uncertain_because = reason
        self._doubted_ms = max(self._doubted_ms, venue_ms)

    def position_at(self, venue_ms: int) -> Size:
        """Our position as it was at an exchange time, as far as recent fills tell."""
        return self.position.size - sum(signed for at_ms, signed in self._recent if at_ms > venue_ms)

    def apply_funding(self, payment: FundingPayment) -> bool:
        """Books a funding payment once; returns whether it was unknown."""
        key = (payment.coin, payment.venue_time_ms)
        if key in self._funding_keys or payment.venue_time_ms <= self.anchor_ms:
            return False
        self._funding_keys[key] = None
        if len(self._funding_keys) > FUNDING_KEYS_MAX:
            self._funding_keys.pop(next(iter(self._funding_keys)))
        self.cash += payment.amount
        self.pnl.fund(payment.amount)
        self.booked_ms = max(self.booked_ms, payment.venue_time_ms)
        return True

    def compare(self, snapshot: AccountSnapshot) -> Size | None:
        """Compares with a later snapshot, its fills applied; returns the position to take over, if any.

        The venue's position is compared with ours at its own time: fills after it are in neither. A
        difference is believed when a snapshot of another moment repeats it; older snapshots say nothing.
        """
        assert self.snapshot is not None, "compared with an anchored account"
        if 0 < self.snapshot.venue_time_ms - snapshot.venue_time_ms <= REORDER_MS_MAX:
            return None
        self.snapshot = snapshot
        self.snapshot_total = self.pnl.total
        difference = snapshot.position - self.position_at(snapshot.venue_time_ms)
        if difference == 0:
            self._mismatch = (0, 0)
            if not 0 < self._doubted_ms - snapshot.venue_time_ms <= REORDER_MS_MAX:
                self.uncertain_because = ""
            self.verified_ms = max(self.verified_ms, snapshot.venue_time_ms - VERIFIED_MARGIN_MS)
            return None
        seen, seen_ms = self._mismatch
        if difference == seen and snapshot.venue_time_ms - seen_ms >= MISMATCH_APART_MS:
            return self.position.size + difference
        if difference != seen:
            self._mismatch = (difference, snapshot.venue_time_ms)
        self.doubt("the venue states another position than our fills make", snapshot.venue_time_ms)
        return None

    def adjust(self, size: Size, mark: Price) -> None:
        """Takes the venue's position, at ``mark`` for what our fills do not explain."""
        change = size - self.position.size
        if change:
            self.position.apply(Side.BUY if change > 0 else Side.SELL, mark, abs(change))
            self.cash -= change * mark
        self.pnl.adjust(size)
        self.cash_watch.forget()
        self._mismatch, self.uncertain_because = (0, 0), ""

    def equity(self) -> UsdMicro:
        """The venue's account value moved by our P&L since it was read."""
        if self.snapshot is None:
            return 0
        return self.snapshot.account_value + self.pnl.total - self.snapshot_total

    def funding_source(self, mark: Price) -> Funding | None:
        """What the position limit is computed from; margin in use beyond what our position takes is the others'."""
        snapshot = self.snapshot
        if snapshot is None:
            return None
        leverage = max(1, snapshot.leverage)
        others = max(0, snapshot.margin_used - abs(snapshot.position) * mark // leverage)
        return Funding(
            equity_usd=self.equity() / 1e6,
            leverage=leverage,
            is_cross=snapshot.is_cross,
            others_usd=others / 1e6,
        )

    def foreign_reserved(self, side: Side) -> Size:
        """Resting size of orders that are not ours."""
        return sum(report.size - report.filled for report in self.foreign if report.side is side)

    def liquidation_distance(self, instrument: Instrument, mid: float) -> float | None:
        """How far the mid may still run to the liquidation price, as a fraction of it; 0 once beyond.

        None when flat, far out of reach, or stated for a position of the other side.
        """
        snapshot, size = self.snapshot, self.position.size
        if snapshot is None or snapshot.liquidation_price is None or snapshot.position * size <= 0:
            return None
        room = 1.0 - instrument.price_usd(snapshot.liquidation_price) / mid
        return max(0.0, room if size > 0 else -room)

    def day_pnl(self) -> UsdMicro:
        """P&L of the UTC day."""
        if self.day is None:
            return 0
        opening = self.pnl.opening_value
        if self.day.base is not None and opening is not None:
            self.day.before, self.day.base = self.day.base + self._opening_cash + opening, None
        return self.day.pnl(self.pnl.total)

    def limit_pnl(self) -> UsdMicro:
        """P&L of the UTC day as the limits see it."""
        return self.day_pnl() + self.day.relief if self.day is not None else 0

    def session_drawdown(self) -> float:
        """Fall from the best P&L since the process started, as a share of the equity there."""
        kept = self.session
        if kept is None:
            return 0.0
        return drawdown((self.pnl.total + kept.relief) / 1e6, kept.peak / 1e6, kept.opening_equity / 1e6)

    def transferred(self, amount: UsdMicro, equity_before: UsdMicro) -> None:
        """Money came (positive) or went: the day is rebased, the P&L stays what trading made."""
        self.transfers += amount
        if self.day is not None:
            self.day.transferred(amount, equity_before, self.day_pnl())
        if self.session is not None:
            self.session.transferred(amount, equity_before, self.pnl.total)

    def day_state(self) -> DayState | None:
        """What must survive a restart."""
        if self.day is None:
            return None
        return DayState(
            utc_day=self.day.number,
            opening_equity=self.day.opening_equity,
            peak_pnl=self.day.peak,
            pnl=self.day_pnl(),
            base=self.day.base,
            switch_fires=self.day.switch_fires,
            switch_fired_ms=self.day.switch_fired_ms,
            relief=self.day.relief,
        )

    def pass_time(self, now: float) -> None:
        """Rolls the UTC day and raises its peak."""
        if self.day is None:
            return
        number = int(now) // SECONDS_A_DAY
        if number > self.day.number:
            self.day.roll(number, self.pnl.total, self.equity())
        self.day.peak = max(self.day.peak, self.limit_pnl())
        if self.session is not None:
            self.session.peak = max(self.session.peak, self.pnl.total + self.session.relief)
