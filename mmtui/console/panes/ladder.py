"""The book with our own quotes in it: are we where the model wants us, and are we next?

The spread stays in the middle row, bids below, asks above; our nearest quotes of both sides are always
there, behind a gap when book rows between are left out. Own size, what is ahead of it and its chance
to fill have columns of their own beside the market's size; the other half of a row shows the depth.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from mmtui.console.book import SideRows, choose
from mmtui.console.format import aligned, compact, number, percent, signed
from mmtui.console.rows import Line, Lines, Span, bar, block, join, title, width_of
from mmtui.console.scene import Scene
from mmtui.domain.view import BookRow, View

WIDE = 58
OWN, AHEAD, FILL, SIZE = 9, 6, 5, 7
OWN_NARROW, FILL_NARROW = 8, 4
HEADS_HEIGHT = 16
GAP = "···"


class Frame(NamedTuple):
    """What every line of one drawing shares: the width of a price, and the size that fills a bar."""

    view: View
    scene: Scene
    width: int
    price_width: int
    depth: float

    @property
    def left(self) -> int:
        """Cells left of the price column."""
        return (self.width - self.price_width - 2) // 2

    @property
    def right(self) -> int:
        """Cells right of the price column."""
        return self.width - self.price_width - 2 - self.left


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, asks from far to near, the spread, bids from near to far; our nearest quotes at every height."""
    view = scene.view
    has_heads = height >= HEADS_HEIGHT
    body = height - 2 - has_heads
    above, below = (body + 1) // 2, body // 2
    if view is None or not (view.engine.ladder.bids or view.engine.ladder.asks):
        return block([title("LADDER", scene.state("no book yet"), width, scene.glyphs)], width, height)
    asks, bids = choose(view.engine.ladder.asks, above), choose(view.engine.ladder.bids, below)
    frame = _frame(view, scene, width, (*asks.near, *asks.far, *bids.near, *bids.far))
    lines: list[Line] = [_title(scene, view, width)]
    if has_heads:
        lines.append(_heads(frame))
    lines += [()] * (above - asks.height) + _side_lines(asks, frame)[::-1]
    lines += [_spread(view, scene, width), *_side_lines(bids, frame, is_bid=True)]
    return block(lines, width, height)


def _frame(view: View, scene: Scene, width: int, shown: Sequence[BookRow]) -> Frame:
    prices = [row.price for row in shown] + ([view.engine.ladder.mid] if view.engine.ladder.mid else [])
    price_width = max(len(GAP), *(len(price_text(price, view)) for price in prices)) + 1
    return Frame(view, scene, width, price_width, max((row.size for row in shown), default=0.0))


def _side_lines(side: SideRows, frame: Frame, *, is_bid: bool = False) -> list[Line]:
    """One side from the touch outwards."""
    near = [_row(row, frame, is_bid=is_bid) for row in side.near]
    gap = [_gap(side.far[0], frame, is_bid=is_bid)] if side.has_gap else []
    return near + gap + [_row(row, frame, is_bid=is_bid) for row in side.far]


def _gap(row: BookRow, frame: Frame, *, is_bid: bool) -> Line:
    """The mark between the book and our quotes further out, with how far from the mid they begin."""
    mid, scene = frame.view.engine.ladder.mid, frame.scene
    dots = GAP if scene.glyphs.is_unicode else "." * len(GAP)
    words = f"ours {signed((row.price - mid) / mid * 1e4, 1)} bp" if mid is not None and mid > 0 else ""
    left, right = (words, "") if is_bid else ("", f" {words}")
    left, right = (text if len(text) <= room else "" for text, room in ((left, frame.left), (right, frame.right)))
    edge: Span = (scene.glyphs.divider, "rule")
    return (
        (f"{left:>{frame.left}}", scene.mark("label")),
        edge,
        (f"{dots:>{frame.price_width}}", "rule"),
        edge,
        (f"{right:<{frame.right}}", scene.mark("label")),
    )


def _title(scene: Scene, view: View, width: int) -> Line:
    engine = view.engine
    tick = f"tick {engine.ladder.tick:g}" if engine.ladder.tick else ""
    return title("LADDER", scene.state(tick), width, scene.glyphs)


def price_decimals(view: View) -> int:
    """Decimals for prices on screen: enough for the tick, never more than the instrument has."""
    tick, decimals = view.engine.ladder.tick, 0
    if not tick > 0:
        return view.session.price_decimals
    while decimals < view.session.price_decimals and not _is_whole(tick * 10**decimals):
        decimals += 1
    return decimals


def _is_whole(value: float) -> bool:
    return abs(round(value) - value) <= 1e-6 * value


def price_text(price: float | None, view: View) -> str:
    """A price with the decimals its tick needs."""
    return number(price, price_decimals(view))


def size_text(size: float, view: View) -> str:
    """A size in base units with as many decimals as own orders need, so that sizes stay in line."""
    sizes = [size, *(row.own_size for row in (*view.engine.ladder.bids, *view.engine.ladder.asks) if row.own_size)]
    return number(size, max(_decimals(one, view.session.size_decimals) for one in sizes))


def _decimals(size: float, most: int) -> int:
    text = f"{size:.{most}f}" if math.isfinite(size) else ""
    return len(text.partition(".")[2].rstrip("0"))


def _market(size: float, view: View) -> str:
    text = number(size, min(view.session.size_decimals, 3))
    return text if len(text) < SIZE else compact(size)


def _own_and_fill(side: int) -> tuple[int, int]:
    """Widths of own size and of chance; the exact own size comes before what is ahead of it."""
    for beside in (AHEAD, 0):
        if side >= OWN + beside + FILL_NARROW + SIZE:
            return OWN, min(FILL, side - OWN - beside - SIZE)
    return OWN_NARROW, FILL_NARROW


def _own(size: float, view: View, room: int, letter: str) -> str:
    """Own size, exact where there is room, else with fewer significant digits."""
    exact = size_text(size, view)
    for text in (exact, *(compact(size, digits) for digits in (4, 3, 2, 1))):
        if len(text) < room:
            return text + letter
    return "#" + letter


def _side(row: BookRow, view: View, scene: Scene, width: int, *, is_bid: bool) -> Line:
    """Size, chance, ahead, own: from the price outwards; the outer ones go first when narrow."""
    own_width, fill_width = _own_and_fill(width)
    own = _own(row.own_size, view, own_width - 1, "B" if is_bid else "S") if row.own_size else ""
    chance = percent(row.fill_probability) if row.own_size and row.fill_probability is not None else ""
    ahead = aligned(row.ahead, 3) if row.own_size and row.ahead is not None else ""
    role = ("own-bid" if is_bid else "own-ask") if row.own_size else "text"
    fields = [
        (0, SIZE, _market(row.size, view) if row.size else "", scene.mark("text")),
        (2, fill_width, chance, scene.mark("label")),
        (3, AHEAD, ahead, scene.mark("label")),
        (1, own_width, own, scene.mark(role)),
    ]
    while sum(field[1] for field in fields) > width:
        fields.remove(max(fields))
    spans: list[Span] = []
    for _, cells, text, kind in fields:
        spans += [(" " * (cells - len(text)), "text"), (text, kind)]
    padding: Span = (" " * (width - sum(field[1] for field in fields)), "text")
    if is_bid:
        ordered = [spans[i : i + 2] for i in range(0, len(spans), 2)]
        return (padding, *(span for pair in reversed(ordered) for span in pair))
    return (*spans, padding)


def _heads(frame: Frame) -> Line:
    left = frame.left
    own_width, fill_width = _own_and_fill(left)
    names = [
        (0, SIZE, "bid"),
        (2, fill_width, "fill" if fill_width == FILL else "hit"),
        (3, AHEAD, "ahead"),
        (1, own_width, "own"),
    ]
    while sum(name[1] for name in names) > left:
        names.remove(max(names))
    edge = frame.scene.glyphs.divider
    bids = "".join(f"{text:>{cells}}" for _, cells, text in reversed(names))
    asks = "".join(f"{'ask' if text == 'bid' else text:>{cells}}" for _, cells, text in names)
    return (
        (f"{bids:>{left}}", "label"),
        (edge, "rule"),
        (f"{'price':>{frame.price_width}}", "label"),
        (edge, "rule"),
        (asks, "label"),
    )


def _row(row: BookRow, frame: Frame, *, is_bid: bool) -> Line:
    view, scene = frame.view, frame.scene
    share = row.size / frame.depth if frame.depth > 0 else 0.0
    price: Span = (f"{price_text(row.price, view):>{frame.price_width}}", scene.mark("bid" if is_bid else "ask"))
    edge: Span = (scene.glyphs.divider, "rule")
    if is_bid:
        depth = bar(share, frame.right - 1, scene.glyphs._replace(track=" "), "bid-depth")
        return (*_side(row, view, scene, frame.left, is_bid=True), edge, price, edge, *depth)
    filled = round(share * (frame.left - 1))
    bars: Line = ((" " * (frame.left - filled), "text"), (scene.glyphs.full * filled, "ask-depth"))
    return (*bars, edge, price, edge, *_side(row, view, scene, frame.right, is_bid=False))


def _spread(view: View, scene: Scene, width: int) -> Line:
    ladder, engine = view.engine.ladder, view.engine
    ours = number(ladder.quoted_spread_bps, 2) if engine.bids_quoted and engine.asks_quoted else "none"
    items = [f"spread {number(ladder.spread_bps, 2)} bp", f"ours {ours}"]
    if ladder.mid is not None and ladder.mid > 0:
        items.append(f"mid {number(ladder.mid, price_decimals(view) + 1)}")
        if ladder.reservation is not None:
            items.append(f"skew {signed((ladder.reservation - ladder.mid) / ladder.mid * 1e4, 2)} bp")
    shown = join([(rank, ((item, scene.mark("label")),)) for rank, item in enumerate(items)], width - 6)
    rule = scene.glyphs.rule
    rest = rule * max(width - width_of(shown) - 4, 0)
    return ((rule * 2, "rule"), (" ", "text"), *shown, (" ", "text"), (rest, "rule"))
