"""Likelihood of a self-exciting process: models.md 8.2."""

from mmtui.estimators.cascades import hawkes_fit
from tests.checks.printed import printed

HORIZON_S = 12.0
BETA = 1.2
MU = 0.3
PLAIN = hawkes_fit.merged([0.5, 1.1, 1.3, 4.0, 4.2, 4.25, 9.0], [1.0] * 7)
WEIGHTED = hawkes_fit.merged([0.5, 1.1, 1.3, 4.0, 4.2, 4.25, 9.0], [0.5, 2.0, 1.0, 3.0, 1.0, 0.4, 1.5])


def _likelihood(events: tuple[hawkes_fit.Floats, hawkes_fit.Floats], alpha: float) -> float:
    return hawkes_fit.log_likelihood(*events, HORIZON_S, MU, alpha, BETA)


def _compensator(events: tuple[hawkes_fit.Floats, hawkes_fit.Floats], alpha: float) -> float:
    return hawkes_fit.compensator(*events, HORIZON_S, MU, alpha, BETA)


CHECKS = (
    printed("8.2", "log-likelihood", "-10.955471254", lambda: _likelihood(PLAIN, 0.5)),
    printed("8.2", "compensator", "7.086212635", lambda: _compensator(PLAIN, 0.5)),
    printed(
        "8.2", "intensity before the last event", "0.305511865",
        lambda: float(hawkes_fit.intensities(*PLAIN, MU, 0.5, BETA)[-1]),
    ),
    printed("8.2", "weighted: log-likelihood", "-10.347876622", lambda: _likelihood(WEIGHTED, 0.3)),
    printed("8.2", "weighted: compensator", "6.407604368", lambda: _compensator(WEIGHTED, 0.3)),
    printed(
        "8.2", "weighted: intensity at the end", "0.314874758",
        lambda: hawkes_fit.intensity_at(*WEIGHTED, HORIZON_S, MU, 0.3, BETA),
    ),
)  # fmt: skip
