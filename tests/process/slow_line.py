"""A line of few bytes a second and a long way, between a program's pseudo terminal and the one who looks at it.

Carries bytes both ways late and, towards the far end, no faster than the line takes; answers status reports as a
terminal does once what came before has arrived. Counts what the program has written and what has arrived.
"""

import os
import select
import threading
import time
from collections import deque

STEP_S = 0.01
REPORT, ANSWER = b"\x1b[5n", b"\x1b[0n"


class SlowLine:
    """One line on the master side of a pseudo terminal; ``arrived`` is what the far end has seen so far."""

    def __init__(self, master: int, *, bytes_s: int, way_s: float) -> None:
        self.arrived = b""
        self._master = master
        self._step_bytes = max(int(bytes_s * STEP_S), 1)
        self._way_s = way_s
        self._out: deque[tuple[float, bytes]] = deque()
        self._back: deque[tuple[float, bytes]] = deque()
        self._tail = b""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def type(self, keys: bytes) -> None:
        """Sends keys on their way to the program."""
        self._back.append((time.monotonic() + self._way_s, keys))

    def close(self) -> None:
        """Ends the line; the terminal stays."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(STEP_S):
            now = time.monotonic()
            ready, _, _ = select.select([self._master], [], [], 0.0)
            if ready:
                try:
                    data = os.read(self._master, self._step_bytes)
                except OSError:
                    return
                self._out.append((now + self._way_s, data))
            while self._out and self._out[0][0] <= now:
                self._arrive(self._out.popleft()[1], now)
            while self._back and self._back[0][0] <= now:
                os.write(self._master, self._back.popleft()[1])

    def _arrive(self, data: bytes, now: float) -> None:
        text = self._tail + data
        for _ in range(text.count(REPORT)):
            self._back.append((now + self._way_s, ANSWER))
        self._tail = (
            text[text.rfind(REPORT) + len(REPORT) :][-len(REPORT) + 1 :] if REPORT in text else text[1 - len(REPORT) :]
        )
        self.arrived += data
