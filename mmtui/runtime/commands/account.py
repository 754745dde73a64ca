"""The commands that work without an engine: status, list of dexes, and the emergency verbs.

Owns what each prints and its exit code (decisions.md ruling 18). A market that an engine trades is
left to that engine, except for a kill, which it is asked to do itself.
"""

import argparse
import asyncio
import getpass
import json
import secrets
import sys
from os import environ
from pathlib import Path

from mmtui.domain.intents import Latch
from mmtui.errors import ConfigError, CredentialError, ExitCode, LockError, MmtuiError
from mmtui.runtime.clock import wall_seconds
from mmtui.runtime.commands import emergency
from mmtui.runtime.commands.access import Access, list_dexes, open_access
from mmtui.runtime.commands.configuration import config_of
from mmtui.runtime.commands.status import account_status, lines
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.instances import Running, is_locked, running_instances
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import MarketFiles, market_id, state_folder
from mmtui.venues.hyperliquid.instruments import split_name

KILL_WAIT_S = 20.0
KILL_POLL_S = 0.25


def list_dexs(args: argparse.Namespace) -> int:
    """Prints the builder-deployed exchanges."""
    for dex in asyncio.run(list_dexes(config_of(args))):
        _tell(f"{printable(dex.name):<8} {printable(dex.full_name)}")
    return int(ExitCode.CLEAN)


def status(args: argparse.Namespace) -> int:
    """Prints the account."""

    async def read() -> dict[str, object]:
        async with open_access(config_of(args), needs_key=False) as access:
            return await account_status(access)

    seen = asyncio.run(read())
    if getattr(args, "json", False):
        _tell(json.dumps(seen))
    else:
        for line in lines(seen):
            _tell(line)
    return int(ExitCode.CLEAN)


def cancel_all(args: argparse.Namespace) -> int:
    """Cancels the orders on the dex and verifies it; orders that remain end in exit code 4."""
    own_only = not getattr(args, "all", False)

    async def cancel() -> int:
        async with open_access(config_of(args), needs_key=True) as access:
            _say_where(access)
            return await emergency.cancel(access, own_only=own_only, tell=_tell)

    return _cancelled(asyncio.run(cancel()), own_only=own_only)


def flatten(args: argparse.Namespace) -> int:
    """Cancels own orders of the market, then closes its position with reduce-only orders."""
    is_preview = getattr(args, "preview", False)

    async def close() -> int:
        async with open_access(config_of(args), needs_key=not is_preview) as access:
            _say_where(access)
            return await _flatten(access, is_preview=is_preview, is_sure=getattr(args, "assume_yes", False))

    return asyncio.run(close())


def resume(args: argparse.Namespace) -> int:
    """Clears the latched kill of the market; works offline."""
    reason = " ".join(args.reason.split())
    if not reason:
        raise ConfigError("resuming needs a reason", remedy="give --reason TEXT")
    rebuilds = getattr(args, "rebuild", False)
    market = _known_market(config_of(args), state_folder(environ), "journal.sqlite" if rebuilds else "latch.json")
    if market is None:
        _tell("there is no journal of this market" if rebuilds else "no kill is latched")
        return int(ExitCode.CLEAN)
    if is_locked(market.folder, market.market):
        raise LockError(f"{market.market} is running", remedy="clear the kill in its console with :rearm REASON")
    if rebuilds:
        aside = market.set_aside_journal(wall_seconds(), reason=reason, by=_who())
        if aside is not None:
            _tell(f"the journal is set aside as {aside}; position and orders are taken from the exchange at the start")
    if market.latched() is not None:
        market.clear_latch(reason=reason, by=_who(), at=wall_seconds())
        _tell(f"{market.market}: the kill is cleared; the next start may trade")
    return int(ExitCode.CLEAN)


def kill(args: argparse.Namespace) -> int:
    """Stops trading on the market: the running engine kills itself, or orders are cancelled here; both latch.

    Exit 0 when no own order remains and the kill is latched, 4 when orders may remain.
    """
    config, folder = config_of(args), state_folder(environ)
    running = [one for one in running_instances(folder) if _is_meant(one, config)]
    for one in running:
        MarketFiles(folder, one.id).ask_kill(f"mmtui kill by {_who()}")
        _tell(f"{one.id}: asked to kill itself (process {one.pid})")
    waiting = asyncio.run(_wait_for_kills(folder, [one.id for one in running]))
    try:
        return asyncio.run(_kill_here(config))
    except (CredentialError, ConfigError) as error:
        if waiting or not running:
            raise
        _tell(f"the engine killed itself; not verified from here: {error.message}")
        return int(ExitCode.CLEAN)


async def _kill_here(config: LoadedConfig) -> int:
    async with open_access(config, needs_key=True) as access:
        _say_where(access)
        files = MarketFiles(access.folder, market_id(access.network.name, access.coin, access.account))
        if files.latched() is None:
            files.latch(Latch(reason="killed by hand", detail=f"by {_who()}", position_base=0.0, at=wall_seconds()))
        left = await emergency.cancel(access, own_only=True, tell=_tell, coin=access.coin)
        _tell("latched: the next start refuses until `mmtui resume --reason TEXT`")
    return _cancelled(left, own_only=True)


async def _wait_for_kills(folder: Path, markets: list[str]) -> list[str]:
    """Waits until each engine has latched or ended; returns those that have not."""
    waiting, rounds = list(markets), int(KILL_WAIT_S / KILL_POLL_S)
    for _ in range(rounds):
        waiting = [
            market for market in waiting if MarketFiles(folder, market).latched() is None and is_locked(folder, market)
        ]
        if not waiting:
            break
        await asyncio.sleep(KILL_POLL_S)
    for market in waiting:
        _tell(f"{market}: did not answer in {KILL_WAIT_S:g} s; its orders are cancelled from here")
    return waiting


async def _flatten(access: Access, *, is_preview: bool, is_sure: bool) -> int:
    instrument = access.instrument()
    market = market_id(access.network.name, instrument.coin, access.account)
    if not is_preview and is_locked(access.folder, market):
        raise LockError(f"{market} is traded by a running engine", remedy="flatten in its console, or kill it first")
    plan = await emergency.closing(access, instrument)
    if plan is None:
        _tell(f"{instrument.coin}: flat")
        return int(ExitCode.CLEAN)
    _tell(f"{instrument.coin}: position {plan.position:+g}")
    _tell(f"first order: {plan.side.name} {plan.size:g}, reduce-only, at {plan.worst_price:g} or better")
    if is_preview:
        return int(ExitCode.CLEAN)
    _confirm(access, is_sure=is_sure)
    if await emergency.cancel(access, own_only=True, tell=_tell, coin=instrument.coin):
        return _cancelled(1, own_only=True)
    left = await emergency.flatten(access, instrument, _tell, run=secrets.randbits(32))
    if left:
        raise MmtuiError(
            f"{instrument.coin}: {instrument.wire_size(abs(left))} is left",
            remedy="raise [execution] flatten_slippage_bps, or close by hand",
        )
    _tell(f"{instrument.coin}: flat")
    return int(ExitCode.CLEAN)


def _confirm(access: Access, *, is_sure: bool) -> None:
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise ConfigError("flatten asks before it sends, and there is no terminal", remedy="give --yes")
    if input(f"Close this position on {access.network.name}? [y/N] ").strip().lower() != "y":
        raise ConfigError("nothing was sent", remedy="answer y to go on")


def _cancelled(left: int, *, own_only: bool) -> int:
    whose = "own orders" if own_only else "orders"
    if left:
        _tell(f"{left} {whose} may remain on the exchange")
        return int(ExitCode.ORDERS_MAY_REMAIN)
    _tell(f"verified: no {whose} left")
    return int(ExitCode.CLEAN)


def _known_market(config: LoadedConfig, folder: Path, ending: str) -> MarketFiles | None:
    """The one market that the settings mean and that has such a file; raises ConfigError when it is not clear which."""
    settings = config.settings
    stem = market_id(settings.text("network.base_url"), _coin(config), settings.text("network.account_address"))
    if not settings.text("network.account_address"):
        stem = stem.removesuffix("local")
    found = sorted(path.name.removesuffix(f".{ending}") for path in folder.glob(f"{stem}*.{ending}"))
    if len(found) > 1:
        raise ConfigError(
            f"several accounts are meant: {', '.join(found)}",
            remedy="say which with --set network.account_address=0x...",
        )
    return MarketFiles(folder, found[0]) if found else None


def _is_meant(running: Running, config: LoadedConfig) -> bool:
    account = config.settings.text("network.account_address").lower()
    return (
        running.network == config.settings.text("network.base_url")
        and running.coin == _coin(config)
        and account in ("", running.account)
    )


def _coin(config: LoadedConfig) -> str:
    coin, dex = split_name(config.settings.text("trading.asset"), config.settings.text("trading.dex"))
    return f"{dex}:{coin}" if dex else coin


def _say_where(access: Access) -> None:
    _tell(f"{access.network.name}  {access.dex or 'main'}  account {access.account}")
    for note in access.notes:
        _tell(f"note: {printable(note)}")


def _who() -> str:
    return getpass.getuser()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
