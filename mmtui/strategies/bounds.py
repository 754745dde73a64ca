"""Clipping that no NaN survives."""


def clip(value: float, low: float, high: float) -> float:
    """``value`` within [low, high]; a NaN becomes ``low``."""
    if low <= value <= high:
        return value
    return high if value > high else low
