"""Liquidation cascades: pulled with hysteresis, killed when extreme for long."""

import math

import pytest

from mmtui.domain.parameters import Settings
from mmtui.risk.monitors.cascade import CascadeMonitor
from mmtui.risk.readings import Verdict
from tests.unit.risk.facts import facts

DEFAULTS = Settings.defaults()
FINE, PULL, KILL = Verdict.FINE, Verdict.PULL, Verdict.KILL


def verdicts(path, settings=DEFAULTS):
    monitor = CascadeMonitor()
    return [monitor.reading(facts(now=now, cascade_severity=severity), settings).verdict for now, severity in path]


@pytest.mark.parametrize(
    ("severity", "verdict"), [(0.0, FINE), (0.799, FINE), (0.8, PULL), (1.0, PULL), (math.nan, PULL)]
)
def test_quotes_are_pulled_at_the_threshold(severity, verdict):
    assert verdicts([(0.0, severity)]) == [verdict]


def test_pulled_quotes_come_back_after_two_seconds_well_below_the_threshold():
    assert verdicts([(0.0, 0.8), (1.0, 0.59), (2.9, 0.59), (3.0, 0.59)]) == [PULL, PULL, PULL, FINE]


def test_a_severity_just_below_the_threshold_keeps_quotes_pulled_but_does_not_pull_them():
    assert verdicts([(float(second), 0.79) for second in range(10)]) == [FINE] * 10
    assert verdicts([(0.0, 0.8)] + [(float(second), 0.61) for second in range(1, 10)]) == [PULL] * 10


def test_the_calm_starts_anew_when_it_is_broken():
    path = [(0.0, 0.9), (1.0, 0.1), (2.5, 0.61), (3.0, 0.1), (4.9, 0.1), (5.0, 0.1)]
    assert verdicts(path) == [PULL, PULL, PULL, PULL, PULL, FINE]


def test_an_extreme_cascade_kills_when_it_lasts_and_not_before():
    assert verdicts([(0.0, 0.96), (5.0, 0.97), (9.9, 0.96), (10.0, 0.96)]) == [PULL, PULL, PULL, KILL]


def test_the_kill_threshold_itself_is_not_extreme_yet():
    assert verdicts([(float(second), 0.95) for second in range(30)]) == [PULL] * 30


def test_a_dip_starts_the_hold_anew():
    assert verdicts([(0.0, 0.96), (9.0, 0.95), (9.5, 0.96), (19.4, 0.96), (19.5, 0.96)]) == [PULL] * 4 + [KILL]


def test_the_kill_can_be_turned_off_and_the_pull_stays():
    off = DEFAULTS.with_values({"risk.cascade_kill": False})
    assert verdicts([(0.0, 1.0), (100.0, 1.0)], off) == [PULL, PULL]


def test_without_a_hold_the_kill_is_demanded_at_once():
    assert verdicts([(0.0, 0.96)], DEFAULTS.with_values({"risk.cascade_kill_hold_s": 0.0})) == [KILL]
