"""How the exchange's milliseconds map to a market's own time, compressed by a speed."""

import math

SPEED_MAX = 10_000.0


class MarketClock:
    """Market milliseconds since the start, ``speed`` of them in each millisecond of the exchange."""

    __slots__ = ("_speed", "_start_ms")

    def __init__(self, speed: float) -> None:
        """Raises ValueError unless the speed is above 0 and at most SPEED_MAX."""
        if not 0.0 < speed <= SPEED_MAX:
            raise ValueError(f"speed must be above 0 and at most {SPEED_MAX:g}, not {speed}")
        self._speed = speed
        self._start_ms = 0

    def start(self, now_ms: int) -> None:
        """Market time 0 is now."""
        self._start_ms = now_ms

    def market_ms(self, now_ms: int) -> float:
        """Market time at an exchange time."""
        return (now_ms - self._start_ms) * self._speed

    def exchange_ms(self, market_ms: float) -> int:
        """First exchange millisecond not before a market time."""
        passed_ms = math.floor(market_ms / self._speed)
        while passed_ms * self._speed < market_ms:
            passed_ms += 1
        return self._start_ms + passed_ms
