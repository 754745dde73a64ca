"""From a submission to its reply: who signs, may he, and which rule carries it out.

Owns the one switch over action kinds, the class an action has inside a block, and the refusals
that precede every rule: spent nonces, expiry, the address budget, unknown vaults. Source: protocol 4,
5.7, 7.1.
"""

from collections.abc import Callable

import msgspec

from mmtui.venues.exchange import refusals
from mmtui.venues.exchange.actions import (
    Action,
    ApproveAgentAction,
    CancelAction,
    DefaultReply,
    ModifyAction,
    NoopAction,
    OrderAction,
    OrderReply,
    Refused,
    Reply,
    ScheduleCancelAction,
    Tif,
    TopUpIsolatedMarginAction,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
    entry_count,
)
from mmtui.venues.exchange.ledger.accounts import Account
from mmtui.venues.exchange.ledger.agents import ZERO_ADDRESS
from mmtui.venues.exchange.rulebook import cancellation, leverage, static_checks
from mmtui.venues.exchange.rulebook.nonce_window import NonceWindow
from mmtui.venues.exchange.rulebook.placement import place
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.state import State


class Submission(msgspec.Struct, frozen=True):
    """A verified action waiting for its block."""

    arrived_ms: int
    signer: str
    action: Action
    reply: Callable[[Reply], None]
    expires_after_ms: int | None
    vault: str | None
    nonce: int | None = None


def is_cancel(action: Action) -> bool:
    """Whether the action runs in the block's second class."""
    return isinstance(action, CancelAction)


def is_early(action: Action) -> bool:
    """Whether the action runs in the block's first class: it sends no GTC or IOC order."""
    if isinstance(action, OrderAction):
        return all(order.tif is Tif.ALO for order in action.orders)
    if isinstance(action, ModifyAction):
        return all(entry.order.tif is Tif.ALO for entry in action.modifies)
    return not isinstance(action, CancelAction)


def run(state: State, floor: dict[str, Settlement], submission: Submission) -> Reply:
    """Carry out one submission."""
    action = submission.action
    if submission.nonce is not None:
        text = state.nonces.setdefault(submission.signer, NonceWindow()).spend(submission.nonce, state.now_ms)
        if text is not None:
            return Refused(text)
    if isinstance(action, ApproveAgentAction):
        return _approve_agent(state, submission.signer, action)
    account = state.signer_account(submission.signer)
    if submission.vault is not None and submission.vault != account.address:
        return Refused(refusals.vault_unknown(submission.vault))
    entries = max(1, entry_count(action))
    if submission.expires_after_ms is not None and submission.expires_after_ms < state.now_ms:
        account.budget.spend_expired(entries)
        return Refused(refusals.EXPIRED)
    text = account.budget.spend(
        state.now_ms, entries, account.volumes.cumulative_micro, is_cancel=isinstance(action, CancelAction)
    )
    return Refused(text) if text is not None else _carry_out(state, floor, account, action)


def _carry_out(state: State, floor: dict[str, Settlement], account: Account, action: Action) -> Reply:
    match action:
        case OrderAction():
            return _order(state, floor, account, action)
        case CancelAction():
            return cancellation.cancel(state, account, action)
        case ModifyAction():
            return cancellation.modify(state, floor, account, action)
        case ScheduleCancelAction():
            return cancellation.schedule(state, account, action)
        case UpdateLeverageAction():
            return leverage.update(state, account, action)
        case UpdateIsolatedMarginAction():
            return leverage.update_isolated(state, account, action)
        case TopUpIsolatedMarginAction():
            return leverage.top_up(state, account, action)
        case NoopAction():
            return DefaultReply()
    raise AssertionError(action)


def _order(state: State, floor: dict[str, Settlement], account: Account, action: OrderAction) -> Reply:
    if (text := static_checks.batch_refusal(state, action)) is not None:
        return Refused(text)
    statuses = []
    for request in action.orders:
        contract = state.listing.by_asset(request.asset)
        assert contract is not None, request
        statuses.append(place(state, floor[contract.instrument.coin], account, request))
    return OrderReply(tuple(statuses))


def _approve_agent(state: State, signer: str, action: ApproveAgentAction) -> Reply:
    account = state.signer_account(signer)
    if account.address != signer:
        return Refused(refusals.must_deposit(signer))
    if action.agent == ZERO_ADDRESS:
        account.agents.revoke(action.name)
        return DefaultReply()
    if (text := account.agents.refusal(action.name, action.valid_until_ms, state.now_ms)) is not None:
        return Refused(text)
    if action.agent in state.signers:
        return Refused(refusals.AGENT_USED)
    agent = account.agents.approve(action.agent, action.name, action.valid_until_ms, state.now_ms)
    state.signers[action.agent] = (account, agent)
    return DefaultReply()
