"""What an account statement says besides position and orders: money moved, terms changed, contract changed.

The position and the orders are compared in ``orders.reconcile``. Faults F74, F75, F82, F92.
"""

from mmtui.domain.events import AccountSnapshot
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import LogLevel
from mmtui.domain.records import RiskRecorded
from mmtui.engine.control.governing import fire, save_day, update_limit
from mmtui.engine.orders.endings import delisted
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

NOTICE_S = 600.0


def take_statement(state: EngineState, out: Outbox, snapshot: AccountSnapshot) -> None:
    """Applies a statement after the anchor, its fills and funding booked, before it becomes the last one."""
    last = state.account.snapshot
    assert last is not None, "a statement is taken after the anchor"
    if snapshot.venue_time_ms < last.venue_time_ms:
        return
    take_contract(state, out, snapshot.instrument)
    _take_mode(state, out, snapshot.account_mode)
    _take_terms(state, out, snapshot, last)
    _take_money(state, out, snapshot)


def take_contract(state: EngineState, out: Outbox, stated: Instrument | None) -> None:
    """Compares the contract as the venue describes it now; integers of another grid are never re-interpreted."""
    if stated is None:
        return
    changes = _changes(state.instrument, stated)
    if changes:
        fire(state, out, "instrument changed", f"{changes}; restart to trade by the contract as it is now")
    elif stated.is_delisted and not state.instrument.is_delisted:
        delisted(state, out)


def _changes(known: Instrument, stated: Instrument) -> str:
    pairs = {
        "size decimals": (known.size_decimals, stated.size_decimals),
        "highest leverage": (known.max_leverage, stated.max_leverage),
        "asset id": (known.asset_id, stated.asset_id),
        "margin mode": (known.margin_mode.value, stated.margin_mode.value),
        "collateral": (known.collateral, stated.collateral),
        "margin tiers": (_tiers(known), _tiers(stated if stated.margin_tiers else known)),
    }
    return ", ".join(f"{name} {before} -> {after}" for name, (before, after) in pairs.items() if before != after)


def _tiers(instrument: Instrument) -> str:
    """The margin tiers in words; a table that the venue did not tell is no change."""
    return ", ".join(f"{tier.max_leverage}x from {tier.lower_bound_usd:,.0f}" for tier in instrument.tiers)


def _take_mode(state: EngineState, out: Outbox, stated: str) -> None:
    known = state.account.mode
    if not known:
        state.account.mode = stated
    elif stated and stated != known:
        # The mode of the start stays the known one: a change seen while killed must not be lost in a re-arm.
        fire(state, out, "account mode changed", f"{known} -> {stated}: balances mean something else now")


def _take_terms(state: EngineState, out: Outbox, snapshot: AccountSnapshot, last: AccountSnapshot) -> None:
    terms, before = (snapshot.leverage, snapshot.is_cross), (last.leverage, last.is_cross)
    if terms in (before, state.control.leverage_asked):
        return
    modes = {True: "cross", False: "isolated"}
    text = f"leverage {before[0]} {modes[before[1]]} -> {terms[0]} {modes[terms[1]]}, not by this engine"
    state.tape.alarm("leverage", out.now, 2, text, lasts_s=NOTICE_S)
    limit_before = state.risk.limit.size
    state.control.leverage_asked = None
    out.record(
        RiskRecorded(at=out.now, code="LEVERAGE", monitor="leverage", value=terms[0], limit=before[0], text=text)
    )
    out.log(LogLevel.WARN, "Leverage changed outside", change=text, limit_before=limit_before)
    state.quoting.urgent = True


def _take_money(state: EngineState, out: Outbox, snapshot: AccountSnapshot) -> None:
    account, touch = state.account, state.market.touch
    at_ms = snapshot.venue_time_ms
    is_comparable = account.booked_ms <= at_ms and snapshot.position == account.position.size
    if not is_comparable or account.uncertain_because:
        return
    mark = state.instrument.price_units(touch.mid) if touch else 0
    earned = account.pnl.attribution().total
    amount = account.cash_watch.look(
        snapshot, cash=account.cash, earned=earned, value=abs(account.position.size) * mark
    )
    if not amount:
        return
    account.transferred(amount, account.equity() - amount)
    update_limit(state, out.now)
    word = "deposit" if amount > 0 else "withdrawal"
    text = f"{word} of {abs(amount) / 1e6:,.2f}: the day's limits count from the equity as it is now"
    state.tape.alarm("transfer", out.now, 1, text, lasts_s=NOTICE_S)
    out.record(RiskRecorded(at=out.now, code="TRANSFER", monitor=word, value=amount / 1e6, limit=0.0, text=text))
    out.log(LogLevel.INFO, "Transfer", kind=word, amount_usd=amount / 1e6, equity_usd=snapshot.account_value / 1e6)
    save_day(state, out)
