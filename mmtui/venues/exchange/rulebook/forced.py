"""What the venue does to a position without an order of its owner: closing it, and settling a contract.

Owns the books of such an act; the coin's background takes the other side at the mark, so that cash and
position still balance to zero. When it happens is decided outside. Source: hyperliquid-protocol.md 8.2.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import Size
from mmtui.venues.exchange.executions import trade_id
from mmtui.venues.exchange.ledger.accounts import Account
from mmtui.venues.exchange.ledger.orders import Status
from mmtui.venues.exchange.records import SYSTEM_HASH, AccountFill, LiquidationMark
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.state import State

DELEVERAGED = "Auto-Deleveraging"


def close_out(state: State, pit: Pit, account: Account, size: Size, *, is_liquidation: bool) -> None:
    """Closes up to ``size`` of a position at the mark, with a fill that says why.

    A liquidation ends the account's orders first; auto-deleveraging leaves them.
    """
    dex_account, holding = state.holding(account, pit)
    if is_liquidation:
        _end_orders(state, pit, account, Status.LIQUIDATED_CANCELED)
    start, mark = holding.size, pit.price.mark
    size = min(size, abs(start))
    if not size:
        return
    side = Side.SELL if start > 0 else Side.BUY
    was_cross = holding.is_cross
    closed_pnl = dex_account.trade(holding, side * size, mark)
    pit.background.trade(-side * size, mark)
    kind = "Long" if start > 0 else "Short"
    oid = state.next_oid()
    fill = AccountFill(
        coin=pit.coin,
        price=mark,
        size=size,
        side=side,
        time_ms=state.now_ms,
        start_position=start,
        direction=f"Liquidated {'Cross' if was_cross else 'Isolated'} {kind}" if is_liquidation else DELEVERAGED,
        closed_pnl_micro=closed_pnl,
        fee_micro=0,
        fee_token=pit.instrument.collateral,
        crossed=True,
        oid=oid,
        tid=trade_id(oid, state.next_oid()),
        hash=SYSTEM_HASH,
        liquidation=LiquidationMark(account.address, mark) if is_liquidation else None,
    )
    account.fills.append(fill)
    if state.listener is not None:
        state.listener.on_fill(account.address, fill)


def grant(state: State, pit: Pit, account: Account, signed: Size) -> None:
    """Puts an account into a position at the mark, without fee or fill: as if it had come with it."""
    dex_account, holding = state.holding(account, pit)
    dex_account.trade(holding, signed, pit.price.mark)
    pit.background.trade(-signed, pit.price.mark)


def settle(state: State, pit: Pit) -> None:
    """Ends every order of a contract and closes every position at the mark; no fill tells of it."""
    mark = pit.price.mark
    for account in state.accounts.values():
        _end_orders(state, pit, account, Status.DELISTED_CANCELED)
        dex_account, holding = state.holding(account, pit)
        size = holding.size
        if size:
            dex_account.trade(holding, -size, mark)
            pit.background.trade(size, mark)


def _end_orders(state: State, pit: Pit, account: Account, status: Status) -> None:
    for order in list(account.orders.open.values()):
        if order.coin == pit.coin:
            state.cancel(order, status)
