"""Where the mid goes next, learned from book and flow imbalance by a rolling ridge regression.

Owns the pending labels, the window of observations and the fitted slopes. Features are those of
the book at the start of the label; labels use the last mid at or before its end. Until fifty
observations are in the window the slopes are zero, and they are shrunk by how well they explain.
Source: models.md 6.9, horizon and clamp after ruling 6.
"""

import math
from collections import deque

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.errors import ConfigError

SPACING_S = 0.05
BETA_MAX = 20e-4
WARM_OBSERVATIONS = 50
MS = 0.001


class Fit(msgspec.Struct, frozen=True, gc=False):
    """Slopes on book and flow imbalance (fraction per unit) and the share of variance explained."""

    beta_book: float = 0.0
    beta_flow: float = 0.0
    r_squared: float = 0.0
    is_refused: bool = False


class RegressionSums:
    """Sufficient statistics of a regression on two features."""

    __slots__ = ("_b", "_bb", "_bf", "_by", "_f", "_ff", "_fy", "_y", "_yy", "n")

    def __init__(self) -> None:
        self.n = 0
        self._b = self._f = self._y = 0.0
        self._bb = self._bf = self._ff = 0.0
        self._by = self._fy = self._yy = 0.0

    def add(self, book: float, flow: float, label: float, sign: int = 1) -> None:
        """Count an observation, or with sign -1 take it out again."""
        self.n += sign
        self._b += sign * book
        self._f += sign * flow
        self._y += sign * label
        self._bb += sign * book * book
        self._bf += sign * book * flow
        self._ff += sign * flow * flow
        self._by += sign * book * label
        self._fy += sign * flow * label
        self._yy += sign * label * label

    def fit(self, penalty: float) -> Fit:
        """Centred ridge slopes; zero without observations."""
        n = self.n
        if n <= 0:
            return Fit()
        b, f, y = self._b / n, self._f / n, self._y / n
        cov_bb, cov_bf, cov_ff = self._bb / n - b * b, self._bf / n - b * f, self._ff / n - f * f
        cov_by, cov_fy, variance = self._by / n - b * y, self._fy / n - f * y, self._yy / n - y * y
        diag_b, diag_f = cov_bb + penalty, cov_ff + penalty
        determinant = diag_b * diag_f - cov_bf * cov_bf
        if not determinant > 0.0:
            return Fit()
        beta_b = (diag_f * cov_by - cov_bf * cov_fy) / determinant
        beta_f = (diag_b * cov_fy - cov_bf * cov_by) / determinant
        explained = 2.0 * (beta_b * cov_by + beta_f * cov_fy) - (
            beta_b * beta_b * cov_bb + 2.0 * beta_b * beta_f * cov_bf + beta_f * beta_f * cov_ff
        )
        if not variance > 0.0:
            return Fit(beta_b, beta_f)
        return Fit(beta_b, beta_f, min(max(explained / variance, 0.0), 1.0))


class RollingRegression:
    """A regression over a window of time, at the same cost for every observation.

    A second set of sums counts the observations since the last turn of the window. When the
    window holds only those, it takes over, so that rounding never accumulates for longer than
    one window and no update pays for a recount.
    """

    __slots__ = ("_before_turn", "_since_turn", "_window", "sums")

    def __init__(self) -> None:
        self._window: deque[tuple[float, float, float, float]] = deque()
        self._before_turn = 0
        self._since_turn = RegressionSums()
        self.sums = RegressionSums()

    def add(self, at: float, book: float, flow: float, label: float) -> None:
        """Take an observation made at ``at``."""
        self._window.append((at, book, flow, label))
        self.sums.add(book, flow, label)
        self._since_turn.add(book, flow, label)

    def expire(self, before: float) -> None:
        """Take out the observations made before a time."""
        window = self._window
        while window and window[0][0] < before:
            _, book, flow, label = window.popleft()
            self.sums.add(book, flow, label, -1)
            self._before_turn -= 1
            if self._before_turn <= 0:
                self._turn(book, flow, label)

    def _turn(self, book: float, flow: float, label: float) -> None:
        if self._before_turn < 0:
            self._since_turn.add(book, flow, label, -1)
        self.sums = self._since_turn
        self._since_turn = RegressionSums()
        self._before_turn = len(self._window)


def shrink_factor(r_squared: float, n_eff: float) -> float:
    """Share of the slopes that the evidence supports, in [0, 1)."""
    if not n_eff > 3.0:
        return 0.0
    adjusted = max(1.0 - (1.0 - r_squared) * (n_eff - 1.0) / (n_eff - 3.0), 0.0)
    return adjusted / (adjusted + 1.0 / n_eff)


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
        "_last_mid",
        "_last_sample_at",
        "_penalty",
        "_pending",
        "_regression",
        "_window_s",
        "fit",
        "observations",
    )

    def __init__(self, settings: Settings) -> None:
        self._horizon_s = 0.0
        self._last_mid = 0.0
        self._last_sample_at = -math.inf
        self._pending: deque[tuple[float, float, float, float]] = deque()
        self._regression = RollingRegression()
        self.fit = Fit()
        self.observations = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; another horizon starts over, since its labels are not comparable."""
        horizon_s = settings.number("estimators.microprice_horizon_ms") * MS
        if horizon_s != self._horizon_s:
            self._horizon_s = horizon_s
            self._pending.clear()
            self._regression = RollingRegression()
            self.fit = Fit()
        self._clamp = clamp_fraction(settings.text("estimators.microprice_clamp"))
        self._window_s = settings.number("estimators.microprice_window_s")
        self._penalty = settings.number("estimators.microprice_ridge")

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
        bound = max(spread / 2.0, self._clamp)
        if abs(wanted) <= bound:
            return wanted, fit.is_refused
        return math.copysign(bound, wanted), True

    @property
    def n(self) -> int:
        """Observations in the window."""
        return self._regression.sums.n

    @property
    def is_warm(self) -> bool:
        """Whether the window holds enough observations for slopes other than zero."""
        return self.n >= WARM_OBSERVATIONS

    @property
    def n_eff(self) -> float:
        """Independent observations in the window: labels that overlap count once."""
        return min(float(self.n), self._window_s / self._horizon_s)

    def _label(self, now: float) -> None:
        pending, horizon_s = self._pending, self._horizon_s
        if not (pending and now > pending[0][0] + horizon_s):
            return
        while pending and now > pending[0][0] + horizon_s:
            at, book, flow, mid = pending.popleft()
            self._regression.add(at, book, flow, math.log(self._last_mid / mid))
            self.observations += 1
        self._regression.expire(now - self._window_s)
        self.fit = self._fitted()

    def _fitted(self) -> Fit:
        if not self.is_warm:
            return Fit()
        raw = self._regression.sums.fit(self._penalty)
        if not (abs(raw.beta_book) <= BETA_MAX and abs(raw.beta_flow) <= BETA_MAX):
            return Fit(is_refused=True)
        share = shrink_factor(raw.r_squared, self.n_eff)
        return Fit(share * raw.beta_book, share * raw.beta_flow, raw.r_squared)
