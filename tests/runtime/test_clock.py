"""The engine's clock: it counts sleep, and no change of the wall clock moves it."""

import time

import pytest

from mmtui.runtime.clock import EngineClock


@pytest.mark.fault("F54")
@pytest.mark.fault("F55")
def test_a_wall_clock_that_jumps_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = EngineClock()
    before = clock()
    for jump_s in (-3_600.0, 86_400.0):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: before + jump_s)
        assert 0.0 <= clock() - before < 60.0


@pytest.mark.fault("F56")
@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="the system has no clock that counts sleep")
def test_it_counts_the_time_a_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep_s = 0.0
    awake = time.clock_gettime(time.CLOCK_MONOTONIC)
    clocks = {time.CLOCK_MONOTONIC: lambda: awake, time.CLOCK_BOOTTIME: lambda: awake + asleep_s}
    monkeypatch.setattr(time, "clock_gettime", lambda which: clocks[which]())
    clock = EngineClock(speed=2.0)
    before = clock()
    asleep_s = 41.0
    assert clock() - before == pytest.approx(82.0)
