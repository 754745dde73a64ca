"""What one IP address may send: weight, connections, messages, subscriptions, users.

Owns the counting. Time is an argument, in wall milliseconds. On a loopback server every client shares
one address, so the default is ten times what the venue allows; ``VENUE`` is the documented measure.
Source: hyperliquid-protocol.md 12.1.
"""

import msgspec

from mmtui.venues.hyperliquid.limits import SlidingWindow

ADDRESSES_TRACKED = 4_096


class IpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one IP address."""

    weight_per_minute: int = 1_200
    messages_per_minute: int = 2_000
    connections: int = 10
    connections_per_minute: int = 30
    subscriptions: int = 1_000
    users: int = 10
    posts_in_flight: int = 100


VENUE = IpLimits()
GENEROUS = IpLimits(
    weight_per_minute=12_000,
    messages_per_minute=20_000,
    connections=100,
    connections_per_minute=300,
    subscriptions=10_000,
    users=100,
    posts_in_flight=1_000,
)
UNLIMITED = IpLimits(
    weight_per_minute=10**12,
    messages_per_minute=10**12,
    connections=10_000,
    connections_per_minute=10**12,
    subscriptions=10**9,
    users=10**9,
    posts_in_flight=10**9,
)


class IpAccount:
    """What one IP address has used. ``users`` counts subscriptions by user over all its connections."""

    __slots__ = ("_connects", "_messages", "_weight", "connections", "limits", "subscriptions", "users")

    def __init__(self, limits: IpLimits) -> None:
        self.limits = limits
        self._weight = SlidingWindow(limits.weight_per_minute)
        self._messages = SlidingWindow(limits.messages_per_minute)
        self._connects = SlidingWindow(limits.connections_per_minute)
        self.connections = 0
        self.subscriptions = 0
        self.users: dict[str, int] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is open, so that the account may be forgotten."""
        return self.connections == 0

    def spend(self, now_ms: int, weight: int) -> bool:
        """Charge a request; False when it does not fit, which charges nothing."""
        return _take(self._weight, now_ms, weight)

    def charge(self, now_ms: int, weight: int) -> None:
        """Charge what an answer turned out to weigh."""
        self._weight.charge(now_ms / 1000.0, weight)

    def message(self, now_ms: int) -> bool:
        """Count a message received over a socket; False when there are too many."""
        return _take(self._messages, now_ms, 1)

    def connect(self, now_ms: int) -> bool:
        """Open a connection; False when it may not."""
        if self.connections >= self.limits.connections or not _take(self._connects, now_ms, 1):
            return False
        self.connections += 1
        return True

    def disconnect(self) -> None:
        """Close a connection."""
        self.connections -= 1

    def may_subscribe(self) -> bool:
        """Whether one more subscription fits."""
        return self.subscriptions < self.limits.subscriptions

    def may_track(self, user: str) -> bool:
        """Whether subscriptions of ``user`` are within the number of users."""
        return user in self.users or len(self.users) < self.limits.users

    def subscribe(self, user: str | None) -> None:
        """Count a subscription."""
        self.subscriptions += 1
        if user is not None:
            self.users[user] = self.users.get(user, 0) + 1

    def unsubscribe(self, user: str | None) -> None:
        """Forget a subscription."""
        self.subscriptions -= 1
        if user is not None:
            self.users[user] -= 1
            if not self.users[user]:
                del self.users[user]


class IpAccounts:
    """Every address that called, the oldest idle ones forgotten."""

    __slots__ = ("_accounts", "limits")

    def __init__(self, limits: IpLimits) -> None:
        self.limits = limits
        self._accounts: dict[str, IpAccount] = {}

    def of(self, address: str) -> IpAccount:
        """The account of an address."""
        account = self._accounts.get(address)
        if account is None:
            if len(self._accounts) >= ADDRESSES_TRACKED:
                idle = next((key for key, other in self._accounts.items() if other.is_idle), None)
                if idle is not None:
                    del self._accounts[idle]
            account = self._accounts[address] = IpAccount(self.limits)
        return account


def _take(window: SlidingWindow, now_ms: int, weight: int) -> bool:
    now_s = now_ms / 1000.0
    if not window.fits(now_s, weight):
        return False
    window.charge(now_s, weight)
    return True
