"""``mmtui kill``: ends trading on a market with or without its engine, over a connection of its own.

Owns the order: the latch is on disk before anything else is tried, so that no start can undo the kill;
then a running engine is asked; then own orders are cancelled from here and their absence is verified.
"""

import argparse
import asyncio
from functools import partial
from os import environ
from pathlib import Path

from mmtui.domain.commands import Act, Verb
from mmtui.domain.intents import Latch
from mmtui.errors import (
    ConfigError,
    ControlError,
    CredentialError,
    ExitCode,
    JournalError,
    PreflightError,
    UnverifiedError,
)
from mmtui.runtime.clock import wall_seconds
from mmtui.runtime.commands import emergency
from mmtui.runtime.commands.access import Access, open_access
from mmtui.runtime.commands.configuration import config_of
from mmtui.runtime.commands.markets import is_meant, known_markets, say_cleared, say_where, tell
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.control.client import ControlClient, command_id
from mmtui.runtime.control.people import user_name
from mmtui.runtime.files import utc_text, within
from mmtui.runtime.instances import Running, is_locked, running_instances
from mmtui.runtime.state import LatchRecord, MarketFiles, market_id, state_folder

REASON = "killed by hand"
WAIT_S = 20.0
DISK_PATIENCE_S = 5.0
POLL_S = 0.25
LIFE_S = 12.0  # the longest life of an action, and what clocks may differ


def kill(args: argparse.Namespace) -> int:
    """Stops trading on the market: latches, asks a running engine, cancels what rests and verifies it.

    Exit 0 when no own order remains and the kill is latched, 4 when orders may remain, 1 when it could
    not be latched.
    """
    config, folder = config_of(args), state_folder(environ, is_needed=False)
    running = [one for one in running_instances(folder) if is_meant(one, config)]
    markets = [MarketFiles(folder, one.id) for one in running] or _only_known(config, folder)
    ours = {files.market: _latch(files) for files in markets}
    for one in running:
        _ask(MarketFiles(folder, one.id), one)
    silent = asyncio.run(_wait_for_engines([MarketFiles(folder, one.id) for one in running], ours))
    try:
        return asyncio.run(_kill_here(config, engine_answers=bool(running) and not silent))
    except PreflightError as error:
        raise UnverifiedError(f"own orders may remain: {error.message}", remedy=error.remedy) from None
    except (CredentialError, ConfigError) as error:
        if silent or not running:
            raise
        tell(f"the engine killed itself; not verified from here: {error.message}")
        return int(ExitCode.CLEAN)


def _only_known(config: LoadedConfig, folder: Path) -> list[MarketFiles]:
    """The market traded here before, when the settings can mean only one: it is latched without a network."""
    known = known_markets(config, folder, "journal.sqlite")
    return known if len(known) == 1 else []


def _latch(files: MarketFiles) -> LatchRecord | None:
    """Latches unless a latch is there; returns the record where it is one of this command, now or earlier, and no
    engine's. A disk that refuses must not keep orders alive.
    """
    try:
        if files.latched() is None:
            latch = Latch(reason=REASON, detail=f"by {user_name()}", position_base=0.0, at=wall_seconds())
            within(DISK_PATIENCE_S, partial(files.latch, latch))
            tell(f"{files.market}: latched; the next start refuses until `mmtui resume --reason TEXT`")
        record = files.latched()
    except JournalError as error:
        tell(f"{files.market}: NOT latched: {error}")
        return None
    return record if record is not None and record.reason == REASON else None


def _ask(files: MarketFiles, running: Running) -> None:
    """Asks an engine to kill itself by the kill file, over its socket where the disk is no way."""
    try:
        within(DISK_PATIENCE_S, partial(files.ask_kill, f"mmtui kill by {user_name()}"))
    except JournalError as error:
        tell(f"{files.market}: no kill file: {error.message}; asking over its socket")
        try:
            with ControlClient(files.socket, name=user_name()) as client:
                client.ask(Act(id=command_id(), by=user_name(), verb=Verb.KILL))
        except ControlError as refusal:
            tell(f"{files.market}: NOT asked: {refusal.message}; end process {running.pid}, or it goes on quoting")
            return
    tell(f"{files.market}: asked to kill itself (process {running.pid})")


async def _wait_for_engines(markets: list[MarketFiles], ours: dict[str, LatchRecord | None]) -> list[MarketFiles]:
    """Waits until each engine has latched by itself or ended; returns those that have not latched."""

    def is_silent(files: MarketFiles) -> bool:
        return files.latched() in (None, ours[files.market])

    silent = [files for files in markets if is_silent(files)]
    for _ in range(int(WAIT_S / POLL_S)):
        if not any(is_locked(files.folder, files.market) for files in silent):
            break
        await asyncio.sleep(POLL_S)
        silent = [files for files in silent if is_silent(files)]
    for files in silent:
        is_alive = is_locked(files.folder, files.market)
        found = f"did not answer in {WAIT_S:g} s" if is_alive else "ended without killing itself"
        tell(f"{files.market}: {found}; its orders are cancelled from here")
    return silent


async def _kill_here(config: LoadedConfig, *, engine_answers: bool) -> int:
    async with open_access(config, needs_key=True) as access:
        say_where(access)
        files = MarketFiles(access.folder, market_id(access.network.name, access.coin, access.account))
        _latch(files)
        until = 0.0 if engine_answers else _arrivals_until(access)
        cleared = await emergency.cancel(access, own_only=True, tell=tell, coin=access.coin)
        if until > access.clock():
            cleared = await emergency.cancel_arrivals(access, until, tell=tell, coin=access.coin)
        code = say_cleared(cleared, own_only=True)
        if code == ExitCode.CLEAN and not _is_latched(files):
            raise JournalError(
                "own orders are gone, but the kill is not latched", remedy="free the disk and kill again"
            )
    return code


def _is_latched(files: MarketFiles) -> bool:
    try:
        return files.latched() is not None
    except JournalError:
        return False


def _arrivals_until(access: Access) -> float:
    """Until when a request of an engine that ended can still arrive; in the past when none can.

    Nonces are dates: what was signed with this key on this machine was signed by the file's high-water.
    Which nonces were used only the engine knew, so they cannot be fenced one by one from here.
    """
    assert access.credentials is not None, "a kill needs a key"
    now, high_water = access.clock(), access.credentials.nonces.high_water()
    if not access.folder.is_dir():
        high_water = None  # nothing can be read of what was signed
    signed_by = now if high_water is None else min(now, high_water / 1000.0)
    until = signed_by + LIFE_S
    if not signed_by:
        tell(f"nothing can be on its way: this key never signed anything from {access.folder}")
    elif until <= now:
        tell(f"nothing can be on its way: this key signed nothing here since {utc_text(signed_by)}")
    else:
        tell(f"requests signed lately may be on their way and cannot be fenced from here: watching {until - now:.0f} s")
    return until
