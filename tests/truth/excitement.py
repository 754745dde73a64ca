"""Self-exciting events and a cascade of liquidations: models.md 12.1, G3 and G6."""

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Side
from tests.truth.events import PRICE, START_S, Event, touch, trade

CASCADE_S = 60.0
CALM_S = 120.0
BRANCHING = 0.8


def hawkes(
    rng: np.random.Generator,
    horizon_s: float,
    *,
    base: float,
    branching: float,
    decay: float,
    mark: Callable[[], float] = lambda: 1.0,
) -> list[tuple[float, float]]:
    """G3: times and marks by Ogata's thinning; the state fades over every elapsed time, accepted or not."""
    at = excitation = 0.0
    found: list[tuple[float, float]] = []
    while True:
        bound = base + branching * decay * excitation
        wait = float(rng.exponential(1.0 / bound))
        at += wait
        if at >= horizon_s:
            return found
        excitation *= math.exp(-decay * wait)
        if rng.random() * bound < base + branching * decay * excitation:
            size = mark()
            found.append((at, size))
            excitation += size


def cascade(seed: int, *, drop: float = 2e-4, order_usd: float = 200_000.0) -> Iterator[Event]:
    """G6: a calm market of small orders, then a minute of forced sales that feed on each other, then calm again.

    Each forced sale sweeps four levels and takes the mid down by ``drop``; mark and open interest follow.
    """
    rng = np.random.default_rng(seed)
    tid = itertools.count(1)
    forced = hawkes(rng, CASCADE_S, base=0.3, branching=BRANCHING, decay=0.5)
    sales = [(CALM_S + at, True) for at, _ in forced]
    ordinary = np.cumsum(rng.exponential(0.5, int(2.0 * (2.0 * CALM_S + CASCADE_S)))).tolist()
    seconds = [(float(second), None) for second in range(int(2.0 * CALM_S + CASCADE_S))]
    log_mid, interest = 0.0, 10_000.0
    yield touch(START_S)
    for offset, is_forced in sorted([*sales, *((at, False) for at in ordinary), *seconds], key=lambda pair: pair[0]):
        at = START_S + offset
        if is_forced is None:
            yield at, AssetContext(PRICE * math.exp(log_mid), PRICE, 0.0, interest)
            yield touch(at, log_mid)
        elif not is_forced:
            side = Side.BUY if rng.random() < 0.5 else Side.SELL
            yield trade(at, next(tid), side, log_mid, 0.01, f"0x{next(tid):x}")
        else:
            key = f"0x{next(tid):x}"
            for level in range(4):
                yield trade(at, next(tid), Side.SELL, log_mid - level * drop / 4.0, order_usd / 4.0 / PRICE, key)
            log_mid -= drop
            interest -= order_usd / PRICE
            yield touch(at + 0.001, log_mid)
