"""The book with our own quotes in it: are we where the model wants us, and are we next?

Prices keep their rows while the mid moves; asks stand above, bids below, and our nearest quotes of both sides are
always there, behind a gap when they are further out. Own size, what is ahead of it, its chance to fill and its age
have columns of their own beside the market's size; the other half of a row shows the depth.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mmtui.console.format import NOTHING, age, aligned, compact, number, percent, signed
from mmtui.console.ladder.axis import Market
from mmtui.console.ladder.book import SideRows
from mmtui.console.ladder.layout import Laid, lay
from mmtui.console.ladder.rungs import Rung, rungs
from mmtui.console.rows import Line, Lines, Span, bar, block, join, title, width_of
from mmtui.console.scene import Scene
from mmtui.domain.view import View

OWN, AHEAD, FILL, SIZE, AGE = 9, 6, 5, 7, 5
OWN_NARROW, FILL_NARROW = 8, 4
HEADS_HEIGHT = 16
GAP = "···"
ROLES = ("text", "label", "bid", "ask", "own-bid", "own-ask")


class Frame(NamedTuple):
    """What every line of one drawing shares: widths, columns, decimals, the size that fills a bar, and roles."""

    view: View
    scene: Scene
    price_width: int
    depth: float
    decimals: int
    size_decimals: int
    left: int
    right: int
    fields: Sequence[tuple[int, int, str]]
    roles: Mapping[str, str]


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, asks from far to near, the spread, bids from near to far; our nearest quotes at every height."""
    view = scene.view
    if view is None or not (view.engine.ladder.bids or view.engine.ladder.asks):
        return block([title("LADDER", scene.state(_nothing(view)), width, scene.glyphs)], width, height)
    scene = scene.of_market()
    has_heads = height >= HEADS_HEIGHT
    body = max(height - 2 - has_heads, 0)
    market = _market(view, scene)
    laid = lay(market, scene.desk.cursors.axis, body, view.session.coin)
    frame = _frame(view, scene, width, laid)
    lines: list[Line] = [_title(scene, view, laid, width)]
    if has_heads:
        lines.append(_heads(frame))
    spare = body - laid.asks.height - laid.bids.height
    above = spare if laid.span is not None else (body + 1) // 2 - laid.asks.height
    lines += [()] * above + _side_lines(laid.asks, frame)[::-1]
    lines += [_spread(view, market, scene, width), *_side_lines(laid.bids, frame, is_bid=True)]
    return block(lines, width, height)


def _nothing(view: View | None) -> str:
    return "no book yet" if view is None or view.engine.feed.book_age_ms is None else "no book with two sides"


def _market(view: View, scene: Scene) -> Market:
    """Both sides, with what changed within the last second marked."""
    sides = [rungs(view, is_bid=is_bid) for is_bid in (True, False)]
    changes = scene.desk.cursors.changes
    changes.see(view.engine.at, sides)
    bids, asks = (tuple(rung._replace(is_changed=changes.has(rung.price)) for rung in side) for side in sides)
    return Market(bids, asks, view.engine.ladder.tick)


def _frame(view: View, scene: Scene, width: int, laid: Laid) -> Frame:
    shown = [rung for side in (laid.asks, laid.bids) for rung in (*side.near, *side.far)]
    decimals = price_decimals(view)
    prices = [len(number(rung.price, decimals)) for rung in shown]
    depth = max((rung.size for rung in shown if math.isfinite(rung.size)), default=0.0)
    own = max((_decimals(rung.own_size, view.session.size_decimals) for rung in shown if rung.own_size), default=0)
    price_width = max((len(GAP), *prices)) + 1
    left = max((width - price_width - 2) // 2, 0)
    return Frame(
        view,
        scene,
        price_width,
        depth,
        decimals,
        own,
        left,
        max(width - price_width - 2 - left, 0),
        _fields(left),
        {role: scene.mark(role) for role in ROLES},
    )


def _side_lines(side: SideRows, frame: Frame, *, is_bid: bool = False) -> list[Line]:
    """One side from the touch outwards."""
    near = [_row(rung, frame, is_bid=is_bid) for rung in side.near]
    gap = [_gap(frame)] if side.has_gap else []
    return near + gap + [_row(rung, frame, is_bid=is_bid, is_far=True) for rung in side.far]


def _gap(frame: Frame) -> Line:
    """The mark between the book and our quotes further out."""
    dots = GAP if frame.scene.glyphs.is_unicode else "." * len(GAP)
    edge: Span = (frame.scene.glyphs.divider, "rule")
    return ((" " * frame.left, "text"), edge, (f"{dots:>{frame.price_width}}", "rule"), edge)


def _distance(rung: Rung, view: View) -> str:
    mid = view.engine.ladder.mid
    return f"{signed((rung.price - mid) / mid * 1e4, 1)} bp" if mid is not None and mid > 0 else ""


def _title(scene: Scene, view: View, laid: Laid, width: int) -> Line:
    tick, span = view.engine.ladder.tick, laid.span
    parts = [f"tick {price_text(tick, view)}" if tick > 0 else ""]
    if span is not None:
        chosen = scene.desk.cursors.axis.chosen
        parts[0] += f" x{span.group}" if span.group > 1 else ""
        parts.append("anchored" if not chosen else "anchored, z lets it choose")
    if laid.hidden:
        parts.append(f"{laid.hidden} of ours further out")
    if view.engine.position.foreign_orders:
        parts.append(f"{view.engine.position.foreign_orders} foreign orders not shown")
    while len(parts) > 1 and len("  ".join(parts)) + 12 > width:
        del parts[1 if span is not None and len(parts) > 2 else -1]
    return title("LADDER", scene.state("  ".join(part for part in parts if part)), width, scene.glyphs)


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


def _market_size(size: float, view: View) -> str:
    text = number(size, min(view.session.size_decimals, 3))
    return text if len(text) < SIZE else compact(size)


def _widths(side: int) -> tuple[int, int]:
    """Widths of own size and of chance; the exact own size comes before what is ahead of it."""
    for beside in (AHEAD, 0):
        if side >= OWN + beside + FILL_NARROW + SIZE:
            return OWN, min(FILL, side - OWN - beside - SIZE)
    return OWN_NARROW, FILL_NARROW


def _own(rung: Rung, decimals: int, room: int, letter: str) -> str:
    """Own size, exact where there is room, else with fewer significant digits; what becomes of it in front."""
    # A leading zero goes before any digit does: .00445 is still exact.
    exact = number(rung.own_size, decimals)
    room -= len(rung.doing)
    for text in (exact, exact.removeprefix("0"), *(compact(rung.own_size, digits) for digits in (4, 3, 2, 1))):
        if len(text) < room:
            return rung.doing + text + letter
    return rung.doing + "#" + letter


def _fields(width: int) -> list[tuple[int, int, str]]:
    """(rank, cells, name) from the price outwards; those of the highest rank go first when narrow."""
    own, fill = _widths(width)
    fields = [
        (0, SIZE, "size"),
        (2, fill, "fill" if fill == FILL else "hit"),
        (3, AHEAD, "ahead"),
        (4, AGE, "age"),
        (1, own, "own"),
    ]
    while fields and sum(field[1] for field in fields) > width:
        fields.remove(max(fields))
    return fields


def _side(rung: Rung, frame: Frame, width: int, *, is_bid: bool) -> Line:
    """Size, chance, ahead, age, own: from the price outwards."""
    roles = frame.roles
    size = _market_size(rung.size, frame.view) if rung.size else "" if rung.is_known else NOTHING
    texts = {"size": (size, "title" if rung.is_changed and not frame.scene.doubt else roles["text"])}
    if rung.own_size:
        texts |= _ours(rung, frame, is_bid=is_bid)
    spans: list[Span] = []
    used = 0
    for _, cells, name in frame.fields:
        text, role = texts.get(name, ("", ""))
        text = text if len(text) <= cells else "#"
        blank: Span = (" " * (cells - len(text)), "text")
        spans += ((text, role), blank) if is_bid and text else (blank, (text, role)) if text else (blank,)
        used += cells
    padding: Span = (" " * (width - used), "text")
    return (padding, *reversed(spans)) if is_bid else (*spans, padding)


def _ours(rung: Rung, frame: Frame, *, is_bid: bool) -> dict[str, Span]:
    """The columns of our own order."""
    roles, side = frame.roles, "bid" if is_bid else "ask"
    room = next((cells for _, cells, name in frame.fields if name == "own"), 0)
    chance = (percent(rung.chance) if rung.chance is not None else "", roles["label"])
    return {
        "hit": chance,
        "fill": chance,
        "age": (age(rung.age_s) if rung.age_s is not None else "", roles["label"]),
        "ahead": (aligned(rung.ahead, 3) if rung.ahead is not None else "", roles["label"]),
        "own": (
            _own(rung, frame.size_decimals, room - 1, "B" if is_bid else "S"),
            roles[side if rung.doing else f"own-{side}"],
        ),
    }


def _heads(frame: Frame) -> Line:
    edge = frame.scene.glyphs.divider
    bids = "".join(f"{'bid' if name == 'size' else name:>{cells}}" for _, cells, name in reversed(frame.fields))
    asks = "".join(f"{'ask' if name == 'size' else name:>{cells}}" for _, cells, name in frame.fields)
    return (
        (f"{bids:>{frame.left}}", "label"),
        (edge, "rule"),
        (f"{'price':>{frame.price_width}}", "label"),
        (edge, "rule"),
        (f"{asks:<{frame.right}}", "label"),
    )


def _row(rung: Rung, frame: Frame, *, is_bid: bool, is_far: bool = False) -> Line:
    view, scene = frame.view, frame.scene
    share = rung.size / frame.depth if frame.depth > 0 and math.isfinite(rung.size) else 0.0
    role = "label" if not rung.is_known else "bid" if is_bid else "ask"
    price: Span = (f"{number(rung.price, frame.decimals):>{frame.price_width}}", frame.roles[role])
    edge: Span = (scene.glyphs.divider, "rule")
    left, right = frame.left, frame.right
    away = _distance(rung, view) if is_far and not rung.size else ""
    if is_bid:
        depth = bar(share, max(right - 1, 0), scene.glyphs._replace(track=" "), "bid-depth")
        beside: Line = ((f" {away}", scene.mark("label")),) if away and len(away) < right else depth
        return (*_side(rung, frame, left, is_bid=True), edge, price, edge, *beside)
    filled = round(min(share, 1.0) * max(left - 1, 0))
    bars: Line = ((" " * (left - filled), "text"), (scene.glyphs.full * filled, "ask-depth"))
    if away and len(away) <= left:
        bars = ((f"{away:>{left}}", scene.mark("label")),)
    return (*bars, edge, price, edge, *_side(rung, frame, right, is_bid=False))


def _spread(view: View, market: Market, scene: Scene, width: int) -> Line:
    """The spread in the price's unit and in bp, ours, the model's, and where the model would rather trade."""
    shown = join([(rank, (item,)) for rank, item in enumerate(_spread_items(view, market, scene))], max(width - 6, 0))
    rule = scene.glyphs.rule
    rest = rule * max(width - width_of(shown) - 4, 0)
    return ((rule * 2, "rule"), (" ", "text"), *shown, (" ", "text"), (rest, "rule"))


def _spread_items(view: View, market: Market, scene: Scene) -> list[Span]:
    ladder, engine = view.engine.ladder, view.engine
    label, warn = scene.mark("label"), scene.mark("warn")
    if not market.bids or not market.asks:
        return [("NO BIDS" if not market.bids else "NO ASKS", warn)]
    width = market.asks[0].price - market.bids[0].price
    has_touches = bool(market.asks[0].size and market.bids[0].size)
    word = "spread" if width > 0 or not has_touches else "CROSSED" if width < 0 else "LOCKED"
    items: list[Span] = [(f"{word} {number(ladder.spread_bps, 2)} bp", label if word == "spread" else warn)]
    ours = number(ladder.quoted_spread_bps, 2) if engine.bids_quoted and engine.asks_quoted else "none"
    items.append((f"ours {ours}", label))
    if ladder.model_half_spread_bps is not None:
        items.append((f"model {number(2 * ladder.model_half_spread_bps, 2)}", label))
    if ladder.mid is not None and ladder.mid > 0:
        items.append((f"mid {number(ladder.mid, price_decimals(view) + 1)}", label))
        for name, price in (("reserve", ladder.reservation), ("fair", ladder.fair)):
            if price is not None:
                items.append((f"{name} {signed((price - ladder.mid) / ladder.mid * 1e4, 2)}", label))
    return items
