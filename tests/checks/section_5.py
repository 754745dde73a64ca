"""Dynamic gamma: models.md 5."""

from functools import partial

from mmtui.domain.estimates import Estimate, Estimates, Provenance, Signals
from mmtui.domain.parameters import Settings
from mmtui.strategies.gamma import Gamma, GammaSettings, GammaState, multipliers
from mmtui.strategies.glft import spread_factor
from tests.checks.values import CheckValue

DEFAULTS = GammaSettings.from_settings(Settings.defaults())
STEPS = GammaSettings.from_settings(Settings.defaults().with_values({"risk.tail_risk_mode": "steps"}))
SEVERITIES = (0.0, 0.3, 0.4, 0.65, 0.8, 1.0, 1.5)


def _volatility(sigma: float) -> float:
    return DEFAULTS.volatility.multiplier(sigma / DEFAULTS.sigma_baseline)


def _joint() -> Gamma:
    def learned(value: float) -> Estimate:
        return Estimate(value, "", Provenance.LEARNED)

    estimates = Estimates(
        mid=100_000.0,
        fair=learned(100_000.0),
        sigma=learned(3e-4),
        sigma_effective=learned(3e-4),
        kappa_bid=learned(3000.0),
        kappa_ask=learned(3000.0),
        intensity_bid=learned(0.2),
        intensity_ask=learned(0.2),
        jump_ratio=learned(2.5),
        book_imbalance=learned(0.0),
        flow_imbalance=learned(0.0),
        signals=Signals(cascade_severity=0.4, hawkes_ratio=2.0, spread_percentile=0.9),
    )
    return GammaState().update(0.0, multipliers(estimates, 0.75, DEFAULTS, 0.0), DEFAULTS)


def _joint_multiple() -> float:
    gamma = _joint()
    return gamma.total / gamma.base


CHECKS = (
    *(
        CheckValue("5", f"M_vol at sigma {sigma:g}", expected, partial(_volatility, sigma))
        for sigma, expected in ((1e-4, 1.0), (2e-4, 1.0), (3e-4, 1.25), (6e-4, 2.0), (2e-3, 3.0))
    ),
    *(
        CheckValue("5", f"M_tox at ratio {ratio:g}", expected, partial(DEFAULTS.toxicity.multiplier, ratio))
        for ratio, expected in ((1.0, 1.0), (1.5, 1.0), (2.5, 1.5), (3.0, 1.75), (10.0, 3.0))
    ),
    *(
        CheckValue("5", f"M_inv at |u| {share:g}", expected, partial(DEFAULTS.inventory.multiplier, share))
        for share, expected in ((0.0, 1.0), (0.5, 1.0), (0.75, 1.5), (0.9, 2.28), (1.0, 3.0), (1.3, 3.0))
    ),
    *(
        CheckValue("5", f"M_tail at severity {severity:g}", expected, partial(DEFAULTS.tail.multiplier, severity))
        for severity, expected in zip(SEVERITIES, (1.0, 1.0, 1.5, 2.75, 3.5, 4.5, 5.0), strict=True)
    ),
    *(
        CheckValue("5", f"M_tail in steps at severity {severity:g}", expected, partial(STEPS.tail.multiplier, severity))
        for severity, expected in zip(SEVERITIES, (1.0, 1.5, 1.5, 2.5, 5.0, 5.0, 5.0), strict=True)
    ),
    *(
        CheckValue("5", f"M_hawkes at ratio {ratio:g}", expected, partial(DEFAULTS.hawkes.multiplier, ratio))
        for ratio, expected in ((0.5, 1.0), (1.0, 1.0), (2.0, 1.25), (4.0, 1.75), (10.0, 2.0))
    ),
    *(
        CheckValue("5", f"M_spread at percentile {share:g}", expected, partial(DEFAULTS.regime.multiplier, share))
        for share, expected in ((0.1, 0.8), (0.5, 1.0), (0.9, 1.5))
    ),
    CheckValue("5", "joint gamma_eff", 2.373046875, lambda: _joint().total),
    CheckValue("5", "joint M", 7.91015625, _joint_multiple),
    CheckValue("5", "joint spread factor", 2.8125, lambda: spread_factor(_joint_multiple(), 0.5)),
)
