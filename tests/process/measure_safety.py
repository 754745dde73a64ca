"""How long the ways out take, measured on real processes and sockets: ``make bench-safety``.

    python -m tests.process.measure_safety [--trials N] [--json FILE]

Against the local exchange over loopback, through a proxy that only listens: a key press to the cancel on the wire, a
stop to its verified end, a connection that comes back to an account that was compared, a kill to its latch and its
verified end. Then stop and reconnect once more in virtual time, with an exchange as far away as the real one.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pty
import queue
import random
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from mmtui.domain.commands import Act, Verb
from mmtui.domain.view import Mode
from mmtui.errors import ControlError
from mmtui.runtime.control.client import ControlClient, command_id
from tests.process import measure_simulated
from tests.process.books import ACCOUNT, own_orders
from tests.process.figures import distribution, shown, tell
from tests.process.programs import Programs

STEP_S = 0.005
LOOK_S = 0.05
HEARD_WITHIN_S = 30.0
CUTS_PER_MINUTE = 6
CONFIG = '[strategy]\nwarmup_timeout_s = 1\nwarmup_on_timeout = "quote"\n'
SIMULATED = 200


Heard: TypeAlias = "queue.SimpleQueue[tuple[float, bytes]]"


class Bench:
    """An exchange behind a listening proxy, and one market maker after the other."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.requests: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        programs.exchange("--seed", "4", speed="1")
        proxy = programs.through_proxy()
        proxy.on_request = lambda body: self.requests.put((time.monotonic(), body))
        proxy.on_answer = lambda body: self.answers.put((time.monotonic(), body))
        self.proxy = proxy
        self.config = programs.folder / "bench.toml"
        self.config.write_text(CONFIG)

    def headless(self) -> subprocess.Popen[bytes]:
        """A run without a console that quotes."""
        maker = self.programs.maker("--no-ui", "--config", str(self.config), stderr=subprocess.DEVNULL)
        self.until_quoting()
        return maker

    def with_console(self) -> tuple[subprocess.Popen[bytes], int]:
        """A run with a console on a terminal that is read; returns our end of it."""
        ours, theirs = pty.openpty()
        maker = self.programs.maker(
            "--config", str(self.config), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)
        threading.Thread(target=_drain, args=(ours,), daemon=True).start()
        self.until_quoting()
        return maker, ours

    def until_quoting(self) -> None:
        """Waits for quotes on both sides and for an engine that says so."""
        self.programs.wait_for(self._is_quoting, "an engine that quotes both sides", step_s=LOOK_S)

    def _is_quoting(self) -> bool:
        try:
            engine = self.client().look().view.engine
        except (ControlError, OSError):
            return False
        is_engine = engine.mode is Mode.QUOTING and engine.bids_quoted > 0 and engine.asks_quoted > 0
        return is_engine and self.programs.quotes_both_sides(ACCOUNT)

    def client(self) -> ControlClient:
        """A connection to the run."""
        return ControlClient(self.programs.state / f"{self.programs.market}.sock", name="bench")

    def ask(self, verb: Verb) -> None:
        """Gives the run a verb."""
        with self.client() as client:
            client.ask(Act(id=command_id(), by="bench", verb=verb), nonce=client.look().nonce)

    def heard(self, of: "Heard", what: Callable[[bytes], bool], *, since: float = 0.0) -> float:
        """When the first such request, or answer to one, passed after ``since``."""
        deadline = time.monotonic() + HEARD_WITHIN_S
        while time.monotonic() < deadline:
            at, body = of.get(timeout=HEARD_WITHIN_S)
            if at >= since and what(body):
                return at
        raise AssertionError(f"nothing of the kind was heard; the log ends with\n{self.programs.log_tail()}")

    def first_cancel(self, since: float) -> float | None:
        """When the first cancel after ``since`` passed, of those heard so far."""
        with contextlib.suppress(queue.Empty):
            while True:
                at, body = self.requests.get_nowait()
                if at >= since and _is_cancel(body):
                    return at
        return None

    def forget(self) -> None:
        """Drops what was heard so far."""
        for heard in (self.requests, self.answers):
            with contextlib.suppress(queue.Empty):
                while True:
                    heard.get_nowait()


def key_to_cancel(bench: Bench, trials: int) -> dict[str, object]:
    """From a byte on the terminal to the cancel of every quote leaving, and to an empty book."""
    rng = random.Random(1)
    maker, terminal = bench.with_console()
    wire, gone = [], []
    while len(wire) < trials:
        bench.until_quoting()
        _pause(rng.uniform(0.0, 0.5))
        bench.forget()
        began = time.monotonic()
        os.write(terminal, b"p")
        bench.programs.wait_for(lambda: not own_orders(bench.programs), "an empty book", step_s=STEP_S)
        emptied = time.monotonic()
        # A requote may have cancelled everything just before the key: nothing is left to cancel then.
        cancelled = bench.first_cancel(began)
        if cancelled is not None:
            wire.append(cancelled - began)
            gone.append(emptied - began)
        bench.ask(Verb.RESUME)
    maker.send_signal(signal.SIGTERM)
    maker.wait(timeout=30)
    return {"key to cancel on the wire": distribution(wire), "key to empty book": distribution(gone)}


def reconnect_to_reconciled(bench: Bench, trials: int) -> dict[str, object]:
    """From the account's stream being subscribed anew to the last answer of the comparison that follows."""
    maker = bench.headless()
    compared, since_cut = [], []
    for _ in range(trials):
        bench.until_quoting()
        bench.forget()
        began = time.monotonic()
        bench.proxy.cut()
        up = bench.heard(bench.requests, lambda body: b'"userFills"' in body and b"subscribe" in body, since=began)
        kinds = {b'"clearinghouseState"', b"penOrders"}

        def is_last(body: bytes, kinds: set[bytes] = kinds) -> bool:
            kinds -= {kind for kind in kinds if kind in body}
            return not kinds

        done = bench.heard(bench.answers, is_last, since=up)
        compared.append(done - up)
        since_cut.append(done - began)
        # A comparison costs about a twelfth of a minute's request weight, and the market maker keeps to that.
        _pause(60.0 / CUTS_PER_MINUTE - (time.monotonic() - began))
    maker.send_signal(signal.SIGTERM)
    maker.wait(timeout=30)
    return {"reconnected to reconciled": distribution(compared), "cut to reconciled": distribution(since_cut)}


def stop_to_verified(bench: Bench, trials: int) -> dict[str, object]:
    """From SIGTERM to an empty book, and to the end of a process that has asked twice."""
    gone, ended = [], []
    for _ in range(trials):
        maker = bench.headless()
        began = time.monotonic()
        maker.send_signal(signal.SIGTERM)
        bench.programs.wait_for(lambda: not own_orders(bench.programs), "an empty book", step_s=STEP_S)
        gone.append(time.monotonic() - began)
        assert maker.wait(timeout=30) == 0
        ended.append(time.monotonic() - began)
    return {"stop to empty book": distribution(gone), "stop to verified and ended": distribution(ended)}


def kill_to_verified(bench: Bench, trials: int) -> dict[str, object]:
    """From the kill being asked to the latch on disk, an empty book, and the end with exit code 3."""
    latched, gone, ended = [], [], []
    latch = bench.programs.state / f"{bench.programs.market}.latch.json"
    for _ in range(trials):
        maker = bench.headless()
        with bench.client() as client:
            began = time.monotonic()
            client.ask(Act(id=command_id(), by="bench", verb=Verb.KILL))
            bench.programs.wait_for(latch.exists, "the latch", step_s=0.001)
            latched.append(time.monotonic() - began)
        bench.programs.wait_for(lambda: not own_orders(bench.programs), "an empty book", step_s=STEP_S)
        gone.append(time.monotonic() - began)
        assert maker.wait(timeout=30) == 3
        ended.append(time.monotonic() - began)
        resume = ["resume", "--reason", "bench", "--network", "localhost", "--asset", "BTC"]
        assert bench.programs.run(*resume).returncode == 0
    return {
        "kill to latched": distribution(latched),
        "kill to empty book": distribution(gone),
        "kill to verified and ended": distribution(ended),
    }


def simulated(trials: int) -> dict[str, object]:
    """The same in virtual time."""
    stops = [measure_simulated.stop_to_verified(trial) for trial in range(trials)]
    reconnects = [measure_simulated.reconnect_to_reconciled(trial) for trial in range(trials)]
    return {
        "simulated, stop to empty book": distribution([gone for gone, _ in stops]),
        "simulated, stop to verified": distribution([verified for _, verified in stops]),
        "simulated, reconnected to quoting": distribution(reconnects),
    }


MEASURES = {
    "key": key_to_cancel,
    "stop": stop_to_verified,
    "kill": kill_to_verified,
    "reconnect": reconnect_to_reconciled,
}


def main() -> int:
    """Measures everything; seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.process.measure_safety", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("names", nargs="*", choices=[[], "simulated", *MEASURES], help="all when none is given")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    if not options.names or "simulated" in options.names:
        figures = simulated(max(options.trials, SIMULATED))
        tell(shown(figures))
    for measure in [measure for name, measure in MEASURES.items() if not options.names or name in options.names]:
        with tempfile.TemporaryDirectory() as folder:
            programs = Programs(Path(folder))
            try:
                found = measure(Bench(programs), options.trials)
            finally:
                programs.close()
        tell(shown(found))
        figures.update(found)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _is_cancel(body: bytes) -> bool:
    return b'"cancelByCloid"' in body or b'"type":"cancel"' in body


def _drain(terminal: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(terminal, 65_536):
            continue


def _pause(seconds: float) -> None:
    threading.Event().wait(max(0.0, seconds))


if __name__ == "__main__":
    sys.exit(main())
