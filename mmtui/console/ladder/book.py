"""Which rows of one side of the book a ladder of few lines shows. Pure.

Owns the rule that our own quotes are never out of sight: the touch, then our nearest quotes, then as
many book rows as are left, and a gap between the book and quotes that stand further out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mmtui.console.ladder.rungs import Rung

NEAR_SHARE = 3
GAP_ROOM_MIN = 3
# A picture holds this much of each side of the book, and beyond it only our own quotes.
ROWS_SENT = 20


class SideRows(NamedTuple):
    """Best price first: the book without holes, then our quotes beyond it; ``has_gap`` between the two."""

    near: tuple[Rung, ...]
    far: tuple[Rung, ...] = ()
    has_gap: bool = False

    @property
    def height(self) -> int:
        """Lines it takes."""
        return len(self.near) + self.has_gap + len(self.far)


def choose(rows: Sequence[Rung], room: int) -> SideRows:
    """The rows of one side, best price first, that fit ``room`` lines: most own quotes, then most of the book.

    A third of the lines stay with the book, so that many levels do not hide the touch.
    """
    least = max(1, room // NEAR_SHARE) if room >= GAP_ROOM_MIN else max(room - 1, 0)
    most = max(min(room, _known(rows)), least)
    sides = [_split(rows, near, room) for near in range(most, least - 1, -1)]
    return max(sides, key=lambda side: sum(row.own_size > 0 for row in side.near) + len(side.far))


def _known(rows: Sequence[Rung]) -> int:
    """How many rows are the book without holes: quotes of ours outside what is sent of it follow."""
    known = min(len(rows), ROWS_SENT)
    while known > 1 and not rows[known - 1].size:
        known -= 1
    return known


def _split(rows: Sequence[Rung], near: int, room: int) -> SideRows:
    """The book up to ``near`` and the nearest own quotes after it."""
    after = [place for place in range(near, len(rows)) if rows[place].own_size]
    is_apart = bool(after) and (after[0] > near or near >= _known(rows))
    has_gap = is_apart and room >= GAP_ROOM_MIN
    far = tuple(rows[place] for place in after[: max(room - near - has_gap, 0)])
    return SideRows(tuple(rows[:near]), far, has_gap and bool(far))
