"""The price beneath the bounce of the touch, as a local level seen through noise.

Owns the level, its variance and the gate beyond which a move is a jump and not noise. Works on the
logarithm of the mid. Where the settings want it, it is the fair price that quotes centre on. Source: models.md 6.12.
"""

import math

import msgspec

from mmtui.domain.parameters import Settings

GATE = 8.0
NOISE_MIN = 1e-12
VARIANCE_MAX = 1.0
WARM_OBSERVATIONS = 10


class Level(msgspec.Struct, frozen=True, gc=False):
    """Estimated level and its variance, in the unit of the observations and its square."""

    value: float
    variance: float


def start(observed: float, noise: float) -> Level:
    """The level after the first observation of variance ``noise``."""
    return Level(observed, noise)


def observation_noise(spread: float) -> float:
    """Variance of a mid that may be anywhere within the market spread (a fraction of price)."""
    half = spread / 2.0
    return half * half / 3.0 + NOISE_MIN


def gain(predicted_variance: float, noise: float) -> float:
    """How much of a surprise is believed."""
    return predicted_variance / (predicted_variance + noise)


def update(level: Level, observed: float, process: float, noise: float) -> Level:
    """One observation of variance ``noise``, ``process`` having been added to the variance since the last one."""
    predicted = level.variance + process
    surprise = observed - level.value
    if abs(surprise) > GATE * math.sqrt(predicted + noise):
        return start(observed, noise)
    share = gain(predicted, noise)
    return Level(level.value + share * surprise, (1.0 - share) * predicted)


class FilteredMid:
    """The mid of one market, filtered; ``prices`` says whether the fair price is taken from here."""

    __slots__ = ("_at", "_level", "observations", "prices")

    def __init__(self, settings: Settings) -> None:
        self._at = 0.0
        self._level: Level | None = None
        self.observations = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take an edited mode; the level stays."""
        self.prices = settings.text("estimators.microprice_mode") == "kalman"

    def on_mid(self, at: float, mid: float, spread: float, sigma: float) -> None:
        """Take the mid (USD) of a usable touch; ``spread`` a fraction, ``sigma`` per root second."""
        observed, noise = math.log(mid), observation_noise(spread)
        level = self._level
        self.observations += 1
        if level is None:
            self._at, self._level = at, start(observed, noise)
            return
        dt_s = max(at - self._at, 0.0)
        process = min(sigma * sigma * dt_s, VARIANCE_MAX)
        self._at, self._level = self._at + dt_s, update(level, observed, process, noise)

    def skip(self) -> None:
        """Start anew with the next mid."""
        self._level = None
        self.observations = 0

    @property
    def value(self) -> float:
        """The filtered mid, USD; 0 before the first one."""
        return 0.0 if self._level is None else math.exp(self._level.value)

    @property
    def deviation(self) -> float:
        """Standard deviation of the filtered mid, as a fraction of it; 0 before the first one."""
        return 0.0 if self._level is None else math.sqrt(self._level.variance)
