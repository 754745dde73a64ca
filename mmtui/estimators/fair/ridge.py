"""Ridge regression on two features over a window of time, at constant cost.

Owns sums and their closed-form solution; knows nothing of prices. Source: models.md 6.9.
"""

import math
from collections import deque

import msgspec

BLOCKS = 20


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

    def add(self, book: float, flow: float, label: float) -> None:
        """Count an observation."""
        self.n += 1
        self._b += book
        self._f += flow
        self._y += label
        self._bb += book * book
        self._bf += book * flow
        self._ff += flow * flow
        self._by += book * label
        self._fy += flow * label
        self._yy += label * label

    def include(self, other: "RegressionSums") -> None:
        """Count everything that ``other`` has counted."""
        self.n += other.n
        self._b += other._b
        self._f += other._f
        self._y += other._y
        self._bb += other._bb
        self._bf += other._bf
        self._ff += other._ff
        self._by += other._by
        self._fy += other._fy
        self._yy += other._yy

    def fit(self, penalty: float, *, is_centred: bool = True) -> Fit:
        """Ridge slopes about the means, or about zero where those are known to be; zero without observations."""
        n = self.n
        if n <= 0:
            return Fit()
        b, f, y = (self._b / n, self._f / n, self._y / n) if is_centred else (0.0, 0.0, 0.0)
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
    """A regression over a window of time, kept as blocks of a twentieth of the window.

    Whole blocks leave, and what stays is added up anew when one does: nothing is ever subtracted,
    so rounding cannot drift, and memory does not grow with the rate of observations.
    """

    __slots__ = ("_blocks", "_closed", "_open", "_opened_at", "window_s")

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self._blocks: deque[tuple[float, RegressionSums]] = deque()
        self._closed = RegressionSums()
        self._open = RegressionSums()
        self._opened_at = -math.inf

    def add(self, at: float, book: float, flow: float, label: float) -> bool:
        """Take an observation made at ``at``; True when it opens a block and old ones may have left."""
        turns = at - self._opened_at >= self.window_s / BLOCKS
        if turns:
            self._turn(at)
        self._open.add(book, flow, label)
        return turns

    @property
    def n(self) -> int:
        """Observations in the window."""
        return self._closed.n + self._open.n

    def fit(self, penalty: float) -> Fit:
        """Slopes over the window."""
        total = RegressionSums()
        total.include(self._closed)
        total.include(self._open)
        return total.fit(penalty)

    def _turn(self, at: float) -> None:
        blocks = self._blocks
        if self._open.n:
            blocks.append((self._opened_at, self._open))
        oldest = at + self.window_s / BLOCKS - self.window_s
        while blocks and blocks[0][0] < oldest:
            blocks.popleft()
        self._closed = RegressionSums()
        for _, block in blocks:
            self._closed.include(block)
        self._open = RegressionSums()
        self._opened_at = at


def shrink_factor(r_squared: float, n_eff: float) -> float:
    """Share of the slopes that the evidence supports, in [0, 1)."""
    if not n_eff > 3.0:
        return 0.0
    adjusted = max(1.0 - (1.0 - r_squared) * (n_eff - 1.0) / (n_eff - 3.0), 0.0)
    return adjusted / (adjusted + 1.0 / n_eff)
