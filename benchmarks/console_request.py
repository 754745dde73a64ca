"""What an open console costs the way from an event to a signed request on the wire.

    python -m benchmarks.console_request [--recording FILE] [--rounds N] [--seconds S] [--size CxR]

A real engine trades a recording at ten times its speed over loopback with an exchange in a process of its own; rounds
without and with the console on a pseudo terminal take turns. The figures are the program's own: the median of a minute
from event to intents, and from intents to the signed request given to the socket, its rows durable before.
"""

import argparse
import fcntl
import json
import os
import pty
import statistics
import struct
import sys
import tempfile
import termios
import threading
from pathlib import Path

from tests.process.programs import Programs

ROWS = ("event to intents", "intents to sent")
STEP_S = 1.0


class Drained:
    """A pseudo terminal whose output is read and counted."""

    def __init__(self, columns: int, rows: int) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        self.count = 0
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self.master, 65_536)
            except OSError:
                return
            if b"\x1b[5n" in data:
                os.write(self.master, b"\x1b[0n")
            self.count += len(data)


def coin(recording: str) -> str:
    """What a recording is of, by its name."""
    return Path(recording).name.split("_")[1]


def once(folder: Path, recording: str, seconds: float, size: tuple[int, int] | None) -> dict[str, float]:
    """One round; milliseconds by row, and KiB/s to the terminal."""
    programs = Programs(folder)
    try:
        programs.exchange("--market", recording, speed="10")
        # Requests are what is measured: quotes close enough to follow the market.
        flags = ("--asset", coin(recording), "--set", "strategy.ladder_config.min_depth_bps=1", "--log-level", "warn")
        terminal = Drained(*size) if size is not None else None
        if terminal is None:
            programs.maker("--no-ui", *flags)
        else:
            own = {"stdin": terminal.slave, "stdout": terminal.slave, "stderr": terminal.slave}
            programs.maker(*flags, start_new_session=True, **own)
        programs.wait_for(lambda: programs.metric("mm_quote_cycles_total"), "quotes", 90.0)
        before = terminal.count if terminal is not None else 0
        threading.Event().wait(seconds)
        sent = (terminal.count - before) / 1024.0 / seconds if terminal is not None else 0.0
        view = json.loads(programs.run("ctl", "view", "--json").stdout)
        found = {row["name"]: row["p50"] for row in view["latency"]}
        return {**{name: found[name] for name in ROWS}, "KiB/s": sent}
    finally:
        programs.close()


def main() -> int:
    """Measures in turn and prints medians and ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console_request")
    parser.add_argument("--recording", default=os.environ.get("MMTUI_RECORDING", ""))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--size", default="120x40")
    args = parser.parse_args()
    if not Path(args.recording).is_file():
        sys.stdout.write("give a recording: --recording FILE or MMTUI_RECORDING\n")
        return 2
    columns, rows = (int(part) for part in args.size.split("x"))
    ratios: dict[str, list[float]] = {name: [] for name in ROWS}
    for number in range(args.rounds):
        rounds = []
        for size in (None, (columns, rows)):
            with tempfile.TemporaryDirectory() as folder:
                found = once(Path(folder), args.recording, args.seconds, size)
            rounds.append(found)
            words = "  ".join(f"{name} {value:.3f}" for name, value in found.items())
            sys.stdout.write(f"round {number + 1} {'console ' if size else 'headless'}  {words}\n")
            sys.stdout.flush()
        for name in ROWS:
            ratios[name].append(rounds[1][name] / rounds[0][name])
    for name, each in ratios.items():
        sys.stdout.write(f"{name}: x{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
