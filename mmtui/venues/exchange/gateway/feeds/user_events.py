"""What happened to accounts in one block, and the frames of the feeds that tell it.

Source: hyperliquid-protocol.md 11.2.
"""

from collections.abc import Container, Iterator

from mmtui.venues.exchange.gateway import account_rendering as account
from mmtui.venues.exchange.gateway.feeds.subscriptions import (
    AnySubscription,
    OrderHistory,
    OrderUpdates,
    UserEvents,
    UserFills,
    UserFundings,
)
from mmtui.venues.exchange.listing import Listing
from mmtui.venues.exchange.records import AccountFill, FundingPayment, Liquidation, OrderUpdate

CANCELED_BY_EXCHANGE = frozenset(
    {"marginCanceled", "liquidatedCanceled", "openInterestCapCanceled", "delistedCanceled", "scheduledCancel"}
)


class AccountEvents:
    """The events of one account, in the order they happened."""

    __slots__ = ("fills", "fundings", "liquidations", "orders")

    def __init__(self) -> None:
        self.fills: list[AccountFill] = []
        self.fundings: list[FundingPayment] = []
        self.liquidations: list[Liquidation] = []
        self.orders: list[OrderUpdate] = []


class UserEventsOfBlock:
    """The events of every account since the last ``drain``."""

    __slots__ = ("_accounts",)

    def __init__(self) -> None:
        self._accounts: dict[str, AccountEvents] = {}

    def of(self, user: str) -> AccountEvents:
        """The events of an account, to add to."""
        events = self._accounts.get(user)
        if events is None:
            events = self._accounts[user] = AccountEvents()
        return events

    def drain(
        self, listing: Listing, subscribed: Container[AnySubscription]
    ) -> Iterator[tuple[AnySubscription, object]]:
        """Feeds with a subscriber and what each is told; forgets everything."""
        accounts, self._accounts = self._accounts, {}
        for user, events in accounts.items():
            yield from _frames(listing, subscribed, user, events)


def _frames(
    listing: Listing, subscribed: Container[AnySubscription], user: str, events: AccountEvents
) -> Iterator[tuple[AnySubscription, object]]:
    if events.orders:
        updates, history = OrderUpdates(user), OrderHistory(user)
        if updates in subscribed:
            yield updates, [account.order_update(listing, row) for row in events.orders]
        if history in subscribed:
            rows = [account.order_status(listing, row) for row in events.orders]
            yield history, {"user": user, "orderHistory": rows}
    for aggregate in (False, True):
        feed = UserFills(user, aggregate)
        if events.fills and feed in subscribed:
            yield feed, {"user": user, "fills": account.fills(listing, events.fills, aggregate=aggregate)}
    fundings = UserFundings(user)
    if events.fundings and fundings in subscribed:
        yield fundings, {"user": user, "fundings": [account.funding(listing, row) for row in events.fundings]}
    feed_of_all = UserEvents(user)
    if feed_of_all in subscribed:
        for data in _user_events(listing, user, events):
            yield feed_of_all, data


def _user_events(listing: Listing, user: str, events: AccountEvents) -> Iterator[object]:
    if events.fills:
        yield {"fills": account.fills(listing, events.fills)}
    for payment in events.fundings:
        yield {"funding": account.funding(listing, payment)}
    for liquidation in events.liquidations:
        yield {"liquidation": account.liquidation(user, liquidation)}
    canceled = [{"coin": row.coin, "oid": row.oid} for row in events.orders if row.status in CANCELED_BY_EXCHANGE]
    if canceled:
        yield {"nonUserCancel": canceled}
