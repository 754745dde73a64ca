"""How long a kill takes from the key to the exchange over a slow and saturated line; run as a module, prints figures.

A demo with its console behind a line of 20 kB a second and 300 ms there and back; pages are turned until the line is
full, then the kill chord is typed. Times are from the key at the far end to the lines of the engine's log.
"""

import fcntl
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from tests.process.figures import tell
from tests.process.slow_line import SlowLine

RUNS = 3
BYTES_S, WAY_S = 20_000, 0.15
PATIENCE_S, LOOK_S = 90.0, 0.005
FIRED, GONE, QUOTING = "KILL SWITCH TRIGGERED", "All own orders verified gone", "mode=QUOTING"


def until(log: Path, words: str) -> float:
    """Waits until the log has the words; returns when it was seen."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if log.exists() and words in log.read_text(errors="replace"):
            return time.monotonic()
        time.sleep(LOOK_S)
    raise SystemExit(f"no {words!r} within {PATIENCE_S:.0f} s")


def once(folder: Path) -> tuple[float, float, int]:
    """(ms to the kill, ms until verified gone, bytes that arrived) of one run."""
    log = folder / "demo.log"
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "XDG_STATE_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [sys.executable, "-m", "mmtui", "demo", "--metrics-port", "0", "--set", f"logging.file={log}"]
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    )  # fmt: skip
    os.close(slave)
    line = SlowLine(master, bytes_s=BYTES_S, way_s=WAY_S)
    try:
        until(log, QUOTING)
        for key in (b"7", b"1", b"2", b"1", b"8", b"1"):
            line.type(key)
            time.sleep(0.3)
        typed = time.monotonic()
        line.type(b"\x0b")
        return (until(log, FIRED) - typed) * 1e3, (until(log, GONE) - typed) * 1e3, len(line.arrived)
    finally:
        line.close()
        process.kill()
        process.wait()
        os.close(master)


def main() -> None:
    """Prints a line a run, and the medians."""
    found = []
    for count in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            found.append(once(Path(folder)))
        fired, gone, arrived = found[-1]
        tell(f"run {count + 1}: fired after {fired:.0f} ms, own orders gone after {gone:.0f} ms, {arrived} bytes")
    fired, gone, _ = (statistics.median(column) for column in zip(*found, strict=True))
    tell(f"median: fired {fired:.0f} ms, gone {gone:.0f} ms; the key itself travels {WAY_S * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
