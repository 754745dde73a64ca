"""The parameters of information requests: which fields each kind takes, and of what form.

Unknown fields are ignored, users may be written in any case and without ``0x``. Source:
hyperliquid-protocol.md 1, 10.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from mmtui.venues.exchange.gateway.wire import CloidText, Uint

User: TypeAlias = Annotated[str, Meta(pattern=r"^(?:0x)?[0-9a-fA-F]{40}\Z")]


class InfoRequest(msgspec.Struct):
    """A request without parameters."""


class OfDex(InfoRequest):
    """A request about one dex, the main one when absent."""

    dex: str | None = None

    @property
    def dex_name(self) -> str:
        """The dex, ``""`` for the main one."""
        return self.dex or ""


class OfCoin(InfoRequest):
    """A request about one coin."""

    coin: str


class OfBook(OfCoin):
    """A book, merged to ``nSigFigs`` figures if given."""

    nSigFigs: int | None = None  # noqa: N815  the venue's key
    mantissa: int | None = None


class OfCoinTimes(OfCoin):
    """A coin's history in a range of time, bounds included."""

    startTime: Uint  # noqa: N815  the venue's key
    endTime: Uint | None = None  # noqa: N815  the venue's key


class CandleRange(msgspec.Struct):
    """Which bars."""

    coin: str
    interval: str
    startTime: Uint  # noqa: N815  the venue's key
    endTime: Uint | None = None  # noqa: N815  the venue's key


class OfCandles(InfoRequest):
    """A request for bars."""

    req: CandleRange


class OfTable(OfDex):
    """A margin table by its id."""

    id: Uint = 0


class OfUser(InfoRequest):
    """A request about one account."""

    user: User

    @property
    def account(self) -> str:
        """The address in lower case with its prefix."""
        return normal_address(self.user)


class OfUserDex(OfUser):
    """An account on one dex."""

    dex: str | None = None

    @property
    def dex_name(self) -> str:
        """The dex, ``""`` for the main one."""
        return self.dex or ""


class OfUserCoin(OfUser):
    """An account and one coin."""

    coin: str


class OfOrder(OfUser):
    """One order of an account, by oid or cloid."""

    oid: Uint | CloidText


class OfFills(OfUser):
    """An account's fills."""

    aggregateByTime: bool | None = None  # noqa: N815  the venue's key


class OfFillTimes(OfFills, kw_only=True):
    """An account's fills in a range of time, bounds included."""

    startTime: Uint  # noqa: N815  the venue's key
    endTime: Uint | None = None  # noqa: N815  the venue's key
    reversed: bool | None = None


class OfUserTimes(OfUser):
    """An account's history in a range of time, bounds included."""

    startTime: Uint | None = None  # noqa: N815  the venue's key
    endTime: Uint | None = None  # noqa: N815  the venue's key


def normal_address(user: str) -> str:
    """An address in lower case with its prefix."""
    return "0x" + user.lower().removeprefix("0x")
