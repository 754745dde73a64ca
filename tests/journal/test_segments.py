"""Segments of recordings: where one ends, what is kept, and what a full disk costs."""

import itertools
import os
import threading
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.history_view import HistoriesView, Sample
from mmtui.domain.view import EngineView, LogLine, SessionView, View
from mmtui.errors import JournalError
from mmtui.journal import segments
from mmtui.journal.recording import PICTURE, Recorder, read_recording
from mmtui.journal.segments import Budget, Shelf, segments_of

MARKET = "sim-BTC-local"
START_MS = 1_760_000_000_000
BUDGET = Budget(kept_bytes=10_000_000, kept_s=86_400.0, segment_s=60.0)


def shelf_at(folder: Path, budget: Budget, now: float = 0.0) -> Shelf:
    return Shelf(folder, MARKET, "0123abcd", budget, now=lambda: now)


def recorded(folder: Path, messages: list[tuple[int, bytes]], budget: Budget = BUDGET) -> list[str]:
    shelf = shelf_at(folder, budget)
    errors: list[str] = []
    recorder = Recorder(shelf.path_at(START_MS), on_error=errors.append, shelf=shelf)
    for ts_ms, message in messages:
        recorder.record(ts_ms, message)
    recorder.close()
    return errors


def minutes(count: int) -> list[tuple[int, bytes]]:
    return [(START_MS + 1_000 * second, b'{"n":%d}' % second) for second in range(60 * count)]


def test_a_new_segment_begins_every_so_many_seconds_and_together_they_hold_everything(tmp_path: Path) -> None:
    messages = minutes(4)
    assert recorded(tmp_path, messages) == []
    found = [segment.path for segment in segments_of(tmp_path, MARKET)]
    assert len(found) == 4
    assert found == sorted(found)
    read = [(row.ts, bytes(row.msg)) for path in found for row in read_recording(path)]
    assert read == messages


def test_a_segment_also_ends_at_its_size(tmp_path: Path) -> None:
    noise = [(START_MS + 1_000 * n, b'{"x":"%s"}' % os.urandom(2_000).hex().encode()) for n in range(20)]
    recorded(tmp_path, noise, msgspec.structs.replace(BUDGET, segment_bytes=8_000))
    assert len(segments_of(tmp_path, MARKET)) >= 4
    assert all(segment.size_bytes < 16_000 for segment in segments_of(tmp_path, MARKET))


def test_the_budget_takes_the_oldest_first_and_never_the_one_being_written(tmp_path: Path) -> None:
    shelf = shelf_at(tmp_path, msgspec.structs.replace(BUDGET, kept_bytes=2_500), 1_010.0)
    paths = []
    for number in range(5):
        path = shelf.path_at(START_MS + 60_000 * number)
        path.write_bytes(bytes(1_000))
        os.utime(path, (1_000.0 + number, 1_000.0 + number))
        paths.append(path)
    assert shelf.prune(keep=paths[0]) == 3
    assert [path for path in paths if path.exists()] == [paths[0], paths[4]]


def test_files_older_than_the_days_kept_go_and_other_markets_stay(tmp_path: Path) -> None:
    budget = msgspec.structs.replace(BUDGET, kept_s=100.0)
    old = tmp_path / f"{MARKET}-00000000.jsonl.zst"
    other = tmp_path / "sim-ETH-local-00000000.jsonl.zst"
    for path in (old, other):
        path.write_bytes(b"x")
        os.utime(path, (1_000.0, 1_000.0))
    assert shelf_at(tmp_path, budget, 1_050.0).prune() == 0
    assert shelf_at(tmp_path, budget, 1_101.0).prune() == 1
    assert not old.exists()
    assert other.exists()


def test_a_segment_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    shelf = shelf_at(tmp_path, BUDGET)
    recorder = Recorder(shelf.path_at(START_MS), on_error=lambda _: None, shelf=shelf)
    for ts_ms, message in minutes(1):
        recorder.record(ts_ms, message)
    while recorder._inbox.qsize():
        threading.Event().wait(0.001)
    (open_segment,) = segments_of(tmp_path, MARKET)
    times = [row.ts for row in read_recording(open_segment.path)]
    recorder.close()
    assert times[-1] >= START_MS + 57_000


def test_a_nearly_full_disk_costs_old_segments_first_and_then_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shelf_at(tmp_path, BUDGET)
    old = shelf.path_at(START_MS - 60_000)
    old.write_bytes(b"x")
    os.utime(old, (1_000.0, 1_000.0))
    monkeypatch.setattr(segments, "is_short", lambda _: old.exists())
    assert recorded(tmp_path, minutes(1)) == []
    assert not old.exists()
    monkeypatch.setattr(segments, "is_short", lambda _: True)
    (error,) = recorded(tmp_path, [(START_MS + 3_600_000 + ts, message) for ts, message in minutes(1)])
    assert "No space left" in error


def test_a_segment_that_cannot_be_opened_ends_the_recording_with_one_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked.jsonl.zst"
    blocked.write_bytes(b"")
    shelf = shelf_at(tmp_path, BUDGET)
    errors: list[str] = []
    recorder = Recorder(shelf.path_at(START_MS), on_error=errors.append, shelf=shelf)
    monkeypatch.setattr(shelf.__class__, "path_at", lambda *_: blocked)
    for ts_ms, message in minutes(3):
        recorder.record(ts_ms, message)
    recorder.close()
    assert len(errors) == 1
    with pytest.raises(JournalError):
        Recorder(blocked, on_error=errors.append)


def test_pictures_carry_each_log_line_once_a_file_and_no_history(tmp_path: Path) -> None:
    session = SessionView(
        run_kind="SIM", network="sim", account="0x0", coin="BTC", asset="BTC", dex="", strategy="simple",
        run_id="1", started_at=0.0, price_decimals=1, size_decimals=5,
    )  # fmt: skip
    lines = tuple(LogLine(seq=seq, at=float(seq), level="INFO", text=f"line {seq}") for seq in range(1, 7))
    path = tmp_path / "r.jsonl.zst"
    recorder = Recorder(path, on_error=lambda _: None)
    for count in (2, 4, 6):
        engine = EngineView(at=float(count))
        recorder.show(
            count, View(session=session, engine=engine, log=lines[:count], histories=HistoriesView(fine=(Sample(1.0),)))
        )
    recorder.close()
    messages = [msgspec.json.decode(row.msg) for row in read_recording(path)]
    assert {message["channel"] for message in messages} == {PICTURE}
    views = [msgspec.convert(message["data"], View) for message in messages]
    assert [line.seq for line in itertools.chain.from_iterable(view.log for view in views)] == [1, 2, 3, 4, 5, 6]
    assert all(view.histories == HistoriesView() for view in views)
