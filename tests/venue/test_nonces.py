"""Nonces rise whatever the clock, the restarts and the other processes do."""

import errno
import fcntl
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.errors import JournalError
from mmtui.venues.hyperliquid import nonces
from mmtui.venues.hyperliquid.nonces import BLOCK, NonceSource

NOW = 1_790_000_000_000


@pytest.mark.fault("F54")
@pytest.mark.incident("B25")
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["take", "restart", "refill", "other"]), st.integers(-100_000, 100_000)),
        max_size=60,
    )
)
def test_nonces_rise_over_restarts_clock_jumps_and_two_processes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("state") / "nonce"
    ours, other = NonceSource(path), NonceSource(path)
    mine: list[int] = []
    used: set[int] = set()
    wall_ms = NOW
    for step, jump_ms in steps:
        wall_ms += jump_ms
        if step == "restart":
            ours = NonceSource(path)
        elif step == "refill":
            ours.refill(wall_ms)
        else:
            nonce = (ours if step == "take" else other).take(wall_ms)
            assert nonce not in used
            assert nonce >= wall_ms
            used.add(nonce)
            if step == "take":
                assert not mine or nonce > mine[-1]
                mine.append(nonce)
    assert not used or int(path.read_text()) >= max(used)


def test_the_nonce_is_the_wall_time_while_the_clock_runs(tmp_path: Path) -> None:
    source = NonceSource(tmp_path / "nonce")
    assert [source.take(NOW + 70 * i) for i in range(3)] == [NOW, NOW + 70, NOW + 140]
    assert source.take(NOW) == NOW + 141 == source.last


def test_a_thousand_nonces_of_one_block_touch_the_disk_once(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    source = NonceSource(path)
    source.take(NOW)
    before = path.stat().st_mtime_ns, path.read_text()
    for i in range(1000):
        source.take(NOW + i)
    assert (path.stat().st_mtime_ns, path.read_text()) == before
    assert not source.is_low(NOW)
    assert source.is_low(NOW + BLOCK - 1)


def test_a_refill_off_the_loop_keeps_the_next_block_ready(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    source = NonceSource(path)
    first = source.take(NOW)
    source.refill(NOW + BLOCK - 10)
    assert not source.is_low(NOW + BLOCK)
    path.unlink()
    assert source.take(first + BLOCK + 5) == first + BLOCK + 5
    assert not path.exists(), "the spare block needs no disk"


def test_the_guard_starts_above_the_engine_by_its_headroom(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    engine = NonceSource(path)
    engine.take(NOW)
    high_water = int(path.read_text())
    assert NonceSource(path, headroom=1000).take(NOW) == high_water + 1001


def test_after_renewing_the_next_nonce_lies_above_what_another_process_used(tmp_path: Path) -> None:
    engine, guard = NonceSource(tmp_path / "nonce"), NonceSource(tmp_path / "nonce", headroom=1_000)
    engine.take(NOW)
    engine.refill(NOW)
    used = [guard.take(NOW + 15_000) for _ in range(3)]
    engine.renew()
    assert engine.take(NOW + 15_001) > max(used)


def test_a_block_reserved_while_it_was_renewed_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = NonceSource(tmp_path / "nonce")
    engine.take(NOW)
    guard = NonceSource(tmp_path / "nonce", headroom=1_000)
    reserve = NonceSource._reserve
    used = []

    def slowly(self: NonceSource, wall_ms: int) -> tuple[int, int]:
        block = reserve(self, wall_ms)
        used.append(guard.take(wall_ms))
        self.renew()
        return block

    with monkeypatch.context() as patch:
        patch.setattr(NonceSource, "_reserve", lambda s, ms: slowly(s, ms) if s is engine else reserve(s, ms))
        engine.refill(NOW)
    assert engine.take(NOW + 1) > max(used)


@pytest.mark.parametrize("trouble", ["damaged", "absent folder", "lock held"])
def test_whoever_must_cancel_gets_a_nonce_beyond_any_reserved_block(
    tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nonces, "LOCK_PAUSE_S", 0.0)
    path = tmp_path / "nonce"
    engine = NonceSource(path)
    engine.take(NOW)
    held = os.open(tmp_path / "nonce.lock", os.O_RDWR | os.O_CREAT)
    reachable = NOW + BLOCK
    if trouble == "lock held":
        fcntl.flock(held, fcntl.LOCK_EX)
        reachable += BLOCK  # the holder may be about to reserve one block more
    elif trouble == "damaged":
        path.write_text("?")
    else:
        path = tmp_path / "gone" / "nonce"
    guard = NonceSource(path, headroom=1_000, must_give=True)
    first = guard.take(NOW)
    second = guard.take(NOW)
    os.close(held)
    assert second > first > reachable


def test_whoever_must_cancel_does_not_wait_for_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nonces, "DISK_PATIENCE_S", 0.05)
    monkeypatch.setattr(nonces, "LOCK_PAUSE_S", 0.0)
    path = tmp_path / "nonce"
    NonceSource(path).take(NOW)
    go_on, replace = threading.Event(), nonces._replace

    def slowly(where: Path, value: int) -> None:
        go_on.wait(30.0)
        replace(where, value)

    monkeypatch.setattr(nonces, "_replace", slowly)
    guard = NonceSource(path, headroom=1_000, must_give=True)
    try:
        first = guard.take(NOW)
        second = guard.take(NOW + 3 * BLOCK)
        assert second > first > NOW + 2 * BLOCK
    finally:
        go_on.set()


@pytest.mark.fault("F58")
def test_a_cancel_gets_its_nonce_though_the_disk_is_full_and_a_placing_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nonce"
    engine = NonceSource(path)
    before = engine.take(NOW)
    reserved = int(path.read_text())

    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(nonces, "_replace", is_full)
    later = NOW + 2 * BLOCK
    for _ in range(3):
        with pytest.raises(JournalError, match="No space left"):
            engine.take(later)
        cancel = engine.take(later, must_give=True)
        assert cancel > max(before, reserved, later - 1)
        before = cancel
    monkeypatch.undo()
    assert engine.take(later) > before
    assert NonceSource(path).take(later + 1_000) > before


@pytest.mark.fault("F62")
def test_a_refill_that_the_disk_holds_up_holds_up_no_cancel_and_is_not_begun_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nonce"
    engine = NonceSource(path)
    before = engine.take(NOW)
    is_stuck, go_on = threading.Event(), threading.Event()
    replace = nonces._replace

    def slowly(where: Path, value: int) -> None:
        is_stuck.set()
        go_on.wait(30.0)
        replace(where, value)

    monkeypatch.setattr(nonces, "_replace", slowly)
    later = NOW + 2 * BLOCK
    refill = threading.Thread(target=engine.refill, args=(later,))
    refill.start()
    try:
        assert is_stuck.wait(30.0)
        assert not engine.is_low(later)
        with pytest.raises(JournalError, match="wait for the disk"):
            engine.take(later)
        cancel = engine.take(later, must_give=True)
        assert cancel > max(before, later - 1)
    finally:
        go_on.set()
        refill.join()
    assert engine.take(later) > cancel


def test_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    NonceSource(tmp_path / "nonce").take(NOW)
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {
        "nonce": 0o600,
        "nonce.lock": 0o600,
    }


@pytest.mark.parametrize("content", ["", "12a4", "-5", "١٢٣", "1" * 30])
def test_a_damaged_file_is_refused_with_a_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / "nonce"
    path.write_text(content)
    with pytest.raises(JournalError, match="remove it once") as caught:
        NonceSource(path).take(NOW)
    assert str(path) in str(caught.value)


def test_an_absent_state_directory_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="state directory"):
        NonceSource(tmp_path / "absent" / "nonce").take(NOW)


def _draw(path: Path, count: int, results: "multiprocessing.Queue[list[int]]") -> None:
    nonces.BLOCK = 7
    source = NonceSource(path)
    results.put([source.take(NOW) for _ in range(count)])


@pytest.mark.incident("B25")
def test_processes_that_share_a_key_never_share_a_nonce(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[list[int]] = context.Queue()
    workers = [context.Process(target=_draw, args=(tmp_path / "nonce", 100, results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    drawn = [results.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join()
    assert all(series == sorted(series) for series in drawn)
    assert len({nonce for series in drawn for nonce in series}) == 300


def test_a_placing_waits_the_moment_that_a_refill_takes_rather_than_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nonce"
    engine = NonceSource(path)
    is_writing, go_on, replace = threading.Event(), threading.Event(), nonces._replace

    class Refilled(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            go_on.set()
            return super().wait(30.0)

    def takes_a_moment(where: Path, value: int) -> None:
        is_writing.set()
        go_on.wait(30.0)
        replace(where, value)

    engine._refilled = Refilled()
    monkeypatch.setattr(nonces, "_replace", takes_a_moment)
    refill = threading.Thread(target=engine.refill, args=(NOW,))
    refill.start()
    assert is_writing.wait(30.0)
    assert engine.take(NOW) == NOW
    refill.join()
    assert int(path.read_text()) == NOW + BLOCK
