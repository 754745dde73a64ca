"""What the book did next from each lean of it, and the micro-price that follows: learned online.

Owns the states (imbalance and spread in ticks), the counts of what followed each, their mirroring, and
the table of expected moves, which is solved anew every few minutes. A state seen too seldom moves
nothing. Source: models.md 6.10.
"""

import math

from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings
from mmtui.estimators.ewma import time_constant
from mmtui.estimators.fair.stoikov import settled_moves

LEANS = 7
SPREADS = 3
STATES = LEANS * SPREADS
VISITS_MIN = 30.0
HALF_LIFE_S = 1800.0
# No book tells of a move beyond this, as a fraction of the price.
MOVE_MAX = 20e-4


def state_of(imbalance: float, spread_ticks: float) -> int:
    """State of an imbalance in [-1, 1] and a spread in ticks: one, two, or more."""
    lean = min(max(int((imbalance + 1.0) / 2.0 * LEANS), 0), LEANS - 1)
    width = 0 if spread_ticks < 1.5 else 1 if spread_ticks < 2.5 else 2
    return width * LEANS + lean


def mirrored(state: int) -> int:
    """The state of the same book with its sides exchanged."""
    width, lean = divmod(state, LEANS)
    return width * LEANS + LEANS - 1 - lean


class Transitions:
    """Counts of what followed each state, and the expected moves (ticks) that they make.

    ``prices`` says whether the fair price is taken from here.
    """

    __slots__ = (
        "_at",
        "_due_at",
        "_instrument",
        "_jumps",
        "_last",
        "_moves",
        "_refit_s",
        "_stays",
        "_table",
        "_ticks_max",
        "_visits",
        "prices",
    )

    def __init__(self, settings: Settings, instrument: Instrument) -> None:
        self._instrument = instrument
        self._stays = [[0.0] * STATES for _ in range(STATES)]
        self._jumps = [[0.0] * STATES for _ in range(STATES)]
        self._moves = [0.0] * STATES
        self._visits = [0.0] * STATES
        self._table = [0.0] * STATES
        self._ticks_max = 0.0
        self._last: tuple[int, float] | None = None
        self._at: float | None = None
        self._due_at = math.inf
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; the counts stay."""
        self.prices = settings.text("estimators.microprice_mode") == "stoikov"
        self._refit_s = settings.number("estimators.stoikov_refit_s")
        self._due_at = math.inf if self._at is None else min(self._due_at, self._at + self._refit_s)

    def observe(self, now: float, mid: float, imbalance: float, spread: float) -> None:
        """Take a book: its mid in USD, its ``spread`` a fraction of the mid."""
        tick = self.tick_usd(mid)
        state = state_of(imbalance, spread * mid / tick)
        self._ticks_max = MOVE_MAX * mid / tick
        if self._last is not None:
            self._count(self._last[0], state, (mid - self._last[1]) / tick)
        self._last = state, mid
        if self._at is None:
            self._at, self._due_at = now, now + self._refit_s

    def pass_time(self, now: float) -> None:
        """Solve anew when that is due, so that no market event bears it."""
        if now >= self._due_at:
            self._settle(now)

    def tick_usd(self, mid: float) -> float:
        """Step of the price grid at ``mid``, in USD."""
        instrument = self._instrument
        return instrument.price_usd(instrument.tick(instrument.price_units(mid)))

    def skip(self) -> None:
        """Forget the last book: the feed was silent since."""
        self._last = None

    def expected_move(self, mid: float, imbalance: float, spread: float) -> tuple[float, float]:
        """How far from here the mid settles (fraction; 0 for a state seen too seldom), and how often it was seen.

        A state and its mirror image count half each.
        """
        tick = self.tick_usd(mid)
        state = state_of(imbalance, spread * mid / tick)
        return self._table[state] * tick / mid, self._both(state) / 2.0

    def settle(self) -> None:
        """Solve for the expected moves of all states seen often enough."""
        kept = [state for state in range(STATES) if self._both(state) >= 2.0 * VISITS_MIN]
        table = [0.0] * STATES
        chain = self._chain(kept)
        settled = settled_moves(*chain) if chain is not None else None
        if settled is not None and all(abs(ticks) <= self._ticks_max for ticks in settled):
            for state, ticks in zip(kept, settled, strict=True):
                table[state] = ticks
        self._table = table

    def _count(self, before: int, after: int, ticks: float) -> None:
        self._visits[before] += 1.0
        if ticks == 0.0:
            self._stays[before][after] += 1.0
            return
        self._jumps[before][after] += 1.0
        self._moves[before] += min(max(ticks, -self._ticks_max), self._ticks_max)

    def _settle(self, now: float) -> None:
        self.settle()
        keep = math.exp(-(now - (self._at or now)) / time_constant(HALF_LIFE_S))
        self._at, self._due_at = now, now + self._refit_s
        for rows in (self._stays, self._jumps):
            for row in rows:
                row[:] = [count * keep for count in row]
        self._moves = [moves * keep for moves in self._moves]
        self._visits = [count * keep for count in self._visits]

    def _both(self, state: int) -> float:
        return self._visits[state] + self._visits[mirrored(state)]

    def _chain(self, kept: list[int]) -> tuple[list[list[float]], list[list[float]], list[float]] | None:
        """Chances of staying and of jumping among the states kept, and mean moves, each counted mirrored too.

        Mirroring makes the moves balance, without which their sum has no end. What led out of the states
        kept says nothing about them.
        """
        stay, jump, moved = [], [], []
        for x in kept:
            twin = mirrored(x)
            stays = [self._stays[x][y] + self._stays[twin][mirrored(y)] for y in kept]
            jumps = [self._jumps[x][y] + self._jumps[twin][mirrored(y)] for y in kept]
            seen = math.fsum(stays) + math.fsum(jumps)
            leaves = math.fsum(self._jumps[x]) + math.fsum(self._jumps[twin])
            if not seen > 0.0:
                return None
            stay.append([count / seen for count in stays])
            jump.append([count / seen for count in jumps])
            # The mean move of all jumps, for the share of those that are kept.
            share = math.fsum(jumps) / leaves if leaves > 0.0 else 0.0
            moved.append((self._moves[x] - self._moves[twin]) * share / seen)
        return (stay, jump, moved) if kept else None
