"""Where the mid goes next, learned from book and flow imbalance by a rolling ridge regression.

Owns the pending labels, the slopes in force and the clamp. Features are those of
the book at the start of the label; labels use the last mid at or before its end. Until fifty
observations are in the window the slopes are zero, and they are shrunk by how well they explain.
Source: models.md 6.9, horizon and clamp after ruling 6.
"""

import math
from collections import deque

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.errors import ConfigError
from mmtui.estimators.fair.ridge import Fit, RollingRegression, shrink_factor

SPACING_S = 0.05
# Slopes over a minute do not change within a few labels that overlap almost wholly.
REFIT_LABELS = 5
BETA_MAX = 20e-4
WARM_OBSERVATIONS = 50
MS = 0.001


def clamp_fraction(text: str) -> float:
    """The clamp setting as a fraction of price; ``"bbo"`` is 0, half the spread being always allowed.

    Raises ConfigError for anything but ``"bbo"`` or a number of bps.
    """
    if text == "bbo":
        return 0.0
    try:
        clamp_bps = float(text)
    except ValueError:
        clamp_bps = -1.0
    if not 0.0 <= clamp_bps <= BPS:
        raise ConfigError(f"estimators.microprice_clamp is {text!r}", remedy='write "bbo" or a number of bps')
    return clamp_bps / BPS


class Microprice:
    """Slopes of the next move on the present imbalances, kept up to date."""

    __slots__ = (
        "_clamp",
        "_horizon_s",
        "_is_shrunk",
        "_last_mid",
        "_last_sample_at",
        "_penalty",
        "_pending",
        "_regression",
        "fit",
        "observations",
    )

    def __init__(self, settings: Settings) -> None:
        self._horizon_s = 0.0
        self._last_mid = 0.0
        self._last_sample_at = -math.inf
        self._pending: deque[tuple[float, float, float, float]] = deque()
        self._regression = RollingRegression(settings.number("estimators.microprice_window_s"))
        self.fit = Fit()
        self.observations = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; another horizon starts over, since its labels are not comparable."""
        horizon_s = settings.number("estimators.microprice_horizon_ms") * MS
        if horizon_s != self._horizon_s:
            self._horizon_s = horizon_s
            self._pending.clear()
            self._regression = RollingRegression(settings.number("estimators.microprice_window_s"))
            self.fit = Fit()
        self._clamp = clamp_fraction(settings.text("estimators.microprice_clamp"))
        self._regression.window_s = settings.number("estimators.microprice_window_s")
        self._penalty = settings.number("estimators.microprice_ridge")
        self._is_shrunk = settings.flag("estimators.microprice_shrink")

    def observe(self, now: float, mid: float, book_imbalance: float, flow_imbalance: float) -> None:
        """Take the mid (USD, positive) at ``now`` with the features known at that moment."""
        self._label(now)
        self._last_mid = mid
        if now - self._last_sample_at >= SPACING_S:
            self._last_sample_at = now
            self._pending.append((now, book_imbalance, flow_imbalance, mid))

    def skip(self) -> None:
        """Give up the labels under way: the feed was silent across their end."""
        self._pending.clear()

    def deviation(self, book_imbalance: float, flow_imbalance: float, spread: float) -> tuple[float, bool]:
        """Expected move of the mid (fraction), and whether the clamp or the refusal of slopes binds.

        The move stays within half the ``spread`` (fraction), or the clamp where that is wider.
        """
        fit = self.fit
        wanted = fit.beta_book * book_imbalance + fit.beta_flow * flow_imbalance
        move, is_clamped = self.clamped(wanted, spread)
        return move, is_clamped or fit.is_refused

    def clamped(self, wanted: float, spread: float) -> tuple[float, bool]:
        """A move within half the ``spread`` (fraction), or the clamp where that is wider, and whether that binds."""
        bound = max(spread / 2.0, self._clamp)
        if abs(wanted) <= bound:
            return wanted, False
        return math.copysign(bound, wanted), True

    @property
    def n(self) -> int:
        """Observations in the window."""
        return self._regression.n

    @property
    def is_warm(self) -> bool:
        """Whether the window holds enough observations for slopes other than zero."""
        return self.n >= WARM_OBSERVATIONS

    @property
    def n_eff(self) -> float:
        """Independent observations in the window: labels that overlap count once."""
        return min(float(self.n), self._regression.window_s / self._horizon_s)

    def _label(self, now: float) -> None:
        pending, horizon_s = self._pending, self._horizon_s
        if not (pending and now > pending[0][0] + horizon_s):
            return
        is_due = False
        while pending and now > pending[0][0] + horizon_s:
            at, book, flow, mid = pending.popleft()
            is_due |= self._regression.add(at, book, flow, math.log(self._last_mid / mid))
            self.observations += 1
            is_due |= self.observations % REFIT_LABELS == 0
        if is_due:
            self.fit = self._fitted()

    def _fitted(self) -> Fit:
        if not self.is_warm:
            return Fit()
        raw = self._regression.fit(self._penalty)
        if not (abs(raw.beta_book) <= BETA_MAX and abs(raw.beta_flow) <= BETA_MAX):
            return Fit(is_refused=True)
        share = shrink_factor(raw.r_squared, self.n_eff) if self._is_shrunk else 1.0
        return Fit(share * raw.beta_book, share * raw.beta_flow, raw.r_squared)
