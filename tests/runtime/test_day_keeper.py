"""The day's P&L on disk: the last word arrives, in order, and a full disk is told."""

import asyncio

from mmtui.domain.intents import SaveDay
from mmtui.errors import JournalError
from mmtui.runtime.day_keeper import DayKeeper
from mmtui.runtime.state import MarketFiles


def day(pnl: int) -> SaveDay:
    return SaveDay(utc_day=1, opening_equity=100, peak_pnl=0, pnl=pnl)


async def test_the_last_of_many_is_what_the_next_start_reads(tmp_path) -> None:
    files = MarketFiles(tmp_path, "sim-ETH-local")
    keeper = DayKeeper(files, lambda reason: None)
    for pnl in range(20):
        keeper.save(day(pnl))
        await asyncio.sleep(0)
    await keeper.finish()
    assert files.day() == day(19)


async def test_a_disk_that_refuses_is_told_and_ends_nothing(tmp_path) -> None:
    class Full(MarketFiles):
        def save_day(self, day: SaveDay) -> None:
            raise JournalError("disk full")

    told: list[str] = []
    keeper = DayKeeper(Full(tmp_path, "sim-ETH-local"), told.append)
    keeper.save(day(1))
    await keeper.finish()
    assert told
    assert all("disk full" in reason for reason in told)
