"""The account without an engine: who we are, what is listed, and a way to send single actions.

Owns the opening and closing of one HTTP session for `mmtui status` and the emergency verbs. Needs no
feed and no market data stream, so that it works when those do not.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from mmtui.domain.events import ActionAnswered, ActionFailed, AnyEvent
from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError, CredentialError, PreflightError
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.redaction import Redactor
from mmtui.runtime.secrets import MissingKeyError
from mmtui.runtime.state import state_folder
from mmtui.runtime.wiring import credentials, local_url, signing_key
from mmtui.venues.hyperliquid import actions, instruments
from mmtui.venues.hyperliquid.account.preflight import identify
from mmtui.venues.hyperliquid.desk import Credentials, OrderDesk
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.networks import Network, network
from mmtui.venues.hyperliquid.venue_clock import VenueClock

ACTION_LIFE_MS = 8_000


@dataclass(slots=True, kw_only=True)
class Access:
    """One account on one dex. ``credentials`` is None when only an address is known."""

    settings: Settings
    network: Network
    rest: Rest
    clock: EngineClock
    folder: Path
    account: str
    dex: str
    dex_index: int
    meta: instruments.Meta
    credentials: Credentials | None
    notes: list[str] = field(default_factory=list)

    @property
    def coin(self) -> str:
        """The configured coin's full name on this dex."""
        coin, _ = instruments.split_name(self.settings.text("trading.asset"), self.dex)
        return f"{self.dex}:{coin}" if self.dex else coin

    def asset_id(self, coin: str) -> int | None:
        """The venue's number of ``coin`` on this dex; None when it is not listed."""
        first = 100_000 + 10_000 * self.dex_index if self.dex_index else 0
        names = [asset.name for asset in self.meta.universe]
        return first + names.index(coin) if coin in names else None

    def instrument(self) -> Instrument:
        """The configured contract; raises ConfigError when it is not listed."""
        coin, _ = instruments.split_name(self.settings.text("trading.asset"), self.dex)
        dex = instruments.Dex(self.dex) if self.dex else None
        return instruments.find_instrument(coin, self.meta, dex_index=self.dex_index, dex=dex, tokens={})

    async def send(self, action: actions.Action) -> ActionAnswered | ActionFailed:
        """Sends one action over HTTP; raises CredentialError without a key."""
        desk = OrderDesk(
            self.instrument(),
            self.credentials,
            rest=self.rest,
            sink=_ignore,
            clock=self.clock,
            venue_clock=VenueClock(),
            timeout_s=self.settings.number("execution.reply_timeout_s"),
        )
        return await desk.execute(action, expires_at_ms=self.clock.milliseconds() + ACTION_LIFE_MS)


@contextlib.asynccontextmanager
async def open_access(config: LoadedConfig, *, needs_key: bool) -> AsyncIterator[Access]:
    """Opens the account of ``config``; without ``needs_key`` its address is enough.

    Raises CredentialError without either, PreflightError when the venue cannot be reached.
    """
    settings, clock = config.settings, EngineClock()
    place = _network(settings)
    credentials_found = _credentials(config, place, needs_key=needs_key)
    rest = Rest(place, clock=clock)
    await rest.open()
    try:
        index, dex, notes = await _dex(rest, settings)
        meta = instruments.decode_meta(await read(rest, {"type": "meta", "dex": dex}))
        account = settings.text("network.account_address").lower()
        if credentials_found is not None:
            identity = await identify(rest, place, credentials_found.signer, account)
            account, notes = identity.account, (*notes, *identity.notes)
        yield Access(
            settings=settings,
            network=place,
            rest=rest,
            clock=clock,
            folder=state_folder(os.environ, is_needed=False),
            account=account,
            dex=dex,
            dex_index=index,
            meta=meta,
            credentials=credentials_found,
            notes=list(notes),
        )
    finally:
        await rest.close()


async def list_dexes(config: LoadedConfig) -> list[instruments.Dex]:
    """The builder-deployed exchanges; needs no account."""
    rest = Rest(_network(config.settings), clock=EngineClock())
    await rest.open()
    try:
        dexes = instruments.decode_dexes(await read(rest, {"type": "perpDexs"}))
    finally:
        await rest.close()
    return [dex for dex in dexes if dex is not None]


async def read(rest: Rest, request: dict[str, object]) -> bytes:
    """The body of one answer; raises PreflightError without one."""
    answer = await rest.info(request)
    if not answer.is_ok:
        reason = answer.error or f"HTTP {answer.status}"
        raise PreflightError(
            f"the venue cannot be reached: {reason}", remedy="check --network and the network connection"
        )
    return answer.body


def _network(settings: Settings) -> Network:
    name = settings.text("network.base_url")
    if name == "sim":
        raise ConfigError("sim lives only inside a run", remedy="start `mmtui exchange` and use --network localhost")
    return network(name, local_url=local_url(settings))


def _credentials(config: LoadedConfig, place: Network, *, needs_key: bool) -> Credentials | None:
    """The key's credentials; None when the address is enough and there is no key."""
    has_address = bool(config.settings.text("network.account_address"))
    try:
        key = signing_key(config, place.name, Redactor())
    except MissingKeyError:
        if needs_key or not has_address:
            raise
        return None
    if not key.is_throw_away:
        return credentials(config.settings, place, state_folder(os.environ, is_needed=False), key, must_give=True)
    if needs_key or not has_address:
        raise CredentialError(
            "there is no private key, so there is no account", remedy="set HYPERLIQUID_PRIVATE_KEY or MMTUI_KEY_FILE"
        )
    return None


async def _dex(rest: Rest, settings: Settings) -> tuple[int, str, tuple[str, ...]]:
    _, name = instruments.split_name(settings.text("trading.asset"), settings.text("trading.dex"))
    if not name:
        return 0, "", ()
    return instruments.find_dex(name, instruments.decode_dexes(await read(rest, {"type": "perpDexs"})))


def _ignore(_: AnyEvent) -> None:
    """Actions sent here are answered to their caller."""
