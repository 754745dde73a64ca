"""The book with our own quotes in it: are we where the model wants us, and are we next?

The spread stays in the middle row, bids below, asks above. Own size, what is ahead of it and its
chance to fill have columns of their own beside the market's size; the other half of a row shows the
depth as a bar.
"""

import math

from mmtui.console.format import aligned, compact, number, percent, signed
from mmtui.console.rows import Line, Lines, Span, bar, block, join, title, width_of
from mmtui.console.scene import Scene
from mmtui.domain.view import BookRow, View

WIDE = 58
OWN, AHEAD, FILL, SIZE = 9, 6, 5, 7
OWN_NARROW, FILL_NARROW = 8, 4
HEADS_HEIGHT = 16


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, asks from far to near, the spread, bids from near to far."""
    view = scene.view
    has_heads = height >= HEADS_HEIGHT
    body = height - 2 - has_heads
    above, below = (body + 1) // 2, body // 2
    if view is None or not (view.engine.ladder.bids or view.engine.ladder.asks):
        return block([title("LADDER", scene.state("no book yet"), width, scene.glyphs)], width, height)
    ladder = view.engine.ladder
    depth = max((row.size for row in (*ladder.bids[:below], *ladder.asks[:above])), default=0.0)
    asks = [_row(row, view, scene, depth, width) for row in reversed(ladder.asks[:above])]
    bids = [_row(row, view, scene, depth, width, is_bid=True) for row in ladder.bids[:below]]
    lines: list[Line] = [_title(scene, view, width)]
    if has_heads:
        lines.append(_heads(view, scene, width))
    lines += [()] * (above - len(asks)) + asks + [_spread(view, scene, width)] + bids
    return block(lines, width, height)


def _title(scene: Scene, view: View, width: int) -> Line:
    engine = view.engine
    tick = f"tick {engine.ladder.tick:g}" if engine.ladder.tick else ""
    return title("LADDER", scene.state(tick), width, scene.glyphs)


def price_decimals(view: View) -> int:
    """Decimals for prices on screen: enough for the tick, never more than the instrument has."""
    tick, decimals = view.engine.ladder.tick, 0
    if not tick > 0:
        return view.session.price_decimals
    while decimals < view.session.price_decimals and abs(round(tick * 10**decimals) - tick * 10**decimals) > 1e-6:
        decimals += 1
    return decimals


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
    if side >= OWN + AHEAD + FILL_NARROW + SIZE:
        return OWN, min(FILL, side - OWN - AHEAD - SIZE)
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


def _heads(view: View, scene: Scene, width: int) -> Line:
    ladder = view.engine.ladder
    price_width = len(price_text(ladder.mid or (ladder.bids or ladder.asks)[0].price, view)) + 1
    left = (width - price_width - 2) // 2
    own_width, fill_width = _own_and_fill(left)
    names = [
        (0, SIZE, "bid"),
        (2, fill_width, "fill" if fill_width == FILL else "hit"),
        (3, AHEAD, "ahead"),
        (1, own_width, "own"),
    ]
    while sum(name[1] for name in names) > left:
        names.remove(max(names))
    edge = scene.glyphs.divider
    bids = "".join(f"{text:>{cells}}" for _, cells, text in reversed(names))
    asks = "".join(f"{'ask' if text == 'bid' else text:>{cells}}" for _, cells, text in names)
    return (
        (f"{bids:>{left}}", "label"),
        (edge, "rule"),
        (f"{'price':>{price_width}}", "label"),
        (edge, "rule"),
        (asks, "label"),
    )


def _row(row: BookRow, view: View, scene: Scene, depth: float, width: int, *, is_bid: bool = False) -> Line:
    price_width = max(len(price_text(view.engine.ladder.mid or row.price, view)), len(price_text(row.price, view))) + 1
    left = (width - price_width - 2) // 2
    right = width - price_width - 2 - left
    share = row.size / depth if depth > 0 else 0.0
    price: Span = (f"{price_text(row.price, view):>{price_width}}", scene.mark("bid" if is_bid else "ask"))
    edge: Span = (scene.glyphs.divider, "rule")
    blank = scene.glyphs._replace(track=" ")
    if is_bid:
        return (
            *_side(row, view, scene, left, is_bid=True),
            edge,
            price,
            edge,
            *bar(share, right - 1, blank, "bid-depth"),
        )
    filled = round(share * (left - 1))
    bars: Line = ((" " * (left - filled), "text"), (scene.glyphs.full * filled, "ask-depth"))
    return (*bars, edge, price, edge, *_side(row, view, scene, right, is_bid=False))


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
