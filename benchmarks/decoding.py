"""What it costs to read a market frame: the program's typed decode against json, in rotated rounds.

    python -m benchmarks.decoding [--rounds N] [--json]

A full book of twenty levels a side, its five-level form, and a best bid and ask. ``json`` makes the
same floats of the same text; ``untyped`` is msgspec without a schema, with the floats made after it.
"""

import argparse
import json
import random
from collections.abc import Callable

import msgspec

from benchmarks.measure import in_turn, table
from mmtui.venues.hyperliquid import translate, wire

GOAL_OVER_JSON = 4.0


def book_frame(levels: int) -> bytes:
    """A book as the venue sends it."""
    rng = random.Random(levels)
    sides = [
        [
            {"px": f"{117_000 + sign * i}.0", "sz": f"{rng.uniform(0.01, 9):.5f}", "n": rng.randint(1, 9)}
            for i in range(levels)
        ]
        for sign in (-1, 1)
    ]
    sides[1] = [{**level, "px": f"{float(level['px']) + 1.0}"} for level in sides[1]]
    return msgspec.json.encode(
        {"channel": "l2Book", "data": {"coin": "BTC", "time": 1_790_000_000_000, "levels": sides}}
    )


def bbo_frame() -> bytes:
    """A best bid and ask as the venue sends it."""
    touch = [{"px": "117000.0", "sz": "1.25", "n": 3}, {"px": "117001.0", "sz": "0.5", "n": 1}]
    return msgspec.json.encode({"channel": "bbo", "data": {"coin": "BTC", "time": 1_790_000_000_000, "bbo": touch}})


def ways(frame: bytes) -> dict[str, Callable[[], object]]:
    """Each way to the same floats."""

    def floats(data: dict[str, object]) -> object:
        sides = data.get("levels") or [data["bbo"]]
        return [[(float(level["px"]), float(level["sz"])) for level in side] for side in sides]

    def to_domain() -> object:
        found = wire.decode(frame)
        return translate.book(found.data) if isinstance(found, wire.L2BookFrame) else translate.touch(found.data)

    return {
        "ours, decode": lambda: wire.decode(frame),
        "ours, to the domain": to_domain,
        "untyped": lambda: floats(msgspec.json.decode(frame)["data"]),
        "json": lambda: floats(json.loads(frame)["data"]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    frames = {"l2Book, 20 levels": book_frame(20), "l2Book, 5 levels": book_frame(5), "bbo": bbo_frame()}
    median_us = {name: in_turn(ways(frame), rounds=options.rounds, repeats=50) for name, frame in frames.items()}
    over_json = {name: round(found["json"] / found["ours, decode"], 2) for name, found in median_us.items()}
    if options.json:
        print(json.dumps({"median_us": median_us, "json_over_ours": over_json, "goal": GOAL_OVER_JSON}))
        return
    for name, found in median_us.items():
        ours = found["ours, decode"]
        rows = [(way, (spent, spent / ours)) for way, spent in found.items()]
        print(table(f"{name}, {len(frames[name])} bytes", ("us", "x ours"), rows) + "\n")
    print(f"goal: json at least {GOAL_OVER_JSON:g} times ours on the full book; found {over_json['l2Book, 20 levels']}")


if __name__ == "__main__":
    main()
