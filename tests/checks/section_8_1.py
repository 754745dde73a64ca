"""Intensity of liquidations: models.md 8.1."""

from functools import cache

from mmtui.estimators.cascades.cascade import EVENT_MARK_MAX, EVENT_USD
from mmtui.estimators.cascades.hawkes import BRANCHING, RATE_MULTIPLE, Excitation, decay_rate, raw_severity
from tests.checks.printed import printed
from tests.checks.values import CheckValue

EVENTS = ((0.0, 20_000.0), (3.0, 50_000.0), (4.0, 120_000.0), (4.5, 80_000.0), (20.0, 15_000.0))
SUMS = ("0.8", "2.649801917", "7.272352610", "10.224629582", "4.091813905")
SEVERITIES = ("0.184839248", "0.612234243", "1.680270236", "2.362391056", "0.945409757")
DECAY_RATE = decay_rate(10.0)
BASE_RATE = 1.0 / 60.0
QUIET_RATE = 1.0 / 3600.0


@cache
def _excitation(count: int, later_s: float = 0.0) -> float:
    excitation = Excitation()
    for at, usd in EVENTS[:count]:
        excitation.add(at, min(usd / EVENT_USD, EVENT_MARK_MAX), DECAY_RATE)
    return excitation.value(EVENTS[count - 1][0] + later_s, DECAY_RATE)


def _severity(count: int, later_s: float = 0.0) -> float:
    return raw_severity(_excitation(count, later_s), BASE_RATE, BRANCHING, DECAY_RATE)


def _reference() -> float:
    return BRANCHING * DECAY_RATE / ((RATE_MULTIPLE - 1.0) * raw_severity(1.0, 0.0, BRANCHING, DECAY_RATE))


CHECKS: tuple[CheckValue, ...] = (
    *(
        printed("8.1", f"excitation after event {place}", figure, lambda place=place: _excitation(place))
        for place, figure in enumerate(SUMS, start=1)
    ),
    *(
        printed("8.1", f"severity after event {place}", figure, lambda place=place: _severity(place))
        for place, figure in enumerate(SEVERITIES, start=1)
    ),
    printed("8.1", "severity ten seconds after the last event", "0.472704879", lambda: _severity(len(EVENTS), 10.0)),
    printed("8.1", "rate that the base rate is held against", "0.012836059", _reference),
    CheckValue(
        "8.1", "one usual event in a quiet market", 0.3, lambda: raw_severity(1.0, QUIET_RATE, BRANCHING, DECAY_RATE)
    ),
    CheckValue(
        "8.1", "one event of four in a quiet market", 1.2, lambda: raw_severity(4.0, QUIET_RATE, BRANCHING, DECAY_RATE)
    ),
)  # fmt: skip
