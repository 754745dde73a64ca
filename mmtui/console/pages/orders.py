"""The page of orders: what rests, what is on its way, what is over; and the life of the chosen one."""

from mmtui.console.desk import Desk
from mmtui.console.format import age, clock, compact, cut, number, percent, plain, signed
from mmtui.console.panes.ladder import price_text, size_text
from mmtui.console.panes.orders import CLOSED, SHORT_STATES, UNSURE
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.consultations import OrderTold
from mmtui.domain.queue_view import QueueView
from mmtui.domain.view import OrderRow, View

PAGE = "orders"
OVER_MAX = 50
WIDE, WHAT = 100, 20
COLUMNS = (
    Column("side", 4, 0, is_left=True),
    Column("lvl", 3, 4),
    Column("price", 10, 0),
    Column("size", 9, 0),
    Column("filled", 9, 5),
    Column("ahead", 7, 3),
    Column("fill", 5, 2),
    Column("age", 5, 1),
    Column("state", 15, 0, is_left=True),
    Column("keep bp", 7, 8),
    Column("move bp", 7, 9),
    Column("heard", 5, 7),
    Column("cloid", 10, 6, is_left=True),
    Column("oid", 12, 11),
    Column("why", 44, 10, is_left=True),
)


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Working orders as in the ladder, then those in doubt, then the newest that are over; others' at the end."""
    view = scene.view
    if view is None:
        return block([title("ORDERS", scene.state(), width, scene.glyphs)], width, height)
    ordered = listed(view)
    room = max(height - 2, 0)
    cursors, told = scene.desk.cursors, scene.desk.findings.latest(OrderTold)
    is_told = told is not None and told.cloid == cursors.anchor(PAGE)
    picked, first = cursors.on(PAGE, [row.cloid for row in ordered], room, is_pinned_at_top=is_told)
    lines: list[Line] = [title("ORDERS", scene.state(_detail(ordered, view, width)), width, scene.glyphs)]
    shown = columns_for(COLUMNS, width - 1)
    lines.append(((" " + headings(COLUMNS, shown), "label"),))
    if not ordered:
        lines.append(((" no orders out, and none were sent in this session", "label"),))
    window = ordered[first : first + room]
    marks = [scene.glyphs.arrow if first + place == picked else " " for place in range(len(window))]
    lines += table(COLUMNS, [_cells(row, view, scene) for row in window], width, marks=marks)
    return block(lines, width, height)


def story_rows(scene: Scene, width: int, height: int) -> Lines:
    """The life of the chosen order if it was asked for; what is known of it otherwise."""
    view = scene.view
    row = chosen_order(scene.desk, view)
    if view is None or row is None:
        return block([title("LIFE", scene.state("no order chosen"), width, scene.glyphs)], width, height)
    told = scene.desk.findings.latest(OrderTold)
    key = scene.keymap.key_of("story") or ":story"
    name = f"{plain(row.side)} {size_text(row.size, view)} at {price_text(row.price, view)}"
    if told is None or told.cloid != row.cloid:
        progress = scene.desk.findings.progress("the order's life")
        head = title("ORDER", scene.state(f"{name}   {progress or key + ' tells its life'}"), width, scene.glyphs)
        return block([head, *_facts(row, view, scene, width)], width, height)
    as_of = f"{name}   ..{plain(row.cloid)[-8:]}   as of {clock(told.at)}, {key} asks again"
    head = title("LIFE", scene.state(as_of), width, scene.glyphs)
    lines: list[Line] = [head]
    begin = told.lines[0].at if told.lines else 0.0
    for line in told.lines:
        time = f" {clock(line.at, 3)}" if width >= WIDE else ""
        left = f"{time} {signed(line.at - begin, 3):>9}s  {cut(plain(line.what), WHAT):<{WHAT}} "
        for place, words in enumerate(wrap(plain(line.detail), max(width - len(left), 1)) or [""]):
            lines.append(((left if place == 0 else " " * len(left), "text"), (words, "label")))
    kept = lines[1:][-(height - 1) :] if height > 1 else []
    return block([head, *kept], width, height)


def listed(view: View) -> list[OrderRow]:
    """Highest price first among those that may rest, then at most ``OVER_MAX`` that are over, newest first."""
    live = [row for row in view.engine.orders if row.state not in CLOSED]
    over = [row for row in view.engine.orders if row.state in CLOSED]
    return sorted(live, key=lambda row: -row.price) + sorted(over, key=lambda row: row.age_s)[:OVER_MAX]


def chosen_order(desk: Desk, view: View | None) -> OrderRow | None:
    """The order under the cursor."""
    ordered = listed(view) if view is not None else []
    return ordered[min(max(desk.cursors.chosen.get(PAGE, 0), 0), len(ordered) - 1)] if ordered else None


def _detail(ordered: list[OrderRow], view: View, width: int) -> str:
    unsure = sum(row.state in UNSURE for row in ordered)
    over = sum(row.state in CLOSED for row in ordered)
    foreign = view.engine.position.foreign_orders
    text = f"{len(ordered) - unsure - over} resting, {unsure} pending, {over} over"
    if foreign:
        text += f", {foreign} of others on this account"
    foretold = _foretold(view.engine.queue)
    return text + foretold if len(text) + len(foretold) + 12 <= width else text


def _foretold(queue: QueueView) -> str:
    """How good the column of fills is: its Brier score beside that of the observed rate alone."""
    if not queue.n:
        return ""
    scores = f"{number(queue.brier_touch, 3)} of {number(queue.reference, 3)}"
    return f"   fill is within {queue.horizon_s:g} s; seen {percent(queue.filled)}, Brier {scores}, n {queue.n}"


def _cells(row: OrderRow, view: View, scene: Scene) -> tuple[Span, ...]:
    is_closed = row.state in CLOSED
    role = scene.mark("label" if is_closed else "bid" if row.side.upper().startswith("B") else "ask")
    text = scene.mark("label" if is_closed else "text")
    state_role = "warn" if row.state in UNSURE else text
    return (
        (plain(row.side).upper()[:4], role),
        (str(row.level), "label"),
        (price_text(row.price, view), role),
        (size_text(row.size, view), text),
        (size_text(row.filled, view) if row.filled else "", text),
        (compact(row.ahead, 3) if row.ahead is not None else "", text),
        (percent(row.fill_probability) if row.fill_probability is not None else "", text),
        (age(row.age_s), "label"),
        (SHORT_STATES.get(row.state, plain(row.state)), state_role),
        (signed(row.keep_bps, 3) if row.keep_bps is not None else "", "label"),
        (signed(row.move_bps, 3) if row.move_bps is not None else "", "label"),
        (age(row.confirmed_age_s) if row.confirmed_age_s is not None and not is_closed else "", "label"),
        (".." + plain(row.cloid)[-8:], "label"),
        (str(row.oid) if row.oid is not None else "none", "label"),
        (plain(row.reason), "label"),
    )


def _facts(row: OrderRow, view: View, scene: Scene, width: int) -> list[Line]:
    """What the picture says of the order, in words."""
    asset = plain(view.session.asset)
    said = [
        f"{SHORT_STATES.get(row.state, plain(row.state))}, {size_text(row.filled, view)} of"
        f" {size_text(row.size, view)} {asset} filled"
    ]
    if row.ahead is not None:
        cautious = f", {compact(row.ahead_cautious, 4)} if no cancel helped" if row.ahead_cautious is not None else ""
        said.append(f"ahead {compact(row.ahead, 4)} {asset}{cautious}")
    if row.fill_probability is not None:
        chance = f"fills within {view.engine.queue.horizon_s:g} s: {percent(row.fill_probability)} by touch and queue"
        if row.fill_probability_intensity is not None:
            chance += f", {percent(row.fill_probability_intensity)} by arrivals"
        if row.fill_share is not None:
            chance += f"; {percent(row.fill_share)} of its size expected"
        said.append(chance)
    if row.keep_bps is not None and row.move_bps is not None:
        said.append(f"keeping it is worth {signed(row.keep_bps, 3)} bp, moving it {signed(row.move_bps, 3)} bp")
    if row.reason:
        said.append(f"because: {plain(row.reason)}")
    heard = age(row.confirmed_age_s) + " ago" if row.confirmed_age_s is not None else "never"
    said.append(f"last confirmed by the venue: {heard}; oid {row.oid if row.oid is not None else 'none'}")
    return [((f" {words}", scene.mark("text")),) for text in said for words in wrap(text, width - 2)]
