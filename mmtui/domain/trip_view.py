"""What is shown of limits: how far each one is, in its own unit, in the move of the price and in time."""

import msgspec


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
