"""Fills for other programs: consumers that a person installs, each on a thread of its own.

Owns the entry-point group ``mmtui.fills``. An entry point gives a factory; the factory, called without
arguments, gives an object with ``on_fill``. The engine's loop only puts a fill into a bounded queue: a slow
consumer loses fills, which are counted and shown as an alarm; one that raises gets no more fills. Neither
ever touches trading. The journal, not a consumer, is the record of what happened.
"""

import importlib.metadata
import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import LogLevel
from mmtui.domain.records import FillBooked
from mmtui.domain.units import usd
from mmtui.domain.view import Alarm
from mmtui.errors import ConfigError

GROUP: Final = "mmtui.fills"
PENDING_MAX: Final = 1_000
CLOSE_WITHIN_S: Final = 1.0

Report = Callable[[LogLevel, str], None]


class FillView(msgspec.Struct, frozen=True, kw_only=True):
    """One own fill as a consumer gets it.

    ``at`` is when the engine learned of it (epoch seconds), ``venue_time_ms`` when it happened; sizes in base
    units, prices in the quote currency, ``fee_usd`` a cost when positive, ``position`` after the fill, ``mid``
    None before the first book. (coin, venue_time_ms, tid, oid) is unique. A foreign fill is one of an order that
    this program did not place; a recovered one happened while no session ran.
    """

    coin: str
    at: float
    venue_time_ms: int
    tid: int
    oid: int
    cloid: str | None
    side: str
    price: float
    size: float
    fee_usd: float
    realised_usd: float
    is_taker: bool
    is_foreign: bool
    is_recovered: bool
    position: float
    mid: float | None


class FillConsumer(Protocol):
    """What a consumer is."""

    def on_fill(self, fill: FillView) -> None:
        """Takes one fill; called on a thread of the consumer's own, one fill at a time, in order."""


class FillFeed:
    """Hands every booked fill to every consumer that still works."""

    def __init__(
        self,
        consumers: Sequence[tuple[str, FillConsumer]],
        instrument: Instrument,
        *,
        clock: Callable[[], float],
        report: Report,
    ) -> None:
        self._instrument = instrument
        self._hands = [_Hand(name, consumer, clock, report) for name, consumer in consumers]

    def take(self, row: FillBooked) -> None:
        """A fill was booked; never waits and never raises."""
        if self._hands:
            fill = shown(row, self._instrument)
            for hand in self._hands:
                hand.give(fill)

    def alarms(self) -> tuple[Alarm, ...]:
        """What a person should know about the consumers."""
        return tuple(alarm for hand in self._hands if (alarm := hand.alarm()) is not None)

    def close(self) -> None:
        """Lets the consumers finish what waits, for a moment."""
        for hand in self._hands:
            hand.end()
        for hand in self._hands:
            hand.join()


class _Hand:
    """One consumer with its queue and its thread."""

    def __init__(self, name: str, consumer: FillConsumer, clock: Callable[[], float], report: Report) -> None:
        self._name = name
        self._consumer = consumer
        self._clock = clock
        self._report = report
        self._waiting: queue.Queue[FillView | None] = queue.Queue(PENDING_MAX)
        self._dropped = 0
        self._since = 0.0
        self._failure = ""
        self._thread = threading.Thread(target=self._work, name=f"fills-{name}", daemon=True)
        self._thread.start()

    def give(self, fill: FillView) -> None:
        if self._failure:
            return
        try:
            self._waiting.put_nowait(fill)
        except queue.Full:
            if not self._dropped:
                self._since = self._clock()
                self._report(LogLevel.ERROR, f"fill consumer {self._name} is too slow; fills are dropped for it")
            self._dropped += 1

    def alarm(self) -> Alarm | None:
        if self._failure:
            text = f"fill consumer {self._name} failed and gets no more fills: {self._failure}"
        elif self._dropped:
            text = f"fill consumer {self._name} is too slow: {self._dropped} fills dropped"
        else:
            return None
        return Alarm(id=f"fills:{self._name}", since=self._since, severity=2, text=text)

    def end(self) -> None:
        try:
            self._waiting.put_nowait(None)
        except queue.Full:  # its thread is a daemon and ends with the process
            self._failure = self._failure or "too slow to end"

    def join(self) -> None:
        self._thread.join(CLOSE_WITHIN_S)

    def _work(self) -> None:
        while (fill := self._waiting.get()) is not None:
            try:
                self._consumer.on_fill(fill)
            except Exception as error:  # noqa: BLE001 - foreign code: whatever it raises ends it and nothing else
                self._since = self._clock()
                self._failure = f"{type(error).__name__}: {str(error)[:200]}"
                self._report(LogLevel.ERROR, f"fill consumer {self._name} failed: {traceback.format_exc(limit=-3)}")
                return


def load_consumers(names: str) -> list[tuple[str, FillConsumer]]:
    """The consumers named in ``monitoring.fill_consumers``, made; raises ConfigError for one that cannot be."""
    wanted = [name for name in (part.strip() for part in names.split(",")) if name]
    if not wanted:
        return []
    installed = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    return [(name, _made(name, installed)) for name in dict.fromkeys(wanted)]


def _made(name: str, installed: dict[str, importlib.metadata.EntryPoint]) -> FillConsumer:
    if name not in installed:
        known = ", ".join(installed) or "none"
        raise ConfigError(f"no fill consumer is called {name!r}", remedy=f"installed in group {GROUP}: {known}")
    try:
        consumer: FillConsumer = installed[name].load()()
    except Exception as error:  # noqa: BLE001 - foreign code: whatever it raises is a reason not to start
        raise ConfigError(f"the fill consumer {name!r} cannot be made: {type(error).__name__}: {error}") from None
    if not callable(getattr(consumer, "on_fill", None)):
        raise ConfigError(f"the fill consumer {name!r} has no on_fill(fill)", remedy="see docs/operating.md")
    return consumer


def shown(row: FillBooked, instrument: Instrument) -> FillView:
    """The row in the units of people."""
    return FillView(
        coin=row.coin,
        at=row.at,
        venue_time_ms=row.venue_time_ms,
        tid=row.tid,
        oid=row.oid,
        cloid=row.cloid,
        side=row.side.name,
        price=instrument.price_usd(row.price),
        size=instrument.size_base(row.size),
        fee_usd=usd(row.fee),
        realised_usd=usd(row.realised),
        is_taker=row.is_taker,
        is_foreign=row.is_foreign,
        is_recovered=row.is_recovered,
        position=instrument.size_base(row.position),
        mid=row.mid2 / 2.0 / instrument.price_scale if row.mid2 else None,
    )
