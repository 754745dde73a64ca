"""A process that dies mid-write loses nothing it was told is durable."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmtui.domain.records import ModeChanged
from mmtui.journal.reader import JournalReader

WRITER = """
import queue, sys
from pathlib import Path
from mmtui.domain.records import ModeChanged
from mmtui.journal.port import SessionStart
from mmtui.journal.sqlite import SqliteJournal

calls = queue.SimpleQueue()
journal = SqliteJournal(Path(sys.argv[1]), post=calls.put, on_error=lambda text: sys.exit(text))
start = dict(run_id="r", started_at=0.0, version="", network="", account="", coin="", settings={})
journal.begin_session(SessionStart(**start))
number = 0
while True:
    for _ in range(20):
        number += 1
        seq = journal.append([ModeChanged(at=float(number), mode="x" * 50, reason="")])
    journal.when_synced(seq, lambda number=number: print(number, flush=True))
    while journal.synced_seq < seq:
        calls.get()()
"""


@pytest.mark.fault("F63")
@pytest.mark.process
@pytest.mark.parametrize("batches", [1, 7, 40])
def test_everything_said_to_be_durable_survives_kill_9(tmp_path: Path, batches: int) -> None:
    path = tmp_path / "j.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        promised = [int(writer.stdout.readline()) for _ in range(batches)]
        os.kill(writer.pid, signal.SIGKILL)
        promised += [int(line) for line in writer.stdout.read().split("\n")[:-1] if line]
    with JournalReader(path) as reader:
        kept = [record for _, record in reader.records("r")]
        session = reader.last_session()
    assert len(kept) >= max(promised)
    assert [record.at for record in kept if isinstance(record, ModeChanged)] == [float(n + 1) for n in range(len(kept))]
    assert session is not None
    assert session.ended_at is None
