"""Latch and crash file: they never hold up the loop, and a disk that refuses for a while loses no latch."""

import asyncio
import threading
from collections import defaultdict

from mmtui.domain.intents import ClearLatch, Latch, LogLevel
from mmtui.errors import JournalError
from mmtui.runtime.ending import last_writes
from mmtui.runtime.ending.last_writes import LastWrites
from mmtui.runtime.state import MarketFiles

KILL = Latch(reason="operator", detail="killed by hand", position_base=0.5, at=7.0)


class Disk(MarketFiles):
    """Refuses so many latches, and holds the others up until told to go on."""

    def __init__(self, folder, *, refusals: int = 0) -> None:
        super().__init__(folder, "testnet-BTC-1")
        self.refusals = refusals
        self.go_on = threading.Event()
        self.go_on.set()

    def latch(self, intent: Latch) -> None:
        self.go_on.wait(30.0)
        if self.refusals:
            self.refusals -= 1
            raise JournalError("disk full")
        super().latch(intent)


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.heard: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def __call__(self, level: LogLevel, message: str, **fields: str | float) -> None:
        self.lines.append(message)
        self.heard[message].set()


async def test_a_disk_that_hangs_does_not_hold_up_the_loop_and_the_end_waits_for_the_latch(tmp_path) -> None:
    disk, said = Disk(tmp_path), Said()
    writes = LastWrites(disk, clock=lambda: 8.0, say=said)
    disk.go_on.clear()
    writes.latch(KILL)
    writes.replace(tmp_path / "crash.txt", "trace")
    await asyncio.sleep(0.01)
    assert disk.latched() is None
    disk.go_on.set()
    await writes.finish()
    assert disk.latched() is not None
    assert (tmp_path / "crash.txt").read_text() == "trace"
    assert said.lines == []


async def test_the_kill_file_stays_until_the_kill_is_latched(tmp_path) -> None:
    disk = Disk(tmp_path)
    writes = LastWrites(disk, clock=lambda: 8.0, say=Said())
    disk.go_on.clear()
    disk.kill_file.touch()
    writes.latch(KILL)
    await asyncio.sleep(0.01)
    assert disk.kill_asked() is not None
    disk.go_on.set()
    await writes.finish()
    assert disk.kill_asked() is None


async def test_an_end_on_a_disk_that_never_moves_says_what_is_not_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(last_writes, "FINISH_S", 0.05)
    disk, said = Disk(tmp_path), Said()
    disk.go_on.clear()
    writes = LastWrites(disk, clock=lambda: 8.0, say=said)
    writes.latch(KILL)
    await writes.finish()
    disk.go_on.set()
    assert said.lines == ["The disk hangs: what must be kept is not written"]


async def test_a_latch_that_the_disk_refuses_is_tried_again_and_told_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(last_writes, "RETRY_S", 0.001)
    disk, said = Disk(tmp_path, refusals=3), Said()
    writes = LastWrites(disk, clock=lambda: 8.0, say=said)
    writes.latch(KILL)
    await asyncio.wait_for(said.heard["The kill is latched now"].wait(), 30)
    assert disk.latched() is not None
    await writes.finish()
    assert said.lines == ["The kill could not be latched", "The kill is latched now"]


async def test_the_end_tries_a_refused_latch_once_more(tmp_path) -> None:
    disk, said = Disk(tmp_path, refusals=1), Said()
    writes = LastWrites(disk, clock=lambda: 8.0, say=said)
    writes.latch(KILL)
    await asyncio.wait_for(said.heard["The kill could not be latched"].wait(), 30)
    await writes.finish()
    assert disk.latched() is not None


async def test_a_kill_cleared_before_it_could_be_latched_is_not_latched_any_more(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(last_writes, "RETRY_S", 0.001)
    disk, said = Disk(tmp_path, refusals=1), Said()
    writes = LastWrites(disk, clock=lambda: 8.0, say=said)
    writes.latch(KILL)
    writes.clear_latch(ClearLatch(reason="looked into it", by="op"))
    await asyncio.sleep(0.05)
    await writes.finish()
    assert disk.latched() is None


async def test_a_latch_and_its_clearing_keep_their_order(tmp_path) -> None:
    disk = Disk(tmp_path)
    writes = LastWrites(disk, clock=lambda: 8.0, say=Said())
    writes.latch(KILL)
    writes.clear_latch(ClearLatch(reason="looked into it", by="op"))
    await writes.finish()
    assert disk.latched() is None
    assert disk.cleared_at() == 8.0
