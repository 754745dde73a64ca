"""Cancels, modifies and the dead man's switch.

Owns how resting orders leave at their account's wish. A modify is a cancel and a placement: the
order gets another oid and goes to the back. Source: hyperliquid-protocol.md 5.2-5.4.
"""

import msgspec

from mmtui.domain.units import MICRO
from mmtui.venues.exchange import refusals
from mmtui.venues.exchange.actions import (
    CancelAction,
    CancelReply,
    DefaultReply,
    Filled,
    Modify,
    ModifyAction,
    OrderReply,
    Refused,
    Rejected,
    Reply,
    Resting,
    ScheduleCancelAction,
    Tif,
)
from mmtui.venues.exchange.ledger.accounts import Account
from mmtui.venues.exchange.ledger.fees import DAY_MS
from mmtui.venues.exchange.ledger.orders import Status
from mmtui.venues.exchange.rulebook import static_checks
from mmtui.venues.exchange.rulebook.placement import place
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.state import State

SCHEDULE_AHEAD_MS = 5_000
SCHEDULED_CANCELS_A_DAY = 10


def cancel(state: State, account: Account, action: CancelAction) -> Reply:
    """Cancel each entry that rests, independently of the others."""
    if (text := static_checks.count_refusal(len(action.cancels))) is not None:
        return Refused(text)
    errors: list[str | None] = []
    for entry in action.cancels:
        order = account.orders.resting(entry.target)
        contract = state.listing.by_asset(entry.asset)
        if order is None or contract is None or contract.instrument.coin != order.coin:
            errors.append(refusals.not_open(entry.asset))
            continue
        state.cancel(order, Status.CANCELED)
        errors.append(None)
    return CancelReply(tuple(errors))


def modify(state: State, floor: dict[str, Settlement], account: Account, action: ModifyAction) -> Reply:
    """Carry out each modify in list order; one static fault refuses all."""
    text = static_checks.count_refusal(len(action.modifies)) or static_checks.orders_refusal(
        state, [entry.order for entry in action.modifies]
    )
    if text is not None:
        return Refused(text)
    statuses = [_modify(state, floor, account, entry, action.always_place) for entry in action.modifies]
    if not action.is_single:
        return OrderReply(tuple(statuses))
    only = statuses[0]
    return Refused(only.text) if isinstance(only, Rejected) else DefaultReply()


def _modify(
    state: State, floor: dict[str, Settlement], account: Account, entry: Modify, always_place: bool
) -> Resting | Filled | Rejected:
    request = entry.order
    pit = static_checks.pit_of(state, request.asset)
    if isinstance(pit, str):
        return Rejected(pit)
    old = account.orders.resting(entry.target)
    if not always_place:
        if old is None or old.coin != pit.coin:
            return Rejected(refusals.CANNOT_MODIFY)
        if request.tif is not Tif.ALO:
            if request.tif is not Tif.GTC:
                return Rejected(refusals.CANNOT_MODIFY)
            request = msgspec.structs.replace(request, tif=Tif.ALO)
    if old is not None and old.coin == pit.coin:
        state.cancel(old, Status.CANCELED)
    placed = place(state, floor[pit.coin], account, request)
    return Rejected(refusals.modify_placement(placed.text)) if isinstance(placed, Rejected) else placed


def schedule(state: State, account: Account, action: ScheduleCancelAction) -> Reply:
    """Set or clear the dead man's switch, once enough volume was traded."""
    required = state.settings.schedule_cancel_volume_usd
    if account.volumes.cumulative_micro < required * MICRO:
        return Refused(refusals.schedule_volume(required, account.volumes.cumulative_micro))
    if action.time_ms is not None:
        if action.time_ms < state.now_ms + SCHEDULE_AHEAD_MS:
            return Refused(refusals.SCHEDULE_TOO_EARLY)
        if is_switch_spent(state, account):
            return Refused(refusals.SCHEDULE_TOO_OFTEN)
    account.scheduled_cancel.at_ms = action.time_ms
    return DefaultReply()


def is_switch_spent(state: State, account: Account) -> bool:
    """Whether the dead man's switch has fired as often as it may on one day."""
    return account.scheduled_cancel.fired_on(state.now_ms // DAY_MS) >= SCHEDULED_CANCELS_A_DAY


def fire_scheduled(state: State) -> None:
    """Cancel everything of the accounts whose switch is due."""
    for account in state.accounts.values():
        at_ms = account.scheduled_cancel.at_ms
        if at_ms is not None and at_ms <= state.now_ms:
            account.scheduled_cancel.fire(state.now_ms // DAY_MS)
            for order in list(account.orders.open.values()):
                state.cancel(order, Status.SCHEDULED_CANCEL)
