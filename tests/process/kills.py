"""Killing a market maker at random moments, again and again, and asking the exchange what became of it.

One trial: a run starts, lives up to a moment chosen by the seed, and is killed. Then its guard alone cancels what it
left, or the guard dies with it and the next run has to, or the next run starts while the guard is at work. Shared by
the tests and by the soak.
"""

import os
import random
import signal
import subprocess
import time

import msgspec

from mmtui.runtime.instances import Running, is_locked
from tests.process.books import ACCOUNT, filled, own_orders
from tests.process.programs import Programs

GUARD_LIMIT_S = 12.0
RECONCILE_LIMIT_S = 3.0
STEP_S = 0.02
MANY_STARTS = ("--set", "risk.unclean_starts_max=1000")  # what is done here on purpose is a crash loop otherwise
EARLY = ("announced", "first order")
LATE = ("quoting", "cycles", "fill", "stopping")
GUARD_ALONE, GUARD_DIES, BOTH = "guard alone", "guard dies", "guard and next run"
AFTERWARDS = (GUARD_ALONE, GUARD_DIES, BOTH)


class Moment(msgspec.Struct, frozen=True):
    """When a run is killed, ``count`` says after how many cycles more, and who looks after its orders then."""

    name: str
    count: int
    afterwards: str


class Trial(msgspec.Struct, kw_only=True):
    """What one kill showed. Times are seconds on loopback, None where the trial did not measure them."""

    moment: Moment
    left: int = 0
    cleared_s: float | None = None
    reconciled_s: float | None = None
    from_spawn_s: float | None = None
    faults: list[str] = msgspec.field(default_factory=list)


def moments(seed: int, count: int) -> list[Moment]:
    """``count`` moments, the same for the same seed."""
    rng = random.Random(seed)
    names = [rng.choice(LATE if rng.random() < 0.75 else EARLY) for _ in range(count)]
    return [Moment(name, rng.randint(1, 6), AFTERWARDS[number % 3]) for number, name in enumerate(names)]


class Killings:
    """The trials on one exchange, one state folder and one account; the run left by one is followed by the next."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.trials: list[Trial] = []
        self._maker: subprocess.Popen[bytes] | None = None
        self._leftovers: set[int] = set()

    def run(self, moment: Moment) -> Trial:
        """One trial."""
        trial = Trial(moment=moment)
        self.trials.append(trial)
        self._boot(trial)
        self._reach(moment)
        self._kill(trial)
        if moment.afterwards == GUARD_ALONE:
            self._guarded(trial)
        return trial

    def finish(self) -> subprocess.CompletedProcess[bytes]:
        """One more run, which has to find everything in order; it stops by itself."""
        last = Trial(moment=Moment("stopped", 0, ""))
        self.trials.append(last)
        maker = self._boot(last)
        self.programs.wait_for(lambda: self.programs.quotes_both_sides(ACCOUNT), "quotes after all kills")
        maker.send_signal(signal.SIGTERM)
        out, said = maker.communicate(timeout=30)
        return subprocess.CompletedProcess(maker.args, maker.returncode, out, said)

    def _boot(self, trial: Trial) -> subprocess.Popen[bytes]:
        """Starts a run; what the killed one left must be gone soon after it has the lock."""
        began = time.monotonic()
        self._maker = maker = self.programs.maker("--no-ui", *MANY_STARTS)
        self.programs.wait_for(lambda: self.announced() is not None, "the run to announce itself", step_s=STEP_S)
        announced = time.monotonic()
        if self._leftovers:
            self._until(lambda: self._leftovers.isdisjoint(self._resting()), RECONCILE_LIMIT_S, trial, "leftovers rest")
            now = time.monotonic()
            trial.reconciled_s, trial.from_spawn_s = now - announced, now - began
            self._leftovers = set()
        return maker

    def _reach(self, moment: Moment) -> None:
        programs = self.programs
        if moment.name == "announced":
            return
        programs.wait_for(lambda: own_orders(programs), "a first order", step_s=STEP_S)
        if moment.name == "first order":
            return
        programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides", step_s=STEP_S)
        if moment.name == "cycles":
            programs.wait_for_cycles(moment.count)
        elif moment.name == "fill":
            until = len(filled(programs)) + 1
            programs.wait_for(lambda: len(filled(programs)) >= until, "a fill", step_s=STEP_S)
        elif moment.name == "stopping":
            assert self._maker is not None
            self._maker.send_signal(signal.SIGTERM)

    def _kill(self, trial: Trial) -> None:
        maker = self._maker
        assert maker is not None
        guards = self.programs.orphans() if trial.moment.afterwards == GUARD_DIES else []
        for pid in guards:
            os.kill(pid, signal.SIGKILL)
        maker.send_signal(signal.SIGKILL)
        maker.wait(timeout=10)
        folder = self.programs.state
        if trial.moment.name != "stopping" and is_locked(folder, self.programs.market):
            trial.faults.append("the market is still locked after the kill")
        self._leftovers = self._resting()
        trial.left = len(self._leftovers)

    def _guarded(self, trial: Trial) -> None:
        """The guard alone has to clear the book; then nothing may come back."""
        began = time.monotonic()
        self._until(lambda: not own_orders(self.programs), GUARD_LIMIT_S, trial, "orders rest after the guard's time")
        trial.cleared_s = time.monotonic() - began
        self.programs.wait_for(lambda: not self.programs.orphans(), "the guard to have done its work")
        if own_orders(self.programs):
            trial.faults.append("orders came back after the guard had cleared the book")
        self._leftovers = set()

    def _until(self, claim: object, limit_s: float, trial: Trial, what: str) -> None:
        assert callable(claim)
        try:
            self.programs.wait_for(claim, what, limit_s, step_s=STEP_S)
        except AssertionError:
            trial.faults.append(f"{what}: {len(own_orders(self.programs))} orders after {limit_s:.0f} s")

    def _resting(self) -> set[int]:
        return {order["oid"] for order in own_orders(self.programs)}

    def announced(self) -> Running | None:
        """The run as it announced itself, None before it has."""
        assert self._maker is not None
        assert self._maker.poll() is None, f"the run ended with {self._maker.returncode}: {self.programs.said()}"
        path = self.programs.state / f"{self.programs.market}.running.json"
        try:
            running = msgspec.json.decode(path.read_bytes(), type=Running)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return running if running.pid == self._maker.pid else None
