"""How long stopping and reconciling take with an exchange as far away as the real one, in virtual time.

Latency of each trial is drawn between 60 and 250 ms, out and back. Figures are of the engine alone: nothing in
virtual time waits for a disk, a kernel or a neighbour.
"""

import random

from mmtui.domain.commands import Verb
from mmtui.domain.events import AnyEvent, ConnectionChanged, Feed
from mmtui.domain.parameters import Settings
from mmtui.domain.view import Mode
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.venues.exchange.direct import Latency
from tests.simulation.truth import resting

COIN = "BTC"
TICK_S = 0.1
SETTINGS = {
    "trading.asset": COIN,
    "strategy.warmup_timeout_s": 1.0,
    "strategy.warmup_on_timeout": "quote",
}


def session(trial: int) -> SimulatedSession:
    """A session that quotes on both sides."""
    rng = random.Random(trial)
    latency = Latency(uplink_ms=rng.randint(60, 250), downlink_ms=rng.randint(60, 250))
    made = SimulatedSession(
        synthetic_exchange(COIN, seed=trial),
        COIN,
        Settings.defaults().with_values(SETTINGS),
        latency=latency,
    )
    _until(made, lambda: made.view.mode is Mode.QUOTING and made.view.bids_quoted > 0 and made.view.asks_quoted > 0)
    made.run(rng.uniform(1.0, 10.0))
    return made


def stop_to_verified(trial: int) -> tuple[float, float]:
    """Seconds from the stop to an empty book at the exchange, and to an end verified by two queries."""
    running = session(trial)
    began_ms = running.now_ms
    running.act(Verb.STOP)
    _until(running, lambda: not resting(running))
    emptied_ms = running.now_ms
    _until(running, lambda: running.finish is not None)
    assert running.finish is not None
    assert not running.finish.orders_left
    assert not running.finish.unverified
    return (emptied_ms - began_ms) / 1000.0, (running.now_ms - began_ms) / 1000.0


def reconnect_to_reconciled(trial: int) -> float:
    """Seconds from the account's stream coming back, after a gap, to quoting again."""
    running = session(trial)
    deaf = {Feed.USER}

    def hears(event: AnyEvent) -> AnyEvent | None:
        return None if deaf and type(event).__name__ in ("FillsReceived", "OrderReports") else event

    running.on_event = hears
    running.feed(ConnectionChanged(received_at=running.now_ms / 1000.0, feed=Feed.USER, is_up=False, text="cut"))
    running.run(random.Random(trial).uniform(2.0, 8.0))
    deaf.clear()
    began_ms = running.now_ms
    running.feed(ConnectionChanged(received_at=running.now_ms / 1000.0, feed=Feed.USER, is_up=True))
    _until(running, lambda: running.view.mode is Mode.QUOTING)
    return (running.now_ms - began_ms) / 1000.0


def _until(running: SimulatedSession, claim: object, limit_s: float = 120.0) -> None:
    assert callable(claim)
    for _ in range(int(limit_s / TICK_S)):
        if claim():
            return
        running.run(TICK_S)
    raise AssertionError("the session did not get there")
