"""Markets whose truth is known, as the events a market maker would see: models.md 12.1, G1, G2, G4 and G5.

Every market takes a seed and is the same for the same seed.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from mmtui.domain.instrument import Side
from mmtui.estimators.adverse.own_fills import OwnFill
from tests.truth.events import START_S, Event, book, touch, trade

SIGMA = 1e-4
STEP_S = 0.2999
TOUCH_EVERY_S = 4.0
VOLUME = 20.0
# So many trades a side that the flow imbalance does not fade.
PIECES = 5


def diffusion(
    seed: int,
    trades: int,
    *,
    rate: float = 10.0,
    jump_every_s: float = 0.0,
    jump_size: float = 0.0,
    bounce: float = 0.0,
) -> Iterator[Event]:
    """G1: trades at exponential gaps on a Brownian log mid; jumps N(0, 10 bps), Poisson in time.

    ``jump_size`` (fraction) gives every jump this size, up or down; ``bounce`` (fraction) puts each print on a
    random side of the mid.
    """
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(1.0 / rate, trades)
    steps = SIGMA * np.sqrt(gaps) * rng.standard_normal(trades)
    if jump_every_s:
        jumps = rng.poisson(gaps / jump_every_s)
        sizes = rng.choice((-1.0, 1.0), trades) * jump_size if jump_size else 10e-4 * rng.standard_normal(trades)
        steps += np.sqrt(jumps) * sizes
    sides = rng.choice((-1, 1), trades).tolist()
    prices = (np.cumsum(steps) + bounce * np.array(sides)).tolist()
    yield touch(START_S)
    for tid, (at, price, side) in enumerate(zip((START_S + np.cumsum(gaps)).tolist(), prices, sides, strict=True)):
        yield trade(at, tid, Side(side), price)


def reaches(
    seed: int, orders: int, *, kappa: float, intensity: float, grid: float = 1e-4, floor: float = 0.2e-4
) -> Iterator[Event]:
    """G2: orders of both sides that print every level of a grid up to their reach; sales beyond ``floor`` counted.

    The mid stands still; a touch comes every few seconds. Reaches are exponential with rate ``kappa`` (1/fraction),
    and orders of each side come at ``intensity`` a second.
    """
    rng = np.random.default_rng(seed)
    at, touched, tid = START_S, START_S, itertools.count()
    left = orders
    yield touch(at)
    while left:
        at += float(rng.exponential(0.5 / intensity))
        while touched + TOUCH_EVERY_S < at:
            touched += TOUCH_EVERY_S
            yield touch(touched)
        side = Side.BUY if rng.random() < 0.5 else Side.SELL
        reach = float(rng.exponential(1.0 / kappa))
        left -= side is Side.SELL and reach > floor
        size = float(rng.exponential(1.0))
        levels = [*np.arange(0.0, reach, grid).tolist(), reach]
        key = f"0x{next(tid) + 1:x}"
        for level in levels:
            yield trade(at, next(tid), side, math.log1p(side * level), size / len(levels), key)


def informed_fills(seed: int, fills: int, *, adverse: float, informed: float = 1.0) -> Iterator[Event]:
    """G4: own buys, a share of them followed at once by a move of ``adverse`` against us, on a Brownian mid."""
    rng = np.random.default_rng(seed)
    steps = (0.5, 1.0, 1.5)
    log_mid, at = 0.0, START_S
    yield touch(at)
    for _ in range(fills):
        yield at, OwnFill(side=Side.BUY, size=1.0)
        log_mid -= adverse * (rng.random() < informed)
        yield touch(at + 0.001, log_mid)
        last = 0.0
        for step in steps:
            log_mid += SIGMA * math.sqrt(step - last) * float(rng.standard_normal())
            last = step
            yield touch(at + step, log_mid)
        at += 2.0
        yield touch(at, log_mid)


def signal(seed: int, labels: int, *, slopes: tuple[float, float]) -> Iterator[Event]:
    """G5: book and flow imbalance follow AR(1) features, and the mid moves by ``slopes`` times them plus noise.

    A step is a hair below 300 ms, so that the mid at the end of each label is known in time. The flow needs a time
    constant of 0.1 s, so that trades can carry it from any value to any other.
    """
    rng = np.random.default_rng(seed)
    features, moves = _features(rng, labels, slopes)
    signed = total = log_mid = 0.0
    keep, tid = math.exp(-STEP_S / 0.1), itertools.count()
    for step, ((book_imbalance, flow), move) in enumerate(zip(features.tolist(), moves.tolist(), strict=True)):
        at = START_S + step * STEP_S
        signed, total = signed * keep, total * keep
        # The volume after which signed over total volume can be the feature, with neither side below nothing.
        wanted = max(VOLUME, (total + signed) / (1.0 + flow), (total - signed) / (1.0 - flow))
        bought = (wanted - total + flow * wanted - signed) / 2.0
        sold = wanted - total - bought
        for side, volume in ((Side.BUY, bought), (Side.SELL, sold)):
            if volume > 0.0:
                for _ in range(PIECES):
                    yield trade(at, next(tid), side, log_mid, volume / PIECES)
        signed, total = flow * wanted, wanted
        yield book(at, log_mid, book_imbalance)
        log_mid += move


def _features(rng: np.random.Generator, labels: int, slopes: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Features correlated one half, bounded by tanh, and the moves of the mid after each."""
    shocks = rng.standard_normal((labels, 2)) * math.sqrt(1.0 - 0.9**2)
    shocks[:, 1] = 0.5 * shocks[:, 0] + math.sqrt(0.75) * shocks[:, 1]
    state = rng.standard_normal(2)
    rows = []
    for shock in shocks:
        state = 0.9 * state + shock
        rows.append(np.tanh(state))
    features = np.array(rows)
    noise = SIGMA * math.sqrt(0.3) * rng.standard_normal(labels)
    return features, features @ np.array(slopes) + noise
