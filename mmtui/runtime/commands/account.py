"""The commands that work without an engine: status, list of dexes, and the emergency verbs.

Owns what status, cancel-all and flatten print and their exit codes (decisions.md ruling 18). A market
that an engine trades is not flattened beside that engine.
"""

import argparse
import asyncio
import json
import secrets
import sys

from mmtui.errors import ConfigError, ExitCode, LockError, MmtuiError
from mmtui.runtime.commands import emergency
from mmtui.runtime.commands.access import Access, list_dexes, open_access
from mmtui.runtime.commands.configuration import config_of
from mmtui.runtime.commands.control import ctl
from mmtui.runtime.commands.markets import say_cleared, say_where, tell
from mmtui.runtime.commands.status import account_status, lines
from mmtui.runtime.instances import is_locked
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import market_id


def list_dexs(args: argparse.Namespace) -> int:
    """Prints the builder-deployed exchanges."""
    for dex in asyncio.run(list_dexes(config_of(args))):
        tell(f"{printable(dex.name):<8} {printable(dex.full_name)}")
    return int(ExitCode.CLEAN)


def status(args: argparse.Namespace) -> int:
    """Prints the account, or with ``--follow`` the engine that runs, a line an event and interval."""
    if getattr(args, "follow", False):
        args.words = ["view"]
        return ctl(args)
    if hasattr(args, "rate_hz"):
        raise ConfigError("status --rate belongs to --follow", remedy="say status --follow --rate HZ")

    async def read() -> dict[str, object]:
        async with open_access(config_of(args), needs_key=False) as access:
            return await account_status(access)

    seen = asyncio.run(read())
    if getattr(args, "json", False):
        tell(json.dumps(seen))
    else:
        for line in lines(seen):
            tell(line)
    return int(ExitCode.CLEAN)


def cancel_all(args: argparse.Namespace) -> int:
    """Cancels the orders on the dex and verifies it; orders that remain end in exit code 4."""
    own_only = not getattr(args, "all", False)

    async def cancel() -> emergency.Cleared:
        async with open_access(config_of(args), needs_key=True) as access:
            say_where(access)
            return await emergency.cancel(access, own_only=own_only, tell=tell)

    return say_cleared(asyncio.run(cancel()), own_only=own_only)


def flatten(args: argparse.Namespace) -> int:
    """Cancels own orders of the market, then closes its position with reduce-only orders."""
    is_preview = getattr(args, "preview", False)

    async def close() -> int:
        async with open_access(config_of(args), needs_key=not is_preview) as access:
            say_where(access)
            return await _flatten(access, is_preview=is_preview, is_sure=getattr(args, "assume_yes", False))

    return asyncio.run(close())


async def _flatten(access: Access, *, is_preview: bool, is_sure: bool) -> int:
    instrument = access.instrument()
    market = market_id(access.network.name, instrument.coin, access.account)
    if not is_preview and is_locked(access.folder, market):
        raise LockError(f"{market} is traded by a running engine", remedy="flatten in its console, or kill it first")
    plan = await emergency.closing(access, instrument)
    if plan is None:
        tell(f"{instrument.coin}: flat")
        return int(ExitCode.CLEAN)
    tell(f"{instrument.coin}: position {plan.position:+g}")
    tell(f"first order: {plan.side.name} {plan.size:g}, reduce-only, at {plan.worst_price:g} or better")
    if is_preview:
        return int(ExitCode.CLEAN)
    _confirm(access, is_sure=is_sure)
    cleared = await emergency.cancel(access, own_only=True, tell=tell, coin=instrument.coin)
    if not cleared.is_verified:
        return say_cleared(cleared, own_only=True)
    left = await emergency.flatten(access, instrument, tell, run=secrets.randbits(32))
    if left:
        raise MmtuiError(
            f"{instrument.coin}: {instrument.wire_size(abs(left))} is left",
            remedy="raise [execution] flatten_slippage_bps, or close by hand",
        )
    tell(f"{instrument.coin}: flat")
    return int(ExitCode.CLEAN)


def _confirm(access: Access, *, is_sure: bool) -> None:
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise ConfigError("flatten asks before it sends, and there is no terminal", remedy="give --yes")
    if input(f"Close this position on {access.network.name}? [y/N] ").strip().lower() != "y":
        raise ConfigError("nothing was sent", remedy="answer y to go on")
