"""What volatility does beyond its present level: jumps, and the way back to its mean.

Owns the jump test with the process it feeds and the fit of the variance. Fed with returns of volume ticks
and with time. Source: models.md 6.3 and 6.13.
"""

import math

from mmtui.domain.parameters import Settings
from mmtui.estimators.memory import JumpMemory, VarianceMemory
from mmtui.estimators.volatility.jumps import Jumps, total_sigma
from mmtui.estimators.volatility.lee_mykland import JumpTest
from mmtui.estimators.volatility.realised import SIGMA_MAX, SIGMA_MIN, Return
from mmtui.estimators.volatility.stochastic import SquareRootProcess, StochasticVolatility, average


class Swings:
    """Jumps and mean reversion of one market's volatility."""

    __slots__ = ("_memo", "_test", "jumps", "process", "variance")

    def __init__(self, settings: Settings) -> None:
        self._test = JumpTest(settings)
        self.jumps = Jumps()
        self.variance = StochasticVolatility()
        self.process: SquareRootProcess | None = None
        self._memo = (0.0, 0.0, 0.0)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; everything learned stays."""
        self._test.reconfigure(settings)

    def on_return(self, change: Return) -> None:
        """Take the return between two volume ticks."""
        if self._test.is_ready:
            self.jumps.watch(change.duration_s)
        size = self._test.on_return(change.log_return)
        if size != 0.0:
            self.jumps.on_jump(size)

    def on_time(self, at: float, sigma: float, *, is_known: bool) -> None:
        """Let the published ``sigma`` be sampled once it owes nothing to its prior."""
        if is_known and self.variance.observe(at, sigma):
            self._refit()

    def skip(self) -> None:
        """The feed was interrupted: nothing may reach across."""
        self._test.skip()
        self.variance.skip()

    def recall(self, jumps: JumpMemory | None, variance: VarianceMemory | None) -> None:
        """Go on from what was learned before, as far as it was kept."""
        if jumps is not None:
            self.jumps.recall(jumps)
        if variance is not None:
            self.variance.recall(variance)
            self._refit()

    def forecast(self, sigma: float, horizon_s: float) -> float:
        """Volatility expected on average over the horizon; the present one until the fit is warm."""
        process = self.process
        if process is None:
            return sigma
        if self._memo[0] != sigma or self._memo[1] != horizon_s:
            ahead = average(sigma * sigma, process.mean, process.reversion, horizon_s)
            self._memo = (sigma, horizon_s, min(max(math.sqrt(max(ahead, 0.0)), SIGMA_MIN), SIGMA_MAX))
        return self._memo[2]

    def total(self, sigma: float) -> float:
        """Diffusion and jumps together; should agree with realised volatility."""
        return total_sigma(sigma, self.jumps.variance_rate)

    @property
    def pairs(self) -> int:
        """Pairs of samples behind the fit."""
        return self.variance.pairs

    @property
    def tested(self) -> int:
        """Returns that were tested for a jump."""
        return self._test.tested

    def _refit(self) -> None:
        self.process = self.variance.process
        self._memo = (0.0, 0.0, 0.0)
