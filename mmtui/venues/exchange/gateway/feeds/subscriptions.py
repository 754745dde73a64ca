"""What can be subscribed to, and the messages a client may send over the socket.

Owns the subscriptions as values: two that are equal after ``normalised`` are the same feed, and the
JSON of the normalised one is what the server echoes. Source: hyperliquid-protocol.md 11.1, 11.2.
"""

from typing import ClassVar, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from mmtui.venues.exchange.gateway.info.requests import User, normal_address
from mmtui.venues.exchange.gateway.wire import Uint


class Subscription(msgspec.Struct, frozen=True, tag_field="type"):
    """A feed; ``channel`` is where its frames arrive."""

    channel: ClassVar[str] = ""


class OfDexFeed(Subscription, frozen=True):
    """A feed of one dex; an absent, null or empty ``dex`` is the main one."""

    dex: str | UnsetType | None = UNSET

    @property
    def dex_name(self) -> str:
        """The dex, ``""`` for the main one."""
        return self.dex if isinstance(self.dex, str) else ""


class OfCoinFeed(Subscription, frozen=True):
    """A feed of one coin."""

    coin: str


class OfUserFeed(Subscription, frozen=True):
    """A feed of one account."""

    user: User


class AllMids(OfDexFeed, tag="allMids", frozen=True):
    """Mid prices of a dex."""

    channel: ClassVar[str] = "allMids"


class AssetContexts(OfDexFeed, tag="assetCtxs", frozen=True):
    """Contexts of a dex."""

    channel: ClassVar[str] = "assetCtxs"


class AllDexContexts(Subscription, tag="allDexsAssetCtxs", frozen=True):
    """Contexts of every dex."""

    channel: ClassVar[str] = "allDexsAssetCtxs"


class BookFeed(OfCoinFeed, tag="l2Book", frozen=True):
    """Book snapshots: twenty levels slowly, five with ``fast``."""

    channel: ClassVar[str] = "l2Book"
    nSigFigs: int | None = None  # noqa: N815  the venue's key
    mantissa: int | None = None
    fast: bool | UnsetType | None = UNSET


class BboFeed(OfCoinFeed, tag="bbo", frozen=True):
    """Best bid and ask."""

    channel: ClassVar[str] = "bbo"


class TradesFeed(OfCoinFeed, tag="trades", frozen=True):
    """Prints."""

    channel: ClassVar[str] = "trades"


class CandleFeed(OfCoinFeed, tag="candle", frozen=True):
    """The bar that is forming."""

    channel: ClassVar[str] = "candle"
    interval: str


class ContextFeed(OfCoinFeed, tag="activeAssetCtx", frozen=True):
    """Context of one contract."""

    channel: ClassVar[str] = "activeAssetCtx"


class OrderUpdates(OfUserFeed, tag="orderUpdates", frozen=True):
    """Orders as they open and end."""

    channel: ClassVar[str] = "orderUpdates"


class UserFills(OfUserFeed, tag="userFills", frozen=True):
    """Fills."""

    channel: ClassVar[str] = "userFills"
    aggregateByTime: bool = False  # noqa: N815  the venue's key


class UserEvents(OfUserFeed, tag="userEvents", frozen=True):
    """Fills, funding, liquidations and cancels by the exchange."""

    channel: ClassVar[str] = "user"


class UserFundings(OfUserFeed, tag="userFundings", frozen=True):
    """Funding payments."""

    channel: ClassVar[str] = "userFundings"


class LedgerUpdates(OfUserFeed, tag="userNonFundingLedgerUpdates", frozen=True):
    """Deposits and other movements."""

    channel: ClassVar[str] = "userNonFundingLedgerUpdates"


class OrderHistory(OfUserFeed, tag="userHistoricalOrders", frozen=True):
    """Orders with all details as they change."""

    channel: ClassVar[str] = "userHistoricalOrders"


class ClearinghouseFeed(OfUserFeed, tag="clearinghouseState", frozen=True):
    """Margin and positions on one dex."""

    channel: ClassVar[str] = "clearinghouseState"
    dex: str | None = None


class AllClearinghouseFeed(OfUserFeed, tag="allDexsClearinghouseState", frozen=True):
    """Margin and positions on every dex."""

    channel: ClassVar[str] = "allDexsClearinghouseState"


class OpenOrdersFeed(OfUserFeed, tag="openOrders", frozen=True):
    """Resting orders on one dex."""

    channel: ClassVar[str] = "openOrders"
    dex: str | None = None


class SpotStateFeed(OfUserFeed, tag="spotState", frozen=True):
    """Spot balances."""

    channel: ClassVar[str] = "spotState"


class AssetDataFeed(OfUserFeed, tag="activeAssetData", frozen=True):
    """Leverage and room to trade one coin."""

    channel: ClassVar[str] = "activeAssetData"
    coin: str


AnySubscription: TypeAlias = (
    AllMids
    | AssetContexts
    | AllDexContexts
    | BookFeed
    | BboFeed
    | TradesFeed
    | CandleFeed
    | ContextFeed
    | OrderUpdates
    | UserFills
    | UserEvents
    | UserFundings
    | LedgerUpdates
    | OrderHistory
    | ClearinghouseFeed
    | AllClearinghouseFeed
    | OpenOrdersFeed
    | SpotStateFeed
    | AssetDataFeed
)


class SubscribeMessage(msgspec.Struct, tag_field="method", tag="subscribe"):
    """Start a feed."""

    subscription: AnySubscription


class UnsubscribeMessage(msgspec.Struct, tag_field="method", tag="unsubscribe"):
    """End a feed."""

    subscription: AnySubscription


class PingMessage(msgspec.Struct, tag_field="method", tag="ping"):
    """Ask for a sign of life."""


class PostedRequest(msgspec.Struct):
    """A request over the socket."""

    type: Literal["info", "action"]
    payload: msgspec.Raw


class PostMessage(msgspec.Struct, tag_field="method", tag="post"):
    """Ask what HTTP would be asked; ``id`` comes back with the answer."""

    id: Uint
    request: PostedRequest


Message: TypeAlias = SubscribeMessage | UnsubscribeMessage | PingMessage | PostMessage

decode_message = msgspec.json.Decoder(Message).decode


def normalised(feed: AnySubscription) -> AnySubscription:
    """The feed as the server keeps and echoes it: users in lower case, no null where a key may be absent."""
    if isinstance(feed, OfUserFeed):
        feed = msgspec.structs.replace(feed, user=normal_address(feed.user))
    if isinstance(feed, OfDexFeed) and feed.dex is None:
        feed = msgspec.structs.replace(feed, dex=UNSET)
    if isinstance(feed, BookFeed) and not feed.fast:
        feed = msgspec.structs.replace(feed, fast=UNSET)
    if isinstance(feed, ClearinghouseFeed | OpenOrdersFeed) and feed.dex is None:
        feed = msgspec.structs.replace(feed, dex="")
    return feed


def user_of(feed: AnySubscription) -> str | None:
    """The account of a user's feed."""
    return feed.user if isinstance(feed, OfUserFeed) else None
