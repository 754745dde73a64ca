"""Builds one run from its settings: exchange, key, venue, files, engine. Decides nothing of trading."""

import importlib.metadata
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path

from mmtui import __version__
from mmtui.domain.events import AnyEvent
from mmtui.domain.intents import LogLevel
from mmtui.domain.parameters import Settings
from mmtui.domain.view import SessionView
from mmtui.engine.engine import Engine
from mmtui.engine.state import EngineOptions
from mmtui.errors import ConfigError, PreflightError
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.guard.messages import GIVE_UP_S, Charge
from mmtui.runtime.options import RunOptions
from mmtui.runtime.recovery import Inheritance, inherit
from mmtui.runtime.redaction import Redactor
from mmtui.runtime.secrets import KeySources, SigningKey, find_key
from mmtui.runtime.state import MarketFiles, state_folder
from mmtui.strategies.registry import BUILT_IN, Strategy
from mmtui.venues.exchange.server import ExchangeServer, ServeOptions
from mmtui.venues.hyperliquid.client import HyperliquidVenue, VenueOptions
from mmtui.venues.hyperliquid.desk import Credentials
from mmtui.venues.hyperliquid.networks import Network, network
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.signing import Signer

LOCAL = frozenset({"localhost", "sim"})
LOCAL_GIVE_UP_S = 600.0  # an exchange on this machine that has gone took its orders with it
RUN_KINDS = {"sim": "SIM", "localhost": "LIVE", "testnet": "LIVE", "mainnet": "LIVE"}
STRATEGY_GROUP = "mmtui.strategies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a run is made of before the market is known."""

    settings: Settings
    network: Network
    venue: HyperliquidVenue
    clock: EngineClock
    folder: Path
    key: SigningKey | None
    exchange: ExchangeServer | None


class Relay:
    """Holds events until the engine that they are for exists."""

    __slots__ = ("_target", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[AnyEvent] = []
        self._target: Callable[[AnyEvent], None] | None = None

    def __call__(self, event: AnyEvent) -> None:
        """Takes an event."""
        if self._target is None:
            self._waiting.append(event)
        else:
            self._target(event)

    def connect(self, target: Callable[[AnyEvent], None]) -> None:
        """Hands over what waited, and everything from now on."""
        self._target = target
        for event in self._waiting:
            target(event)
        self._waiting.clear()


async def build(config: LoadedConfig, options: RunOptions, redactor: Redactor) -> Parts:
    """Starts the embedded exchange where one is asked for, finds the key, prepares the venue."""
    settings = resolved(config.settings)
    name = settings.text("network.base_url")
    clock = EngineClock(options.speed if name == "sim" else 1.0)
    exchange = await _embedded(options, clock) if name == "sim" else None
    url = exchange.url if exchange else local_url(settings)
    place = network(name, local_url=url)
    key = None if options.dry_run else signing_key(config, name, redactor)
    folder = state_folder(os.environ)
    venue = HyperliquidVenue(
        place,
        VenueOptions(
            asset=settings.text("trading.asset"),
            dex=settings.text("trading.dex"),
            account=settings.text("network.account_address"),
            answer_timeout_s=settings.number("execution.reply_timeout_s"),
        ),
        clock=clock,
        credentials=None if key is None else credentials(settings, place, folder, key),
    )
    return Parts(settings=settings, network=place, venue=venue, clock=clock, folder=folder, key=key, exchange=exchange)


def resolved(settings: Settings) -> Settings:
    """Settings with ``auto`` values made definite for the network."""
    if settings.text("strategy.warmup_on_timeout") != "auto":
        return settings
    waits = settings.text("network.base_url") == "mainnet"
    return settings.with_values({"strategy.warmup_on_timeout": "wait" if waits else "quote"})


def confirm_mainnet(settings: Settings, account: str, options: RunOptions) -> None:
    """Real money needs a word: at the prompt, or the account's address in the settings when headless."""
    if settings.text("network.base_url") != "mainnet":
        return
    if settings.text("network.confirm_mainnet").lower() == account:
        return
    if options.assume_yes or options.no_ui or not sys.stdin.isatty():
        raise ConfigError(
            "mainnet is not confirmed",
            remedy=f'set [network] confirm_mainnet = "{account}", or start on a terminal and confirm there',
        )
    shown = f"{account[:6]}..{account[-4:]}"
    answer = input(f"Trade with REAL MONEY on mainnet, account {shown}? Type the last four digits of it: ")
    if answer.strip().lower() != account[-4:]:
        raise ConfigError("mainnet was not confirmed", remedy="start again and type the digits shown")


def inheritance(parts: Parts, files: MarketFiles) -> Inheritance:
    """What earlier runs of this market left; nothing on an embedded exchange, which starts anew each time."""
    if parts.exchange is not None:
        return Inheritance()
    return inherit(
        files,
        now=parts.clock(),
        size_decimals=parts.venue.instrument.size_decimals,
        starts_max=parts.settings.count("risk.unclean_starts_max"),
        panel_age_max_s=parts.settings.number("estimators.checkpoint_max_age_s"),
    )


def make_engine(parts: Parts, left: Inheritance, options: RunOptions, level: LogLevel) -> Engine:
    """The engine for the market the venue has found, with what earlier runs left."""
    run = EngineOptions(
        run=secrets.randbits(32),
        day=left.day,
        finish_on_kill=options.no_ui or options.dry_run,
        log_level=level,
        resume=left.folded,
        panel=left.panel,
        must_be_guarded=parts.network.is_mainnet,
        is_stepwise=not options.dry_run and RUN_KINDS[parts.network.name] == "LIVE",
    )
    return Engine(parts.venue.instrument, parts.settings, make_strategy(parts.settings), run)


def make_strategy(settings: Settings) -> Strategy:
    """The strategy by its name, built in or installed; raises ConfigError for an unknown one."""
    name = settings.text("strategy.strategy_type")
    if name in BUILT_IN:
        return BUILT_IN[name]()
    installed = {point.name: point for point in importlib.metadata.entry_points(group=STRATEGY_GROUP)}
    if name not in installed:
        known = ", ".join([*BUILT_IN, *installed])
        raise ConfigError(f"no strategy is called {name!r}", remedy=f"use one of: {known}")
    factory = installed[name].load()
    strategy: Strategy = factory()
    return strategy


def session_view(parts: Parts, run_id: str, options: RunOptions) -> SessionView:
    """What is traded where, for the screen."""
    instrument = parts.venue.instrument
    kind = "DRY-RUN" if options.dry_run else RUN_KINDS[parts.network.name]
    return SessionView(
        run_kind=kind,
        network=parts.network.name,
        account=parts.venue.account,
        coin=instrument.coin,
        asset=instrument.asset,
        dex=instrument.dex,
        strategy=parts.settings.text("strategy.strategy_type"),
        run_id=run_id,
        started_at=parts.clock(),
        price_decimals=instrument.price_decimals,
        size_decimals=instrument.size_decimals,
        collateral=instrument.collateral,
        version=__version__,
    )


async def _embedded(options: RunOptions, clock: EngineClock) -> ExchangeServer:
    server = ExchangeServer(
        ServeOptions(port=0, seed=options.seed, balance_usd=options.balance_usd), clock.milliseconds
    )
    await server.start()
    return server


def local_url(settings: Settings) -> str:
    """Where the local exchange is: the variable, else the setting."""
    return os.environ.get("HYPERLIQUID_LOCAL_URL") or settings.text("network.local_url")


def signing_key(config: LoadedConfig, name: str, redactor: Redactor) -> SigningKey:
    """The key for the network called ``name``, from its sources in their order; asks for a password on a terminal."""
    sources = KeySources(
        environment=os.environ,
        folder=Path.cwd(),
        config_key=config.config_key,
        flag_key=config.flag_key,
        ask_password=getpass if sys.stdin.isatty() else None,
    )
    return find_key(name, sources, redactor)


def credentials(
    settings: Settings, place: Network, folder: Path, key: SigningKey, *, must_give: bool = False
) -> Credentials:
    """What signing needs: the key's signer and its nonce file, which every process with this key shares.

    ``must_give`` is for the emergency verbs, which a full disk or a lock held by a hanging engine must not stop.
    """
    vault = settings.text("network.vault_address") or None
    signer = Signer(key.secret, is_mainnet=place.is_mainnet, vault_address=vault)
    return Credentials(signer, NonceSource(nonce_file(place, folder, key, signer), must_give=must_give))


def nonce_file(place: Network, folder: Path, key: SigningKey, signer: Signer) -> Path:
    """Where the nonces of ``key`` are kept on one network."""
    owner = "throw-away" if key.is_throw_away else signer.address.removeprefix("0x")[:16]
    return folder / f"nonces-{place.name}-{owner}"


def is_guarded(config: LoadedConfig, parts: Parts) -> bool:
    """Whether a guard process runs beside the engine: on live networks unless switched off, on sim when asked."""
    if parts.exchange is not None and config.sources["execution.guard"] == "default":
        return False
    return parts.key is not None and parts.settings.flag("execution.guard")


def guard_charge(parts: Parts, files: MarketFiles, run_id: str) -> Charge:
    """What the guard process needs to cancel our orders without us."""
    assert parts.key is not None, "whoever sends no orders needs no guard"
    instrument, key = parts.venue.instrument, parts.key
    vault = parts.settings.text("network.vault_address").lower() or None
    signer = Signer(key.secret, is_mainnet=parts.network.is_mainnet, vault_address=vault)
    return Charge(
        key=key.secret.reveal(),
        network=parts.network.name,
        local_url=parts.network.rest_url,
        account=parts.venue.account,
        vault=vault,
        coin=instrument.coin,
        dex=instrument.dex,
        asset_id=instrument.asset_id,
        nonce_file=str(nonce_file(parts.network, parts.folder, key, signer)),
        report_file=str(files.guard_reports),
        run_id=run_id,
        folder=str(files.folder),
        market=files.market,
        engine_pid=os.getpid(),
        give_up_s=LOCAL_GIVE_UP_S if parts.network.name in LOCAL else GIVE_UP_S,
    )


def refuse_unguarded(settings: Settings) -> None:
    """Real money is quoted only while something outside this process can cancel; both switched off is a mistake."""
    if settings.text("network.base_url") != "mainnet" or settings.flag("execution.guard"):
        return
    if settings.text("execution.dead_mans_switch") == "off":
        raise ConfigError(
            "mainnet is quoted only under a guard, and both are off: nothing would cancel if this process died",
            remedy="set [execution] guard = true, or dead_mans_switch = if_available",
        )


def check_tradable(parts: Parts) -> None:
    """Refuses a market that cannot be traded."""
    if parts.venue.instrument.is_delisted:
        raise PreflightError(f"{parts.venue.instrument.coin} is delisted", remedy="choose another --asset or --dex")
