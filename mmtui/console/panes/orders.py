"""What is out there right now, in which state, and how close to a fill."""

from mmtui.console.format import age, compact, number, percent, plain
from mmtui.console.panes.ladder import price_text, size_text
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title
from mmtui.console.scene import Scene
from mmtui.domain.queue_view import QueueView
from mmtui.domain.view import OrderRow, View

COLUMNS = (
    Column("side", 4, 0, is_left=True),
    Column("price", 10, 0),
    Column("size", 9, 0),
    Column("filled", 9, 5),
    Column("ahead", 7, 3),
    Column("fill", 5, 2),
    Column("keep", 6, 7),
    Column("move", 6, 8),
    Column("age", 5, 1),
    Column("state", 15, 0, is_left=True),
    Column("level", 5, 4),
    Column("oid", 12, 6),
    Column("cloid", 12, 9, is_left=True),
    Column("why", 32, 10, is_left=True),
)
CLOSED = ("Filled", "FilledDuringCancel", "FilledImmediately", "Cancelled", "Rejected", "Lost")
UNSURE = ("Unknown", "Settling", "CancelConfirmed", "CancelPending", "Submitted")
SHORT_STATES = {"FilledDuringCancel": "FilledInCancel", "FilledImmediately": "FilledAtOnce"}


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, headings where there is room, one line an order; asks above bids, as in the ladder."""
    return _listed(scene, width, height, has_cursor=False)


def page_rows(scene: Scene, width: int, height: int) -> Lines:
    """The same as a list with a cursor."""
    return _listed(scene, width, height, has_cursor=True)


def ordered(view: View) -> list[OrderRow]:
    """Orders as the ladder shows them: highest price first, finished ones last."""
    return sorted(view.engine.orders, key=lambda row: (row.state in CLOSED, -row.price))


def chosen(scene: Scene) -> OrderRow | None:
    """The order under the cursor."""
    view = scene.view
    if view is None or not view.engine.orders:
        return None
    listed = ordered(view)
    return listed[min(scene.desk.cursors.chosen.get("orders", 0), len(listed) - 1)]


def _listed(scene: Scene, width: int, height: int, *, has_cursor: bool) -> Lines:
    view = scene.view
    if view is None:
        return block([title("ORDERS", scene.state(), width, scene.glyphs)], width, height)
    listed = ordered(view)
    live = [row for row in listed if row.state not in CLOSED]
    hidden = 0
    if not has_cursor:
        hidden = max(len(live) - max(height - 1, 0), 0)
        nearest = sorted(live, key=lambda row: row.level)[: max(height - 1, 0)]
        listed = [row for row in live if row in nearest]
    unsure = sum(row.state in UNSURE for row in live)
    has_heading = height >= len(listed) + 2 or has_cursor
    room = height - 1 - has_heading
    picked, first = scene.desk.cursors.at("orders", len(listed), room) if has_cursor else (-1, 0)
    detail = f"{len(live) - unsure} resting, {unsure} pending" + (f", {hidden} more not shown" if hidden else "")
    if has_cursor:
        detail += _foretold(view.engine.queue)
    lines: list[Line] = [title("ORDERS", scene.state(detail), width, scene.glyphs)]
    if has_heading:
        shown = columns_for(COLUMNS, width - 1)
        lines.append(((" " + headings(COLUMNS, shown), "label"),))
    if not listed:
        lines.append(((" no orders out", "label"),))
    window = listed[first : first + room]
    marks = [scene.glyphs.arrow if first + place == picked else " " for place in range(len(window))]
    lines += table(COLUMNS, [_cells(row, view, scene) for row in window], width, marks=marks)
    return block(lines, width, height)


def _foretold(queue: QueueView) -> str:
    """How good the column of fills is: its Brier score beside that of the observed rate alone."""
    if not queue.n:
        return ""
    scores = f"{number(queue.brier_touch, 3)} of {number(queue.reference, 3)}"
    return f", fills in {queue.horizon_s:g} s: {percent(queue.filled)}, Brier {scores}, n {queue.n}"


def _cells(row: OrderRow, view: View, scene: Scene) -> tuple[Span, ...]:
    is_buy = row.side.upper().startswith("B")
    closed = row.state in CLOSED
    role = scene.mark("label" if closed else "bid" if is_buy else "ask")
    text = scene.mark("label" if closed else "text")
    state_role = "label" if closed else "warn" if row.state in UNSURE else text
    return (
        (plain(row.side).upper()[:4], role),
        (price_text(row.price, view), role),
        (size_text(row.size, view), text),
        (size_text(row.filled, view) if row.filled else "", text),
        (compact(row.ahead, 3) if row.ahead is not None else "", "label"),
        (percent(row.fill_probability) if row.fill_probability is not None else "", "label"),
        (number(row.keep_bps, 3) if row.keep_bps is not None else "", "label"),
        (number(row.move_bps, 3) if row.move_bps is not None else "", "label"),
        (age(row.age_s), "label"),
        (SHORT_STATES.get(row.state, plain(row.state)), state_role),
        (str(row.level), "label"),
        (str(row.oid) if row.oid is not None else "none", "label"),
        (".." + plain(row.cloid)[-8:], "label"),
        (plain(row.reason), "label"),
    )
