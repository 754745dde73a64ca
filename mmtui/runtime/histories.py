"""Keeps what a console shows of the past, made from one picture of the engine after another.

The run keeps one for its pictures; an attached console is given what came before and goes on by itself, so that
pictures stay small. Bounded; reads no clock.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from mmtui.domain.history_view import (
    BLOTTER_MAX,
    COARSE_MAX,
    COARSE_S,
    FINE_MAX,
    FINE_S,
    HORIZONS_S,
    BlotterRow,
    FillRow,
    HistoriesView,
    Sample,
)
from mmtui.domain.units import BPS
from mmtui.domain.view import BookRow, EngineView

LATE_S: Final = 1.0
LATE_SHARE: Final = 0.1
_ESTIMATES: Final = frozenset({"sigma", "kappa_bid", "kappa_ask", "adverse_bid_bps", "adverse_ask_bps"})


class Series:
    """Samples at whole multiples of a period, the newest of each."""

    __slots__ = ("_due_at", "_period_s", "_samples", "shown")

    def __init__(self, period_s: float, most: int) -> None:
        self.shown: tuple[Sample, ...] = ()
        self._period_s = period_s
        self._samples: deque[Sample] = deque(maxlen=most)
        self._due_at = 0.0

    def is_due(self, at: float) -> bool:
        """Whether the period since the last sample is over."""
        return at >= self._due_at

    def take(self, sample: Sample) -> None:
        """Adds the newest sample."""
        self._due_at = (sample.at // self._period_s + 1.0) * self._period_s
        self._samples.append(sample)
        self.shown = tuple(self._samples)

    def restore(self, samples: Iterable[Sample]) -> None:
        """Puts what came before in front, as far as it is older and there is room."""
        known = {sample.at: sample for sample in (*samples, *self._samples)}
        self._samples.clear()
        self._samples.extend(known[at] for at in sorted(known))
        self.shown = tuple(self._samples)


class Blotter:
    """The session's fills by their number, each followed until its last markout."""

    __slots__ = ("_followed", "_rows", "shown")

    def __init__(self) -> None:
        self.shown: tuple[BlotterRow, ...] = ()
        self._rows: dict[int, BlotterRow] = {}
        self._followed: dict[int, int] = {}

    def look(self, engine: EngineView) -> None:
        """Takes fills that are not known yet, and judges those whose time has come."""
        if self._enter(engine) | self._judge(engine.at, engine.ladder.mid):
            self._show()

    def restore(self, rows: Iterable[BlotterRow]) -> None:
        """Takes over what another kept; what either has seen of a fill is known."""
        for row in rows:
            known = self._rows.get(row.number, row)
            pairs = zip(known.markouts_bps, row.markouts_bps, strict=False)
            self._rows[row.number] = msgspec.structs.replace(
                row, markouts_bps=tuple([kept if kept is not None else own for own, kept in pairs])
            )
            self._followed[row.number] = 0
        self._show()

    def _enter(self, engine: EngineView) -> bool:
        last = engine.counters.fills
        found = False
        for number, fill in zip(range(last, 0, -1), engine.fills, strict=False):
            if number in self._rows:
                break
            self._rows[number] = BlotterRow(number=number, fill=fill)
            self._followed[number] = 0
            found = True
        return found

    def _judge(self, now: float, mid: float | None) -> bool:
        has_changed = False
        for number in tuple(self._followed):
            place = self._followed[number]
            row = self._rows.get(number)
            while row is not None and place < len(HORIZONS_S):
                late_s = now - row.fill.at - HORIZONS_S[place]
                is_over = row.markouts_bps[place] is not None or late_s > max(LATE_S, LATE_SHARE * HORIZONS_S[place])
                if not is_over and (late_s < 0.0 or mid is None):
                    break
                if not is_over and mid is not None:
                    row = self._rows[number] = _marked(row, place, mid)
                    has_changed = True
                place += 1
            self._followed[number] = place
            if row is None or place >= len(HORIZONS_S):
                del self._followed[number]
        return has_changed

    def _show(self) -> None:
        numbers = sorted(self._rows, reverse=True)
        for number in numbers[BLOTTER_MAX:]:
            del self._rows[number]
        self.shown = tuple([self._rows[number] for number in numbers[:BLOTTER_MAX]])


class Histories:
    """Everything of the past that is shown."""

    __slots__ = ("_blotter", "_coarse", "_fine", "_shown")

    def __init__(self) -> None:
        self._fine = Series(FINE_S, FINE_MAX)
        self._coarse = Series(COARSE_S, COARSE_MAX)
        self._blotter = Blotter()
        self._shown = HistoriesView()

    def look(self, engine: EngineView) -> HistoriesView:
        """Takes in a picture; the same object comes back while nothing was added."""
        if self._fine.is_due(engine.at):
            sample = sampled(engine)
            self._fine.take(sample)
            if self._coarse.is_due(engine.at):
                self._coarse.take(sample)
        self._blotter.look(engine)
        return self._view()

    def restore(self, past: HistoriesView) -> HistoriesView:
        """Takes over what came before the first picture."""
        if past.fine:
            self._fine.restore(past.fine)
        if past.coarse:
            self._coarse.restore(past.coarse)
        if past.blotter:
            self._blotter.restore(past.blotter)
        return self._view()

    def _view(self) -> HistoriesView:
        shown, fine, coarse, blotter = self._shown, self._fine.shown, self._coarse.shown, self._blotter.shown
        if shown.fine is not fine or shown.coarse is not coarse or shown.blotter is not blotter:
            self._shown = HistoriesView(fine=fine, coarse=coarse, blotter=blotter)
        return self._shown


def sampled(engine: EngineView) -> Sample:
    """The figures of a picture that are kept."""
    ladder, pnl = engine.ladder, engine.pnl
    known = {row.name: row.value for row in engine.estimates if row.name in _ESTIMATES}
    quoted_bps = ladder.quoted_spread_bps
    return Sample(
        at=engine.at,
        mid=ladder.mid,
        bid=ladder.bids[0].price if ladder.bids else None,
        ask=ladder.asks[0].price if ladder.asks else None,
        own_bid=_own(ladder.bids),
        own_ask=_own(ladder.asks),
        spread_bps=ladder.spread_bps,
        half_spread_bps=quoted_bps / 2.0 if quoted_bps is not None else None,
        position=engine.position.size,
        total=pnl.total,
        spread_capture=pnl.spread_capture,
        adverse_selection=pnl.adverse_selection,
        inventory=pnl.inventory,
        fees=pnl.fees,
        funding=pnl.funding,
        gamma=engine.gamma or None,
        limit=engine.position.limit or None,
        **known,
    )


def _own(rows: tuple[BookRow, ...]) -> float | None:
    return next((row.price for row in rows if row.own_size > 0.0), None)


def _marked(row: BlotterRow, place: int, mid: float) -> BlotterRow:
    marks = list(row.markouts_bps)
    marks[place] = markout_bps(row.fill, mid)
    return msgspec.structs.replace(row, markouts_bps=tuple(marks))


def markout_bps(fill: FillRow, mid: float) -> float | None:
    """What the fill is worth at ``mid``, bps of the mid at the fill; None without that."""
    if fill.edge_bps is None:
        return None
    sign = 1.0 if fill.side.upper().startswith("B") else -1.0
    share = 1.0 - sign * fill.edge_bps / BPS
    return sign * (mid - fill.price) / fill.price * share * BPS
