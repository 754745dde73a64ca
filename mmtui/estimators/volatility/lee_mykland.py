"""Which single returns are jumps, judged against the bipower variation of the returns before them.

Owns the local window, which ends before the tested return. Two neighbouring returns of one sign that both
fail the test are one jump: the bucket in which it happened shares it between them, so that a jump is
reported one return late. Source: models.md 6.3 (Lee-Mykland).
"""

import math
from collections import deque

from mmtui.domain.parameters import Settings

WINDOW = 100
RECOUNT_UPDATES = 1000


def location(observations: float) -> float:
    """C_n: where the largest of ``observations`` standardised returns lies."""
    root = math.sqrt(2.0 * math.log(observations))
    return root - (math.log(math.pi) + math.log(math.log(observations))) / (2.0 * root)


def scale(observations: float) -> float:
    """S_n: how widely that largest one is spread."""
    return 1.0 / math.sqrt(2.0 * math.log(observations))


def threshold(observations: float, alpha: float) -> float:
    """Standardised size that ``observations`` returns without a jump exceed with probability ``alpha``."""
    return location(observations) - scale(observations) * math.log(-math.log1p(-alpha))


class LocalSigma:
    """Standard deviation of one return from the products of neighbours among the last ones."""

    __slots__ = ("_latest", "_products", "_sum", "_updates")

    def __init__(self) -> None:
        self._products: deque[float] = deque(maxlen=WINDOW - 2)
        self._sum = 0.0
        self._latest: float | None = None
        self._updates = 0

    def add(self, size: float) -> None:
        """Take an absolute return."""
        latest, self._latest = self._latest, size
        if latest is None:
            return
        products = self._products
        if len(products) == WINDOW - 2:
            self._sum -= products[0]
        products.append(size * latest)
        self._sum += size * latest
        self._updates += 1
        if self._updates >= RECOUNT_UPDATES:
            self._updates, self._sum = 0, math.fsum(products)

    def break_chain(self) -> None:
        """The next return has no neighbour."""
        self._latest = None

    @property
    def is_full(self) -> bool:
        """Whether the window is complete."""
        return len(self._products) == WINDOW - 2

    @property
    def value(self) -> float:
        """Fraction a return; call only when full."""
        return math.sqrt(math.pi / 2.0 * max(self._sum, 0.0) / (WINDOW - 2))


class JumpTest:
    """Finds jumps in a stream of returns; silent until the window is full."""

    __slots__ = ("_pending", "_sigma", "_threshold", "tested")

    def __init__(self, settings: Settings) -> None:
        self._sigma = LocalSigma()
        self._pending = 0.0
        self.tested = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take an edited test period or level; the window stays."""
        self._threshold = threshold(
            settings.number("estimators.jump_test_ticks"), settings.number("estimators.jump_test_alpha")
        )

    def on_return(self, log_return: float) -> float:
        """Take a return; the size of the jump that is now complete, as a signed fraction, else 0."""
        found = self._tested(log_return)
        self._sigma.add(abs(log_return))
        if found * self._pending > 0.0:
            complete, self._pending = self._pending + found, 0.0
        else:
            complete, self._pending = self._pending, found
        return complete

    @property
    def is_ready(self) -> bool:
        """Whether the next return can be tested."""
        return self._sigma.is_full

    def skip(self) -> None:
        """The tape was interrupted: what comes next neighbours nothing."""
        self._sigma.break_chain()
        self._pending = 0.0

    def statistic(self, log_return: float) -> float:
        """The size of a return in local standard deviations; 0 until the window is full or while nothing moves."""
        sigma = self._sigma.value if self._sigma.is_full else 0.0
        return abs(log_return) / sigma if sigma > 0.0 else 0.0

    def _tested(self, log_return: float) -> float:
        if not self._sigma.is_full:
            return 0.0
        self.tested += 1
        return log_return if self.statistic(log_return) > self._threshold else 0.0
