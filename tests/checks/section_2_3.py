"""Closed form of the quotes: models.md 2.3."""

from mmtui.strategies import glft
from tests.checks.values import CheckValue


def _slope() -> float:
    flow = glft.Flow(0.3, 0.9, 0.0)
    form = glft.closed_form(0.01, 0.3, flow, flow, persistence_s=60.0, attitude=glft.RiskAttitude.CARA)
    return form.slope


CHECKS = (CheckValue("2.3", "slope in ticks", 0.0678658325, _slope, abs=5e-11),)
