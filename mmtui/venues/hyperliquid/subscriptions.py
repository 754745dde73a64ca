"""What a socket subscribes to, and whether the venue has taken it.

Owns the subscription objects and their acknowledgement. Pure bookkeeping: time is an argument. The
venue forgets subscriptions with the connection. Source: hyperliquid-protocol.md 11.1, 11.2; faults
F37, F49.
"""

from typing import Literal

import msgspec

RETRY_S = 3.0
TRIES_MAX = 3


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """One feed; ``fast`` asks for the five-level book twice a second."""

    type: str
    coin: str = ""
    user: str = ""
    fast: bool = False


class _Request(msgspec.Struct, frozen=True):
    method: Literal["subscribe", "unsubscribe"]
    subscription: Subscription


def market_feeds(coin: str) -> tuple[Subscription, ...]:
    """Public data of one coin."""
    return (
        Subscription("bbo", coin=coin),
        Subscription("l2Book", coin=coin, fast=True),
        Subscription("trades", coin=coin),
        Subscription("activeAssetCtx", coin=coin),
    )


def user_feeds(account: str) -> tuple[Subscription, ...]:
    """Orders, fills, events and funding of one account."""
    return tuple(
        Subscription(kind, user=account) for kind in ("orderUpdates", "userFills", "userEvents", "userFundings")
    )


class Subscriptions:
    """The feeds of one socket; ``open`` gives the frames to send on a fresh connection."""

    __slots__ = ("_asked_at", "_feeds", "_tries", "_waiting")

    def __init__(self, feeds: tuple[Subscription, ...]) -> None:
        self._feeds = feeds
        self._waiting: dict[str, Subscription] = {}
        self._asked_at = 0.0
        self._tries = 0

    def open(self, now_s: float) -> list[bytes]:
        """Subscribes to everything."""
        self._waiting = {feed.type: feed for feed in self._feeds}
        self._asked_at = now_s
        self._tries = 1
        return [_frame("subscribe", feed) for feed in self._feeds]

    def renew(self, now_s: float) -> list[bytes]:
        """Unsubscribes and subscribes again, for feeds that fell silent on a live connection."""
        return [_frame("unsubscribe", feed) for feed in self._feeds] + self.open(now_s)

    def taken(self, kind: str) -> None:
        """The venue acknowledged the feed ``kind``."""
        self._waiting.pop(kind, None)

    def overdue(self, now_s: float) -> list[bytes]:
        """What to ask for again, at most ``TRIES_MAX`` times in all."""
        if not self._waiting or self._tries >= TRIES_MAX or now_s - self._asked_at < RETRY_S:
            return []
        self._asked_at = now_s
        self._tries += 1
        return [_frame("subscribe", feed) for feed in self._waiting.values()]

    def refused(self, now_s: float) -> tuple[str, ...]:
        """Feeds that the venue did not take after every try."""
        if self._tries < TRIES_MAX or now_s - self._asked_at < RETRY_S:
            return ()
        return tuple(self._waiting)


def _frame(method: Literal["subscribe", "unsubscribe"], feed: Subscription) -> bytes:
    return msgspec.json.encode(_Request(method, feed))
