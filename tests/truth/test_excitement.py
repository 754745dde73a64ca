"""Events that feed on each other are told from calm, and their truth is found."""

import math

import numpy as np
import pytest

from mmtui.domain.book import Trade
from tests.truth.events import START_S, feed, panel
from tests.truth.excitement import CALM_S, CASCADE_S, cascade, hawkes

PULL = 0.8
NORMAL = 0.3
FORCED_PRINT_USD = 10_000.0
ORDERS_TO_PULL = 10


def severities(seed: int) -> list[tuple[float, float, int]]:
    """The panel's severity by seconds since the cascade began, and how many forced orders had come by then."""
    estimators, forced, found = panel(), set(), []
    for at, event in cascade(seed):
        feed(estimators, [(at, event)])
        if isinstance(event, Trade) and event.size * event.price > FORCED_PRINT_USD:
            forced.add(event.order_key)
        found.append((at - START_S - CALM_S, estimators.cascade_severity(at), len(forced)))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_cascade_is_seen_after_few_orders_and_forgotten_within_a_minute(seed: int) -> None:
    found = severities(seed)
    assert max(severity for at, severity, _ in found if at < 0.0) < NORMAL
    assert next(orders for _, severity, orders in found if severity >= PULL) <= ORDERS_TO_PULL
    assert max(severity for at, severity, _ in found if at > CASCADE_S + 60.0) < NORMAL


def test_excited_events_come_as_often_as_their_stationary_law_says() -> None:
    base, branching, decay, horizon_s, runs = 0.5, 0.6, 1.5, 400.0, 30
    counts = [
        len(hawkes(np.random.default_rng(seed), horizon_s, base=base, branching=branching, decay=decay))
        for seed in range(runs)
    ]
    mean = base * horizon_s / (1.0 - branching)
    # The variance of the count is that of a Poisson one over (1 - branching) squared; it starts from silence.
    sd = math.sqrt(mean) / (1.0 - branching)
    assert np.mean(counts) == pytest.approx(mean, abs=4.0 * sd / math.sqrt(runs) + 3.0)
    assert np.std(counts, ddof=1) == pytest.approx(sd, rel=4.0 / math.sqrt(2.0 * runs))
