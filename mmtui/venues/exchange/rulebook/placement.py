"""One order on its way in: the checks that need state, the match, and what rests.

Owns the runtime refusals, each of which gives the order an oid and a terminal record. An order that
raises no exposure needs no margin; one that does must leave the account with free margin after the
trades it would make now. Source: hyperliquid-protocol.md 3.3, 6.2, 6.3, 7.2.
"""

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Side
from mmtui.domain.units import Size, UsdMicro
from mmtui.venues.exchange import refusals
from mmtui.venues.exchange.actions import Filled, PlaceOrder, Rejected, Resting, Tif
from mmtui.venues.exchange.ledger import margin
from mmtui.venues.exchange.ledger.accounts import Account, Holding
from mmtui.venues.exchange.ledger.orders import Order, Status
from mmtui.venues.exchange.matching import MatchingBook
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.state import State, account_order

VOLUME_PER_OPEN_ORDER_USD_MICRO: UsdMicro = 5_000_000_000_000
LEVELS_AT_ONCE = 16


def place(state: State, settlement: Settlement, account: Account, request: PlaceOrder) -> Resting | Filled | Rejected:
    """Carry out one order that passed the static checks."""
    pit = settlement.pit
    order = Order(state.next_oid(), account.address, pit.coin, request, state.now_ms)
    account.orders.record(order)
    _, holding = state.holding(account, pit)
    crosses = pit.book.crosses(order.side, order.price)
    refusal = _refusal(state, pit, account, order, crosses=crosses, asset=request.asset)
    if refusal is None and not order.reduce_only:
        refusal = _margin_refusal(state, pit, account, order, crosses=crosses, asset=request.asset)
    if refusal is not None:
        status, text = refusal
        state.announce(account, order, status)
        return Rejected(text)
    if order.reduce_only:
        order.size = min(order.size, abs(holding.size))
    filled, notional = execute(state, settlement, order) if crosses else (0, 0)
    if order.size > 0 and order.tif in (Tif.GTC, Tif.ALO):
        _rest(state, settlement, account, holding, order)
        return Resting(order.oid, order.cloid)
    if order.size > 0 and not filled:
        state.announce(account, order, Status.IOC_REJECTED)
        return Rejected(refusals.no_match(request.asset))
    state.announce(account, order, Status.CANCELED if order.size > 0 else Status.FILLED)
    return Filled(filled, notional // filled, order.oid, order.cloid)


def execute(state: State, settlement: Settlement, order: Order) -> tuple[Size, UsdMicro]:
    """Match ``order`` up to its price and end the makers that fell out; size and notional traded."""
    settlement.taker = order
    result = settlement.pit.book.match(order, order.price, settlement.may_fill, settlement.settle)
    settlement.taker = None
    for own in result.self_trades:
        resting = account_order(own)
        state.close(resting, Status.SELF_TRADE_CANCELED, left=resting.size)
    settlement.refuse(result.refused)
    return result.filled, result.notional


def _rest(state: State, settlement: Settlement, account: Account, holding: Holding, order: Order) -> None:
    pit = settlement.pit
    pit.book.rest(order)
    pit.is_book_changed = True
    account.orders.open[order.oid] = order
    holding.reserve(order)
    state.announce(account, order, Status.OPEN)
    if order.reduce_only:
        settlement.trim_reduce_only(account)


def _refusal(
    state: State, pit: Pit, account: Account, order: Order, *, crosses: bool, asset: int
) -> tuple[Status, str] | None:
    _, holding = state.holding(account, pit)
    if order.reduce_only and order.side * holding.size >= 0:
        return Status.REDUCE_ONLY_REJECTED, refusals.reduce_only(asset)
    if not _is_worth_enough(holding, order):
        return Status.MIN_NOTIONAL_REJECTED, refusals.min_notional(asset)
    if order.tif == Tif.ALO:
        if crosses:
            return Status.POST_ONLY_REJECTED, refusals.post_only(asset, *pit.bbo_text())
    elif order.tif != Tif.GTC and not crosses:
        return Status.IOC_REJECTED, refusals.no_match(asset)
    return _open_order_refusal(state, account, order, asset)


def _open_order_refusal(state: State, account: Account, order: Order, asset: int) -> tuple[Status, str] | None:
    resting = len(account.orders.open)
    initial = state.settings.open_orders_initial
    if resting < initial or order.tif not in (Tif.ALO, Tif.GTC):
        return None
    earned = initial + account.volumes.cumulative_micro // VOLUME_PER_OPEN_ORDER_USD_MICRO
    limit = initial if order.reduce_only else min(earned, state.settings.open_orders_max)
    if resting < limit:
        return None
    return Status.OPEN_ORDERS_REJECTED, refusals.open_order_limit(asset, limit)


def _is_worth_enough(holding: Holding, order: Order) -> bool:
    """At least $10, unless the order closes the whole position (an over-large reduce-only is cut to it)."""
    if order.price * order.size >= MIN_NOTIONAL_USD_MICRO:
        return True
    if order.side * holding.size >= 0:
        return False
    return order.size == abs(holding.size) or (order.reduce_only and order.size > abs(holding.size))


def _margin_refusal(
    state: State, pit: Pit, account: Account, order: Order, *, crosses: bool, asset: int
) -> tuple[Status, str] | None:
    dex_account, holding = state.holding(account, pit)
    taken, cost = sweep(pit.book, order) if crosses else (0, 0)
    mark = holding.price.mark
    at_mark = taken * mark + (order.size - taken) * order.price
    extra_buy, extra_sell = (at_mark, 0) if order.side is Side.BUY else (0, at_mark)
    before = margin.exposure(holding)
    after = margin.exposure(holding, extra_buy, extra_sell)
    opens = abs(holding.size + order.side * taken) > abs(holding.size)
    if after <= before and not opens:
        return None
    if holding.leverage > margin.tier_leverage(holding.contract.margin_table, after):
        return Status.MAX_POSITION_REJECTED, refusals.tier_limit(asset)
    need = margin.reserved(holding, extra_buy, extra_sell) - margin.reserved(holding)
    if taken:
        loss = order.side * (cost - taken * mark)
        tier = account.volumes.tier(order.placed_ms)
        need += max(0, loss) + pit.fee_scale.charge(cost, tier.taker_rate) + 1
        if not holding.is_cross:
            need += margin.initial(max(0, cost - taken * mark), holding.leverage)
    if margin.free_margin(dex_account) >= need:
        return None
    return Status.MARGIN_REJECTED, refusals.insufficient_margin(asset)


def sweep(book: MatchingBook, order: Order) -> tuple[Size, UsdMicro]:
    """Size and notional the order would trade at once against the displayed book."""
    left, cost, depth = order.size, 0, LEVELS_AT_ONCE
    seen = 0
    while left > 0:
        levels = book.levels(order.side.opposite, depth)
        for price, size, _count in levels[seen:]:
            if left == 0 or order.side * (order.price - price) < 0:
                return order.size - left, cost
            taken = min(left, size)
            left -= taken
            cost += taken * price
        if len(levels) < depth:
            break
        seen, depth = depth, 4 * depth
    return order.size - left, cost
