"""Whether orders fill as often as they were said to: a reliability curve and a Brier score for each model.

Owns the predictions under way, one an order at a time, and what came of them: filled within the horizon, or
not. An order that was taken off before its horizon ended says neither and is only counted. The reference is
the score of always saying the rate that was observed. Memory is bounded. Source: models.md 9.2.
"""

import msgspec

from mmtui.estimators.queue.chances import Chance

BINS = 10
PENDING_MAX = 1_000


class Bin(msgspec.Struct, frozen=True):
    """Predictions of one tenth of [0, 1]: how many, their mean, and the share that filled."""

    n: int
    predicted: float
    filled: float


class Score(msgspec.Struct, frozen=True):
    """Mean squared error of one model's predictions, and its ten bins."""

    brier: float
    bins: tuple[Bin, ...]


class Reliability(msgspec.Struct, frozen=True):
    """Both models on the same orders; ``reference`` is the Brier score of the rate ``filled`` itself."""

    n: int
    filled: float
    reference: float
    abandoned: int
    touch: Score
    intensity: Score


class _Sums:
    __slots__ = ("counts", "fills", "predicted", "squares")

    def __init__(self) -> None:
        self.counts = [0] * BINS
        self.fills = [0] * BINS
        self.predicted = [0.0] * BINS
        self.squares = 0.0

    def add(self, probability: float, *, has_filled: bool) -> None:
        place = min(int(probability * BINS), BINS - 1)
        self.counts[place] += 1
        self.fills[place] += has_filled
        self.predicted[place] += probability
        self.squares += (probability - has_filled) ** 2

    def score(self, n: int) -> Score:
        rows = zip(self.counts, self.predicted, self.fills, strict=True)
        return Score(self.squares / n, tuple(Bin(c, p / c, f / c) if c else Bin(0, 0.0, 0.0) for c, p, f in rows))


class _Pending(msgspec.Struct, frozen=True):
    until: float
    said: Chance


class FillCalibration:
    """Predictions against fills; ``horizon_s`` is the horizon that each was made for."""

    __slots__ = ("_abandoned", "_fills", "_intensity", "_n", "_pending", "_touch", "horizon_s")

    def __init__(self, horizon_s: float) -> None:
        self.horizon_s = horizon_s
        self._pending: dict[str, _Pending] = {}
        self._begin()

    def set_horizon(self, horizon_s: float) -> None:
        """Scores are of one horizon: another one begins anew."""
        if horizon_s != self.horizon_s:
            self.horizon_s = horizon_s
            self._begin()

    def is_free(self, key: str) -> bool:
        """Whether the order has no prediction under way."""
        return key not in self._pending

    def predict(self, now: float, key: str, said: Chance) -> None:
        """Notes what was said of an order; not while an earlier word of it is still open."""
        both = (said.touch, said.intensity)
        if key in self._pending or len(self._pending) >= PENDING_MAX or not all(0.0 <= p <= 1.0 for p in both):
            return
        self._pending[key] = _Pending(now + self.horizon_s, said)

    def filled(self, now: float, key: str) -> None:
        """An order filled, in part or whole."""
        pending = self._pending.pop(key, None)
        if pending is not None:
            self._resolve(pending, has_filled=now <= pending.until)

    def ended(self, now: float, key: str) -> None:
        """An order is over without a fill."""
        pending = self._pending.pop(key, None)
        if pending is None:
            return
        if now < pending.until:
            self._abandoned += 1
        else:
            self._resolve(pending, has_filled=False)

    def pass_time(self, now: float) -> None:
        """Resolves the predictions whose horizon has passed without a fill."""
        pending = self._pending
        for key in [key for key, one in pending.items() if now > one.until]:
            self._resolve(pending.pop(key), has_filled=False)

    def reading(self) -> Reliability | None:
        """What was found so far; None before the first order was decided."""
        n = self._n
        if not n:
            return None
        rate = self._fills / n
        return Reliability(
            n=n,
            filled=rate,
            reference=rate * (1.0 - rate),
            abandoned=self._abandoned,
            touch=self._touch.score(n),
            intensity=self._intensity.score(n),
        )

    def _begin(self) -> None:
        self._pending.clear()
        self._touch, self._intensity = _Sums(), _Sums()
        self._n = self._fills = self._abandoned = 0

    def _resolve(self, pending: _Pending, *, has_filled: bool) -> None:
        self._n += 1
        self._fills += has_filled
        self._touch.add(pending.said.touch, has_filled=has_filled)
        self._intensity.add(pending.said.intensity, has_filled=has_filled)
