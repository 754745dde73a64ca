"""``mmtui guard``: the small process beside the engine that cancels its orders when it is gone.

Owns its signals, its two pipes and its file of reports. The engine starts it in a session of its own;
it outlives everything that ends the engine and ends by itself when its work is done. It prints nothing,
holds no lock and reads neither configuration nor environment: what it needs comes in the first frame.
"""

import argparse
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from mmtui.errors import ConfigError, ExitCode
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.guard.exchange import HttpExchange
from mmtui.runtime.guard.messages import Beat, Charge, FromGuard, ToGuard, Unframer, frame, to_guard
from mmtui.runtime.guard.reports import keep_report
from mmtui.runtime.guard.work import Guard
from mmtui.runtime.instances import other_holder

CHARGE_WAIT_S = 10.0
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)


def guard(_: argparse.Namespace) -> int:
    """Guards the engine at the other end of standard input."""
    if sys.stdin is None or os.isatty(0):
        raise ConfigError("guard is started by the engine", remedy="start `mmtui run`")
    for number in IGNORED:
        # A service that is stopped and a terminal that is closed signal every process: this one is still needed.
        signal.signal(number, signal.SIG_IGN)
    clock = EngineClock()
    pipe = Pipe(0, clock)
    first = pipe.wait(CHARGE_WAIT_S)
    if not first or not isinstance(first[0], Charge):
        return int(ExitCode.USAGE)
    charge = first[0]
    exchange = HttpExchange(charge, venue_ms=pipe.venue_ms, learn=pipe.learn)
    reports = Path(charge.report_file)
    watch = Guard(
        charge,
        exchange,
        pipe,
        clock=clock,
        say=_say,
        keep=lambda report: keep_report(reports, report),
        is_replaced=lambda: other_holder(Path(charge.folder), charge.market, charge.engine_pid),
    )
    watch.run()
    return int(ExitCode.CLEAN)


class Pipe:
    """The engine's pipe, read without asyncio; keeps the exchange's time that its beats tell."""

    def __init__(self, descriptor: int, clock: Callable[[], float]) -> None:
        self._descriptor = descriptor
        self._clock = clock
        self._unframer = Unframer()
        self._is_closed = False
        self._learned_ms = 0
        self._learned_at = 0.0

    def learn(self, venue_ms: int) -> None:
        """What the exchange's time is now."""
        self._learned_ms, self._learned_at = venue_ms, self._clock()

    def venue_ms(self) -> int:
        """The exchange's time now; our own before the first word of it."""
        now = self._clock()
        return self._learned_ms + int((now - self._learned_at) * 1000.0) if self._learned_ms else int(now * 1000.0)

    def wait(self, seconds: float) -> list[ToGuard] | None:
        """What arrives within ``seconds``; None once the pipe is closed, after as long."""
        readable, _, _ = select.select([] if self._is_closed else [self._descriptor], [], [], max(0.0, seconds))
        if self._is_closed:
            return None
        if not readable:
            return []
        data = os.read(self._descriptor, 65_536)
        if not data:
            self._is_closed = True
            return None
        try:
            messages = [to_guard.decode(body) for body in self._unframer.feed(data)]
        except (ValueError, msgspec.MsgspecError):
            self._is_closed = True  # whatever writes there is not an engine
            return None
        for message in messages:
            if isinstance(message, Beat):
                self.learn(message.venue_ms)
        return messages


def _say(message: FromGuard) -> None:
    with contextlib.suppress(OSError):  # an engine that is gone hears nothing
        os.write(1, frame(message))
