"""What a console costs the engine whose loop it shares, with a recorded market at ten times its speed.

    python -m benchmarks.console_cost [--recording FILE] [--seconds N] [--rounds N] [--rate HZ] [--size CxR] [--json]

Each case is a process on a pseudo terminal: the engine trades the recording (or, without one, the synthetic
market), and the console is opened and closed in turn, so that both halves see the same engine, machine and
minute. Wait: what a message that arrives at a random moment waits for the callback then running, from the CPU
clock of the loop's thread. Gap: how late a ticker of 1 ms wakes, by the wall clock, other programs included.
Book: from a book's event to the engine's last intent. The path may also be given as MMTUI_RECORDING.
"""

import argparse
import asyncio
import fcntl
import gc
import json
import os
import pty
import selectors
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import msgspec

from benchmarks.measure import percentiles_us, table
from mmtui.console.app import ConsoleOptions, run_console
from mmtui.domain.events import BookUpdate
from mmtui.domain.parameters import Settings
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from tests.console.memory_link import MemoryLink
from tests.console.pictures import a_session, a_view

ROOT = Path(__file__).resolve().parents[1]
CASES = (("80x24", 10.0), ("120x40", 10.0), ("120x40", 4.0), ("200x60", 10.0))
SPEED = 10
STEP_S = 0.01
WARM_MARKET_S = 240.0
SETTLE_S = 1.5
COLUMNS = (
    "p50", "p99", "p99.9", "longest", "gap p50", "gap p99", "gap p99.9", "gap max", "cpu %", "KiB/s", "book p50",
)  # fmt: skip


class CpuClock:
    """CPU of the loop thread between two visits to the selector: one callback batch each."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self.batches: list[float] = []
        inner, started = selector.select, [time.thread_time()]

        def select(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            self.batches.append(time.thread_time() - started[0])
            ready = inner(timeout)
            started[0] = time.thread_time()
            return ready

        selector.select = select  # type: ignore[method-assign]


class Half(msgspec.Struct):
    """One stretch with or without the console; ``spans`` are (begin, end) on the monotonic clock."""

    spans: list[tuple[float, float]] = []
    cpu_s: float = 0.0
    batches: list[float] = []
    gaps: list[float] = []
    book_ns: list[int] = []


class Loop:
    """The engine's place in the loop: the market, ten pictures a second, and a ticker."""

    def __init__(self, recording: str, rate_hz: float, cpu: CpuClock) -> None:
        self.session = _session(recording)
        self.session.run(WARM_MARKET_S)
        self.rate_hz = rate_hz
        self.cpu = cpu
        self.link = MemoryLink()
        self.gaps: list[float] = []
        self.book_ns: list[int] = []
        feed = self.session.feed

        def timed(event: object) -> None:
            began = time.perf_counter_ns()
            feed(event)  # type: ignore[arg-type]
            if isinstance(event, BookUpdate):
                self.book_ns.append(time.perf_counter_ns() - began)

        self.session.feed = timed  # type: ignore[method-assign]

    async def market(self) -> None:
        turn = 0
        shown = a_session(run_kind="SIM", price_decimals=1)
        while True:
            self.session.run(STEP_S * SPEED)
            if turn % 10 == 0:
                self.link.view = msgspec.structs.replace(a_view(session=shown), engine=self.session.view)
            turn += 1
            await asyncio.sleep(STEP_S)

    async def ticker(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            self.gaps.append(now - last - 0.001)
            last = now

    async def half(self, into: Half, seconds: float) -> None:
        await asyncio.sleep(SETTLE_S)
        self.gaps.clear()
        self.book_ns.clear()
        self.cpu.batches.clear()
        began_cpu, began = time.thread_time(), time.monotonic()
        await asyncio.sleep(seconds)
        into.spans.append((began, time.monotonic()))
        into.cpu_s += time.thread_time() - began_cpu
        into.batches += self.cpu.batches
        into.gaps += self.gaps
        into.book_ns += self.book_ns

    async def measure(self, seconds: float, rounds: int) -> dict[str, Half]:
        halves = {"without": Half(), "with": Half()}
        options = ConsoleOptions(theme="ansi", is_unicode=True, rate_hz=self.rate_hz)
        work = [asyncio.create_task(self.ticker()), asyncio.create_task(self.market())]
        await asyncio.sleep(SETTLE_S)
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            await self.half(halves["without"], seconds)
            console = asyncio.create_task(
                run_console(self.link, options, clock=lambda: self.session.now_ms / 1e3, seconds=time.monotonic)
            )
            await self.half(halves["with"], seconds)
            os.kill(os.getpid(), signal.SIGHUP)
            await console
        for task in work:
            task.cancel()
        return halves


def _session(recording: str) -> SimulatedSession:
    """The busiest market at hand; a recording is played as it was received."""
    if not recording:
        settings = Settings({"trading.asset": "BTC", "network.base_url": "sim"})
        return SimulatedSession(synthetic_exchange("BTC", seed=21), "BTC", settings)
    from mmtui.research.study.recorded import Play, open_recording  # noqa: PLC0415 - only where one is given

    return open_recording(Play("glft", Path(recording), 0.0))


def waiting(batches: list[float], took_s: float, quantile: float) -> float:
    """What a message arriving at a random moment waits: the rest of the batch then running."""
    low, high = 0.0, max(batches)
    for _ in range(40):
        middle = (low + high) / 2
        late = sum(b - middle for b in batches if b > middle) / took_s
        low, high = (middle, high) if late > 1 - quantile else (low, middle)
    return high


def figures(half: Half, arrivals: list[tuple[float, int]]) -> dict[str, float]:
    """The columns of one half; milliseconds, and microseconds for the book."""
    took = sum(end - begin for begin, end in half.spans)
    waits = {name: waiting(half.batches, took, q) * 1e3 for name, q in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))}
    gaps = sorted(half.gaps)
    late = {
        f"gap {name}": gaps[int(len(gaps) * q)] * 1e3 for name, q in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    }
    sent = sum(n for at, n in arrivals if any(begin <= at <= end for begin, end in half.spans))
    longest = {"longest": max(half.batches) * 1e3, "gap max": gaps[-1] * 1e3}
    shares = {"cpu %": half.cpu_s / took * 100, "KiB/s": sent / 1024 / took}
    return {**waits, **late, **longest, **shares, "book p50": percentiles_us(half.book_ns)["p50"]}


def run(size: str, rate_hz: float, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """One case in a process of its own on a terminal of that size."""
    columns, rows = (int(part) for part in size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
        words = [options.recording, str(rate_hz), str(options.seconds), str(options.rounds), str(out)]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.console_cost", "--child", *words],
            stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=env, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        arrivals = _listen(master)
        _, told = process.communicate()
        if not out.exists():
            raise SystemExit(told.decode(errors="replace"))
        halves = msgspec.json.decode(out.read_bytes(), type=dict[str, Half])
    return {name: figures(half, arrivals) for name, half in halves.items()}


def _listen(master: int) -> list[tuple[float, int]]:
    """When how many bytes came; status reports are answered as a terminal does."""
    arrivals: list[tuple[float, int]] = []
    while True:
        try:
            data = os.read(master, 65_536)
        except OSError:
            break
        if not data:
            break
        arrivals.append((time.monotonic(), len(data)))
        for _ in range(data.count(b"\x1b[5n")):
            os.write(master, b"\x1b[0n")
    os.close(master)
    return arrivals


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recording", default=os.environ.get("MMTUI_RECORDING", ""))
    parser.add_argument("--seconds", type=float, default=5.0, help="of each half of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, help="of the ladder, in Hz, instead of all cases")
    parser.add_argument("--size", help="such as 120x40, instead of all cases")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cases = CASES if options.size is None else ((options.size, options.rate or 10.0),)
    results = {f"{size} at {rate:g} Hz": run(size, rate, options) for size, rate in cases}
    if options.json:
        print(json.dumps(results))
        return
    rows = [(f"{case}, {half}", [found[half][c] for c in COLUMNS]) for case, found in results.items() for half in found]
    market = "the recording" if options.recording else "the synthetic market"
    print(table(f"waits and gaps in ms, book in us; {market} at {SPEED}x", COLUMNS, rows))
    ratios = [found["with"]["book p50"] / found["without"]["book p50"] for found in results.values()]
    print(
        f"book p50 with the console over without: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    )


def child(words: list[str]) -> None:
    """One case, measured from inside."""
    recording, rate_hz, seconds, rounds, out = words
    selector = selectors.DefaultSelector()
    loop = asyncio.SelectorEventLoop(selector)
    place = Loop(recording, float(rate_hz), CpuClock(selector))
    halves = loop.run_until_complete(place.measure(float(seconds), int(rounds)))
    Path(out).write_bytes(msgspec.json.encode(halves))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2:])
    else:
        main()
