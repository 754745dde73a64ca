"""Recordings: what is written can be read, also when the file was cut off anywhere."""

import contextlib
import gzip
import itertools
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.errors import JournalError
from mmtui.journal.recording import Recorder, read_recording


def written(folder: Path, messages: list[tuple[int, bytes]]) -> Path:
    path = folder / "r.jsonl.zst"
    path.unlink(missing_ok=True)
    errors: list[str] = []
    recorder = Recorder(path, on_error=errors.append)
    for ts, message in messages:
        recorder.record(ts, message)
    recorder.close()
    assert errors == []
    return path


def test_messages_come_back_with_their_times(tmp_path: Path) -> None:
    messages = [(1_000 + 40 * i, json.dumps({"channel": "bbo", "data": {"n": i}}).encode()) for i in range(500)]
    path = written(tmp_path, messages)
    assert [(row.ts, bytes(row.msg)) for row in read_recording(path)] == messages
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_break_within_a_message_stays_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, [(1, b'{"a":\n1}'), (2, b"{}")])
    assert [json.loads(bytes(row.msg)) for row in read_recording(path)] == [{"a": 1}, {}]


@settings(max_examples=60, deadline=None)
@given(
    frames=st.lists(st.binary(max_size=60) | st.sampled_from([b"", b"{", b"<html>", b"{} {}", b"\xff", b"[" * 5_000]))
)
def test_a_damaged_message_spoils_no_other_and_is_kept_as_text(
    tmp_path_factory: pytest.TempPathFactory, frames: list[bytes]
) -> None:
    path = written(tmp_path_factory.mktemp("damaged"), [*enumerate(frames), (99, b'{"channel":"bbo"}')])
    rows = list(read_recording(path))
    assert [row.ts for row in rows] == [*range(len(frames)), 99]
    assert bytes(rows[-1].msg) == b'{"channel":"bbo"}'
    for row, frame in zip(rows, frames, strict=False):
        if b'"mmtui.damaged"' in bytes(row.msg) and frame.isascii():
            assert json.loads(bytes(row.msg)) == {"channel": "mmtui.damaged", "data": frame.decode()}


@settings(max_examples=40, deadline=None)
@given(cut=st.floats(0.02, 1.0))
@pytest.mark.parametrize("form", ["zst", "gz", "plain"])
def test_a_torn_tail_ends_the_recording_quietly(
    tmp_path_factory: pytest.TempPathFactory, form: str, cut: float
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    messages = [
        (1_000 * i, json.dumps({"channel": "trades", "data": [i * 7919 % 104_729]}).encode()) for i in range(200)
    ]
    plain = b"".join(b'{"ts":%d,"msg":%b}\n' % row for row in messages)
    whole = {"zst": written(folder, messages).read_bytes(), "gz": gzip.compress(plain), "plain": plain}[form]
    path = folder / {"zst": "t.jsonl.zst", "gz": "t.jsonl.gz", "plain": "t.jsonl"}[form]
    path.write_bytes(whole[: max(60, int(len(whole) * cut))])
    rows = []
    with contextlib.suppress(JournalError):  # when the first line itself was cut, the file is no recording
        rows.extend((row.ts, bytes(row.msg)) for row in read_recording(path))
    assert rows == messages[: len(rows)]
    if cut == 1.0:
        assert len(rows) == 200


def test_a_crash_costs_at_most_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl.zst"
    recorder = Recorder(path, on_error=lambda _: None)
    for ts in range(0, 10_000, 100):
        recorder.record(ts, b"{}")
    while recorder._inbox.qsize():
        threading.Event().wait(0.001)
    copy = tmp_path / "crashed.jsonl.zst"
    copy.write_bytes(path.read_bytes())
    recorder.close()
    assert max(row.ts for row in read_recording(copy)) >= 8_000


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"ts":1,"msg":{}}\n{"ts":"x"}\n{"ts":2,"msg":{}}\n')
    with pytest.raises(JournalError, match=r"r\.jsonl:2"):
        list(read_recording(path))


@pytest.mark.parametrize("content", [b"\x00\xff\x12" * 50, b"hello\n", b"[1,2]\n"])
def test_a_file_that_is_no_recording_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError):
        list(read_recording(path))


def test_a_full_disk_ends_the_recording_with_one_report_and_no_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    real_open = os.open
    monkeypatch.setattr(os, "open", lambda *_: real_open("/dev/full", os.O_WRONLY))
    errors: list[str] = []
    recorder = Recorder(tmp_path / "r.jsonl.zst", on_error=errors.append)
    for ts in range(0, 100_000, 1_000):
        recorder.record(ts, b"{}")
    recorder.close()
    recorder.record(1, b"{}")
    assert len(errors) == 1
    assert "No space left" in errors[0]


def test_an_existing_recording_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, [(1, b"{}")])
    with pytest.raises(JournalError, match="cannot be written"):
        Recorder(path, on_error=lambda _: None)


def test_the_real_recordings_read_to_their_end(shared: Path) -> None:
    rows = list(read_recording(shared / "data/hyperliquid/hl_BTC_20250903T1255Z.jsonl.gz"))
    assert len(rows) == 446 + 1793 + 281
    assert all(first.ts <= second.ts for first, second in itertools.pairwise(rows))
