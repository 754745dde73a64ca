"""What is shown of queues: how often quotes filled against how often it was foretold."""

import msgspec


class BinView(msgspec.Struct, frozen=True, gc=False):
    """Predictions in one tenth of [0, 1]: how many, their mean, and the share that came true."""

    n: int
    predicted: float
    filled: float


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """Fill probabilities of own quotes against what happened within ``horizon_s``.

    ``n`` predictions were decided, ``filled`` is the share that filled, ``reference`` the Brier score of always
    saying that share: a model below it knows something. ``abandoned`` predictions ended undecided, since the
    quote was taken off first. One score and one curve a model: by touch, and by intensity.
    """

    horizon_s: float = 0.0
    n: int = 0
    abandoned: int = 0
    filled: float | None = None
    reference: float | None = None
    brier_touch: float | None = None
    brier_intensity: float | None = None
    bins_touch: tuple[BinView, ...] = ()
    bins_intensity: tuple[BinView, ...] = ()
