"""The live venue: one account and one contract of Hyperliquid behind the venue port.

Owns the way in: which instrument, whose key, which account, then a ``Session`` that lives until
``close``. Market data alone needs neither key nor account. Source: hyperliquid-protocol.md 2, 4.5,
11; decisions.md rulings 18, 22, 32.
"""

import asyncio
import contextlib
import random
from collections.abc import Sequence

import msgspec

from mmtui.domain.events import ActionAnswered, ActionFailed, Feed
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import Query, Send
from mmtui.errors import PreflightError, VenueError
from mmtui.venues.hyperliquid import actions, instruments
from mmtui.venues.hyperliquid.account.preflight import check_account_mode, identify
from mmtui.venues.hyperliquid.account.reader import AccountReader
from mmtui.venues.hyperliquid.desk import Credentials, OrderDesk
from mmtui.venues.hyperliquid.feeds import FeedCounts, Feeds
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.limits import SocketLimits
from mmtui.venues.hyperliquid.networks import Network
from mmtui.venues.hyperliquid.session import Allowances, Parts, Patience, Session, Stream
from mmtui.venues.hyperliquid.subscriptions import Subscription, Subscriptions, market_feeds, user_feeds
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from mmtui.venues.hyperliquid.ws import Socket, SocketEvents
from mmtui.venues.port import Clock, Sink, Tap


class VenueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to trade, and how long to wait. ``account`` is needed for a sub-account or without a key."""

    asset: str
    dex: str = ""
    account: str = ""
    answer_timeout_s: float = 5.0
    open_timeout_s: float = 10.0
    ping_s: float = 10.0
    patience: Patience = Patience()


class HyperliquidVenue:
    """Hyperliquid for one instrument; a ``Venue`` of the port."""

    __slots__ = (
        "_account",
        "_clock",
        "_credentials",
        "_instrument",
        "_limits",
        "_network",
        "_options",
        "_parts",
        "_rest",
        "_rng",
        "_session",
        "notes",
    )

    def __init__(
        self,
        network: Network,
        options: VenueOptions,
        *,
        clock: Clock,
        credentials: Credentials | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._network = network
        self._options = options
        self._clock = clock
        self._credentials = credentials
        self._rng = rng or random.Random()  # noqa: S311  jitter of reconnects, nothing secret
        self._rest = Rest(network, clock=clock)
        self._limits = SocketLimits()
        self._instrument: Instrument | None = None
        self._account = ""
        self._parts: Parts | None = None
        self._session: Session | None = None
        self.notes: tuple[str, ...] = ()

    @property
    def instrument(self) -> Instrument:
        """The contract traded; known after ``open``."""
        assert self._instrument is not None, "the instrument is known after open"
        return self._instrument

    @property
    def account(self) -> str:
        """The account's address, lower case; empty when trading without a key."""
        return self._account

    @property
    def counts(self) -> FeedCounts:
        """What the feeds delivered and what was turned away."""
        feeds = self._session.feeds if self._session else None
        return feeds.counts if feeds else FeedCounts()

    async def open(self, sink: Sink, *, tap: Tap | None = None) -> None:
        """Connects, reads the instrument and starts the feeds.

        Raises ConfigError for an asset or dex that does not exist, CredentialError for a key that may
        not trade, PreflightError when the venue cannot be reached or the account cannot be traded.
        """
        async with contextlib.AsyncExitStack() as on_failure:
            on_failure.push_async_callback(self.close)
            await self._rest.open()
            await self._find_instrument()
            await self._find_account()
            self._build(sink, tap)
            await self._wait_until_up()
            on_failure.pop_all()

    def send(self, intents: Sequence[Send]) -> None:
        """Signs and sends each intent as one action, in order; never blocks; results come as events."""
        assert self._session is not None, "a venue is opened before it is used"
        for intent in intents:
            self._session.send(intent)

    def ask(self, intents: Sequence[Query]) -> None:
        """Starts queries; results come as events."""
        assert self._session is not None, "a venue is opened before it is used"
        for intent in intents:
            self._session.ask(intent)

    async def execute(
        self, action: actions.Action, *, expires_at_ms: int | None = None, nonce: int | None = None
    ) -> ActionAnswered | ActionFailed:
        """Sends one action over HTTP and waits for its result, which is no event.

        For the dead man's switch, isolated margin, fencing and the emergency verbs. Raises
        CredentialError without a key and JournalError when no nonce can be had.
        """
        assert self._parts is not None, "a venue is opened before it is used"
        return await self._parts.desk.execute(action, expires_at_ms=expires_at_ms, nonce=nonce)

    def renew_nonces(self) -> None:
        """Takes later nonces than any process with this key has taken so far."""
        if self._credentials is not None:
            self._credentials.nonces.renew()

    async def close(self) -> None:
        """Closes the connections; sends nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        await self._rest.close()

    async def _find_instrument(self) -> None:
        try:
            self._instrument = await self._resolve()
        except VenueError as error:
            raise PreflightError(error.message, remedy=error.remedy) from error

    async def _resolve(self) -> Instrument:
        coin, dex_name = instruments.split_name(self._options.asset, self._options.dex)
        dex, index = None, 0
        if dex_name:
            dexes = instruments.decode_dexes(await self._read({"type": "perpDexs"}))
            index, dex_name, notes = instruments.find_dex(dex_name, dexes)
            dex = dexes[index]
            self.notes += notes
        meta = instruments.decode_meta(await self._read({"type": "meta", "dex": dex_name}))
        tokens = instruments.decode_tokens(await self._read({"type": "spotMeta"}))
        return instruments.find_instrument(coin, meta, dex_index=index, dex=dex, tokens=tokens)

    async def _find_account(self) -> None:
        self._account = self._options.account.lower()
        if self._credentials is not None:
            signer = self._credentials.signer
            identity = await identify(self._rest, self._network, signer, self._account)
            self._account = identity.account
            self.notes += identity.notes
        if self._account:
            self.notes += await check_account_mode(self._rest, self._account)

    def _build(self, sink: Sink, tap: Tap | None) -> None:
        instrument, clock, venue_clock = self.instrument, self._clock, VenueClock()
        desk = OrderDesk(
            instrument,
            self._credentials,
            rest=self._rest,
            sink=sink,
            clock=clock,
            venue_clock=venue_clock,
            timeout_s=self._options.answer_timeout_s,
        )
        allowances = Allowances(desk.budget, self._rest.weight)
        market = self._stream(Feed.MARKET, market_feeds(instrument.coin), sink)
        user, reader = None, None
        if self._account:
            user = self._stream(Feed.USER, user_feeds(self._account), sink)
            reader = AccountReader(instrument, self._account, rest=self._rest, budget=desk.budget, clock=clock)
        self._parts = Parts(
            instrument=instrument,
            desk=desk,
            allowances=allowances,
            venue_clock=venue_clock,
            market=market,
            user=user,
            reader=reader,
            patience=self._options.patience,
        )
        session = Session(self._parts, sink=sink, clock=clock)
        feeds = Feeds(instrument, sink, session, clock=clock, venue_clock=venue_clock, tap=tap)
        market.socket = self._socket(SocketEvents(feeds.receive, market.came_up, market.went_down))
        if user is not None:
            user.socket = self._socket(SocketEvents(feeds.receive, session.user_up, session.user_down))
            desk.use(user.socket)
        self._session = session
        session.start(feeds)

    def _stream(self, feed: Feed, feeds: tuple[Subscription, ...], sink: Sink) -> Stream:
        return Stream(feed, Subscriptions(feeds), sink=sink, clock=self._clock, patience=self._options.patience)

    def _socket(self, events: SocketEvents) -> Socket:
        return Socket(
            self._network.socket_url,
            events,
            clock=self._clock,
            limits=self._limits,
            rng=self._rng,
            ping_s=self._options.ping_s,
        )

    async def _wait_until_up(self) -> None:
        assert self._parts is not None, "sockets are built before they are waited for"
        streams = [stream for stream in (self._parts.market, self._parts.user) if stream is not None]
        try:
            async with asyncio.timeout(self._options.open_timeout_s):
                await asyncio.gather(*(stream.first_up.wait() for stream in streams))
        except TimeoutError:
            raise PreflightError(
                f"the feeds of {self._network.name} do not come up",
                remedy=_reach_remedy(self._network),
            ) from None

    async def _read(self, request: dict[str, object]) -> bytes:
        answer = await self._rest.info(request)
        if answer.is_ok:
            return answer.body
        if answer.status and answer.status != 429:
            raise VenueError(f"the venue refuses {request['type']} with HTTP {answer.status}", remedy="try again later")
        raise PreflightError(
            f"the venue cannot be reached at {self._network.rest_url}: {answer.error or 'rate limited'}",
            remedy=_reach_remedy(self._network),
        )


def _reach_remedy(network: Network) -> str:
    if network.name == "localhost":
        return "start a local exchange with `mmtui exchange`, or use --network sim"
    return "check the network connection and the time of this machine, then start again"
