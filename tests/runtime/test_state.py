"""The state folder: one process a market, a kill that stays, a day that is not forgotten."""

import errno
import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from mmtui.domain.intents import Latch, SaveDay
from mmtui.errors import JournalError, LatchedError, LockError
from mmtui.runtime import files, state
from mmtui.runtime.files import replace_file, within
from mmtui.runtime.instances import RunLock, Running, is_locked, register, running_instances, unregister
from mmtui.runtime.state import MarketFiles, market_id, state_folder

MARKET = "testnet-BTC-3f2a91cd"
KILL = Latch(reason="daily loss", detail="-501 USD", position_base=-0.25, at=1_700_000_000.0)


def hold_lock(folder: str, ready: object) -> None:
    lock = RunLock.take(Path(folder), MARKET, since=1_700_000_000.0)
    ready.set()  # type: ignore[attr-defined]
    signal.pause()
    lock.release()


def test_the_folder_follows_the_desktop_rules_and_is_private(tmp_path: Path) -> None:
    chosen = state_folder({"XDG_STATE_HOME": str(tmp_path / "s"), "HOME": "/nowhere"})
    at_home = state_folder({"HOME": str(tmp_path)})
    assert chosen == tmp_path / "s/mmtui"
    assert at_home == tmp_path / ".local/state/mmtui"
    assert {p.stat().st_mode & 0o777 for p in (chosen, at_home)} == {0o700}


def test_an_unusable_folder_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="XDG_STATE_HOME"):
        state_folder({"XDG_STATE_HOME": str(tmp_path / "file")})
    assert state_folder({"XDG_STATE_HOME": str(tmp_path / "file")}, is_needed=False) == tmp_path / "file/mmtui"


def test_a_folder_that_cannot_be_written_is_refused_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(JournalError, match="it cannot be written; set XDG_STATE_HOME"):
        state_folder({"XDG_STATE_HOME": str(tmp_path)})
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}, is_needed=False) == tmp_path / "mmtui"


def test_a_latch_that_a_read_only_disk_refuses_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    market = MarketFiles(tmp_path, MARKET)

    def refuses(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", refuses)
    monkeypatch.setattr(Path, "unlink", refuses)
    with pytest.raises(JournalError, match="Read-only file system"):
        within(5.0, lambda: market.latch(KILL))


@pytest.mark.parametrize(
    ("coin", "account", "expected"),
    [
        ("BTC", "0x3F2A91CDffff", "testnet-BTC-3f2a91cd"),
        ("hyna:BTC", "0x3f2a91cdffff", "testnet-hyna_BTC-3f2a91cd"),
        ("../../x", "", "testnet-.._.._x-local"),
    ],
)
def test_a_market_has_a_short_name_fit_for_a_file(coin: str, account: str, expected: str) -> None:
    assert market_id("testnet", coin, account) == expected


@pytest.mark.fault("F90")
def test_a_second_process_is_refused_with_pid_and_since_and_death_frees_the_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=hold_lock, args=(str(tmp_path), ready))
    holder.start()
    assert ready.wait(30)
    try:
        assert is_locked(tmp_path, MARKET)
        with pytest.raises(LockError, match=f"process {holder.pid} since 2023-11-14 22:13:20 UTC") as caught:
            RunLock.take(tmp_path, MARKET, since=1.0)
        assert caught.value.exit_code == 2
        RunLock.take(tmp_path, "testnet-ETH-3f2a91cd", since=1.0).release()
    finally:
        assert holder.pid is not None
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()
    RunLock.take(tmp_path, MARKET, since=2.0).release()
    assert not is_locked(tmp_path, MARKET)


def test_instances_are_listed_while_they_hold_their_lock(tmp_path: Path) -> None:
    def running(market: str) -> Running:
        return Running(
            id=market, pid=1, network="sim", account="", coin="BTC", started_at=1.0, version="0", run_kind="SIM"
        )

    (tmp_path / "junk.running.json").write_text("{")
    lock = RunLock.take(tmp_path, "a", since=1.0)
    register(tmp_path, running("a"))
    register(tmp_path, running("dead"))
    assert running_instances(tmp_path) == [running("a")]
    assert not (tmp_path / "dead.running.json").exists()
    unregister(tmp_path, "a")
    lock.release()
    assert running_instances(tmp_path) == []


def test_a_kill_refuses_every_later_start_until_a_person_clears_it(tmp_path: Path) -> None:
    market = MarketFiles(tmp_path, MARKET)
    market.refuse_if_latched()
    market.latch(KILL)
    for _ in range(2):
        with pytest.raises(LatchedError, match=r"2023-11-14 .*daily loss \(-501 USD\); position then -0.25") as caught:
            MarketFiles(tmp_path, MARKET).refuse_if_latched()
        assert caught.value.exit_code == 3
        assert "mmtui resume --reason" in str(caught.value)
    market.clear_latch(reason="fed was late", by="anna", at=1_700_000_100.0)
    market.refuse_if_latched()
    (line,) = (tmp_path / f"{MARKET}.latches.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert (kept["by"], kept["reason"], kept["killed"]["reason"]) == ("anna", "fed was late", "daily loss")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b'{"reason": 1}', b"null"])
def test_a_damaged_latch_is_still_a_latch(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{MARKET}.latch.json").write_bytes(content)
    with pytest.raises(LatchedError, match="damaged"):
        MarketFiles(tmp_path, MARKET).refuse_if_latched()


def test_clearing_needs_a_reason(tmp_path: Path) -> None:
    market = MarketFiles(tmp_path, MARKET)
    market.latch(KILL)
    with pytest.raises(AssertionError):
        market.clear_latch(reason="  ", by="x", at=1.0)
    assert market.latched() is not None


def test_a_kill_file_made_by_hand_or_by_command_asks_for_a_kill(tmp_path: Path) -> None:
    market = MarketFiles(tmp_path, MARKET)
    assert market.kill_asked() is None
    market.kill_file.touch()
    assert market.kill_asked() == "the kill file was made"
    market.withdraw_kill()
    market.ask_kill("mmtui kill by anna")
    assert market.kill_asked() == "mmtui kill by anna"
    market.withdraw_kill()
    market.withdraw_kill()
    assert market.kill_asked() is None
    market.kill_file.mkdir()
    assert market.kill_asked() is not None
    with pytest.raises(JournalError, match="cannot be removed"):
        market.withdraw_kill()
    market.kill_file.rmdir()
    os.mkfifo(market.kill_file)
    assert market.kill_asked() is not None, "a pipe that nobody writes to must not hold up who looks"


def test_the_day_survives_a_restart_and_damage_is_not_a_full_purse(tmp_path: Path) -> None:
    market = MarketFiles(tmp_path, MARKET)
    assert market.day() is None
    day = SaveDay(utc_day=20_000, opening_equity=100_000_000, peak_pnl=5, pnl=-7)
    market.save_day(day)
    assert MarketFiles(tmp_path, MARKET).day() == day
    (tmp_path / f"{MARKET}.day.json").write_bytes(b'{"utc_day": 2')
    with pytest.raises(JournalError, match="remove it"):
        market.day()


def test_replacing_leaves_the_old_file_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    replace_file(path, b"old")
    real_write = os.write
    monkeypatch.setattr(files.os, "write", lambda fd, data: real_write(fd, data[:2]))
    with pytest.raises(JournalError, match="No space left"):
        replace_file(path, b"replacement")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_everything_kept_is_private(tmp_path: Path) -> None:
    market = MarketFiles(tmp_path, MARKET)
    RunLock.take(tmp_path, MARKET, since=1.0).release()
    market.latch(KILL)
    market.clear_latch(reason="r", by="b", at=1.0)
    market.latch(KILL)
    market.ask_kill("k")
    market.save_day(SaveDay(utc_day=1, opening_equity=1, peak_pnl=1, pnl=1))
    assert {p.name: p.stat().st_mode & 0o077 for p in tmp_path.iterdir()} == {p.name: 0 for p in tmp_path.iterdir()}


@pytest.mark.fault("F58")
def test_a_latch_takes_the_room_set_aside_for_it_when_the_disk_is_full(tmp_path: Path, monkeypatch) -> None:
    market = MarketFiles(tmp_path, MARKET)
    market.keep_room()
    reserve = tmp_path / f"{MARKET}.reserve"
    assert reserve.stat().st_size == state.RESERVE_BYTES

    def replace(path: Path, data: bytes) -> None:
        if reserve.exists():
            raise JournalError("no space left")
        path.write_bytes(data)

    monkeypatch.setattr(state, "replace_file", replace)
    market.latch(Latch(reason="journal", detail="disk full", position_base=0.0, at=1.0))
    latched = market.latched()
    assert latched is not None
    assert latched.reason == "journal"
    market.keep_room()
    assert reserve.exists()
