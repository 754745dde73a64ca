"""The journal of a session, with the session begun in it."""

import asyncio
from collections.abc import Callable

from mmtui.journal.port import SessionStart
from mmtui.journal.sqlite import SqliteJournal
from mmtui.runtime.state import MarketFiles
from mmtui.runtime.wiring import Parts


def open_journal(
    parts: Parts, files: MarketFiles, *, run_id: str, version: str, failed: Callable[[str], None]
) -> SqliteJournal:
    """The journal of the market, with this session begun in it."""
    journal = SqliteJournal(files.journal, post=asyncio.get_running_loop().call_soon_threadsafe, on_error=failed)
    shown = {row.key: value for row, value in parts.settings.items() if not row.secret}
    journal.begin_session(
        SessionStart(
            run_id=run_id,
            started_at=parts.clock(),
            version=version,
            network=parts.network.name,
            account=parts.venue.account,
            coin=parts.venue.instrument.coin,
            settings=shown,
        )
    )
    return journal
