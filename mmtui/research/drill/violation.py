"""What ends a seed: a broken invariant, or the death of the simulated process.

Both derive from BaseException: the engine's own exception boundary must not swallow them.
"""


class Violation(BaseException):
    """An invariant does not hold; ``invariant`` is its number."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant
        self.text = text


class ProcessDeath(BaseException):
    """The simulated process is killed at this very point."""
