"""The exchange's own words as the domain's events, and intents as its actions.

Owns the translation for the venue in the same process. What a refusal proves is read where the live
venue reads it, so that a simulated refusal means what a real one means.
"""

from mmtui.domain.events import (
    ActionAnswered,
    ActionFailed,
    Certainty,
    Fill,
    FundingPayment,
    OrderReport,
    Outcome,
    OutcomeKind,
)
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import AddMargin, CancelOrders, Fence, PlaceOrders, ScheduleCancel, Send
from mmtui.domain.units import UsdMicro
from mmtui.venues.exchange import actions, records
from mmtui.venues.exchange.rulebook.forced import DELEVERAGED
from mmtui.venues.exchange.statements import PositionRow
from mmtui.venues.hyperliquid import errors


def action_of(instrument: Instrument, intent: Send) -> actions.Action:
    """The action that an intent means."""
    asset = instrument.asset_id
    if isinstance(intent, PlaceOrders):
        return actions.OrderAction(
            tuple(
                actions.PlaceOrder(
                    asset=asset,
                    side=approved.terms.side,
                    price=approved.terms.price,
                    size=approved.terms.size,
                    tif=actions.Tif(approved.terms.tif.value),
                    reduce_only=approved.terms.reduce_only,
                    cloid=approved.terms.cloid,
                )
                for approved in intent.orders
            )
        )
    if isinstance(intent, CancelOrders):
        return actions.CancelAction(tuple(actions.Cancel(asset, cloid) for cloid in intent.cloids))
    if isinstance(intent, ScheduleCancel):
        return actions.ScheduleCancelAction(intent.at_ms)
    if isinstance(intent, Fence):
        return actions.NoopAction()
    if isinstance(intent, AddMargin):
        return actions.UpdateIsolatedMarginAction(asset, intent.amount)
    return actions.UpdateLeverageAction(asset, intent.is_cross, intent.leverage)


def answer_event(
    at: float, intent: Send, answer: actions.Reply, instrument: Instrument
) -> ActionAnswered | ActionFailed:
    """The event that an answer amounts to when it arrives at ``at``."""
    if isinstance(answer, actions.Refused):
        refusal = errors.action_refusal(answer.text)
        return ActionFailed(
            received_at=at,
            request_id=intent.request_id,
            certainty=refusal.certainty,
            reason=refusal.reason,
            text=f"{refusal.code.value}: {answer.text}" if refusal.code else answer.text,
        )
    if isinstance(answer, actions.OrderReply):
        outcomes = tuple(_placed(status, instrument) for status in answer.statuses)
    elif isinstance(answer, actions.CancelReply):
        outcomes = tuple(_cancelled(text) for text in answer.errors)
    else:
        outcomes = ()
    return ActionAnswered(received_at=at, request_id=intent.request_id, outcomes=outcomes)


def signed_cost(row: PositionRow) -> UsdMicro:
    """Signed cost of a position."""
    return row.entry_notional_micro if row.size > 0 else -row.entry_notional_micro


def fill_of(fill: records.AccountFill) -> Fill:
    """An execution of the account."""
    return Fill(
        coin=fill.coin,
        venue_time_ms=fill.time_ms,
        tid=fill.tid,
        oid=fill.oid,
        side=fill.side,
        price=fill.price,
        size=fill.size,
        fee=fill.fee_micro,
        start_position=fill.start_position,
        is_taker=fill.crossed,
        cloid=fill.cloid,
        closed_pnl=fill.closed_pnl_micro,
        is_liquidation=fill.liquidation is not None,
        forced_by="auto-deleveraging" if fill.direction == DELEVERAGED else "",
        fee_token=fill.fee_token,
    )


def report_of(update: records.OrderUpdate) -> OrderReport:
    """What the exchange says of one order."""
    return OrderReport(
        coin=update.coin,
        oid=update.oid,
        cloid=update.cloid,
        side=update.side,
        price=update.price,
        size=update.original_size,
        filled=update.original_size - update.size,
        status=update.status,
        status_time_ms=update.status_ms,
        reduce_only=update.reduce_only,
    )


def funding_of(payment: records.FundingPayment) -> FundingPayment:
    """A funding payment of the account."""
    return FundingPayment(
        coin=payment.coin,
        venue_time_ms=payment.time_ms,
        amount=payment.amount_micro,
        rate=payment.rate,
        position=payment.position,
    )


def _placed(status: actions.Resting | actions.Filled | actions.Rejected, instrument: Instrument) -> Outcome:
    if isinstance(status, actions.Resting):
        return Outcome(kind=OutcomeKind.RESTING, oid=status.oid)
    if isinstance(status, actions.Filled):
        return Outcome(kind=OutcomeKind.FILLED, oid=status.oid, filled=status.total_size)
    refusal = errors.order_refusal(status.text)
    if refusal.certainty is not Certainty.NOT_EXECUTED:
        return Outcome(kind=OutcomeKind.UNKNOWN, text=status.text)
    return Outcome(
        kind=OutcomeKind.REFUSED,
        reason=refusal.reason,
        text=f"{refusal.code.value}: {status.text}" if refusal.code else status.text,
        venue_touch=errors.quoted_touch(status.text, instrument),
    )


def _cancelled(text: str | None) -> Outcome:
    if text is None:
        return Outcome(kind=OutcomeKind.CANCELLED)
    return Outcome(kind=OutcomeKind.GONE if errors.is_gone(text) else OutcomeKind.UNKNOWN, text=text)
