"""What a console costs the loop it runs in: CPU of its callbacks, bytes to the terminal, lateness of a ticker.

Runs itself as a child on a pseudo terminal, with and without a console, a hundred market messages a
second, and prints one line a case. Usage, from the project's folder:
python -m benchmarks.console_cost [seconds] [repeats] [--json]
"""

import asyncio
import fcntl
import gc
import json
import os
import pty
import selectors
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from mmtui.console.app import ConsoleOptions, run_console
from mmtui.console.link import MemoryLink
from tests.console.pictures import a_view
from tests.process.console_child import moving_engine

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((80, 24), (120, 40), (200, 60))
WARM_S = 1.0


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


async def child(has_console: bool, seconds: float, out: Path, cpu: CpuClock) -> None:
    link, gaps = MemoryLink(), []
    pictures = [a_view(engine=moving_engine(i * 10)) for i in range(200)]

    async def market() -> None:
        for i in range(int((seconds + WARM_S) * 100)):
            if i % 10 == 0:
                link.view = pictures[i // 10 % len(pictures)]
            await asyncio.sleep(0.01)

    async def ticker() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            gaps.append(now - last - 0.001)
            last = now

    work = [asyncio.create_task(ticker())]
    console = (
        asyncio.create_task(
            run_console(link, ConsoleOptions(theme="ansi"), clock=time.monotonic, seconds=time.monotonic)
        )
        if has_console
        else None
    )
    feed = asyncio.create_task(market())
    await asyncio.sleep(WARM_S)
    gc.collect()
    gc.freeze()
    await asyncio.sleep(0.05)
    gaps.clear()
    cpu.batches.clear()
    begin_cpu, begin = time.thread_time(), time.monotonic()
    await feed
    took, spent = time.monotonic() - begin, time.thread_time() - begin_cpu
    batches = sorted(cpu.batches)
    waits = sorted(gaps)
    result = {
        "cpu_share": spent / took,
        "begin": begin,
        "end": begin + took,
        "wait_p99_ms": waiting(batches, took, 0.99) * 1e3,
        "wait_p999_ms": waiting(batches, took, 0.999) * 1e3,
        "longest_ms": batches[-1] * 1e3,
        "gap_p99_ms": waits[int(len(waits) * 0.99)] * 1e3,
        "gap_max_ms": waits[-1] * 1e3,
    }
    out.write_text(json.dumps(result))  # noqa: ASYNC240
    for task in work:
        task.cancel()
    if console is not None:
        os.kill(os.getpid(), 1)
        await console


def waiting(batches: list[float], took_s: float, quantile: float) -> float:
    """What a message arriving at a random moment waits: the rest of the batch then running."""
    low, high = 0.0, max(batches)
    for _ in range(40):
        middle = (low + high) / 2
        late = sum(b - middle for b in batches if b > middle) / took_s
        low, high = (middle, high) if late > 1 - quantile else (low, middle)
    return high


def run(has_console: bool, size: tuple[int, int], seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
        command = [
            sys.executable,
            "-m",
            "benchmarks.console_cost",
            "--child",
            str(int(has_console)),
            str(seconds),
            str(out),
        ]
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=ROOT, start_new_session=True
        )
        os.close(slave)
        arrivals: list[tuple[float, int]] = []
        while True:
            try:
                data = os.read(master, 65_536)
            except OSError:
                break
            if not data:
                break
            arrivals.append((time.monotonic(), len(data)))
        os.close(master)
        process.wait()
        result: dict[str, float] = json.loads(out.read_text())
    sent = sum(n for at, n in arrivals if result["begin"] <= at <= result["end"])
    result["kib_s"] = sent / 1024 / (result["end"] - result["begin"])
    return result


def measured(seconds: float, repeats: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Each case with the medians of its runs."""
    for has_console, size in [(False, SIZES[1])] + [(True, size) for size in SIZES]:
        runs = [run(has_console, size, seconds) for _ in range(repeats)]
        name = f"console {size[0]}x{size[1]}" if has_console else "no console"
        yield name, {key: statistics.median(one[key] for one in runs) for key in runs[0]}


def main() -> None:
    numbers = [argument for argument in sys.argv[1:] if argument != "--json"]
    seconds = float(numbers[0]) if numbers else 6.0
    repeats = int(numbers[1]) if len(numbers) > 1 else 3
    if "--json" in sys.argv:
        print(json.dumps(dict(measured(seconds, repeats))))
        return
    print(f"{'case':<22}{'cpu %':>7}{'wait p99':>10}{'p99.9':>8}{'longest':>9}{'gap p99':>9}{'gap max':>9}{'KiB/s':>8}")
    for name, middle in measured(seconds, repeats):
        print(
            f"{name:<22}{middle['cpu_share'] * 100:>7.1f}{middle['wait_p99_ms']:>10.2f}{middle['wait_p999_ms']:>8.2f}"
            f"{middle['longest_ms']:>9.2f}{middle['gap_p99_ms']:>9.2f}{middle['gap_max_ms']:>9.2f}{middle['kib_s']:>8.1f}"
        )


if __name__ == "__main__":
    if "--child" in sys.argv:
        chosen = selectors.DefaultSelector()
        clock = CpuClock(chosen)
        loop = asyncio.SelectorEventLoop(chosen)
        loop.run_until_complete(child(sys.argv[2] == "1", float(sys.argv[3]), Path(sys.argv[4]), clock))
    else:
        main()
