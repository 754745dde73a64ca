"""From the bytes of a market frame to the bytes of a signed ten-order request, through the program's own path.

    python -m benchmarks.book_to_request [--samples N] [--cold N] [--json]

Frame -> wire decode -> event -> engine.step with every control on -> cancels and places -> signed and
encoded WebSocket posts. Five levels a side, warm, account anchored, prints between the books, so that
estimates move as in life; frames come in short runs, the first of which do not count. Left out: the
socket, and the journal's disk, which runs beside the loop. "All replaced" signs two requests, ten
cancels and then ten places; "ten placed" has nothing resting. In turn with them in the same run: the
ends alone as json and the SDK do them, without a decision.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.measure import collector_as_when_trading, percentiles_us, table
from benchmarks.quoting import QuotingRig, Timed
from benchmarks.signing import contenders
from benchmarks.stages import stages

IDLE_S = 0.025
FAR_BPS = 8.0
NEAR_BPS = 2.45
LEAD = 3
RUN = 10
QUOTED = 10
COLUMNS = ("p1", "p50", "p99", "p99.9")
GOALS_US = {
    "nothing to change": ("decision", 30.0),
    "half moved": ("decision", 40.0),
    "ten placed": ("request", 100.0),
}

Before = Callable[[], None] | None


class Samples:
    """Times of one case; ``others`` counts the frames that led to something else than the case is about."""

    def __init__(self) -> None:
        self.decision_ns: list[int] = []
        self.request_ns: list[int] = []
        self.others = 0

    def add(self, timed: Timed, *, is_meant: bool) -> None:
        """Takes one frame."""
        if not is_meant:
            self.others += 1
            return
        self.decision_ns.append(timed.decision_ns)
        self.request_ns.append(timed.request_ns)

    def summary(self) -> dict[str, object]:
        """Percentiles of both, in microseconds."""
        assert self.request_ns, "a case never happened"
        return {
            "samples": len(self.request_ns),
            "others": self.others,
            "decision": percentiles_us(self.decision_ns),
            "request": percentiles_us(self.request_ns),
        }


class Situation(msgspec.Struct, frozen=True):
    """What a case is about: where the mid swings to, what the frame is, how many orders it must move."""

    away_bps: float
    least: int
    most: int
    is_touch: bool = False
    is_cleared: bool = False


SITUATIONS = {
    "nothing to change": Situation(0.0, 0, 0),
    "nothing, bbo": Situation(0.0, 0, 0, is_touch=True),
    "half moved": Situation(NEAR_BPS, 4, 6),
    "ten placed": Situation(0.0, QUOTED, QUOTED, is_cleared=True),
    "all replaced": Situation(FAR_BPS, QUOTED, QUOTED),
}


def sample(rig: QuotingRig, situation: Situation, before: Before, *, is_away: bool) -> tuple[Timed, bool]:
    """One frame of a situation, and whether it led to what the situation is about."""
    shift_bps = situation.away_bps if is_away else 0.0
    frame = rig.bbo_frame(shift_bps) if situation.is_touch else rig.book_frame(shift_bps)
    rig.rest(is_cleared=situation.is_cleared)
    timed = rig.time_frame(frame, before)
    return timed, situation.least <= timed.placed <= situation.most


async def run_of_frames(
    rig: QuotingRig, situation: Situation, numbers: range, into: Samples | None = None, before: Before = None
) -> None:
    """Frames in a row; the first of a run only bring caches and orders to where the situation wants them."""
    for number in numbers:
        timed, is_meant = sample(rig, situation, before, is_away=number % 2 == 0)
        if into is not None and number >= LEAD:
            into.add(timed, is_meant=is_meant)
    await rig.pause()


async def measure(samples: int, cold: int) -> dict[str, object]:
    """All figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        rig = QuotingRig(Path(folder))
        peers = _peers(rig)
        hot = {name: Samples() for name in SITUATIONS}
        idle = {name: Samples() for name in SITUATIONS}
        beside: dict[str, list[int]] = {name: [] for name in peers}
        with collector_as_when_trading():
            for turn in range(-(-samples // RUN)):
                for name, situation in SITUATIONS.items():
                    await run_of_frames(rig, situation, range(LEAD + RUN), hot[name])
                    if turn * RUN < cold:
                        await run_of_frames(rig, situation, range(LEAD + RUN), idle[name], _idle)
                for name, peer in peers.items():
                    beside[name] += [_once(peer) for _ in range(LEAD + RUN)][LEAD:]
            alone = stages(rig)
    return {
        "hot": {name: taken.summary() for name, taken in hot.items()},
        "cold": {name: taken.summary() for name, taken in idle.items()} if cold else {},
        "peers": {name: percentiles_us(taken) for name, taken in beside.items()},
        "stages_us": alone,
    }


def _once(call: Callable[[], object]) -> int:
    began = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - began


def _idle() -> None:
    time.sleep(IDLE_S)


def _peers(rig: QuotingRig) -> dict[str, Callable[[], object]]:
    """The two ends of the path as others do them, and the calibration of this machine: the bare curve."""
    frame = rig.book_frame(0.0)
    signers = contenders()
    nonces = iter(range(10**13, 2 * 10**13))

    def decode() -> list[list[tuple[float, float]]]:
        data = json.loads(frame)["data"]
        return [[(float(level["px"]), float(level["sz"])) for level in side] for side in data["levels"]]

    def ends() -> str:
        decode()
        nonce = next(nonces)
        signature = signers["sdk, coincurve"](nonce)
        return json.dumps({"method": "post", "id": 1, "request": {"nonce": nonce, "signature": signature}})

    return {
        "bare curve call": lambda: signers["bare curve call"](0),
        "json to floats": decode,
        "json + SDK, no decision": ends,
    }


def report(result: dict[str, object]) -> str:
    """The figures as tables."""
    hot, cold, peers = result["hot"], result["cold"], result["peers"]
    ends = peers["json + SDK, no decision"]["p50"]
    curve = peers["bare curve call"]["p50"]
    parts = []
    for title, cases in (("hot, us", hot), (f"cold, after {IDLE_S * 1e3:.0f} ms idle, us", cold)):
        for column, what in (("decision", "frame to decision"), ("request", "frame to signed request bytes")):
            if cases:
                rows = [(name, _row(case, column)) for name, case in cases.items()]
                parts.append(table(f"{what}, {title}", (*COLUMNS, "samples", "others"), rows))
    rows = [(name, [values[mark] for mark in COLUMNS]) for name, values in peers.items()]
    parts.append(table("beside them, us", COLUMNS, rows))
    parts.append(
        table("stage by stage, us (each alone)", ("median",), [(n, [v]) for n, v in result["stages_us"].items()])
    )
    rows = []
    for name, (column, goal) in GOALS_US.items():
        found = hot[name][column]["p50"]
        rows.append((f"{name}, to {column}", (found, goal, found / curve, ends / found)))
    parts.append(table("hot p50 against the goals", ("us", "goal us", "x curve", "x faster"), rows))
    parts.append("x curve: bare curve calls of this run; x faster: than json + SDK without any decision.")
    return "\n\n".join(parts)


def _row(case: dict[str, object], column: str) -> list[object]:
    return [*(case[column][mark] for mark in COLUMNS), case["samples"], case["others"]]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1_000, help="of each case, hot")
    parser.add_argument("--cold", type=int, default=100, help="of each case, after idling")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = asyncio.run(measure(options.samples, min(options.cold, options.samples)))
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
        return
    sys.stdout.write(__doc__.split("\n\n", 2)[2] + "\n" + report(result) + "\n")


if __name__ == "__main__":
    main()
