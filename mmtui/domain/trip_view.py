"""What is shown of limits: the monitors, and how far every limit is in its unit, in the move of the price, in time."""

import msgspec


class RiskBar(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One monitor as a share of its limit; ``kills`` says whether reaching it ends trading."""

    name: str
    kills: bool
    ratio: float
    value: float
    limit: float
    unit: str
    text: str = ""


class TripView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One limit; the nearest comes first.

    ``follows`` says what it does when it is reached, ``ratio`` is the share of it in use and ``distance`` what is
    left in ``unit``. ``move_bps`` is the move of the price that uses it up, with its sign, and ``time_s`` when it is
    used up at the present pace; None where neither does. ``text`` is all of it in words.
    """

    name: str
    follows: str
    value: float
    limit: float
    unit: str
    ratio: float
    distance: float
    move_bps: float | None = None
    time_s: float | None = None
    text: str = ""
