"""Accounts below maintenance margin: their orders end and their positions are sold into the book.

Owns when and how. Positions above 100,000 of notional go by a fifth first, then whole for half a
minute; what a sale loses beyond an isolated position's own margin falls to the backstop. An account
below two thirds of maintenance is taken over at mark by the dex's backstop address.
Source: hyperliquid-protocol.md 8.2.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import Size, UsdMicro
from mmtui.venues.exchange.actions import PlaceOrder, Tif
from mmtui.venues.exchange.executions import trade_id
from mmtui.venues.exchange.ledger import margin
from mmtui.venues.exchange.ledger.accounts import Account, DexAccount, Holding
from mmtui.venues.exchange.ledger.orders import Order, Status
from mmtui.venues.exchange.records import (
    SYSTEM_HASH,
    AccountFill,
    Liquidation,
    LiquidationMark,
)
from mmtui.venues.exchange.rulebook.placement import execute
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.state import State

PARTIAL_ABOVE_USD_MICRO: UsdMicro = 100_000_000_000
PARTIAL_SHARE = 5
WHOLE_MS = 30_000
SLIPPAGE_PCT = 10
BACKSTOP = 0x4000000000000000000000000000000000000000


class Liquidator:
    """Watches every account; ``partial_ms`` remembers when a position was last sold in part."""

    __slots__ = ("_floor", "_lid", "_partial_ms", "_state")

    def __init__(self, state: State, floor: dict[str, Settlement]) -> None:
        self._state = state
        self._floor = floor
        self._lid = 0
        self._partial_ms: dict[tuple[str, str], int] = {}

    def check(self) -> None:
        """Liquidate whoever is below maintenance."""
        for account in list(self._state.accounts.values()):
            if is_backstop(account.address):
                continue
            for dex_account in account.dexes.values():
                open_holdings = [holding for holding in dex_account.holdings.values() if holding.size]
                cross = [holding for holding in open_holdings if holding.is_cross]
                if cross and margin.cross_value(dex_account) < margin.cross_maintenance(dex_account):
                    self._liquidate(account, dex_account, cross, "")
                for holding in open_holdings:
                    if holding.is_cross or not holding.size:
                        continue
                    if margin.isolated_value(holding) < margin.holding_maintenance(holding):
                        self._liquidate(account, dex_account, [holding], holding.instrument.coin)

    def _liquidate(
        self, account: Account, dex_account: DexAccount, holdings: list[Holding], isolated_coin: str
    ) -> None:
        state = self._state
        self._cancel_orders(account, dex_account.dex, isolated_coin)
        if not self._is_needed(dex_account, holdings, share=(1, 1)):
            return
        self._report(account, dex_account, holdings, isolated_coin)
        for holding in sorted(holdings, key=lambda one: -abs(one.size) * one.price.mark):
            state.liquidating = LiquidationMark(account.address, holding.price.mark)
            before = dex_account.raw
            self._sell(account, holding)
            state.liquidating = None
            if isolated_coin and dex_account.raw < before:
                self._backstop(dex_account).dexes[dex_account.dex].raw -= before - dex_account.raw
                dex_account.raw = before
            if not self._is_needed(dex_account, holdings, share=(1, 1)):
                break
        if self._is_needed(dex_account, holdings, share=(2, 3)):
            self._take_over(account, dex_account, holdings)

    def _is_needed(self, dex_account: DexAccount, holdings: list[Holding], *, share: tuple[int, int]) -> bool:
        """Whether value is below ``share`` of maintenance and anything is left to sell."""
        if not any(holding.size for holding in holdings):
            return holdings[0].is_cross and dex_account.raw < 0 and share != (1, 1)
        if holdings[0].is_cross:
            value, needed = margin.cross_value(dex_account), margin.cross_maintenance(dex_account)
        else:
            value, needed = margin.isolated_value(holdings[0]), margin.holding_maintenance(holdings[0])
        return value * share[1] < needed * share[0]

    def _cancel_orders(self, account: Account, dex: str, isolated_coin: str) -> None:
        for order in list(account.orders.open.values()):
            instrument = self._state.pits[order.coin].instrument
            if instrument.dex == dex and isolated_coin in ("", order.coin):
                self._state.cancel(order, Status.LIQUIDATED_CANCELED)

    def _sell(self, account: Account, holding: Holding) -> None:
        state = self._state
        settlement = self._floor[holding.instrument.coin]
        size = self._size(account, holding)
        side = Side.SELL if holding.size > 0 else Side.BUY
        limit = max(1, holding.price.mark * (100 + side * SLIPPAGE_PCT) // 100)
        if not settlement.pit.book.crosses(side, limit):
            return
        request = PlaceOrder(holding.instrument.asset_id, side, limit, size, Tif.FRONTEND_MARKET, reduce_only=True)
        order = Order(state.next_oid(), account.address, settlement.pit.coin, request, state.now_ms)
        account.orders.record(order)
        state.transaction = SYSTEM_HASH
        filled, _notional = execute(state, settlement, order)
        is_over = filled == order.original
        state.announce(account, order, Status.FILLED if is_over else Status.CANCELED)

    def _size(self, account: Account, holding: Holding) -> Size:
        size = abs(holding.size)
        key = (account.address, holding.instrument.coin)
        sold_ms = self._partial_ms.get(key)
        is_large = size * holding.price.mark > PARTIAL_ABOVE_USD_MICRO
        if is_large and (sold_ms is None or self._state.now_ms > sold_ms + WHOLE_MS):
            self._partial_ms[key] = self._state.now_ms
            return max(1, size // PARTIAL_SHARE)
        return size

    def _take_over(self, account: Account, dex_account: DexAccount, holdings: list[Holding]) -> None:
        """Hand positions at mark, and what cash is left with them, to the backstop."""
        backstop = self._backstop(dex_account)
        for holding in holdings:
            if holding.size:
                self._hand_over(account, dex_account, holding, backstop)
        other = backstop.dexes[dex_account.dex]
        if holdings[0].is_cross:
            other.raw += dex_account.raw
            dex_account.raw = 0

    def _backstop(self, dex_account: DexAccount) -> Account:
        dex = self._state.listing.dex(dex_account.dex)
        assert dex is not None
        return self._state.account(f"0x{BACKSTOP + dex.index:040x}")

    def _hand_over(self, account: Account, dex_account: DexAccount, holding: Holding, backstop: Account) -> None:
        state = self._state
        pit = self._floor[holding.instrument.coin].pit
        other_dex, other = state.holding(backstop, pit)
        mark, size = holding.price.mark, holding.size
        equity = margin.isolated_value(holding)
        was_cross = holding.is_cross
        note = LiquidationMark(account.address, mark, "backstop")
        oids = (state.next_oid(), state.next_oid())
        tid = trade_id(*oids)
        sides = ((account, dex_account, holding, -size, oids[0]), (backstop, other_dex, other, size, oids[1]))
        for owner, balance, position, signed, oid in sides:
            start = position.size
            closed_pnl = balance.trade(position, signed, mark)
            kind = "Long" if size > 0 else "Short"
            fill = AccountFill(
                coin=pit.coin,
                price=mark,
                size=abs(size),
                side=Side.BUY if signed > 0 else Side.SELL,
                time_ms=state.now_ms,
                start_position=start,
                direction=f"Liquidated {'Cross' if was_cross else 'Isolated'} {kind}",
                closed_pnl_micro=closed_pnl,
                fee_micro=0,
                fee_token=pit.instrument.collateral,
                crossed=owner is account,
                oid=oid,
                tid=tid,
                hash=SYSTEM_HASH,
                liquidation=note,
            )
            owner.fills.append(fill)
            if state.listener is not None:
                state.listener.on_fill(owner.address, fill)
        if not was_cross:
            dex_account.raw -= equity
            other_dex.raw += equity

    def _report(self, account: Account, dex_account: DexAccount, holdings: list[Holding], isolated_coin: str) -> None:
        self._lid += 1
        if self._state.listener is None:
            return
        cross = not isolated_coin
        value = margin.cross_value(dex_account) if cross else margin.isolated_value(holdings[0])
        notional = sum(abs(holding.size) * holding.price.mark for holding in holdings)
        self._state.listener.on_liquidation(
            account.address,
            Liquidation(self._lid, self._state.now_ms, dex_account.dex, isolated_coin, notional, value),
        )


def is_backstop(address: str) -> bool:
    """Whether an address is a dex's backstop, which is never liquidated itself."""
    return address.startswith(f"0x{BACKSTOP >> 32:032x}")
