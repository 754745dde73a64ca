"""The simulated disk: what survives, what is refused, and how long rows wait."""

import pytest

from mmtui.domain.records import ModeChanged
from mmtui.journal.lag import Lag
from mmtui.journal.memory import MemoryDisk, MemoryJournal


def rows(*numbers: int) -> list[ModeChanged]:
    return [ModeChanged(at=float(number), mode="x", reason="") for number in numbers]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_disk_without_delay_is_durable_at_once() -> None:
    journal, seen = MemoryJournal(), list[int]()
    seq = journal.append(rows(1, 2))
    journal.when_synced(seq, lambda: seen.append(seq))
    assert seen == [2]
    assert (journal.synced_seq, journal.pending, journal.due_at) == (2, 0, None)


def test_a_sync_takes_its_time_and_takes_all_that_has_gathered_as_one(clock: Clock) -> None:
    disk = MemoryDisk(sync_s=2.0)
    journal, seen = MemoryJournal(disk, clock=clock), list[int]()
    for number in (1, 2, 3):
        seq = journal.append(rows(number))
        journal.when_synced(seq, lambda seq=seq: seen.append(seq))
    clock.now = 1.9
    journal.pump()
    assert (seen, journal.waiting_s(clock.now)) == ([], 1.9)
    clock.now = 2.0
    journal.pump()
    assert (seen, journal.due_at) == ([1], 4.0)
    assert journal.waiting_s(clock.now) == 2.0
    clock.now = 4.0
    journal.pump()
    assert (seen, journal.waiting_s(clock.now)) == ([1, 2, 3], 0.0)


@pytest.mark.parametrize("keeps", [False, True])
def test_death_loses_what_was_not_synced_and_the_next_process_continues_the_numbers(clock: Clock, keeps: bool) -> None:
    disk = MemoryDisk()
    journal = MemoryJournal(disk, clock=clock)
    journal.append(rows(1))
    disk.sync_s = 1.0
    journal.append(rows(2, 3))
    journal.append(rows(4))
    journal.die(keeps=keeps)
    assert [row.at for row in disk.records()] == ([1.0, 2.0, 3.0] if keeps else [1.0])
    clock.now = 9.0
    journal.pump()
    assert len(disk.rows) == (3 if keeps else 1)
    assert MemoryJournal(disk, clock=clock).append(rows(5)) == disk.last_seq + 1


def test_a_full_disk_takes_a_batch_whole_or_not_at_all_and_is_told_once(clock: Clock) -> None:
    disk, told = MemoryDisk(), list[str]()
    disk.room = 3
    journal, seen = MemoryJournal(disk, clock=clock, on_error=told.append), list[int]()
    journal.append(rows(1, 2))
    late = journal.append(rows(3, 4))
    journal.when_synced(late, lambda: seen.append(late))
    journal.append(rows(5))
    assert (len(disk.rows), told, journal.failure, seen) == (2, ["disk full"], "disk full", [])
    assert journal.waiting_s(100.0) == 0.0


@pytest.mark.fault("F61")
def test_a_failing_sync_is_not_retried(clock: Clock) -> None:
    disk, told = MemoryDisk(sync_s=1.0), list[str]()
    journal = MemoryJournal(disk, clock=clock, on_error=told.append)
    journal.append(rows(1))
    disk.is_broken = True
    clock.now = 1.0
    journal.pump()
    disk.is_broken = False
    journal.append(rows(2))
    clock.now = 9.0
    journal.pump()
    assert (told, disk.rows, journal.synced_seq) == (["disk I/O error"], [], 0)


def test_a_lying_disk_loses_its_last_rows() -> None:
    journal = MemoryJournal()
    journal.append(rows(1, 2, 3))
    journal.disk.tear(2)
    assert [row.at for row in journal.disk.records()] == [1.0]
    assert MemoryJournal(journal.disk).append(rows(4)) == 2


def test_closing_makes_everything_durable(clock: Clock) -> None:
    journal = MemoryJournal(MemoryDisk(sync_s=5.0), clock=clock)
    journal.append(rows(1))
    journal.append(rows(2))
    journal.close()
    assert len(journal.rows) == 2


def test_the_lag_is_that_of_the_oldest_row_seen_waiting() -> None:
    lag = Lag()
    assert lag.waiting_s(0.0, accepted=5, synced=5) == 0.0
    assert lag.waiting_s(1.0, accepted=7, synced=5) == 0.0
    assert lag.waiting_s(3.5, accepted=30, synced=5) == 2.5
    assert lag.waiting_s(3.6, accepted=30, synced=7) == 0.0
    assert lag.waiting_s(3.9, accepted=30, synced=29) == pytest.approx(0.3)
    assert lag.waiting_s(4.0, accepted=30, synced=30) == 0.0
