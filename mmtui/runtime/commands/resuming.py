"""``mmtui resume``: clears a latched kill, after saying what it was, what the exchange shows, what changed.

Owns the checklist and the reason that a person must give. Works without a network; the exchange's state
is then said to be unknown.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from os import environ

from mmtui import __version__
from mmtui.domain.cloid import is_ours
from mmtui.errors import ConfigError, ExitCode, JournalError, LockError, MmtuiError
from mmtui.journal.port import Session
from mmtui.journal.reader import JournalReader
from mmtui.runtime.clock import wall_seconds
from mmtui.runtime.commands.access import open_access
from mmtui.runtime.commands.configuration import config_of
from mmtui.runtime.commands.markets import known_market, tell
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.control.people import user_name
from mmtui.runtime.files import utc_text
from mmtui.runtime.guard.reports import last_report
from mmtui.runtime.instances import is_locked
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import LatchRecord, MarketFiles, state_folder
from mmtui.runtime.wiring import resolved
from mmtui.venues.hyperliquid.account.overview import holdings, open_orders

ASK_S = 5.0
CHANGES_MAX = 20
STILL_RUNNING = "clear the kill in its console with :rearm REASON, or end it first with `mmtui ctl stop`"


def resume(args: argparse.Namespace) -> int:
    """Shows the checklist, then clears the latched kill of the market for the reason given."""
    config, rebuilds = config_of(args), getattr(args, "rebuild", False)
    market = known_market(config, state_folder(environ), "journal.sqlite" if rebuilds else "latch.json")
    if market is None:
        tell("there is no journal of this market" if rebuilds else "no kill is latched")
        return int(ExitCode.CLEAN)
    if is_locked(market.folder, market.market):
        raise LockError(f"{market.market} is running", remedy=STILL_RUNNING)
    for line in checklist(market, config):
        tell(line)
    reason = _reason(getattr(args, "reason", None))
    if rebuilds:
        aside = market.set_aside_journal(wall_seconds(), reason=reason, by=user_name())
        if aside is not None:
            tell(f"the journal is set aside as {aside}; position and orders are taken from the exchange at the start")
    if market.latched() is not None:
        market.withdraw_kill()
        market.clear_latch(reason=reason, by=user_name(), at=wall_seconds())
        tell(f"{market.market}: the kill is cleared; the next start may trade")
    return int(ExitCode.CLEAN)


def checklist(market: MarketFiles, config: LoadedConfig) -> Iterator[str]:
    """Cause, state of the exchange, and what has changed since: a line each, or a few."""
    yield f"market    {market.market}"
    yield from _cause(market, market.latched())
    yield f"exchange  {asyncio.run(_exchange(config))}"
    yield from _changes(market, config)


def _reason(given: str | None) -> str:
    text = given
    if text is None and sys.stdin.isatty():
        text = input("Why may trading go on? ")
    reason = " ".join((text or "").split())
    if not reason:
        raise ConfigError("resuming needs a reason", remedy="give --reason TEXT")
    return reason


def _cause(market: MarketFiles, record: LatchRecord | None) -> Iterator[str]:
    if record is None:
        yield "cause     no kill is latched"
        return
    at = utc_text(record.at) if record.at else "an unknown time"
    detail = f" ({printable(record.detail)})" if record.detail else ""
    yield f"cause     {printable(record.reason)}{detail}, {at}, position then {record.position_base:g}"
    report = last_report(market.guard_reports)
    if report is not None and report.at >= record.at:
        yield f"guard     cancelled {report.cancelled} at {utc_text(report.at)}: {printable(report.why)}"


async def _exchange(config: LoadedConfig) -> str:
    """Position and open orders now, or why they are not known."""
    try:
        async with asyncio.timeout(ASK_S), open_access(config, needs_key=False) as access:
            held = [
                row.szi for row in await holdings(access.rest, access.account, access.dex) if row.coin == access.coin
            ]
            orders = [o for o in await open_orders(access.rest, access.account, access.dex) if o.coin == access.coin]
    except MmtuiError as error:
        return f"not known: {error.message}"
    except TimeoutError:
        return f"not known: no answer in {ASK_S:g} s"
    own = sum(is_ours(order.cloid) for order in orders)
    rest = "; the next start cancels them first" if own else ""
    return f"position {printable(held[0]) if held else '0'}, {own} own and {len(orders) - own} other orders{rest}"


def _changes(market: MarketFiles, config: LoadedConfig) -> Iterator[str]:
    try:
        session = _last_session(market)
    except JournalError as error:
        yield f"changed   not known: {error.message}"
        return
    if session is None:
        yield "changed   not known: no session is in the journal"
        return
    now = {row.key: value for row, value in resolved(config.settings).items() if not row.secret}
    before = session.start.settings
    changed = [key for key in sorted({*now, *before}) if now.get(key) != before.get(key)]
    if session.start.version != __version__:
        yield f"changed   the program: {printable(session.start.version)} -> {__version__}"
    if not changed:
        yield f"changed   no setting since the session of {utc_text(session.start.started_at)}"
    for key in changed[:CHANGES_MAX]:
        yield f"changed   {key}: {printable(str(before.get(key)))} -> {printable(str(now.get(key)))}"
    if len(changed) > CHANGES_MAX:
        yield f"changed   and {len(changed) - CHANGES_MAX} more settings"


def _last_session(market: MarketFiles) -> Session | None:
    if not market.journal.exists():
        return None
    with JournalReader(market.journal) as journal:
        return journal.last_session()
