"""One moment on the two clocks of a console.

The engine's clock dates pictures and data, and may run faster than life in a simulation. People do
not: questions, notes and answers to commands are timed by ``real``. The two are never compared.
"""

from typing import NamedTuple


class Moment(NamedTuple):
    """Seconds on the engine's clock and real seconds of no particular origin."""

    engine: float
    real: float
