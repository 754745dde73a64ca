"""Recordings of markets whose truth is known, written as the program records them."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmtui.domain.book import Book, Touch, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.parameters.schema import Value
from mmtui.research.calibration.fitting import Calibration, calibration
from mmtui.research.calibration.observed import Observed
from mmtui.research.calibration.sources import recordings
from mmtui.research.calibration.watching import watch
from tests.truth.events import Event

DEFAULTS = Settings.defaults()


def recorded(path: Path, events: Iterable[Event], coin: str = "TRUE") -> Path:
    """The events as lines; sizes have three decimals, and so have prices."""
    with path.open("w") as stream:
        for at, event in events:
            stream.write(json.dumps({"ts": round(at * 1000), "msg": _message(event, coin)}) + "\n")
    return path


def observed(*paths: Path, **changes: Value) -> tuple[Observed, Settings]:
    """What is kept of recordings, for a single fit; settings as in ``fitted``."""
    settings = DEFAULTS.with_values({key.replace("__", "."): value for key, value in changes.items()})
    return watch(recordings(paths), settings, feeds_panel=False).observed, settings


def fitted(*paths: Path, **changes: Value) -> Calibration:
    """The fit to recordings with some settings changed, ``__`` standing for the dot; the panel is not played."""
    settings = DEFAULTS.with_values({key.replace("__", "."): value for key, value in changes.items()})
    found = recordings(paths)
    watched = watch(found, settings, feeds_panel=False)
    return calibration(found, watched.observed, watched.live, settings)


def line(ts_ms: int, channel: str, payload: object) -> str:
    """One line of a recording."""
    return json.dumps({"ts": ts_ms, "msg": {"channel": channel, "data": payload}}) + "\n"


def market(
    seed: int,
    seconds: float,
    *,
    sigma: float = 1e-4,
    kappa: float = 3000.0,
    intensity: float = 0.5,
    pushed: float = 0.0,
) -> Iterable[Event]:
    """A mid that diffuses, and orders of both sides that reach beyond it; each then pushes the mid by ``pushed``.

    A touch comes with every order and twice a second.
    """
    rng = np.random.default_rng(seed)
    at, end, log_mid, tid = 1_700_000_000.0, 1_700_000_000.0 + seconds, 0.0, 0
    yield _touch(at, log_mid)
    while at < end:
        gap = min(float(rng.exponential(0.5 / intensity)), 0.5)
        is_order = gap < 0.5
        at += gap
        log_mid += sigma * math.sqrt(gap) * float(rng.standard_normal())
        yield _touch(at, log_mid)
        if is_order:
            side = Side.BUY if rng.random() < 0.5 else Side.SELL
            price = 1e5 * math.exp(log_mid) * (1.0 + side * float(rng.exponential(1.0 / kappa)))
            at, tid = at + 0.002, tid + 1
            yield at, Trade(round(at * 1000), side, price, 1.0, tid, f"0x{tid:x}")
            log_mid += side * pushed
            at += 0.002
            yield _touch(at, log_mid)


def _touch(at: float, log_mid: float) -> Event:
    mid = 1e5 * math.exp(log_mid)
    return at, Touch(round(at * 1000), mid - 0.5, 1.0, mid + 0.5, 1.0)


def _message(event: object, coin: str) -> dict[str, object]:
    if isinstance(event, Trade):
        one = {
            "coin": coin, "side": event.side.wire, "px": f"{event.price:.3f}", "sz": f"{max(event.size, 0.001):.3f}",
            "time": event.venue_time_ms, "tid": event.tid, "hash": event.order_key,
        }  # fmt: skip
        return {"channel": "trades", "data": [one]}
    if isinstance(event, Touch):
        bbo = [_level(event.bid, event.bid_size), _level(event.ask, event.ask_size)]
        return {"channel": "bbo", "data": {"coin": coin, "time": event.venue_time_ms, "bbo": bbo}}
    assert isinstance(event, Book)
    bids = [_level(*row) for row in zip(event.bid_prices, event.bid_sizes, strict=True)]
    asks = [_level(*row) for row in zip(event.ask_prices, event.ask_sizes, strict=True)]
    return {"channel": "l2Book", "data": {"coin": coin, "time": event.venue_time_ms, "levels": [bids, asks]}}


def _level(price: float, size: float) -> dict[str, object]:
    return {"px": f"{price:.3f}", "sz": f"{size:.3f}", "n": 1}
