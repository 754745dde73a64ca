"""How long the oldest row that is not durable has been waiting, as seen from the loop.

The writer has no clock, so the loop asks with its own: the answer is right to one asking interval.
"""


class Lag:
    """Follows one journal; asked at least every second."""

    __slots__ = ("_since", "_watched")

    def __init__(self) -> None:
        self._watched = 0
        self._since = 0.0

    def waiting_s(self, now: float, *, accepted: int, synced: int) -> float:
        """Seconds since the oldest row beyond ``synced`` was first seen waiting; 0 when there is none."""
        if synced >= accepted:
            self._watched = 0
            return 0.0
        if self._watched <= synced:
            # What waits now came after the last question, or was behind a row that was seen waiting then.
            self._watched, self._since = accepted, now
        return max(0.0, now - self._since)
