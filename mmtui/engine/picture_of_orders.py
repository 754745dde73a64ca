"""The picture's part about own orders: in the book, in their queues, and whether they fill as foretold."""

import itertools

from mmtui.domain.estimates import Estimates
from mmtui.domain.instrument import Side
from mmtui.domain.order import Order, OrderState
from mmtui.domain.queue_view import BinView, QueueView
from mmtui.domain.view import BookRow, LadderView, OrderRow
from mmtui.engine.quoting.queue import Scales
from mmtui.engine.quoting.refresh import move_bps
from mmtui.engine.quoting.weighing import nearest, scales
from mmtui.engine.state import EngineState
from mmtui.estimators.queue.calibration import Score
from mmtui.strategies.quote import Ladder

BOOK_ROWS = 20
ORDERS_SHOWN = 60

_MAY_REST = (OrderState.CANCEL_PENDING, OrderState.UNKNOWN)


class OwnQuotes:
    """Own orders at one moment, weighed once for the ladder and the list."""

    __slots__ = ("_estimates", "_ladder", "_now", "_scales", "_state", "rows")

    def __init__(self, state: EngineState, now: float, estimates: Estimates | None, ladder: Ladder | None) -> None:
        self._state = state
        self._now = now
        self._estimates = estimates
        self._ladder = ladder
        self._scales: Scales | None = scales(state, estimates, ladder) if estimates is not None else None
        self.rows = self._rows()

    def book(self) -> LadderView:
        """The book with our quotes in it."""
        state, ladder, estimates = self._state, self._ladder, self._estimates
        book, touch, instrument = state.market.book, state.market.touch, state.instrument
        if touch is None:
            return LadderView()
        bids = dict(zip(book.bid_prices, book.bid_sizes, strict=False)) if book else {touch.bid: touch.bid_size}
        asks = dict(zip(book.ask_prices, book.ask_sizes, strict=False)) if book else {touch.ask: touch.ask_size}
        return LadderView(
            bids=self._side(Side.BUY, bids),
            asks=self._side(Side.SELL, asks),
            mid=touch.mid,
            fair=estimates.fair.value if estimates else None,
            reservation=ladder.reservation if ladder and ladder.reservation else None,
            spread_bps=touch.spread * 1e4,
            quoted_spread_bps=_quoted_spread(state),
            half_spread_bps=ladder.half_spread_bps if ladder and ladder.bids + ladder.asks else None,
            model_half_spread_bps=ladder.model_half_spread_bps if ladder and ladder.bids + ladder.asks else None,
            tick=instrument.price_usd(instrument.tick(instrument.price_units(touch.bid))),
        )

    def _side(self, side: Side, book: dict[float, float]) -> tuple[BookRow, ...]:
        mine: dict[float, list[OrderRow]] = {}
        for order, row in zip(self._state.ledger.live.values(), self.rows, strict=False):
            if order.side is side and may_rest(order):
                mine.setdefault(row.price, []).append(row)
        prices = sorted({*book, *mine}, reverse=side is Side.BUY)
        rows = [_book_row(price, book.get(price, 0.0), mine.get(price, [])) for price in prices]
        return tuple(rows[:BOOK_ROWS] + [row for row in rows[BOOK_ROWS:] if row.own_size])

    def _rows(self) -> tuple[OrderRow, ...]:
        """Live orders in the ledger's order, then the newest of those that are over."""
        state = self._state
        rows = [self._row(order) for order in state.ledger.live.values()]
        return (*rows, *_over_rows(state, self._now, max(0, ORDERS_SHOWN - len(rows))))

    def _row(self, order: Order) -> OrderRow:
        state, weighed = self._state, self._scales
        ahead = state.quoting.queues.own.find(order.cloid)
        if ahead is None or weighed is None or not weighed.is_known(order.side):
            return _plain_row(state, order, self._now)
        said = weighed.chance(order)
        here = weighed.stand(order, said)
        level = nearest(self._ladder, order.side, order.price)
        cost_bps = state.settings.number("execution.action_cost_bps")
        return _plain_row(
            state,
            order,
            self._now,
            ahead=state.quoting.queues.own.front(ahead),
            ahead_cautious=ahead.cautious,
            fill_probability=said.touch,
            fill_probability_intensity=said.intensity,
            fill_share=said.share,
            keep_bps=here.worth_bps,
            move_bps=move_bps(weighed.level(level), cost_bps) if level is not None else None,
        )


def _over_rows(state: EngineState, now: float, most: int) -> tuple[OrderRow, ...]:
    """The newest orders that are over; made anew each second, and when one of them or their number changes."""
    over = list(itertools.islice(state.ledger.recent(), most))
    key = (int(now), *[(order.cloid, order.filled, order.state, order.reason) for order in over])
    drawn = state.tape.drawn
    if drawn.over[0] != key:
        drawn.over = key, tuple([_plain_row(state, order, now) for order in over])
    return drawn.over[1]


def may_rest(order: Order) -> bool:
    """On the book as far as we know, also while a cancel is on its way or its fate is open."""
    return order.is_active or order.state in _MAY_REST


def queue_view(state: EngineState) -> QueueView:
    """How well fills were foretold."""
    calibration = state.quoting.queues.calibration
    found = calibration.reading()
    if found is None:
        return QueueView(horizon_s=calibration.horizon_s)
    return QueueView(
        horizon_s=calibration.horizon_s,
        n=found.n,
        abandoned=found.abandoned,
        filled=found.filled,
        reference=found.reference,
        brier_touch=found.touch.brier,
        brier_intensity=found.intensity.brier,
        bins_touch=_bins(found.touch),
        bins_intensity=_bins(found.intensity),
    )


def _bins(score: Score) -> tuple[BinView, ...]:
    return tuple(BinView(one.n, one.predicted, one.filled) for one in score.bins)


def _book_row(price: float, size: float, own: list[OrderRow]) -> BookRow:
    fronts = [row.ahead for row in own if row.ahead is not None]
    chances = [row.fill_probability for row in own if row.fill_probability is not None]
    return BookRow(
        price=price,
        size=size,
        own_size=sum(row.size - row.filled for row in own),
        ahead=min(fronts, default=None),
        fill_probability=max(chances, default=None),
    )


def _plain_row(
    state: EngineState,
    order: Order,
    now: float,
    *,
    ahead: float | None = None,
    ahead_cautious: float | None = None,
    fill_probability: float | None = None,
    fill_probability_intensity: float | None = None,
    fill_share: float | None = None,
    keep_bps: float | None = None,
    move_bps: float | None = None,
) -> OrderRow:
    instrument = state.instrument
    return OrderRow(
        cloid=order.cloid,
        oid=order.oid,
        side=order.side.name,
        level=order.terms.level,
        price=instrument.price_usd(order.price),
        size=instrument.size_base(order.size),
        filled=instrument.size_base(order.filled),
        state=order.shown_state,
        age_s=max(0.0, now - order.terms.created_at),
        ahead=ahead,
        ahead_cautious=ahead_cautious,
        fill_probability=fill_probability,
        fill_probability_intensity=fill_probability_intensity,
        fill_share=fill_share,
        keep_bps=keep_bps,
        move_bps=move_bps,
        reason=order.reason,
        confirmed_age_s=max(0.0, now - order.confirmed_at) if order.confirmed_at else None,
    )


def _quoted_spread(state: EngineState) -> float | None:
    bids = [o.price for o in state.ledger.live.values() if o.is_active and o.side is Side.BUY]
    asks = [o.price for o in state.ledger.live.values() if o.is_active and o.side is Side.SELL]
    if not bids or not asks:
        return None
    bid, ask = max(bids), min(asks)
    return (ask - bid) / ((ask + bid) / 2.0) * 1e4
