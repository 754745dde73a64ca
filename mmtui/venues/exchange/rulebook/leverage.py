"""Leverage and isolated margin.

Owns the account's margin choices: switching type only while flat, lowering leverage only with the
margin to back it, moving collateral in and out of isolated positions. Source: protocol 5.5.
"""

from mmtui.domain.instrument import MarginMode
from mmtui.domain.units import UsdMicro
from mmtui.venues.exchange import refusals
from mmtui.venues.exchange.actions import (
    DefaultReply,
    Refused,
    Reply,
    TopUpIsolatedMarginAction,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
)
from mmtui.venues.exchange.ledger import margin
from mmtui.venues.exchange.ledger.accounts import Account, DexAccount, Holding
from mmtui.venues.exchange.rulebook.state import State
from mmtui.venues.exchange.rulebook.static_checks import pit_of


def update(state: State, account: Account, action: UpdateLeverageAction) -> Reply:
    """Choose margin type and leverage of one asset."""
    pit = pit_of(state, action.asset)
    if isinstance(pit, str):
        return Refused(pit)
    if not 1 <= action.leverage <= pit.instrument.max_leverage:
        return Refused(refusals.INVALID_LEVERAGE)
    if action.is_cross and pit.instrument.margin_mode is not MarginMode.CROSS:
        return Refused(refusals.CROSS_NOT_ALLOWED)
    dex_account, holding = state.holding(account, pit)
    if action.is_cross != holding.is_cross and holding.size:
        return Refused(refusals.LEVERAGE_TYPE_LOCKED)
    notional = margin.exposure(holding)
    if notional and action.leverage > margin.tier_leverage(holding.contract.margin_table, notional):
        return Refused(refusals.INVALID_LEVERAGE)
    was_cross, before = holding.is_cross, holding.leverage
    holding.is_cross, holding.leverage = action.is_cross, action.leverage
    if action.leverage >= before:
        return DefaultReply()
    missing = _missing_isolated(holding)
    if margin.free_margin(dex_account) < missing:
        holding.is_cross, holding.leverage = was_cross, before
        return Refused(refusals.INSUFFICIENT_MARGIN)
    _move(dex_account, holding, missing)
    return DefaultReply()


def update_isolated(state: State, account: Account, action: UpdateIsolatedMarginAction) -> Reply:
    """Move collateral into or out of an isolated position."""
    found = _isolated(state, account, action.asset)
    if isinstance(found, Refused):
        return found
    dex_account, holding = found
    amount = action.amount_usd_micro
    if amount < 0:
        if holding.instrument.margin_mode is MarginMode.STRICT_ISOLATED:
            return Refused(refusals.MARGIN_NOT_REMOVABLE)
        needed = margin.initial(abs(holding.size) * holding.price.mark, holding.leverage)
        if margin.isolated_value(holding) + amount < needed:
            return Refused(refusals.INSUFFICIENT_MARGIN)
    elif margin.free_margin(dex_account) < amount:
        return Refused(refusals.INSUFFICIENT_MARGIN)
    _move(dex_account, holding, amount)
    return DefaultReply()


def top_up(state: State, account: Account, action: TopUpIsolatedMarginAction) -> Reply:
    """Add what an isolated position lacks to stand at the wanted leverage; enough already adds nothing."""
    found = _isolated(state, account, action.asset)
    if isinstance(found, Refused):
        return found
    dex_account, holding = found
    if not 1.0 <= action.leverage <= holding.instrument.max_leverage:
        return Refused(refusals.INVALID_LEVERAGE)
    wanted = int(abs(holding.size) * holding.price.mark / action.leverage)
    missing = max(0, wanted - margin.isolated_value(holding))
    if margin.free_margin(dex_account) < missing:
        return Refused(refusals.INSUFFICIENT_MARGIN)
    _move(dex_account, holding, missing)
    return DefaultReply()


def _isolated(state: State, account: Account, asset: int) -> tuple[DexAccount, Holding] | Refused:
    pit = pit_of(state, asset)
    if isinstance(pit, str):
        return Refused(pit)
    dex_account, holding = state.holding(account, pit)
    if holding.is_cross or holding.size == 0:
        return Refused(refusals.NOT_ISOLATED)
    return dex_account, holding


def _missing_isolated(holding: Holding) -> UsdMicro:
    if holding.is_cross or holding.size == 0:
        return 0
    needed = margin.initial(abs(holding.size) * holding.price.mark, holding.leverage)
    return max(0, needed - margin.isolated_value(holding))


def _move(dex_account: DexAccount, holding: Holding, amount: UsdMicro) -> None:
    dex_account.raw -= amount
    holding.isolated_raw += amount
