"""What is out there right now, in which state, and how close to a fill."""

from mmtui.console.format import age, compact, number, percent, plain
from mmtui.console.panes.ladder import price_text, size_text
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title
from mmtui.console.scene import Scene
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
    """Orders that may rest, highest price first as in the ladder; headings where there is room.

    Without room for all the closest levels stay, and the title says how many are left out.
    """
    view = scene.view
    if view is None:
        return block([title("ORDERS", scene.state(), width, scene.glyphs)], width, height)
    live = sorted((row for row in view.engine.orders if row.state not in CLOSED), key=lambda row: -row.price)
    room = max(height - 1, 0)
    nearest = {row.cloid for row in sorted(live, key=lambda row: row.level)[:room]}
    shown = [row for row in live if row.cloid in nearest]
    unsure, hidden = sum(row.state in UNSURE for row in live), len(live) - len(shown)
    detail = f"{len(live) - unsure} resting, {unsure} pending" + (f", {hidden} more not shown" if hidden else "")
    lines: list[Line] = [title("ORDERS", scene.state(detail), width, scene.glyphs)]
    if height >= len(shown) + 2:
        lines.append(((" " + headings(COLUMNS, columns_for(COLUMNS, width - 1)), "label"),))
    if not shown:
        lines.append(((" no orders out", "label"),))
    lines += table(COLUMNS, [_cells(row, view, scene) for row in shown], width)
    return block(lines, width, height)


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
